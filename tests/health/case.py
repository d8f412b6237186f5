"""What a case of health is: a live object and the judgement it must get; the one place that knows the entry."""

from dataclasses import dataclass
from typing import Any

from trueline.health.table import judge

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One live object and what must be said of it."""

    live: Body
    health: str

    def __str__(self) -> str:
        return f"{self.live['kind']}-{self.health.split(':')[0].replace(' ', '-')}"


def live(
    version: str, kind: str, spec: object = None, status: object = None, *, seen: int | None = None, **metadata: object
) -> Body:
    """A live object; `seen` is the generation that its status tells of, of 2."""
    if seen is not None and isinstance(status, dict):
        status = {"observedGeneration": seen, **status}
    meta = {"name": "it", "generation": 2, **metadata}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec or {}, "status": status or {}}


def condition(kind: str, status: str, reason: str = "", message: str = "", **more: object) -> Body:
    """One condition."""
    return {"type": kind, "status": status, "reason": reason, "message": message, **more}


def check(case: Case) -> None:
    """`STATUS REASON: message` is what the object gets."""
    health = judge(case.live)
    assert f"{health.status.word} {health.reason}: {health.message}" == case.health
