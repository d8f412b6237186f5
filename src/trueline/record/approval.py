"""Approvals: who agreed to which plan, by its digest. It never says whether an approval is enough."""

from dataclasses import dataclass
from datetime import datetime

from trueline.model.digest import Digest
from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's consent to exactly one plan."""

    plan: Digest
    application: str
    who: str
    at: datetime


class Approvals:
    """Approvals in the store; each is durable and has its record."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def approve(self, application: str, plan: Digest, *, who: str) -> Approval:
        """Write that somebody agreed; the first time of each person counts."""
        with self._store.transaction(durable=True):
            known = next((approval for approval in self.of(plan) if approval.who == who), None)
            if known is not None:
                return known
            approval = Approval(plan=plan, application=application, who=who, at=self._clock.now())
            statement = "INSERT INTO approval (plan, who, application, at) VALUES (?, ?, ?, ?)"
            self._store.execute(statement, (plan, who, application, stamp(approval.at)))
            body = {"plan": plan, "who": who}
            self._journal.append([Note(kind=Kind.APPROVAL, application=application, body=body)], durable=True)
        return approval

    def of(self, plan: Digest) -> tuple[Approval, ...]:
        """Everybody's approval of a plan, in the order of time."""
        query = "SELECT application, who, at FROM approval WHERE plan = ? ORDER BY at, who"
        return tuple(
            Approval(plan=plan, application=application, who=who, at=datetime.fromisoformat(at))
            for application, who, at in self._store.rows(query, (plan,))
        )
