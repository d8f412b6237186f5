"""Restarting a workload: its pods are made anew, a few at a time, as its own controller does. Values and the port.

It is no change of what is declared: nothing of it is drift, and no apply takes it back.
"""

from dataclasses import dataclass
from typing import Protocol

from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.target.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What would be restarted. `why_not` is empty where it can be; `note` is what is worth knowing of how it goes."""

    uid: str
    mark: str
    mark_is_ours: bool
    generation: int
    pods: int
    restarted: str = ""
    why_not: str = ""
    note: str = ""


class Restarter(Protocol):
    """What a person asks of workloads."""

    async def workload(self, ref: Ref) -> Known[Workload | None] | Unknown:
        """What stands there; `None` where nothing does, or what it is has no pods to restart."""
        ...

    async def restart(self, ref: Ref, *, uid: str, at: str) -> Answer:
        """Have the pods of the workload with this UID made anew; `at` is a time that it was not restarted at before."""
        ...


class NoRestarter:
    """Of a target that runs nothing."""

    async def workload(self, ref: Ref) -> Known[Workload | None] | Unknown:  # noqa: ARG002 - the port's
        """Nothing there has pods."""
        return Known(None)

    async def restart(self, ref: Ref, *, uid: str, at: str) -> Answer:  # noqa: ARG002 - the port's
        """Never asked: there is nothing."""
        raise AssertionError(f"{ref} has no pods")
