"""What a declaration wants of a repository: its default branch, a branch or tag, a range of versions, or one commit."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RANGE = re.compile(r"[<>=~^!*]|\|\||\s")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")
NAME_LENGTH_MAX = 250

MatchVersions = Callable[[str, Sequence[str]], Awaitable[tuple[str, ...]]]
"""Of a semver range and names of tags: those that match, the highest version first."""


class SelectorKind(Enum):
    """How a revision is chosen."""

    DEFAULT = "the default branch"
    NAME = "a branch or tag"
    RANGE = "a range of versions over tags"
    COMMIT = "a commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A choice, read from the field `revision`. `refs/heads/…` and `refs/tags/…` say which of both is meant."""

    kind: SelectorKind
    text: str = ""
    origin: Origin | None = None

    def __str__(self) -> str:
        return self.text or self.kind.value

    @classmethod
    def parse(cls, text: str, origin: Origin | None = None) -> "Selector":
        """Read a revision as it is declared; empty and `HEAD` are the default branch.

        Raises:
            UserError: TL0103, no branch or tag can have this name.

        >>> [Selector.parse(t).kind.name for t in ("", "main", ">=1.2 <2", "1.x", "v" * 3, "0" * 40)]
        ['DEFAULT', 'NAME', 'RANGE', 'NAME', 'NAME', 'COMMIT']
        """
        if text in {"", "HEAD"}:
            return cls(kind=SelectorKind.DEFAULT, origin=origin)
        if _COMMIT.fullmatch(text):
            return cls(kind=SelectorKind.COMMIT, text=text, origin=origin)
        if len(text) <= NAME_LENGTH_MAX and text.isprintable() and not text.startswith("-") and _RANGE.search(text):
            return cls(kind=SelectorKind.RANGE, text=text, origin=origin)
        if (
            len(text) > NAME_LENGTH_MAX
            or text[0] in "-./"
            or text[-1] in "./"
            or text == "@"
            or _FORBIDDEN.search(text)
        ):
            raise UserError(
                [
                    Diagnostic(
                        code="TL0103",
                        summary="the revision of a source is not valid",
                        detail=repr(text[:NAME_LENGTH_MAX]),
                        remedy="write a branch, a tag, a range of versions as `>=1.2 <2`, or a full commit id",
                        origin=origin,
                    )
                ]
            )
        return cls(kind=SelectorKind.NAME, text=text, origin=origin)

    @property
    def candidates(self) -> tuple[str, ...]:
        """The refs that a name can mean."""
        if self.text.startswith(("refs/heads/", "refs/tags/")):
            return (self.text,)
        return (f"refs/heads/{self.text}", f"refs/tags/{self.text}")
