"""Files that the real sops encrypts, and keys of every kind."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pysequoia
import pytest
import pytest_asyncio

from testbed.build import binary
from trueline.model.masked import Masked
from trueline.runtime.clock import SystemClock
from trueline.runtime.sops.key import PrivateKey
from trueline.runtime.sops.reader import SopsReader
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSops:
    """The program of the field, with an age key of its own, in a folder of its own."""

    program: Path
    folder: Path
    identity: str
    recipient: str

    def encrypt(self, name: str, content: bytes, *options: str, config: str = "") -> bytes:
        """The file as sops encrypts it; `config` is the text of a `.sops.yaml`."""
        (self.folder / ".sops.yaml").unlink(missing_ok=True)
        if config:
            (self.folder / ".sops.yaml").write_text(config)
        recipients = () if config or "--pgp" in options or "--age" in options else ("--age", self.recipient)
        return self._run(name, content, "encrypt", *recipients, *options)

    def decrypt(self, name: str, content: bytes) -> bytes:
        """The file as sops decrypts it."""
        return self._run(name, content, "decrypt")

    def _run(self, name: str, content: bytes, *arguments: str) -> bytes:
        """The file goes with the call: some of them hold a secret in clear, and are no leak."""
        file = self.folder / name
        file.write_bytes(content)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GNUPGHOME": str(self.folder / "gnupg"),
            "SOPS_AGE_KEY": self.identity,
        }
        argv = [str(self.program), *arguments, name]
        done = subprocess.run(argv, cwd=self.folder, env=environment, capture_output=True, check=False)
        file.unlink()
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    @property
    def key(self) -> PrivateKey:
        """The private key, as a user would have provided it."""
        return PrivateKey(name="env: SOPS_AGE_KEY", value=Masked(f"# made by a test\n{self.identity}\n"))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> RealSops:
    identity = pyrage.x25519.Identity.generate()
    return RealSops(
        program=binary("sops"),
        folder=tmp_path_factory.mktemp("sops"),
        identity=str(identity),
        recipient=str(identity.to_public()),
    )


@dataclass(frozen=True, slots=True)
class PgpKey:
    """An OpenPGP key whose public half stands in the keyring of `RealSops`."""

    fingerprint: str
    key: PrivateKey


@pytest.fixture(scope="session")
def pgp(real: RealSops) -> PgpKey:
    secret = pysequoia.Tsk.generate("Tester <tester@example.com>")
    home = real.folder / "gnupg"
    home.mkdir(mode=0o700)
    public = str(secret.extract_certificate()).encode()
    subprocess.run(
        ["gpg", "--batch", "--homedir", home, "--trust-model", "always", "--import"],
        input=public,
        check=True,
        capture_output=True,
    )
    (home / "gpg.conf").write_text("trust-model always\n")
    key = PrivateKey(name="file: ops.asc", value=Masked(str(secret)))
    return PgpKey(str(secret.extract_certificate().fingerprint).upper(), key)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader() -> AsyncIterator[SopsReader]:
    async with ProcessToolbox(path=await asyncio.to_thread(lambda: find_toolbox().path), clock=SystemClock()) as box:
        yield SopsReader(box)
