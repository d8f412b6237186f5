"""Which applications were declared before, kept across restarts: so that one that left Git meanwhile is still pruned.

It keeps how each one stands too, for people who ask while the engine is not running.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from trueline.declare.application import (
    Application,
    BranchTarget,
    BucketTarget,
    ClusterTarget,
    DirectoryTarget,
    OnRemoval,
    ServedTarget,
    SshTarget,
    SyncOptions,
    TargetSpec,
)
from trueline.loop.status import ApplicationStatus
from trueline.loop.told import status_body
from trueline.model.origin import Origin
from trueline.plan.guard import Approve
from trueline.record.status import Statuses

_PLACES: dict[str, type[BranchTarget | BucketTarget | SshTarget]] = {
    "branch": BranchTarget,
    "s3": BucketTarget,
    "ssh": SshTarget,
}


class Register:
    """The kept declarations and statuses."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses

    def put(self, application: Application, status: ApplicationStatus) -> None:
        """Keep what a later removal needs, and how the application stands."""
        told = msgspec.to_builtins(status_body(status))
        self._statuses.put(application.name, {"declared": _declared(application), "status": told})

    def forget(self, application: str) -> None:
        """The application is gone, with everything it owned."""
        self._statuses.forget(application)

    def applications(self) -> Iterator[Application]:
        """The applications that were declared when the register was last written, as far as a removal needs them."""
        for kept in self._statuses.all():
            if isinstance(kept.body, dict) and "declared" in kept.body:
                yield _application(kept.application, kept.body["declared"])

    def words(self) -> dict[str, tuple[str, str]]:
        """The last words for sync and health, by application."""
        return {body["application"]: (body["sync"], body["health"]) for body in self.statuses()}

    def revisions(self) -> dict[str, str]:
        """The revisions that were applied last, by application."""
        return {body["application"]: body["revision"] for body in self.statuses()}

    def names(self) -> tuple[str, ...]:
        """The names of the applications of which anything is kept; their declarations are not read."""
        return self._statuses.names()

    def was_true(self, application: str) -> bool:
        """Whether an application was True when it was last told of, with what Git said then."""
        last = (body for body in self.statuses() if body["application"] == application)
        return any(body["true"] and body["wanted"] == body["revision"] for body in last)

    def statuses(self) -> list[dict[str, Any]]:
        """How everything stood last, as JSON."""
        return [kept.body["status"] for kept in self._statuses.all() if isinstance(kept.body, dict)]


def _declared(application: Application) -> dict[str, Any]:
    return {
        **_target(application.target),
        "onRemoval": application.sync.on_removal.value,
        "allowDelete": list(application.sync.allow_delete),
        "approve": application.sync.approve.value,
        "path": application.origin.path,
        "project": application.project,
    }


def _application(name: str, kept: dict[str, Any]) -> Application:
    sync = SyncOptions(
        on_removal=OnRemoval(kept["onRemoval"]),
        allow_delete=tuple(kept["allowDelete"]),
        approve=Approve(kept["approve"]),
    )
    return Application(
        name=name,
        sources=(),
        target=_known_target(name, kept),
        origin=Origin(path=kept["path"]),
        project=kept.get("project", ""),  # of an older program: no project, so that no role gives anything
        sync=sync,
    )


def _known_target(name: str, kept: dict[str, Any]) -> TargetSpec:
    match kept:
        case {"directory": path}:
            return DirectoryTarget(path=path)
        case {"serve": address}:
            return ServedTarget(address=address, site=name)
        case {"place": kind, "at": at}:
            return msgspec.convert(at, _PLACES[kind])
        case _:
            return ClusterTarget(cluster=kept["cluster"], namespace=kept["namespace"])


def _target(target: TargetSpec) -> dict[str, Any]:
    """As much of a target as a removal needs; of those that this version does not know, nothing was ever applied."""
    match target:
        case ClusterTarget(cluster=cluster, namespace=namespace):
            return {"cluster": cluster, "namespace": namespace}
        case DirectoryTarget(path=path):
            return {"directory": path}
        case ServedTarget(address=address):
            return {"serve": address}
        case BranchTarget() | BucketTarget() | SshTarget():  # with the names of the secrets that open it
            kind = next(kind for kind, place in _PLACES.items() if isinstance(target, place))
            return {"place": kind, "at": msgspec.to_builtins(target)}
        case _:
            return {"cluster": "", "namespace": ""}
