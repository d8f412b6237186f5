"""The objects of an application drawn: the application, what it declares, and what controllers made of that. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trueline.health.status import Status
from trueline.model.ref import Ref
from trueline.server.body import NodeBody
from trueline.server.page.address import application as application_address, resource as resource_address
from trueline.server.page.dependency import Look, called
from trueline.server.page.layout import TEXT_MAX, Drawing, lay
from trueline.server.page.resource import STATES
from trueline.server.page.state import State

DRAWN_MAX: Final = 300
ROOT: Final = "application"
"""No ref reads so: it has no `/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The drawing, and how each box looks, by ref."""

    drawing: Drawing
    looks: Mapping[str, Look]


def draw(name: str, state: State, nodes: Sequence[NodeBody]) -> Growth | None:
    """The objects, each right of what it belongs to; `None` where there is none, or too many to be looked at."""
    if not nodes or len(nodes) > DRAWN_MAX:
        return None
    known = {node.ref for node in nodes}
    drawing = lay({ROOT: (), **{node.ref: (node.parent if node.parent in known else ROOT,) for node in nodes}})
    looks = {node.ref: _look(name, node) for node in nodes}
    root = Look(
        state=state,
        link=application_address(name),
        title=f"Application {called(name, _cut(name))}, {state.word}",
        waits=False,
        kind="Application",
        text=_cut(name),
    )
    return Growth(drawing=drawing, looks={ROOT: root, **looks})


def _look(name: str, node: NodeBody) -> Look:
    health = Status(node.health.status)
    kind, whole = _called(node.ref)
    said = f": {node.health.message}" if node.health.message and health is not Status.HEALTHY else ""
    return Look(
        state=State.DRIFTED if node.drift and health is Status.HEALTHY else STATES[health],
        link=resource_address(name, node.ref),
        title=f"{kind} {called(whole, _cut(whole))}, {health.word}{said}",
        waits=False,
        kind=kind,
        text=_cut(whole),
    )


def _called(text: str) -> tuple[str, str]:
    try:
        ref = Ref.parse(text)
    except ValueError:
        return "", text
    return ref.kind.partition(".")[0], ref.name


def _cut(name: str) -> str:
    """The end of a long name tells more than its middle: controllers put what is of one alone there."""
    return name if len(name) <= TEXT_MAX else f"{name[: TEXT_MAX - 8]}…{name[-7:]}"
