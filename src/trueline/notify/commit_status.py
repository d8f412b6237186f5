"""What a forge shows at a commit of the fleet repository, for each application that the commit is about. Pure.

Only of the newest commit that is followed: what an older one came to is not told late.
"""

from enum import Enum
from typing import Final

import msgspec

from trueline.health.status import Status
from trueline.model.digest import digest_value
from trueline.notify.condition import WORKING, Sight
from trueline.notify.message import one_line

CONTEXT: Final = "trueline"
DESCRIPTION_CHARACTERS_MAX: Final = 140
"""What GitHub takes at most."""


class Mark(Enum):
    """What is shown."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


class CommitStatus(msgspec.Struct, frozen=True, kw_only=True, tag="commit status"):
    """One status of one commit."""

    id: str
    notifier: str
    application: str
    commit: str
    mark: Mark
    description: str
    url: str = ""

    @property
    def context(self) -> str:
        """Its name at the commit, one for each application."""
        return f"{CONTEXT}/{self.application}"


_FAILED: Final = frozenset({"Blocked", "Partly", "Overruled"})
_BAD: Final = frozenset({Status.DEGRADED, Status.MISSING})


def mark_of(sight: Sight, *, is_current: bool) -> Mark:
    """What a commit has come to for an application. `is_current`: what is applied is of this commit.

    Success is said of what is seen to be healthy alone. INV-38: what is not known is pending.
    """
    if sight.sync in _FAILED:
        return Mark.FAILURE
    if not is_current or not sight.is_known or sight.sync != "Synced":
        return Mark.PENDING
    if sight.health in _BAD:
        return Mark.FAILURE
    return Mark.SUCCESS if sight.health in {Status.HEALTHY, Status.SUSPENDED} else Mark.PENDING


def describe(sight: Sight, mark: Mark) -> str:
    """The line beside the mark."""
    if mark is Mark.SUCCESS:
        return "it runs, and is healthy"
    message = sight.message or sight.health_message
    word = sight.sync if sight.sync != "Synced" else sight.health.value
    waits = "under way" if sight.sync in WORKING else word
    return one_line(f"{waits}: {message}" if message else waits, DESCRIPTION_CHARACTERS_MAX)


def status_of(sight: Sight, *, notifier: str, commit: str, mark: Mark, url: str) -> CommitStatus:
    """The status; its id is that of what is said, for the same said twice is the same."""
    return CommitStatus(
        id=digest_value([notifier, sight.application, commit, mark.value])[:32],
        notifier=notifier,
        application=sight.application,
        commit=commit,
        mark=mark,
        description=describe(sight, mark),
        url=f"{url}/applications/{sight.application}" if url else "",
    )
