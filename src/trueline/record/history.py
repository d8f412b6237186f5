"""The deployments of each application, and the fence that keeps older from being applied over newer (promise 9).

It does not know which of two commits is newer: the caller asks the lineage of the source, then moves the fence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from trueline.model.digest import Digest, canonical, parse
from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store

DEPLOYMENTS_MAX = 1_000
"""Of one application; older ones stay in the journal."""


class DeploymentResult(Enum):
    """How a deployment stands."""

    RUNNING = "running"
    """Begun; after a restart, one whose end nobody wrote."""
    DONE = "done"
    PARTLY = "partly"
    FAILED = "failed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One application's plan carried out. `tree` is the run (what it rendered to), `by` the person or cause.

    `pins` are the commits of its floating sources, by name; `signed` is who signed what of it, by the source's name.
    """

    application: str
    number: int
    revision: str
    tree: str
    plan: Digest
    began: datetime
    by: str
    result: DeploymentResult = DeploymentResult.RUNNING
    ended: datetime | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    signed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_COLUMNS = "application, number, revision, tree, plan, began, by, result, ended, pins, signed"


class History:
    """Deployments and fences in the store; each write has its record in the same transaction."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def begin(  # noqa: PLR0913 - what a deployment is
        self,
        application: str,
        *,
        revision: str,
        tree: str,
        plan: Digest,
        by: str,
        pins: Mapping[str, str] = MappingProxyType({}),
        signed: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> Deployment:
        """Number the next deployment and write that it has begun."""
        with self._store.transaction():
            found = self._store.row("SELECT max(number) FROM deployment WHERE application = ?", (application,))
            deployment = Deployment(
                application=application,
                number=((found[0] if found else None) or 0) + 1,
                revision=revision,
                tree=tree,
                plan=plan,
                began=self._clock.now(),
                by=by,
                pins=pins,
                signed=signed,
            )
            self._insert(deployment)
            body: dict[str, Any] = {"number": deployment.number, "revision": revision, "tree": tree}
            body |= {"plan": plan, "by": by} | ({"pins": dict(pins)} if pins else {})
            body |= {"signed": {name: dict(one) for name, one in signed.items()}} if signed else {}
            self._journal.append([Note(kind=Kind.DEPLOYMENT_BEGUN, application=application, body=body)])
        return deployment

    def _insert(self, deployment: Deployment) -> None:
        values = (
            deployment.application,
            deployment.number,
            deployment.revision,
            deployment.tree,
            deployment.plan,
            stamp(deployment.began),
            deployment.by,
            deployment.result.value,
            canonical(dict(deployment.pins)).decode(),
            canonical({name: dict(one) for name, one in deployment.signed.items()}).decode(),
        )
        statement = f"INSERT INTO deployment ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)"  # noqa: S608 - a constant
        self._store.execute(statement, values)
        oldest = deployment.number - DEPLOYMENTS_MAX
        forget = "DELETE FROM deployment WHERE application = ? AND number <= ?"
        self._store.execute(forget, (deployment.application, oldest))

    def end(self, application: str, number: int, result: DeploymentResult) -> None:
        """Write how a deployment ended.

        Raises:
            KeyError: it is not running.
        """
        statement = "UPDATE deployment SET result = ?, ended = ? WHERE application = ? AND number = ? AND ended IS NULL"
        values = (result.value, stamp(self._clock.now()), application, number)
        with self._store.transaction():
            if not self._store.execute(statement, values):
                raise KeyError(f"deployment {number} of {application} is not running")
            body = {"number": number, "result": result.value}
            self._journal.append([Note(kind=Kind.DEPLOYMENT_ENDED, application=application, body=body)])

    def history(self, application: str, limit: int = 50) -> tuple[Deployment, ...]:
        """The last deployments of an application, newest first."""
        where = "application = ? ORDER BY number DESC LIMIT ?"
        return self._find(where, (application, max(0, min(limit, DEPLOYMENTS_MAX))))

    def last_good(self, application: str) -> Deployment | None:
        """The newest deployment that ended well: what a rollback puts back."""
        where = "application = ? AND result = ? ORDER BY number DESC LIMIT 1"
        found = self._find(where, (application, DeploymentResult.DONE.value))
        return found[0] if found else None

    def latest(self, application: str) -> Deployment | None:
        """What stands on the target: the deployment under way or, where there is none, the last that ended well."""
        where = "application = ? AND result IN (?, ?) ORDER BY number DESC LIMIT 1"
        found = self._find(where, (application, DeploymentResult.RUNNING.value, DeploymentResult.DONE.value))
        return found[0] if found else None

    def revisions(self, count: int) -> frozenset[str]:
        """The revisions of the last `count` good deployments of every application."""
        ranked = "row_number() OVER (PARTITION BY application ORDER BY number DESC) AS place"
        query = f"SELECT DISTINCT revision FROM (SELECT revision, {ranked} FROM deployment WHERE result = ?)"  # noqa: S608 - constants
        rows = self._store.rows(f"{query} WHERE place <= ?", (DeploymentResult.DONE.value, count))
        return frozenset(str(revision) for (revision,) in rows)

    def unfinished(self) -> tuple[Deployment, ...]:
        """Deployments whose end was not written: after a start, what was under way when the process ended."""
        return self._find("ended IS NULL ORDER BY application, number", ())

    def newest(self, application: str) -> str:
        """The commit that the application's fence stands at; empty before the first."""
        row = self._store.row("SELECT newest FROM fence WHERE application = ?", (application,))
        return row[0] if row else ""

    def advance(self, application: str, *, expected: str, commit: str) -> bool:
        """Move the fence (INV-12), on the disk when it returns, unless somebody else moved it: `False`, plan again."""
        with self._store.transaction(durable=True):
            if self.newest(application) != expected:
                return False
            self._store.execute(
                "INSERT OR REPLACE INTO fence (application, newest) VALUES (?, ?)", (application, commit)
            )
        return True

    def _find(self, where: str, values: Sequence[Any]) -> tuple[Deployment, ...]:
        query = f"SELECT {_COLUMNS} FROM deployment WHERE {where}"  # noqa: S608 - constants of this module
        return tuple(_deployment(row) for row in self._store.rows(query, values))


def _deployment(row: tuple[Any, ...]) -> Deployment:
    application, number, revision, tree, plan, began, by, result, ended, pins, signed = row
    return Deployment(
        application=application,
        number=number,
        revision=revision,
        tree=tree,
        plan=Digest(plan),
        began=datetime.fromisoformat(began),
        by=by,
        result=DeploymentResult(result),
        ended=datetime.fromisoformat(ended) if ended else None,
        pins=parse(pins.encode()),
        signed=parse(signed.encode()),
    )
