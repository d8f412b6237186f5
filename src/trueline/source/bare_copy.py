"""What every bare copy of a repository needs, whether it is read from or published to.

A copy belongs to one process, so a lock in it was left by a child that was killed.
"""

from dataclasses import dataclass
from pathlib import Path

SHA256_HEX_LENGTH = 64
FETCH = ("fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")


def is_made(repository: Path) -> bool:
    """Whether all is there that Git knows a repository by.

    INV-24: `git init` writes `HEAD` first; who was killed in the midst of it would leave what is never read. It is
    made over what is there.
    """
    return all((repository / part).exists() for part in ("HEAD", "objects", "refs"))


def sweep(repository: Path, *locks: str) -> int:
    """Remove what a child that was killed left behind; the size in bytes of the largest half file."""
    for lock in (path for pattern in locks for path in repository.glob(pattern)):
        lock.unlink(missing_ok=True)
    halves = [(path.stat().st_size, path) for path in repository.glob("objects/*/tmp_*")]
    for _, path in halves:
        path.unlink(missing_ok=True)
    return max((size for size, _ in halves), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clutter:
    """What lies about in an object database: packs, and objects in files of their own."""

    packs: int
    loose: int


def clutter_of(repository: Path) -> Clutter:
    """Count it; nothing is opened."""
    packs = sum(1 for _ in repository.glob("objects/pack/*.pack"))
    return Clutter(packs=packs, loose=sum(1 for _ in repository.glob("objects/[0-9a-f][0-9a-f]/*")))


def parse_refs(text: str) -> dict[str, str]:
    """Names and ids; a tag object gives way to its commit, and `symref` is what HEAD points at."""
    refs: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in text.splitlines():
        identity, _, name = line.partition("\t")
        if identity.startswith("ref: ") and name == "HEAD":
            refs["symref"] = identity.removeprefix("ref: ")
        elif name.endswith("^{}"):
            peeled[name.removesuffix("^{}")] = identity
        elif name:
            refs[name] = identity
    return refs | peeled
