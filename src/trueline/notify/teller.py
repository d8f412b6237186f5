"""Decides what is told, and queues it: what a Notifier knows and what it tells are one write.

It sends nothing and waits for nobody. What it is shown is how things stand now and the journal; so a look that was lost
costs time, and a process that ends between two looks tells the same later.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from trueline.model.digest import canonical
from trueline.notify.commit_status import CommitStatus, Mark, mark_of, status_of
from trueline.notify.condition import Answer, Holding, Sight, Undecided, answer
from trueline.notify.event import Event
from trueline.notify.incident import Book, Happening, Seen, advance, remember
from trueline.notify.message import message_of
from trueline.notify.moment import MomentReader
from trueline.notify.notifier import Forge, Notifier
from trueline.notify.protocol import Parcel
from trueline.record.journal import Journal, Record
from trueline.record.outbox import Outbox, Post
from trueline.runtime.clock import Clock

PAGE: Final = 500
RECORDS_MAX: Final = 10_000
UNSAVED_MAX: Final = 1_000
"""So many records may be read again after a restart, where nothing came of them."""
_books: Final = msgspec.json.Decoder(Book)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """How everything stands now. `problems` are the fleet's own, code and line of each.

    `commit` is the one that is followed, `current` are the applications that run what it says, and `touched` those that
    it is about. `is_blind`: Git was not looked at since the start. `url` is where people find the page.
    """

    sights: Sequence[Sight] = ()
    problems: Sequence[tuple[str, str]] = ()
    commit: str = ""
    current: Collection[str] = ()
    touched: Collection[str] = ()
    is_blind: bool = False
    url: str = ""


@dataclass(slots=True, kw_only=True)
class _Known:
    """A book, and how far it is written down."""

    book: Book
    saved: Book = field(default_factory=Book)


class Teller:
    """One for each fleet."""

    def __init__(self, outbox: Outbox, journal: Journal, clock: Clock) -> None:
        self._outbox = outbox
        self._journal = journal
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._meant: dict[str, Sight] = {}
        self._reader = MomentReader()

    def look(self, notifiers: Sequence[Notifier], world: World) -> int:
        """Look once, and queue what is to be told; how many parcels that made.

        Raises:
            StoreFull: and the store's other faults; then nothing was told or noted, and the next look does both.
        """
        self._meant |= {sight.application: sight for sight in world.sights}
        books = {one.name: self._book(one.name) for one in notifiers}
        records = self._records(min((known.book.seen for known in books.values()), default=0)) if books else ()
        moments = tuple(self._reader.read(records))
        last = records[-1].sequence if records else 0
        return sum(self._tell(one, books[one.name], world, moments, last) for one in notifiers)

    def forget(self, names: Collection[str]) -> None:
        """These are declared no more."""
        for name in names:
            self._known.pop(name, None)

    def _book(self, name: str) -> _Known:
        """What is known; a Notifier that is new begins with now, for what was before is no news."""
        if name not in self._known:
            kept = self._outbox.book(name)
            book = _books.decode(kept) if kept else Book(seen=self._journal.head().sequence)
            self._known[name] = _Known(book=book, saved=book if kept else Book())
        return self._known[name]

    def _records(self, after: int) -> Sequence[Record]:
        found: list[Record] = []
        while len(found) < RECORDS_MAX:
            page = self._journal.after(after, limit=PAGE)
            found += page
            if len(page) < PAGE:
                break
            after = page[-1].sequence
        return found

    def _tell(self, notifier: Notifier, known: _Known, world: World, moments: Sequence[Happening], last: int) -> int:
        now, before = self._clock.now(), known.book
        new = [one for one in moments if one.sequence > before.seen]
        book = remember(before, self._moments(notifier, new), max(last, before.seen))
        seen = Seen(answers=dict(self._answers(notifier, world)), is_blind=world.is_blind)
        book, tellings = advance(book, notifier.name, seen, now, notifier.group_s)
        book, statuses = self._statuses(notifier, book, world)
        told = [
            message_of(
                telling,
                notifier=notifier.name,
                severity=notifier.severity,
                title=notifier.title,
                text=notifier.text,
                url=world.url,
            )
            for telling in tellings
        ]
        posts = [*_posts(notifier, told, is_forge=False), *_posts(notifier, statuses, is_forge=True)]
        if posts or _is_news(book, known.saved):
            self._outbox.keep(notifier.name, canonical(book), posts)
            known.saved = book
        known.book = book
        return len(posts)

    def _moments(self, notifier: Notifier, moments: Sequence[Happening]) -> Iterator[Happening]:
        wanted = {event.value for event in notifier.events if event.is_moment}
        for one in moments:
            sight = self._meant.get(one.application)
            labels, project = (sight.labels, sight.project) if sight is not None else ({}, "")
            if one.event in wanted and one.application and notifier.selection.fits(one.application, labels, project):
                yield one

    def _answers(self, notifier: Notifier, world: World) -> Iterator[tuple[tuple[Event, str], Answer]]:
        now = self._clock.now()
        wanted = [event for event in notifier.events if not event.is_moment and event is not Event.FLEET_BLOCKED]
        for sight in _meant(notifier, world):
            for event in wanted:
                found = answer(sight, event, now, notifier.stalled_s)
                if found is not None:
                    yield (event, sight.application), found
        if Event.FLEET_BLOCKED in notifier.events and world.problems:
            causes = " ".join(sorted({code for code, _ in world.problems}))
            more = f" (and {len(world.problems) - 1} more)" if len(world.problems) > 1 else ""
            yield (Event.FLEET_BLOCKED, ""), Holding(cause=causes, line=f"{world.problems[0][1]}{more}")
        elif Event.FLEET_BLOCKED in notifier.events and world.is_blind:
            yield (Event.FLEET_BLOCKED, ""), Undecided.UNDECIDED

    def _statuses(self, notifier: Notifier, book: Book, world: World) -> tuple[Book, list[CommitStatus]]:
        """What the newest commit came to, for each application that it is about: each mark once."""
        if not world.commit or not any(isinstance(one, Forge) for one in notifier.services.values()):
            return book, []
        kept, told = {}, []
        for sight in _meant(notifier, world):
            name = sight.application
            before = book.statuses.get(name, "")
            is_followed = before.startswith(f"{world.commit} ")
            if not is_followed and name not in world.touched:
                if before:
                    kept[name] = before
                continue
            mark = mark_of(sight, is_current=name in world.current)
            kept[name] = f"{world.commit} {mark.value}"
            if kept[name] != before and (is_followed or sight.is_known or mark is not Mark.PENDING):
                told.append(status_of(sight, notifier=notifier.name, commit=world.commit, mark=mark, url=world.url))
            elif kept[name] != before:
                kept.pop(name)
        return msgspec.structs.replace(book, statuses=kept), told


def _meant(notifier: Notifier, world: World) -> list[Sight]:
    return [one for one in world.sights if notifier.selection.fits(one.application, one.labels, one.project)]


def _posts(notifier: Notifier, parcels: Sequence[Parcel], *, is_forge: bool) -> list[Post]:
    """One for each service that is told of such; of a commit status only the newest of an application waits."""
    services: Mapping[str, object] = notifier.services
    return [
        Post(
            service=service,
            subject=parcel.application if isinstance(parcel, CommitStatus) else "",
            body=canonical(parcel),
        )
        for parcel in parcels
        for service, spec in services.items()
        if isinstance(spec, Forge) is is_forge
    ]


def _is_news(book: Book, saved: Book) -> bool:
    """Whether anything would be lost with the process; how far the journal was read is written now and then."""
    if book.seen - saved.seen > UNSAVED_MAX or not saved.seen:
        return True
    return msgspec.structs.replace(book, seen=saved.seen) != saved
