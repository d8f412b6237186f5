"""How live objects do, from what the target's mirror last saw; nothing is asked of the target here."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from trueline.health.status import Health, Status
from trueline.health.table import judge_absent
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref


class Judging(Protocol):
    """A target that keeps judgements."""

    def judged(self, ref: Ref) -> Known[Health | None] | Unknown:
        """What was judged of an object's status when it was last seen."""
        ...

    def last_judged(self, uid: str) -> Health | None:
        """What was judged of an object before it left, if that is remembered."""
        ...

    def is_there(self, ref: Ref) -> Known[bool] | Unknown:
        """Whether the object was there when it was last seen."""
        ...


class TargetHealth:
    """A `HealthReader` over a target's mirror."""

    def __init__(self, target: Judging, needs_status: Callable[[str], bool]) -> None:
        self._target = target
        self._needs_status = needs_status

    def health(self, refs: Collection[Ref]) -> Mapping[Ref, Health]:
        """A judgement for each ref."""
        return {ref: self._one(ref) for ref in refs}

    def last(self, uid: str) -> Health | None:
        """The judgement of an object that has left."""
        return self._target.last_judged(uid)

    def _one(self, ref: Ref) -> Health:
        match self._target.judged(ref) if self._needs_status(ref.kind) else self._target.is_there(ref):
            case Known(Health() as health):
                return health
            case Known(True):
                return _THERE
            case Unknown(reason):
                return Health(status=Status.UNKNOWN, reason="NotRead", message=reason)
            case _:
                return _WRITTEN if self._target.is_there(ref) == Known(value=True) else judge_absent()


_WRITTEN = Health(status=Status.PROGRESSING, reason="NotRead", message="Its status was not read since it was written.")
_THERE = Health(status=Status.HEALTHY, reason="Exists", message="It exists; its kind has no state of its own.")
