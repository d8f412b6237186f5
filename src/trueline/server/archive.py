"""The journal as people and programs read it: what they may read alone, a page at a time, and whether it is whole."""

from typing import Annotated, Final

import msgspec

from trueline.model.fault import UserError
from trueline.record.journal import Journal, Record, Wanted
from trueline.server.access.grant import Reader, may_hear
from trueline.server.body import CheckBody, JournalBody, RecordsBody
from trueline.server.reading import Question, malformed
from trueline.server.shape import record_body
from trueline.server.standings import PAGE, PAGE_MAX, Limit
from trueline.server.verification import Verdict, Verification

SEQUENCE_MAX: Final = 1 << 62
PAGES_READ_MAX: Final = 10
"""So many pages of the journal are looked through for one answer; where others' records fill them, it has few."""

Sequence = Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)]


class RecordsQuestion(Question, frozen=True, kw_only=True):
    """Records that follow the number `after`, the oldest first; with `newest`, those before `before`, the newest first.

    With `newest` they are filtered: by `kind`, each as often as there are values, by `who` in the name of a person or
    author, by `since`, a date or time in UTC, and by `find` in the whole record.
    """

    after: Sequence = 0
    limit: Limit = PAGE
    application: str = ""
    newest: bool = False
    before: Sequence = 0
    kind: tuple[str, ...] = ()
    who: str = ""
    since: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?)?$")] = ""
    find: str = ""

    def __post_init__(self) -> None:
        """What would be overlooked, is refused."""
        if not self.newest and (self.before or self.kind or self.who or self.since or self.find):
            raise ValueError("`before`, `kind`, `who`, `since` and `find` are taken with `newest=true` alone")
        if self.newest and self.after:
            raise ValueError("with `newest=true`, `before` is taken and `after` is not")


class Archive:
    """`verification` is `None` where nothing can be checked here."""

    def __init__(self, journal: Journal, verification: Verification | None) -> None:
        self._journal = journal
        self._verification = verification

    def records(self, asked: RecordsQuestion, reader: Reader) -> RecordsBody:
        """A page of records that one may read (INV-25)."""
        found, following = self.newest(asked, reader) if asked.newest else self._following(asked, reader)
        records = tuple(map(record_body, found))
        return RecordsBody(records=records, next=following, head=self._journal.head().sequence)

    def newest(self, asked: RecordsQuestion, reader: Reader) -> tuple[list[Record], int]:
        """Those that fit, the newest first, and before which number it goes on: 0 at the end."""
        wanted = Wanted(
            application=asked.application or None,
            kinds=asked.kind,
            who=asked.who.strip(),
            since=asked.since,
            text=asked.find.strip(),
        )
        found: list[Record] = []
        before = asked.before
        for _ in range(PAGES_READ_MAX):
            page = self._journal.search(wanted, before=before, limit=PAGE_MAX)
            for record in page.records:
                if len(found) == asked.limit:
                    return found, found[-1].sequence if found else before
                if may_hear(reader, record.kind, record.application):
                    found.append(record)
            before = page.reached
            if len(page.records) < PAGE_MAX:
                break  # it is over, or so many were examined: who asks goes on from there
        return found, before

    def _following(self, asked: RecordsQuestion, reader: Reader) -> tuple[list[Record], int]:
        found: list[Record] = []
        after = asked.after
        for _ in range(PAGES_READ_MAX):
            page = self._journal.after(after, application=asked.application or None, limit=PAGE_MAX)
            for record in page:
                if len(found) >= asked.limit:
                    break
                after = record.sequence
                if may_hear(reader, record.kind, record.application):
                    found.append(record)
            if len(found) >= asked.limit or len(page) < PAGE_MAX:
                break
        is_over = not self._journal.after(after, application=asked.application or None, limit=1)
        return found, 0 if is_over else after

    def journal(self, reader: Reader) -> JournalBody:
        """How long it is, and its last check: that it is broken is told to all, what of it is to those who read all."""
        last = self._verification.last() if self._verification is not None else None
        checked = _check_body(last, is_whole=reader.reads_all) if last is not None else None
        return JournalBody(head=self._journal.head().sequence, checked=checked)

    async def verify(self, who: str) -> CheckBody:
        """Check all of it now.

        Raises:
            UserError: TL0720, there is nothing to check here.
        """
        if self._verification is None:
            raise UserError([malformed("this process has no data directory to check")])
        return _check_body(await self._verification.check(who), is_whole=True)


def _check_body(verdict: Verdict, *, is_whole: bool) -> CheckBody:
    """INV-25: details name applications, and who asked is a person."""
    return CheckBody(
        at=verdict.at,
        whole=verdict.is_whole,
        records=verdict.records,
        proven=verdict.proven,
        unkept=verdict.unkept,
        breaches=verdict.breaches,
        who=verdict.who if is_whole else "",
        told=verdict.told if is_whole else (),
    )
