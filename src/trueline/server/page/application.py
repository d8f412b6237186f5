"""One application as its page shows it: how it stands, what it consists of, what would change, what happened. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Final, Literal

import msgspec

from trueline.health.status import Status
from trueline.loop.status import Sync
from trueline.model.ref import Ref
from trueline.record.history import Deployment, DeploymentResult
from trueline.record.journal import Kind, Record
from trueline.record.line import said_of
from trueline.server.access.right import Right
from trueline.server.archive import SEQUENCE_MAX
from trueline.server.body import ApplicationBody, CommitBody, NodeBody, PlanBody, StandingDriftBody, TreeBody
from trueline.server.page.address import (
    act,
    application as application_address,
    drift as drift_address,
    history as history_address,
    resource as resource_address,
)
from trueline.server.page.age import Moment, moment
from trueline.server.page.dependency import Look
from trueline.server.page.doubt import Doubt, doubts
from trueline.server.page.drift import Standing, standing
from trueline.server.page.fleet import Facts
from trueline.server.page.growth import draw
from trueline.server.page.layout import Drawing
from trueline.server.page.offer import Offer, return_link
from trueline.server.page.order import Stage, place, stages, title
from trueline.server.page.planned import Planned, planned
from trueline.server.page.resource import STATES
from trueline.server.page.row import Row, is_behind, judged, row_of, shortest
from trueline.server.page.span import took
from trueline.server.page.state import State
from trueline.server.page.verb import RESTARTED_KINDS, Verb
from trueline.server.reading import Question
from trueline.server.tree import HOOK, Run
from trueline.source.artifact import SHORT

DEPLOYMENTS_MAX: Final = 20
RECORDS_MAX: Final = 200
LINES_MAX: Final = 40
POINTS_MAX: Final = 16
NODES_MAX: Final = 500
BEGUN: Final = timedelta(minutes=10)
"""For so long a page that somebody was led to says what they began."""

_ASKED: Final = frozenset(verb.kind.value for verb in Verb)
_UNDER_WAY: Final = frozenset({Sync.SYNCING, Sync.PARTLY})
_HOOKS: Final = {
    Run.NONE: "hook",
    Run.RUNS: "hook, runs",
    Run.WELL: "hook, ended well",
    Run.BADLY: "hook, failed",
    Run.BEFORE: "hook, ran before",
    Run.NEVER: "hook, did not run yet",
}
_RESULTS: Final = {
    DeploymentResult.RUNNING: (State.ROLLING_OUT, "under way"),
    DeploymentResult.DONE: (State.TRUE, "done"),
    DeploymentResult.PARTLY: (State.PARTLY, "partly done"),
    DeploymentResult.SUPERSEDED: (State.OUT_OF_SYNC, "overtaken by a newer one"),
    DeploymentResult.FAILED: (State.DEGRADED, "failed"),
}


class ApplicationQuestion(Question, frozen=True, kw_only=True):
    """Whether objects are listed, or drawn; `begun` is the number of the record of what who looks just asked for."""

    view: Literal["", "list", "graph"] = ""
    begun: Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the page is made of; deployments and records are the newest first.

    `rights` are those of who looks, `returnable` the deployments that can be put back, `begun` the number of the
    record of what they just asked for.
    """

    body: ApplicationBody
    tree: TreeBody
    plan: PlanBody | None
    deployments: Sequence[Deployment]
    records: Sequence[Record]
    commits: Callable[[str], CommitBody | None]
    facts: Facts
    drifts: Sequence[StandingDriftBody] = ()
    rights: frozenset[Right] = frozenset()
    returnable: frozenset[int] = frozenset()
    begun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One object. `word` is its health's, `said` why; `below` is what belongs to it."""

    id: str
    link: str
    kind: str
    name: str
    namespace: str
    origin: str
    state: State
    word: str
    said: str
    differs: str
    hook: str
    below: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """The objects of one step of the order, by ref."""

    title: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A moment on the way here: a deployment, a drift, a heal, a decision of a person."""

    at: Moment
    state: State
    word: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One deployment, with how long it took, where it is over."""

    number: int
    revision: str
    subject: str
    author: str
    by: str
    state: State
    word: str
    began: Moment
    took: str
    back: str = ""
    """Where it is put back; empty where it cannot be, or who looks may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record as people read it."""

    at: Moment
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The page."""

    row: Row
    labels: tuple[tuple[str, str], ...]
    as_of: Moment
    place: str
    doubts: tuple[Doubt, ...]
    stages: tuple[Stage, ...]
    waves: tuple[Wave, ...]
    drawing: Drawing | None
    looks: Mapping[str, Look]
    list_link: str
    graph_link: str
    is_graph: bool
    objects: int
    rest: int
    points: tuple[Point, ...]
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    planned: Planned | None
    plan_title: str
    history_link: str
    drifts: tuple[Standing, ...]
    drift_link: str
    actions: tuple[Offer, ...] = ()
    begun: Line | None = None


def application(known: Known, now: datetime, *, is_graph: bool = False) -> Application:
    """The page of an application that stands so now."""
    body, facts, state = known.body, known.facts, judged(known.body)
    followed = str(facts.revision) if facts.revision else ""
    told = doubts(
        [(body, state)],
        now=now,
        followed=followed,
        has_problems=facts.has_problems,
        is_told=False,
        is_ready=facts.is_ready,
        is_one=True,
    )
    untold = (Doubt(text=f"What belongs to its objects is not known: {reason}.") for reason in known.tree.unknown)
    shown = known.tree.nodes[:NODES_MAX]
    grown = draw(body.application, state, shown) if is_graph else None
    return Application(
        row=row_of(body, state, now),
        labels=tuple(sorted(body.labels.items())),
        as_of=moment(now, now),
        place=facts.place,
        doubts=(*told, *untold, *_resting(body)),
        stages=stages(shown, is_under_way=Sync(body.sync) in _UNDER_WAY),
        waves=() if is_graph else tuple(_waves(body.application, shown)),
        drawing=grown.drawing if grown is not None else None,
        looks=grown.looks if grown is not None else {},
        list_link=application_address(body.application),
        graph_link=f"{application_address(body.application)}?view=graph",
        is_graph=is_graph,
        objects=known.tree.count,
        rest=known.tree.count - len(shown),
        points=tuple(_points(known, now)),
        steps=tuple(
            step(one, known.commits, now, return_link(body.application, one.number, known.rights, known.returnable))
            for one in known.deployments
        ),
        lines=tuple(_lines(known.records, now)),
        planned=planned(known.plan),
        plan_title=_plan_title(known),
        history_link=history_address(body.application),
        drifts=tuple(standing(known.drifts, now, lambda _: known.rights)),
        drift_link=drift_address([("application", body.application)]),
        actions=tuple(_actions(known)),
        begun=_begun(known, now),
    )


def _resting(body: ApplicationBody) -> Iterator[Doubt]:
    """INV-38: where nothing is looked for, nothing that is found says nothing."""
    if any(not hold.revision for hold in body.holds):
        said = "While it is held, no drift of it is looked for: the page of each object asks anew."
        yield Doubt(text=said, is_grave=False)


def _plan_title(known: Known) -> str:
    """What the plan of the last pass is by now: what was done is not shown as what would be (INV-38)."""
    sync = Sync(known.body.sync)
    if _is_done(known):
        return "What the last pass did"
    if sync is Sync.WAITING:
        return "Waits for approval"
    if sync in _UNDER_WAY:
        return "What is under way"
    return "What would change" if is_behind(known.body) else "The last plan"


def _is_done(known: Known) -> bool:
    """Whether the plan of the last pass is carried out: all is Synced, or it is that of a deployment that is done."""
    sync, newest = Sync(known.body.sync), next(iter(known.deployments), None)
    if newest is None or known.plan is None or sync in {Sync.SYNCED, Sync.WAITING}:
        return sync is Sync.SYNCED
    return newest.result is DeploymentResult.DONE and newest.plan == known.plan.digest


# ---- what it consists of ---------------------------------------------------------------------------------------


def _waves(name: str, nodes: Sequence[NodeBody]) -> Iterator[Wave]:
    children: dict[str, list[NodeBody]] = {}
    for node in nodes:
        if node.parent:
            children.setdefault(node.parent, []).append(node)
    tops = sorted((node for node in nodes if not node.parent), key=place)
    for _, group in groupby(tops, key=place):
        parts = list(group)
        yield Wave(title=title(parts[0]), nodes=tuple(_node(name, node, children) for node in parts))


def _node(application: str, body: NodeBody, children: dict[str, list[NodeBody]]) -> Node:
    health = Status(body.health.status)
    is_drifted = bool(body.drift)
    kind, namespace, name = _called(body.ref)
    return Node(
        id=body.ref,
        link=resource_address(application, body.ref),
        kind=kind,
        name=name,
        namespace=namespace,
        origin=body.origin,
        state=State.DRIFTED if is_drifted and health is Status.HEALTHY else STATES[health],
        word=health.word,
        said="" if health is Status.HEALTHY else body.health.message,
        differs=body.drift,
        hook=_HOOKS[Run(body.run)] if body.role == HOOK else "",
        below=tuple(_node(application, one, children) for one in children.pop(body.ref, ())),
    )


def _called(text: str) -> tuple[str, str, str]:
    """Kind, namespace and name, as people say them: without the kind's group."""
    try:
        ref = Ref.parse(text)
    except ValueError:
        return "", "", text
    return ref.kind.partition(".")[0], ref.namespace, ref.name


