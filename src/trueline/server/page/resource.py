"""One object as its page shows it: each field declared and live, who owns it and why, and what happened to it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated, Final, Literal

import msgspec

from trueline.health.status import Status
from trueline.model import field_path
from trueline.model.ref import Ref
from trueline.server.access.right import Right
from trueline.server.body import (
    AppliedBody,
    CommitBody,
    FieldSightBody,
    HappeningBody,
    LineBody,
    ResourceSightBody,
    StandingDriftBody,
    WriterBody,
)
from trueline.server.page.address import act, application as application_address, resource as resource_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.doubt import Doubt
from trueline.server.page.fleet import Facts, Option, Part
from trueline.server.page.forge import commit_link, file_link
from trueline.server.page.offer import PODS_MAX, Offer, log_links, resource_offers
from trueline.server.page.row import shortest
from trueline.server.page.state import State
from trueline.server.page.value import Mark, Value, compared, value
from trueline.server.reading import Question

ROWS_MAX: Final = 200
DIFFERING_MAX: Final = 50
COMPARED_MAX: Final = 10
"""So many fields are compared line by line."""
HAPPENINGS_MAX: Final = 30
PAGES_MAX: Final = 100
_SHOWN: Final = (("", "all fields"), ("differs", "what differs"), ("declared", "declared"), ("others", "not declared"))

STATES: Final[Mapping[Status, State]] = {
    Status.HEALTHY: State.TRUE,
    Status.SUSPENDED: State.HELD,
    Status.PROGRESSING: State.ROLLING_OUT,
    Status.MISSING: State.MISSING,
    Status.DEGRADED: State.DEGRADED,
    Status.UNKNOWN: State.UNKNOWN,
}
"""How an object does, in the signs of the page."""


class ResourceQuestion(Question, frozen=True, kw_only=True):
    """Which object, and which of its fields; `find` is looked for in path, values, owners, origin, and who wrote it."""

    ref: str
    find: str = ""
    show: Literal["", "differs", "declared", "others"] = ""
    page: Annotated[int, msgspec.Meta(ge=1, le=PAGES_MAX)] = 1

    def fits(self, field: FieldSightBody) -> bool:
        """Whether a field is asked for."""
        wanted = self.find.strip().casefold()
        return self._shows(field) and (not wanted or wanted in _text(field).casefold())

    def _shows(self, field: FieldSightBody) -> bool:
        match self.show:
            case "differs":
                return field.differs
            case "declared":
                return field.is_declared
            case "others":
                return not field.is_declared
            case _:
                return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the page is made of; `commit` is that of the files that it was rendered from, where it is known.

    `drifts` is what the last look found of it, `pods` what was made of it, `rights` are those of who looks.
    """

    application: str
    sight: ResourceSightBody
    commit: CommitBody | None
    facts: Facts
    drifts: Sequence[StandingDriftBody] = ()
    pods: Sequence[str] = ()
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file, with where it is looked at; the link is empty where nobody knows."""

    text: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owns a field. `is_ours`: it was written so because Git says so; `at` is when they wrote here last."""

    name: str
    is_ours: bool
    at: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The commit that wrote a line last; the link is empty where nobody knows. `is_oldest`: it may be an older one."""

    commit: str
    link: str
    author: str
    subject: str
    at: Moment
    is_oldest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: `above` and `name` are its path. A value is there where the field is; `marks` compare both."""

    path: str
    above: str
    name: str
    declared: Value | None
    live: Value | None
    differs: bool
    owners: tuple[Owner, ...]
    origin: Place
    written: Writing | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields below one field of the object."""

    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """When we wrote it last, and of which commit."""

    at: Moment
    action: str
    revision: str
    link: str
    subject: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote fields of it: how many, and when last."""

    name: str
    is_ours: bool
    at: Moment | None
    fields: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the target says that happened to it."""

    at: Moment | None
    is_warning: bool
    reason: str
    message: str
    by: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which files it was made of: the commit that they are of, and who made that."""

    origin: Place
    commit: str
    link: str
    subject: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The page. `fields` counts all of them, `differing` are the first of those that differ, of `differ`."""

    application: str
    application_link: str
    ref: str
    kind: str
    name: str
    namespace: str
    state: State
    word: str
    reason: str
    said: str
    is_declared: bool
    is_live: bool
    wave: int
    uid: str
    created: Moment | None
    as_of: Moment
    place: str
    doubts: tuple[Doubt, ...]
    source: Source | None
    written: Written | None
    differ: int
    differing: tuple[Field, ...]
    differ_link: str
    fields: int
    rest: int
    groups: tuple[Group, ...]
    part: Part
    find: str
    shown: tuple[Option, ...]
    all_link: str
    is_filtered: bool
    writers: tuple[Writer, ...]
    happenings: tuple[Happening, ...]
    happenings_rest: int
    offers: tuple[Offer, ...]
    logs: tuple[Offer, ...]
    logs_rest: int
    logs_link: str


def resource(known: Known, asked: ResourceQuestion, now: datetime) -> Resource:
    """The page of one object."""
    sight = known.sight
    health = Status(sight.health.status)
    ref = Ref.parse(sight.ref)
    draw = _Fields(known, now)
    differing = [one for one in sight.fields if one.differs]
    fit = [one for one in sight.fields if asked.fits(one)]
    part = _part(len(fit), known.application, asked)
    shown = fit[part.first - 1 : part.last] if part.count else []
    return Resource(
        application=known.application,
        application_link=application_address(known.application),
        ref=sight.ref,
        kind=ref.kind.partition(".")[0],
        name=ref.name,
        namespace=ref.namespace,
        state=STATES[health],
        word=health.word,
        reason=sight.health.reason,
        said=sight.health.message,
        is_declared=sight.is_declared,
        is_live=sight.is_live,
        wave=sight.wave,
        uid=sight.uid,
        created=_moment(sight.created, now),
        as_of=moment(now, now),
        place=known.facts.place,
        doubts=tuple(_doubts(known)),
        source=_source(known) if sight.is_declared else None,
        written=_written(sight.applied, known, now) if sight.applied else None,
        differ=len(differing),
        differing=tuple(draw.field(one, number < COMPARED_MAX) for number, one in enumerate(differing[:DIFFERING_MAX])),
        differ_link=resource_address(known.application, sight.ref, [("show", "differs")]),
        fields=sight.count,
        rest=max(sight.count - len(sight.fields), 0),
        groups=tuple(draw.groups(shown)),
        part=part,
        find=asked.find,
        shown=tuple(Option(value=one, text=text, is_chosen=one == asked.show) for one, text in _SHOWN),
        all_link=resource_address(known.application, sight.ref),
        is_filtered=bool(asked.find.strip() or asked.show),
        writers=tuple(_writers(sight.writers, sight.fields, now)),
        happenings=tuple(_happening(one, now) for one in sight.happenings[:HAPPENINGS_MAX]),
        happenings_rest=max(len(sight.happenings) - HAPPENINGS_MAX, 0),
        offers=tuple(resource_offers(known.application, sight, known.drifts, known.rights)),
        logs=tuple(log_links(known.application, known.pods)),
        logs_rest=max(len(known.pods) - PODS_MAX, 0),
        logs_link=act(known.application, "logs"),
    )


def _doubts(known: Known) -> Iterator[Doubt]:
    """INV-38: what could not be told, and what may be old, is said before it is believed."""
    for reason in known.sight.unknown:
        yield Doubt(text=f"Not all of it could be told: {reason}.")
    if known.facts.has_problems:
        yield Doubt(text="Git may say more than is shown: it cannot be followed at the moment.")


def _source(known: Known) -> Source:
    sight = known.sight
    repository, commit = _repository(known), known.commit
    return Source(
        origin=Place(text=sight.origin, link=file_link(repository, sight.commit, sight.origin)),
        commit=shortest(sight.commit),
        link=commit_link(repository, sight.commit),
        subject=commit.subject if commit else "",
        author=commit.author if commit else "",
    )


def _repository(known: Known) -> str:
    """The address of the files; of the fleet repository those alone are told it who may read all of it (INV-25)."""
    return known.sight.source or known.facts.repository


def _written(applied: AppliedBody, known: Known, now: datetime) -> Written:
    commit = applied.commit
    return Written(
        at=moment(applied.at, now),
        action=applied.action,
        revision=shortest(applied.revision),
        link=commit_link(known.facts.repository, commit.commit) if commit else "",
        subject=commit.subject if commit else "",
        author=commit.author if commit else "",
    )


def _writers(writers: Iterable[WriterBody], fields: Iterable[FieldSightBody], now: datetime) -> Iterator[Writer]:
    counts = Counter(name for field in fields for name in field.managers)
    for one in writers:
        yield Writer(name=one.name, is_ours=one.is_ours, at=_moment(one.at, now), fields=counts[one.name])


def _happening(one: HappeningBody, now: datetime) -> Happening:
    return Happening(
        at=_moment(one.at, now),
        is_warning=one.is_warning,
        reason=one.reason,
        message=value(one.message).short,
        by=one.by,
        count=one.count,
    )


def _moment(text: str, now: datetime) -> Moment | None:
    """A time that the target tells; what is none is not shown as one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment(at, now) if at.tzinfo is not None else None


