"""What of a page is not sure, in words. Pure (INV-38: what is shown says how old it is and what cannot be told)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from trueline.server.body import ApplicationBody
from trueline.server.page.address import home
from trueline.server.page.age import ago
from trueline.server.page.row import is_old
from trueline.server.page.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One sentence; `link` leads to what it is about, where it is about some. `is_grave`: it may be wrong, not old."""

    text: str
    link: str = ""
    is_grave: bool = True


def doubts(  # noqa: PLR0913 - each is a fact of its own
    stands: Sequence[tuple[ApplicationBody, State]],
    *,
    now: datetime,
    followed: str,
    has_problems: bool,
    is_told: bool,
    is_ready: bool,
    is_one: bool = False,
) -> Iterator[Doubt]:
    """What to think of before a page is believed.

    `followed` is the revision of Git that all of it is held against; `is_told`: the problems stand below. `is_one`: the
    page is of this one application.
    """
    why = ", see below why" if is_told else ""
    if has_problems and followed:
        yield Doubt(text=f"Git may say more than is shown: it was last followed to {followed}{why}.")
    elif has_problems:
        yield Doubt(text=f"The fleet repository cannot be read: nothing of it was followed since the start{why}.")
    elif not followed:
        yield Doubt(text="Git was not read yet: what is shown is from before the start.")
    if not is_ready and stands and followed:
        yield Doubt(text="The first pass is not done yet.", is_grave=False)
    if unknown := sum(state is State.UNKNOWN for _, state in stands):
        link = "" if is_one else home([("state", State.UNKNOWN.value)])
        many = f"{unknown} applications stand" if unknown > 1 else "it stands" if is_one else "1 application stands"
        yield Doubt(text=f"It is not known how {many}.", link=link)
    yield from _old((body for body, _ in stands), now)


def _old(bodies: Iterable[ApplicationBody], now: datetime) -> Iterator[Doubt]:
    old = [body.at for body in bodies if is_old(body, now)]
    if old:
        many = f"{len(old)} applications are" if len(old) > 1 else "1 application is"
        said = f"{many} shown as of more than a day ago, the oldest {ago(min(old), now)}: no change was heard of since."
        yield Doubt(text=said, is_grave=False)
