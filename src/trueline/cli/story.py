"""What happens, one line each, so that a person who watches understands. It reads records and writes lines."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from trueline.model.diagnostic import Diagnostic
from trueline.record.journal import Kind, Record
from trueline.record.line import WORDS, line_of, one_line

ALIKE_MAX = 10


class Story:
    """Turns records into lines; what was said last of each problem is not said again."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._problems: tuple[Diagnostic, ...] = ()
        self._refusals: dict[str, tuple[Diagnostic, ...]] = {}
        self._notes: dict[str, tuple[Diagnostic, ...]] = {}
        self._served: dict[str, str] = {}

    def tell_records(self, records: Sequence[Record]) -> None:
        """The lines of records that are news to a person; many of one sort that follow each other are one line."""
        for (application, sort), run in groupby(records, key=_sort):
            alike = list(run)
            if sort and len(alike) > ALIKE_MAX:
                action, kind = sort
                self._tell(f"{alike[-1].at.astimezone():%H:%M:%S} {application}: {action} {len(alike)} {kind}")
                continue
            for record in alike:
                if line := line_of(record):
                    self._tell(f"{record.at.astimezone():%H:%M:%S} {line}")

    def tell_problems(self, problems: Sequence[Diagnostic]) -> None:
        """What is wrong with the whole, be it the fleet repository or the disk; said once, and when it is past."""
        found = tuple(problems)
        if found != self._problems:
            for problem in found:
                self._tell(str(problem))
            names = {name: None for name in map(_name, self._problems) if name not in set(map(_name, found))}
            for name in names:
                self._tell(f"no longer: {name}")
            self._problems = found

    def tell_refusals(self, application: str, problems: tuple[Diagnostic, ...]) -> None:
        """What stops an application; said once."""
        if problems != self._refusals.get(application, ()):
            for problem in problems:
                self._tell(f"{application}: {problem}")
            self._refusals[application] = problems

    def tell_notes(self, application: str, notes: tuple[Diagnostic, ...]) -> None:
        """What is worth knowing and stops nothing; each said once for as long as it holds."""
        before, self._notes[application] = self._notes.get(application, ()), notes
        for note in notes:
            if note not in before:
                self._tell(f"{application}: {note_line(note)}" if application else note_line(note))

    def tell_served(self, addresses: Mapping[str, str]) -> None:
        """Where sites are served, and which are no more."""
        for site, address in sorted(addresses.items()):
            if self._served.get(site) != address:
                self._tell(f"{site}: served at {address}")
        for site in sorted(self._served.keys() - addresses.keys()):
            self._tell(f"{site}: no longer served at {self._served[site]}")
        self._served = dict(addresses)


def _sort(record: Record) -> tuple[str, tuple[str, str] | None]:
    """What makes outcomes alike: the application, what was done, to which kind; `None` for all other records."""
    body = record.body if record.kind == Kind.OUTCOME.value and isinstance(record.body, dict) else {}
    action = WORDS.get(body.get("action", ""), "") if body.get("result") == "done" else ""
    return record.application, (action, str(body.get("ref", "")).partition("/")[0]) if action else None


def note_line(note: Diagnostic) -> str:
    """A note as one line: it asks for nothing."""
    return one_line(f"note: {note.code} {note.line}")


def _name(problem: Diagnostic) -> str:
    return f"{problem.code} {problem.summary}"