# ---- fields ----------------------------------------------------------------------------------------------------


class _Fields:
    """Draws fields of one object."""

    def __init__(self, known: Known, now: datetime) -> None:
        self._writers = {one.name: one for one in known.sight.writers}
        self._repository, self._commit, self._now = _repository(known), known.sight.commit, now

    def groups(self, fields: Iterable[FieldSightBody]) -> Iterator[Group]:
        """Fields by the first step of their paths, in their order: what is declared comes first."""
        for (title, is_declared), found in groupby(fields, key=lambda one: (_steps(one.path)[0], one.is_declared)):
            said = title if is_declared else f"{title}, not declared"
            yield Group(title=said, fields=tuple(self.field(one) for one in found))

    def field(self, one: FieldSightBody, is_compared: bool = False) -> Field:  # noqa: FBT001, FBT002 - a plain choice
        """One field."""
        *above, name = _steps(one.path)
        return Field(
            path=one.path,
            above="".join(above),
            name=name,
            declared=value(one.declared) if one.is_declared else None,
            live=value(one.live) if one.is_live else None,
            differs=one.differs,
            owners=tuple(self._owner(name) for name in one.managers),
            origin=Place(text=one.origin, link=file_link(self._repository, self._commit, one.origin)),
            written=self._writing(one.written) if one.written is not None else None,
            marks=compared(one.declared, one.live) if is_compared and one.is_declared and one.is_live else (),
        )

    def _writing(self, one: LineBody) -> Writing:
        return Writing(
            commit=shortest(one.commit),
            link=commit_link(self._repository, one.commit),
            author=one.author,
            subject=one.subject,
            at=moment(one.at, self._now),
            is_oldest=one.is_oldest,
        )

    def _owner(self, name: str) -> Owner:
        writer = self._writers.get(name)
        return Owner(
            name=name,
            is_ours=writer is not None and writer.is_ours,
            at=_moment(writer.at, self._now) if writer is not None else None,
        )