# ---- what happened ---------------------------------------------------------------------------------------------


def _points(known: Known, now: datetime) -> Iterable[Point]:
    """The last moments, the oldest first, and what is the case now."""
    found = [(one.began, _RESULTS[one.result][0], shortest(one.revision), _deployed(one)) for one in known.deployments]
    found += [point for record in known.records if (point := _point(record)) is not None]
    last = sorted(found, key=lambda one: one[0])[-POINTS_MAX:]
    return [Point(at=moment(at, now), state=state, word=word, said=said) for at, state, word, said in last]


def _deployed(one: Deployment) -> str:
    how = "rolled back" if one.by == "rollback" else "deployed"
    return f"{how}, {_RESULTS[one.result][1]}"


def _point(record: Record) -> tuple[datetime, State, str, str] | None:
    body = record.body if isinstance(record.body, dict) else {}
    said = said_of(record)
    match record.kind:
        case Kind.DRIFT_FOUND.value:
            return record.at, State.DRIFTED, "drift", said
        case Kind.OUTCOME.value if body.get("action") == "heal" and body.get("result") == "done":
            return record.at, State.TRUE, "healed", said
        case Kind.ROLLBACK.value | Kind.HOLD.value:
            return record.at, State.HELD, "rolled back" if record.kind == Kind.ROLLBACK.value else "held", said
        case Kind.APPROVAL.value:
            return record.at, State.WAITING, "approved", said
        case _:
            return None


