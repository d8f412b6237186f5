"""Npm's packages that tests need: got once by npm, kept in the cache, and held against a digest.

A file is read, a program is run by node; no script of an installation runs, and nothing of a package is copied into
this repository. What cannot be had fails the test.
"""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbed.build import cache_folder
from testbed.debian import program

TIMEOUT_S = 300.0


class NotTheFileError(Exception):
    """npm brought nothing, or something else than what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """One file of one version of a package, by the SHA-256 of its bytes."""

    package: str
    version: str
    path: str
    digest: str


AXE = Packed(
    package="axe-core",
    version="4.14.1",
    path="axe.min.js",
    digest="29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
)


def text_of(packed: Packed) -> str:
    """The file as text.

    Raises:
        NotTheFileError: npm cannot bring it, or it is another one.
    """
    kept = cache_folder() / "npm" / packed.digest
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (kept.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_file():
            _get(packed, kept)
    data = kept.read_bytes()
    if (found := hashlib.sha256(data).hexdigest()) != packed.digest:
        raise NotTheFileError(f"{kept} has the digest {found}; remove it")
    return data.decode()


def program_folder(source: Path) -> Path:
    """A folder with a program of ours and the packages that its lock file names, each by its digest.

    Raises:
        NotTheFileError: npm cannot bring them, or brings others.
    """
    files = sorted(path for path in source.iterdir() if path.is_file())
    digest = hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()
    kept = cache_folder() / "npm" / digest
    kept.parent.mkdir(parents=True, exist_ok=True)
    with (kept.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            _install(files, kept)
    return kept


def _install(files: list[Path], kept: Path) -> None:
    npm = program("npm", "npm")
    with tempfile.TemporaryDirectory(prefix="new-", dir=kept.parent) as folder:
        made = Path(folder) / "made"
        made.mkdir()
        for file in files:
            shutil.copy(file, made)
        command = [str(npm), "ci", "--prefix", str(made), "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        if done.returncode:
            raise NotTheFileError(f"npm has not brought what {made / 'package-lock.json'} names: {done.stderr[-500:]}")
        made.replace(kept)


def _get(packed: Packed, kept: Path) -> None:
    npm, name = program("npm", "npm"), f"{packed.package}@{packed.version}"
    with tempfile.TemporaryDirectory(prefix="trueline-npm-") as folder:
        command = [str(npm), "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        file = Path(folder) / "node_modules" / packed.package / packed.path
        if not file.is_file():
            raise NotTheFileError(f"npm has not brought {name}: {done.stderr[-500:]}")
        shutil.copy(file, kept.with_suffix(".new"))
    kept.with_suffix(".new").replace(kept)
