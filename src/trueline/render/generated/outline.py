"""What one HTML file says to the others: where its links lead, what can be led to, and what is wrong with itself."""

import msgspec


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that stands in a line of a file: a link's address, an id, an image's address."""

    text: str
    line: int


class Outline(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One HTML file. Each link is told at the first line that has it; `root` is that of `<base>`, where it has one.

    `twice` are ids that stand there already, `silent` images without alternative text.
    """

    ids: tuple[str, ...] = ()
    links: tuple[Place, ...] = ()
    twice: tuple[Place, ...] = ()
    silent: tuple[Place, ...] = ()
    root: str = ""


LINKS_MAX = 20_000
"""Of one file; beyond them it is not read."""