def step(one: Deployment, commits: Callable[[str], CommitBody | None], now: datetime, back: str = "") -> Step:
    """One deployment as it is shown; `back` is where it is put back."""
    state, word = _RESULTS[one.result]
    commit = commits(one.revision[:SHORT])
    return Step(
        number=one.number,
        revision=shortest(one.revision),
        subject=commit.subject if commit else "",
        author=commit.author if commit else "",
        by="a rollback" if one.by == "rollback" else "Git",
        state=state,
        word=word,
        began=moment(one.began, now),
        took=took(one.ended - one.began) if one.ended else "",
        back=back,
    )


def _lines(records: Iterable[Record], now: datetime) -> Iterator[Line]:
    told = ((record.at, said_of(record)) for record in records)
    for at, text in [one for one in told if one[1]][:LINES_MAX]:
        yield Line(at=moment(at, now), text=text)


# ---- what can be asked for -------------------------------------------------------------------------------------


def _actions(known: Known) -> Iterator[Offer]:
    """What who looks may ask for now; what they may not is not offered."""
    body, is_waiting = known.body, known.body.sync == "Waiting"
    if known.plan is not None and known.plan.changes and not _is_done(known):
        yield Offer(word="Look at the plan", link=act(body.application, "plan"))
    if any(node.ref.startswith("Pod/") for node in known.tree.nodes):
        yield Offer(word="Logs", link=act(body.application, "logs"))
    if Right.APPROVE in known.rights and is_waiting:
        yield Offer(word=Verb.APPROVE.word, link=act(body.application, Verb.APPROVE.value), is_first=True)
    if Right.DEPLOY not in known.rights:
        return
    is_drifted = any(node.drift for node in known.tree.nodes)
    offered = [Verb.SYNC, Verb.REFRESH, Verb.RESUME if body.holds else Verb.HOLD]
    offered += [Verb.HEAL] if is_drifted else []
    offered += [Verb.RESTART] if any(_runs(node.ref) for node in known.tree.nodes if not node.parent) else []
    for verb in offered:
        is_first = verb is Verb.HEAL or (verb is Verb.SYNC and body.sync == "OutOfSync")
        yield Offer(word=verb.word, link=act(body.application, verb.value), is_first=is_first)


def _runs(ref: str) -> bool:
    return ref.partition("/")[0] in RESTARTED_KINDS


def _begun(known: Known, now: datetime) -> Line | None:
    """What somebody who was led here has just asked for, as the journal has it."""
    for record in known.records:
        is_it = known.begun and record.sequence == known.begun and record.kind in _ASKED
        if is_it and now - record.at < BEGUN and (text := said_of(record)):
            return Line(at=moment(record.at, now), text=text)
    return None
