"""PATH on a host and the folder beside it, as text: where they are. It asks nobody.

PATH is a symbolic link into `.NAME.trueline/releases/`. Nothing is written but that link and that folder.
"""

from dataclasses import dataclass
from typing import Self

from trueline.model.digest import Digest
from trueline.target.site.body import is_blob
from trueline.target.site.path import NAME_BYTES_MAX

PATH_BYTES_MAX = 2048
_SUFFIX = ".trueline"


@dataclass(frozen=True, slots=True)
class Place:
    """PATH: the absolute path of its parent, and its name there."""

    parent: str
    name: str

    @classmethod
    def of(cls, path: str) -> Self:
        """The place of a path.

        Raises:
            ValueError: it is not the whole path of a directory, or lies within what is published to another path.

        >>> Place.of("/srv/www/site/").state
        '/srv/www/.site.trueline'
        """
        if not path.startswith("/"):
            raise ValueError("it does not begin with /")
        if any(ord(character) < ord(" ") or character == "\x7f" for character in path):
            raise ValueError("it has a control character")
        names = [name for name in path.split("/") if name]
        if not names or any(name in {".", ".."} for name in names):
            raise ValueError("it is no whole path of a directory")
        if any(name.startswith(".") and name.endswith(_SUFFIX) for name in names):
            raise ValueError("it lies within a directory that is published to")
        if len(path.encode()) > PATH_BYTES_MAX or len(f".{names[-1]}{_SUFFIX}".encode()) > NAME_BYTES_MAX:
            raise ValueError("it is too long")
        return cls("/" + "/".join(names[:-1]), names[-1])

    @property
    def path(self) -> str:
        """PATH."""
        return f"{self.parent.rstrip('/')}/{self.name}"

    @property
    def state(self) -> str:
        """The folder beside it."""
        return f"{self.parent.rstrip('/')}/.{self.name}{_SUFFIX}"

    @property
    def releases(self) -> str:
        """Where every release has its tree."""
        return f"{self.state}/releases"

    @property
    def manifests(self) -> str:
        """Where it is said what every release holds."""
        return f"{self.state}/manifests"

    @property
    def work(self) -> str:
        """Where a file is made before it gets its name."""
        return f"{self.state}/work"

    @property
    def aside(self) -> str:
        """Where what is not ours is moved when it is in our way."""
        return f"{self.state}/aside"

    def tree(self, release: str) -> str:
        """Where a release's files stand."""
        return f"{self.releases}/{release}"

    def pointer(self, release: str) -> str:
        """What the link says: relative, so that the whole may be moved, and holds within a chroot and outside."""
        return f".{self.name}{_SUFFIX}/releases/{release}"

    def release(self, text: str) -> Digest | None:
        """The release that a link of this text leads to; `None` where it is not one of ours."""
        release = text.removeprefix(self.pointer(""))
        return Digest(release) if release != text and is_blob(release) else None
