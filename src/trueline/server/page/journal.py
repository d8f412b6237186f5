"""The journal as its page shows it: whether its chain is whole, and its records by what is asked for. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated, Final, TypeAlias

import msgspec

from trueline.record.journal import ACCESS_KINDS, Kind, Record
from trueline.server.archive import SEQUENCE_MAX, RecordsQuestion
from trueline.server.body import JournalBody
from trueline.server.page.address import journal as journal_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.entry import Entry, entries
from trueline.server.page.fleet import Facts, Option
from trueline.server.page.state import State
from trueline.server.reading import Question

PAGE: Final = 100
OPTIONS_MAX: Final = 500
OLD_S: Final = 2 * 86_400
"""A check that is older says so: one is made each day."""
_DAY: Final = r"^(\d{4}-\d{2}-\d{2})?$"
_SORTS: Final = {
    "deployments": ("deployments", (Kind.DEPLOYMENT_BEGUN, Kind.DEPLOYMENT_ENDED, Kind.ROLLBACK, Kind.REMOVED)),
    "changes": ("what was written", (Kind.INTENT, Kind.OUTCOME, Kind.TRANSFERRED)),
    "drift": ("drift", (Kind.DRIFT_FOUND, Kind.HEALED)),
    "decisions": (
        "decisions of people",
        (
            Kind.APPROVAL,
            Kind.HOLD,
            Kind.RESUME,
            Kind.ROLLBACK,
            Kind.SYNC_ASKED,
            Kind.REFRESH_ASKED,
            Kind.HEAL_ASKED,
            Kind.RESTART,
            Kind.ADOPTION_OFFERED,
        ),
    ),
    "states": ("sync and health", (Kind.SYNC_CHANGED, Kind.HEALTH_CHANGED)),
    "revisions": (
        "revisions",
        (Kind.REVISION_SEEN, Kind.REVISION_VERIFIED, Kind.REVISION_REFUSED, Kind.TRUST_CHANGED, Kind.RENDER_FAILED),
    ),
    "access": ("who came in", tuple(kind for kind in Kind if kind.value in ACCESS_KINDS)),
    "itself": ("Trueline itself", (Kind.STARTED, Kind.STOPPED, Kind.JOURNAL_VERIFIED)),
}
"""What a person looks for, and the kinds of records that tell of it."""


Address: TypeAlias = Callable[[Iterable[tuple[str, str]]], str]


class JournalQuestion(Question, frozen=True, kw_only=True):
    """Which records, before which number; a `kind` is a sort of records, or one kind by its name."""

    application: str = ""
    kind: str = ""
    who: str = ""
    since: Annotated[str, msgspec.Meta(pattern=_DAY)] = ""
    find: str = ""
    before: Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)] = 0

    def __post_init__(self) -> None:
        """A kind that is none would find nothing, and seem to say so."""
        if self.kind and self.kind not in _SORTS and self.kind not in {kind.value for kind in Kind}:
            raise ValueError("`kind` is no kind of record")

    @property
    def is_filtered(self) -> bool:
        """Whether not all are asked for."""
        return bool(self.application or self.kind or self.who.strip() or self.since or self.find.strip())

    def asked(self, application: str = "") -> RecordsQuestion:
        """The same question to the archive; of one application where one is named."""
        _, kinds = _SORTS.get(self.kind, ("", ()))
        return RecordsQuestion(
            newest=True,
            before=self.before,
            limit=PAGE,
            application=application or self.application,
            kind=tuple(kind.value for kind in kinds) or ((self.kind,) if self.kind else ()),
            who=self.who,
            since=self.since,
            find=self.find,
        )

    def pairs(self, before: int = 0) -> list[tuple[str, str]]:
        """As an address says it, from another record on."""
        return [
            ("application", self.application),
            ("kind", self.kind),
            ("who", self.who.strip()),
            ("since", self.since),
            ("find", self.find.strip()),
            ("before", str(before) if before else ""),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is known of the chain: a word with its sign, one sentence, and what is wrong with it."""

    state: State
    word: str
    said: str
    at: Moment | None
    who: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The form above records, as it was sent."""

    application: str
    who: str
    since: str
    find: str
    kinds: tuple[Option, ...]
    applications: tuple[str, ...]
    is_filtered: bool
    newest_link: str
    older_link: str
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The page. `looked` says how far was looked, where not to the end and less was found than fits on a page."""

    as_of: Moment
    place: str
    head: int
    is_whole: bool
    chain: Chain
    filter: Filter
    entries: tuple[Entry, ...]
    looked: str


def journal(  # noqa: PLR0913, PLR0917 - what the page is made of
    found: Sequence[Record],
    following: int,
    body: JournalBody,
    asked: JournalQuestion,
    names: Iterable[str],
    facts: Facts,
    now: datetime,
) -> Journal:
    """The page of what was found; `following` is the number that it goes on before, 0 at the end."""
    return Journal(
        as_of=moment(now, now),
        place=facts.place,
        head=body.head,
        is_whole=facts.is_whole,
        chain=chain(body, now),
        filter=filter_of(asked, following, names, journal_address),
        entries=tuple(entries(found, now)),
        looked=looked(found, following),
    )


def looked(found: Sequence[Record], following: int) -> str:
    """INV-38: that nothing was found is not said of what was not looked at."""
    return f"Looked at back to record {following}; there may be more before it." if following and not found else ""


def filter_of(asked: JournalQuestion, following: int, names: Iterable[str], address: Address) -> Filter:
    """The form, and the addresses of other parts of what fits."""
    kinds = [("", "everything"), *((key, text) for key, (text, _) in _SORTS.items())]
    if asked.kind and asked.kind not in _SORTS:
        kinds.append((asked.kind, asked.kind))
    return Filter(
        application=asked.application,
        who=asked.who,
        since=asked.since,
        find=asked.find,
        kinds=tuple(Option(value=key, text=text, is_chosen=key == asked.kind) for key, text in kinds),
        applications=tuple(islice(names, OPTIONS_MAX)),
        is_filtered=asked.is_filtered,
        newest_link=address(asked.pairs()),
        older_link=address(asked.pairs(following)) if following else "",
        is_first=not asked.before,
    )


def chain(body: JournalBody, now: datetime) -> Chain:
    """What is known of the chain. What was never looked at is not called whole (INV-38)."""
    checked = body.checked
    if checked is None:
        return Chain(
            state=State.UNKNOWN, word="Not checked yet", said="nobody has checked it so far", at=None, who="", told=()
        )
    at = moment(checked.at, now)
    if not checked.whole:
        many = f"{checked.breaches} breaches were" if checked.breaches > 1 else "1 breach was"
        said = f"it is not as it was written: {many} found in {checked.records} records"
        return Chain(state=State.DEGRADED, word="Broken", said=said, at=at, who=checked.who, told=checked.told)
    since = body.head - checked.records
    said = f"{checked.records} records were as they were written"
    said += f", and {checked.proven} signed revisions were proven again" if checked.proven else ""
    said += f"; {since} came since" if since > 0 else ""
    is_old = (now - checked.at).total_seconds() > OLD_S
    return Chain(
        state=State.UNKNOWN if is_old else State.TRUE,
        word="Whole then" if is_old else "Whole",
        said=said,
        at=at,
        who=checked.who,
        told=(),
    )
