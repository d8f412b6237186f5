"""The fleet as its page shows it: what Git says, the line, counts, what needs a look first, the whole list. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from trueline.health.status import Status
from trueline.loop.told import DiagnosticBody
from trueline.server.body import ApplicationBody
from trueline.server.page.address import home, web
from trueline.server.page.age import Moment, moment
from trueline.server.page.doubt import Doubt, doubts
from trueline.server.page.line import Line, draw
from trueline.server.page.matrix import Matrix, matrix
from trueline.server.page.question import NOT_TRUE, FleetQuestion
from trueline.server.page.row import Row, judged, row_of, shortest, tick_of
from trueline.server.page.state import State
from trueline.source.artifact import Revision

FIRST_MAX: Final = 8
"""So many need a look first; the others are one link away."""
ROWS_MAX: Final = 200
TOLD_MAX: Final = 50
OPTIONS_MAX: Final = 500
_LABEL: Final = "label:"

Stand = tuple[ApplicationBody, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a page of the fleet is made of, but for the applications; `name` is the repository's, as people say it.

    `is_whole`: it is for those who may read all of the fleet. `has_problems` holds for the others too.
    """

    repository: str
    revision: Revision | None
    problems: tuple[DiagnosticBody, ...]
    notes: tuple[DiagnosticBody, ...]
    is_ready: bool
    place: str
    has_problems: bool
    is_whole: bool = True

    def reduced(self) -> "Facts":
        """For those who may read a part: not what is of no single application (INV-25), but that it is (INV-38)."""
        revision = self.revision and replace(self.revision, subject="", author_name="", author_email="")
        return replace(self, repository=self.name, revision=revision, problems=(), notes=(), is_whole=False)

    @property
    def name(self) -> str:
        """The last part of the repository's address.

        >>> Facts(repository="https://git.example/a/fleet.git", revision=None, problems=(), notes=(), is_ready=True,
        ...       place="", has_problems=False).name
        'fleet'
        """
        last = self.repository.rstrip("/").replace(":", "/").rpartition("/")[2]
        return last.removesuffix(".git") or "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What Git says; `at` is when the commit was made."""

    name: str
    repository: str
    link: str
    ref: str
    commit: str
    subject: str
    author: str
    at: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many stand so; a link that asks for them, or for all where they are asked for."""

    state: State
    number: int
    link: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of the form."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The choices that there are."""

    find: str
    application: str
    view: str
    states: tuple[Option, ...]
    healths: tuple[Option, ...]
    targets: tuple[Option, ...]
    projects: tuple[Option, ...]
    labels: tuple[Option, ...]
    groups: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows below a title; without one where nothing is grouped."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which part of all that fit is shown: numbers count from 1, links are empty where there is nothing."""

    first: int
    last: int
    count: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The page. `empty` says why there is no row; of matrix and groups one is there."""

    head: Head
    as_of: Moment
    place: str
    total: int
    doubts: tuple[Doubt, ...]
    problems: tuple[DiagnosticBody, ...]
    notes: tuple[DiagnosticBody, ...]
    line: Line
    counts: tuple[Count, ...]
    first: tuple[Row, ...]
    first_count: int
    first_link: str
    form: Form
    is_filtered: bool
    list_link: str
    matrix_link: str
    groups: tuple[Group, ...]
    matrix: Matrix | None
    part: Part
    empty: str


def fleet(bodies: Mapping[str, ApplicationBody], asked: FleetQuestion, facts: Facts, now: datetime) -> Fleet:
    """The page that answers a question."""
    stands = [(body, judged(body)) for _, body in sorted(bodies.items())]
    fit = [(body, state) for body, state in stands if asked.fits(body, state)] if asked.is_filtered else stands
    wrong = sorted((one for one in stands if not one[1].is_true), key=lambda one: (one[1].rank, one[0].since))
    has_first = not asked.is_filtered and asked.page == 1 and asked.view != "matrix"
    shown = ordered(fit, asked.group)
    part = _part(len(shown), asked)
    shown = shown[part.first - 1 : part.last] if part.count else []
    is_matrix = asked.view == "matrix"
    return Fleet(
        head=_head(facts, now),
        as_of=moment(now, now),
        place=facts.place,
        total=len(stands),
        doubts=_doubts(stands, facts, now),
        problems=facts.problems[:TOLD_MAX],
        notes=facts.notes[:TOLD_MAX],
        line=draw([state for _, state in stands], lambda at: tick_of(*stands[at])),
        counts=_counts(stands, asked),
        first=tuple(row_of(*one, now) for one in wrong[:FIRST_MAX]) if has_first else (),
        first_count=len(wrong),
        first_link=home([("state", NOT_TRUE)]),
        form=_form(stands, asked),
        is_filtered=asked.is_filtered,
        list_link=asked.but(view=""),
        matrix_link=asked.but(view="matrix"),
        groups=() if is_matrix else tuple(_grouped(shown, asked.group, now)),
        matrix=matrix(shown) if is_matrix and shown else None,
        part=part,
        empty=_empty(stands, fit, facts),
    )


def _head(facts: Facts, now: datetime) -> Head:
    revision = facts.revision
    return Head(
        name=facts.name,
        repository=facts.repository,
        link=web(facts.repository),
        ref=str(revision).rpartition("@")[0] if revision else "",
        commit=shortest(str(revision)) if revision else "",
        subject=revision.subject if revision else "",
        author=revision.author_name if revision else "",
        at=moment(revision.committed_at, now) if revision else None,
    )


def _doubts(stands: Sequence[Stand], facts: Facts, now: datetime) -> tuple[Doubt, ...]:
    followed = str(facts.revision) if facts.revision else ""
    found = doubts(
        stands,
        now=now,
        followed=followed,
        has_problems=facts.has_problems,
        is_told=bool(facts.problems),
        is_ready=facts.is_ready,
    )
    return tuple(found)


def _counts(stands: Iterable[Stand], asked: FleetQuestion) -> tuple[Count, ...]:
    numbers = Counter(state for _, state in stands)
    shown = [one for one in reversed(State) if numbers[one] or one is State.TRUE or one.value == asked.state]
    return tuple(
        Count(
            state=state,
            number=numbers[state],
            link=asked.but(state="" if asked.state == state.value else state.value),
            is_chosen=asked.state == state.value,
        )
        for state in shown
    )


# ---- the list --------------------------------------------------------------------------------------------------


def ordered(stands: Sequence[Stand], group: str) -> Sequence[Stand]:
    """By name or, where they are grouped, by group and then by name; those without the label come last."""
    if group in {"", "none"}:
        return stands
    return sorted(stands, key=lambda one: (not (title := _title(one[0], one[1], group)), _rank(one[1], group), title))


def _rank(state: State, group: str) -> int:
    return state.rank if group == "state" else 0


def _title(body: ApplicationBody, state: State, group: str) -> str:
    if group == "target":
        return body.target
    if group == "project":
        return body.project
    if group == "state":
        return state.word
    return body.labels.get(group.removeprefix(_LABEL), "")


def _grouped(stands: Iterable[Stand], group: str, now: datetime) -> Iterable[Group]:
    if group in {"", "none"}:
        rows = tuple(row_of(*one, now) for one in stands)
        return [Group(title="", rows=rows)] if rows else []
    groups = dict[str, list[Row]]()
    for body, state in stands:
        groups.setdefault(_title(body, state, group), []).append(row_of(body, state, now))
    lacking = f"without {group.removeprefix(_LABEL)}"
    return [Group(title=title or lacking, rows=tuple(rows)) for title, rows in groups.items()]


def _part(count: int, asked: FleetQuestion) -> Part:
    pages = max(1, -(-count // ROWS_MAX))
    page = min(asked.page, pages)
    first = (page - 1) * ROWS_MAX + 1 if count else 0
    return Part(
        first=first,
        last=min(count, page * ROWS_MAX),
        count=count,
        before=asked.but(page=str(page - 1) if page > 2 else "") if page > 1 else "",  # noqa: PLR2004 - the first has no number
        after=asked.but(page=str(page + 1)) if page < pages else "",
    )


def _empty(stands: Sequence[Stand], fit: Sequence[Stand], facts: Facts) -> str:
    if fit:
        return ""
    if stands:
        return "No application fits what is asked for."
    if facts.has_problems:
        return "No application is known: the fleet repository could not be followed."
    if facts.revision is None:
        return "No application is known yet: Git was not read since the start."
    if not facts.is_whole:
        return "There is no application that you may read. The roles of a Project say who may."
    return "The fleet repository declares no application. One is a YAML document in it that says `kind: Application`."


# ---- the form --------------------------------------------------------------------------------------------------


def _form(stands: Sequence[Stand], asked: FleetQuestion) -> Form:
    states = [("", "any state"), (NOT_TRUE, "not True"), *((state.value, state.word) for state in State)]
    healths = [("", "any health"), *((status.value, status.word) for status in Status)]
    targets = sorted({body.target for body, _ in stands if body.target})
    projects = sorted({body.project for body, _ in stands if body.project})
    labels = sorted({(key, value) for body, _ in stands for key, value in body.labels.items()})
    keys = sorted({key for key, _ in labels})
    groups = [("", "no groups"), ("target", "by target"), ("state", "by state"), ("project", "by project")]
    groups += [(f"{_LABEL}{key}", f"by {key}") for key in keys[:OPTIONS_MAX]]
    pairs = [(f"{key}={value}", f"{key}: {value}" if value else key) for key, value in labels[:OPTIONS_MAX]]
    return Form(
        find=asked.find,
        application=asked.application,
        view="matrix" if asked.view == "matrix" else "",
        states=_options(states, asked.state),
        healths=_options(healths, asked.health),
        targets=_options([("", "any target"), *((name, name) for name in targets[:OPTIONS_MAX])], asked.target),
        projects=_options([("", "any project"), *((name, name) for name in projects[:OPTIONS_MAX])], asked.project),
        labels=_options([("", "any label"), *pairs], asked.label),
        groups=_options(groups, asked.group if asked.group != "none" else ""),
    )


def _options(pairs: Sequence[tuple[str, str]], chosen: str) -> tuple[Option, ...]:
    """What is asked for is a choice, also where nothing has it (any more)."""
    known = dict(pairs)
    given = [*pairs, *([(chosen, chosen)] if chosen not in known else [])]
    return tuple(Option(value=value, text=text, is_chosen=value == chosen) for value, text in given)
