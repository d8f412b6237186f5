"""The journal checked as `trueline verify` does it, once a day and when somebody asks; what came of it is a record.

Who checks reads the data directory beside the engine, in a thread, and changes nothing; the record is all it adds.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from trueline.model.fault import Fault
from trueline.record.chain import Breach
from trueline.record.journal import Journal, Kind, Note, Wanted
from trueline.runtime.clock import Clock

EACH_S: Final = 86_400.0
FIRST_S: Final = 60.0
"""A start has other things to do."""
RETRY_S: Final = 3_600.0
BY_ITSELF: Final = "trueline"
TOLD_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at: records, and revisions whose signature was checked again; `unkept` have no proof any more."""

    records: int = 0
    proven: int = 0
    unkept: int = 0
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the last check said: `records` it looked at, and so many `breaches`, of which some are `told`."""

    at: datetime
    who: str
    records: int
    proven: int
    unkept: int
    breaches: int
    told: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether everything was as it was written, then."""
        return not self.breaches


class Verification:
    """One for all who ask: a check that is under way is waited for, and not begun again."""

    def __init__(self, journal: Journal, clock: Clock, check: Callable[[], Checked]) -> None:
        self._journal = journal
        self._clock = clock
        self._check = check
        self._lock = asyncio.Lock()

    def last(self) -> Verdict | None:
        """The last check, in this life or an earlier one; `None` where it is not found."""
        found = self._journal.search(Wanted(application="", kinds=(Kind.JOURNAL_VERIFIED.value,)), limit=1).records
        if not found:
            return None
        [record] = found
        body = record.body if isinstance(record.body, dict) else {}
        return Verdict(
            at=record.at,
            who=str(body.get("who", "")),
            records=int(body.get("records", 0)),
            proven=int(body.get("proven", 0)),
            unkept=int(body.get("unkept", 0)),
            breaches=int(body.get("breaches", 0)),
            told=tuple(map(str, body.get("told", ()))),
        )

    async def check(self, who: str) -> Verdict:
        """Check all of it now, and write down what came of it (INV-22)."""
        waits = self._lock.locked()
        async with self._lock:
            if not waits or (last := self.last()) is None:
                checked = await asyncio.to_thread(self._check)
                self._journal.append([Note(kind=Kind.JOURNAL_VERIFIED, body=_body(checked, who))])
                last = self.last()
        assert last is not None, "it was written just now"
        return last

    async def run(self) -> None:
        """Check once a day; never ends by itself."""
        await self._clock.sleep(FIRST_S)
        while True:
            last = self.last()
            age_s = (self._clock.now() - last.at).total_seconds() if last else EACH_S
            if 0 <= age_s < EACH_S:
                await self._clock.sleep(EACH_S - age_s)
                continue
            with suppress(Fault):  # the store is full, or of a newer program: whoever writes to it is told so
                await self.check(BY_ITSELF)
            await self._clock.sleep(RETRY_S)


def _body(checked: Checked, who: str) -> dict[str, object]:
    return {
        "who": who,
        "records": checked.records,
        "proven": checked.proven,
        "unkept": checked.unkept,
        "breaches": len(checked.breaches),
        "told": [one.diagnostic.detail for one in checked.breaches[:TOLD_MAX]],
    }
