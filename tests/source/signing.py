"""Real keys of both kinds, made in a folder of the test, and a Git that signs with them."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.source.git_remote import ENVIRONMENT, Remote
from trueline.source.git_object import GitObject
from trueline.source.signature.key import Scheme, TrustedKey


@dataclass
class Keys:
    """A home of GnuPG and a folder of SSH keys."""

    path: Path
    made: set[str] = field(default_factory=set)

    @property
    def environment(self) -> dict[str, str]:
        """Of the programs that sign."""
        return {**ENVIRONMENT, "GNUPGHOME": str(self.path / "gnupg")}

    def gpg(self, *arguments: str, data: bytes = b"") -> bytes:
        """What GnuPG says, without a question."""
        argv = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", *arguments]
        return subprocess.run(argv, check=True, capture_output=True, input=data, env=self.environment).stdout

    def openpgp(self, owner: str, algorithm: str = "ed25519", expire: str = "0", at: str = "") -> TrustedKey:
        """A key pair of GnuPG; the public one. `at` is what the clock shows when it is made."""
        if owner not in self.made:
            faked = ("--faked-system-time", at) if at else ()
            self.gpg(*faked, "--quick-generate-key", f"{owner} <{owner}@example.com>", algorithm, "sign", expire)
            self.made.add(owner)
        return self.exported(owner)

    def exported(self, owner: str) -> TrustedKey:
        """The public key as it is by now."""
        text = self.gpg("--armor", "--export", f"{owner}@example.com").decode()
        return TrustedKey(owner=owner, scheme=Scheme.OPENPGP, text=text)

    def revoke(self, owner: str, fingerprint: str) -> TrustedKey:
        """Revoke a key by the certificate that was made with it."""
        text = (self.path / "gnupg" / "openpgp-revocs.d" / f"{fingerprint.upper()}.rev").read_text()
        self.gpg("--import", data=text.replace(":-----BEGIN", "-----BEGIN").encode())
        return self.exported(owner)

    def ssh(self, owner: str, *options: str) -> TrustedKey:
        """A key pair of SSH; the public one."""
        path = self.path / f"{owner}.ssh"
        if not path.exists():
            argv = ["ssh-keygen", "-q", "-N", "", "-C", owner, "-f", str(path), *(options or ("-t", "ed25519"))]
            subprocess.run(argv, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return TrustedKey(owner=owner, scheme=Scheme.SSH, text=path.with_name(f"{owner}.ssh.pub").read_text())

    def options(self, key: TrustedKey) -> tuple[str, ...]:
        """What makes Git sign with a key, before its command."""
        if key.scheme is Scheme.SSH:
            return ("-c", "gpg.format=ssh", "-c", f"user.signingKey={self.path / key.owner}.ssh")
        return ("-c", f"user.signingKey={key.owner}@example.com")


@contextmanager
def made_keys(path: Path) -> Iterator[Keys]:
    """Keys in a folder; GnuPG's agent ends with the block. Without the programs this fails, and is not skipped."""
    missing = [name for name in ("gpg", "gpgconf", "ssh-keygen") if shutil.which(name) is None]
    assert not missing, f"tests of signatures need {', '.join(missing)}: install gnupg and openssh-client"
    home = path / "gnupg"
    home.mkdir(parents=True, mode=0o700)
    keys = Keys(path)
    try:
        yield keys
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True, env=keys.environment)


class SignedRemote(Remote):
    """A repository whose commits and tags are signed."""

    def __init__(self, path: Path, keys: Keys, *, algorithm: str = "sha1") -> None:
        self.keys = keys
        super().__init__(path, algorithm=algorithm)

    def signing(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """What Git says, with the home of the keys."""
        argv = ["git", "-C", str(self.path), *arguments]
        env = {**self.keys.environment, "PATH": os.environ["PATH"], **(environment or {})}
        return subprocess.run(argv, check=True, capture_output=True, text=True, env=env).stdout.strip()

    def signed_commit(
        self, key: TrustedKey, message: str = "a change", files: Mapping[str, str] | None = None, *more: str
    ) -> str:
        """A commit that `git commit -S` makes."""
        for name, text in (files or {}).items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "--all")
        self.signing(*self.keys.options(key), "commit", "--quiet", "--allow-empty", "-S", "-m", message, *more)
        return self.git("rev-parse", "HEAD")

    def signed_tag(self, key: TrustedKey, name: str, commit: str = "HEAD") -> str:
        """A tag that `git tag -s` makes; the id of its object."""
        self.signing(*self.keys.options(key), "tag", "-f", "-s", "-m", f"release {name}", name, commit)
        return self.git("rev-parse", name)

    def read(self, name: str) -> GitObject:
        """An object as it stands."""
        identity, kind = self.git("rev-parse", name), self.git("cat-file", "-t", name)
        argv = ["git", "-C", str(self.path), "cat-file", kind, name]
        data = subprocess.run(argv, check=True, capture_output=True, env=ENVIRONMENT).stdout
        return GitObject(identity, kind, len(data), data)

    def write(self, kind: str, data: bytes) -> str:
        """An object that nobody's Git would make."""
        argv = ["git", "-C", str(self.path), "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
        done = subprocess.run(argv, check=True, capture_output=True, input=data, env=ENVIRONMENT)
        return done.stdout.decode().strip()