def _steps(path: str) -> Sequence[str]:
    """A path as it is read, step by step; one that cannot be read is one step.

    >>> _steps("spec.ports[port=80].name"), _steps("data")
    (('spec', '.ports', '[port=80]', '.name'), ('data',))
    """
    try:
        steps = field_path.parse(path)
    except ValueError:
        return (path,)
    texts = [field_path.text(steps[:length]) for length in range(1, len(steps) + 1)]
    before = ["", *texts[:-1]]
    return tuple(text[len(known) :] for known, text in zip(before, texts, strict=True)) or (path,)


def _text(field: FieldSightBody) -> str:
    values = f"{value(field.declared).short}\n{value(field.live).short}"
    written = f"{line.commit}\n{line.author}\n{line.subject}" if (line := field.written) is not None else ""
    return f"{field.path}\n{values}\n{field.origin}\n{written}\n{' '.join(field.managers)}"


def _part(count: int, application: str, asked: ResourceQuestion) -> Part:
    pages = max(1, -(-count // ROWS_MAX))
    page = min(asked.page, pages)

    def link(number: int) -> str:
        pairs = [("find", asked.find.strip()), ("show", asked.show), ("page", str(number) if number > 1 else "")]
        return resource_address(application, asked.ref, pairs)

    return Part(
        first=(page - 1) * ROWS_MAX + 1 if count else 0,
        last=min(count, page * ROWS_MAX),
        count=count,
        before=link(page - 1) if page > 1 else "",
        after=link(page + 1) if page < pages else "",
    )
