"""The commits between two: all that lead to the new one and not to the old one, found among objects at hand."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from trueline.model.known import Known, Unknown
from trueline.source.git_object import GitObject

ReadObjects: TypeAlias = Callable[[Sequence[str]], Awaitable[Sequence[GitObject | None]]]


class Span:
    """One question. `read` gives objects by id, and `None` for those that are not here."""

    def __init__(self, read: ReadObjects, old: str, new: str, *, count_max: int) -> None:
        self._read = read
        self._old = old
        self._new = new
        self._count_max = count_max
        self._seen = 0

    async def walk(self) -> Known[tuple[GitObject, ...]] | Unknown | None:
        """The commits, the newest first; `None` where history is cut before an answer.

        Most often every way back from the new one ends at the old one. Where one goes past it, what came before the
        old one is found too, and left out. Where that is cut, something of it may stay: it is judged once too often.
        """
        found, is_whole = await self._back(self._new, {self._old})
        is_known = is_whole and not _begins(found)
        if not is_known:
            before, is_old_whole = await self._back(self._old, set())
            found = {identity: one for identity, one in found.items() if identity not in before}
            led = {self._new, *(parent for one in found.values() for parent in parents_of(one))}
            is_known = led <= found.keys() | before.keys() and (is_old_whole or not _begins(found))
        if self._seen > self._count_max:
            return Unknown(f"more than {self._count_max} commits to look through")
        return Known(tuple(found.values())) if is_known else None

    async def _back(self, start: str, stop: set[str]) -> tuple[dict[str, GitObject], bool]:
        """What leads to a commit, and whether all of it is here."""
        found: dict[str, GitObject] = {}
        edge, is_whole = [start] if start not in stop else [], True
        while edge and self._seen <= self._count_max:
            self._seen += len(edge)
            commits = await self._read(edge)
            here = [one for one in commits if one is not None and one.kind == "commit"]
            is_whole = is_whole and len(here) == len(edge)
            found |= {one.identity: one for one in here}
            following = (parent for one in here for parent in parents_of(one))
            edge = list(dict.fromkeys(one for one in following if one not in found and one not in stop))
        return found, is_whole


def _begins(commits: Mapping[str, GitObject]) -> bool:
    """Whether a first commit of all is among them: then a way back went past the old one."""
    return any(not parents_of(one) for one in commits.values())


def parents_of(commit: GitObject) -> tuple[str, ...]:
    """The ids of the commits that a commit follows."""
    head = commit.data.partition(b"\n\n")[0]
    lines = (line for line in head.split(b"\n") if line.startswith(b"parent "))
    return tuple(line.removeprefix(b"parent ").decode(errors="replace") for line in lines)
