"""What a site is made with, as a digest: the versions of the parsers and the sources of this package.

It belongs to every key, so that a newer engine never answers with what an older one made.
"""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from trueline.model.digest import Digest, digest_value

PACKAGES: Final = ("comrak", "pygments")


@cache
def engine_digest() -> Digest:
    """Of everything that turns a page's text into its bytes."""
    return digest_value([[_version(name) for name in PACKAGES], sources(files("trueline.render.site"))])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def sources(folder: Traversable) -> dict[str, str]:
    """The digest of each file beneath a folder, images apart: those have keys of their own."""
    found: dict[str, str] = {}
    for one in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if one.is_dir() and one.name not in {"__pycache__", "image"}:
            found |= {f"{one.name}/{name}": digest for name, digest in sources(one).items()}
        elif one.is_file():
            found[one.name] = hashlib.sha256(one.read_bytes()).hexdigest()
    return found
