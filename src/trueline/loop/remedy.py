"""What a person does about what runs: has a drift put back, or a workload restarted. It says first what would happen.

Who asked is written down before anything is done. What is put back is the engine's to write, in its own turn.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from trueline.declare.application import Mode
from trueline.loop.desired import Desired
from trueline.loop.engine import Engine
from trueline.loop.heal import HealWish, review_heal
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.loop.review import Review
from trueline.loop.supply import Targets
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_value
from trueline.model.fault import TargetError, Transient, UserError
from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.record.hold import Holds
from trueline.record.journal import Journal, Kind, Note, listed
from trueline.runtime.clock import Clock
from trueline.target.answer import Refusal, Refused
from trueline.target.restart import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """What a restart would do. `plan` changes with whatever is done to the workload meanwhile."""

    application: str
    ref: Ref
    workload: Workload

    @property
    def plan(self) -> Digest:
        """What somebody agrees to who was shown this."""
        return digest_value([self.application, "restart", str(self.ref), self.workload.uid, self.workload.generation])


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyParts:
    """What `Control` gives."""

    engine: Engine
    targets: Targets
    holds: Holds
    journal: Journal
    kept: Callable[[str], Kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What somebody agrees to who asks: the `plan` that they were shown; empty for whatever is to be done.

    `may_approve`: they may agree to what is approved first, too.
    """

    plan: str = ""
    may_approve: bool = False


WHATEVER: Final = Agreement()


class Remedies:
    """Heals and restarts that a person asks for."""

    def __init__(self, parts: RemedyParts) -> None:
        self._parts = parts

    # ---- a drift is put back ------------------------------------------------------------------------------------

    async def review_heal(self, name: str, refs: Collection[str] = (), *, takes_away: bool = False) -> Review:
        """What would be put back, field by field, of these objects or of all; nothing is written.

        Raises:
            UserError: TL2322, one of them is not the application's.
            Transient: the target could not be asked.
        """
        _, parts, aim = await self._aim(name)
        owned = {str(ref): ref for ref in parts.ledger.inventory(name, parts.target.name).entries}
        if strange := sorted(set(refs) - owned.keys()):
            detail = f"{name}: {', '.join(strange)[:200]}"
            raise _refused("TL2322", "the application does not own that", detail, "see `trueline drift`")
        asked = frozenset(owned[text] for text in refs) if refs else None
        return await review_heal(parts, aim, asked, takes_away=takes_away)

    async def heal(
        self,
        name: str,
        refs: Collection[str] = (),
        *,
        who: str,
        agreed: Agreement = WHATEVER,
        takes_away: bool = False,
    ) -> Review:
        """Have it put back, in the engine's next turn; with a plan that was shown, nothing else is.

        Raises:
            UserError: TL2322 to TL2326, TL2350, it cannot be; TL2320, it would be something else by now.
            Transient: the target could not be asked.
        """
        kept, _, _ = await self._aim(name)
        self._check_may_heal(kept)
        found = await self.review_heal(name, refs, takes_away=takes_away)
        if agreed.plan:
            check_plan(found, agreed.plan)
        self._check_heal(name, found)
        if found.plan.asks:
            _check_agreed(name, found, agreed)
        healed = frozenset(change.ref for change in found.plan.changes)
        body = {"who": who, "refs": listed(sorted(map(str, healed))), "plan": found.plan.digest}
        body |= {"agreed": "; ".join(found.plan.asks)} if found.plan.asks else {}
        self._note(Kind.HEAL_ASKED, name, body)
        wish = HealWish(
            refs=healed,
            plan=found.shown,
            takes_away=takes_away,
            is_agreed=bool(found.plan.asks),
            missed=lambda why: self._note(Kind.HEAL_ASKED, name, {**body, "missed": why}),
        )
        self._parts.engine.heal(name, wish)
        return found

    def _check_may_heal(self, kept: Kept) -> None:
        name = kept.application.name
        held = [hold for hold in self._parts.holds.active(name) if not hold.revision]
        if held:
            detail = f"{name}: {held[0].why} ({held[0].who})"
            raise _refused("TL2323", "the application is held", detail, "resume it first: trueline resume")
        if kept.application.sync.mode is Mode.PLAN_ONLY:
            detail = f"{name} has `sync.mode: plan-only`"
            raise _refused("TL2324", "the application is only planned", detail, "change its mode in Git")

    def _check_heal(self, name: str, found: Review) -> None:
        """Whether there is something to put back, and it is known what."""
        if found.unknown:
            reasons = "; ".join(f"{ref}: {reason}" for ref, reason in found.unknown[:5])
            raise Transient(
                [_diagnostic("TL2327", "the target cannot be asked now", f"{name}: {reasons}", "ask again")]
            )
        if found.plan.problems:
            raise UserError(found.plan.problems)
        if not found.plan.changes:
            detail = f"{name}: it is as it was left"
            raise _refused("TL2325", "nothing has drifted", detail, "see `trueline drift`")

    # ---- a workload is restarted --------------------------------------------------------------------------------

    async def review_restart(self, name: str, ref: str) -> Restart:
        """What would be restarted; nothing is written.

        Raises:
            UserError: TL2330, it is no workload of the application; TL2331, it cannot be restarted.
            Transient: the target could not be asked.
        """
        kept, parts, _ = await self._aim(name)
        entries = parts.ledger.inventory(name, parts.target.name).entries
        entry = next((entry for owned, entry in entries.items() if str(owned) == ref), None)
        found = await parts.restarter.workload(entry.ref) if entry is not None else None
        if isinstance(found, Unknown):
            raise Transient([_diagnostic("TL2327", "the target cannot be asked now", found.reason, "ask again")])
        workload = found.value if found is not None else None
        if entry is None or workload is None or not self._is_ours(parts, kept, entry.uid, workload):
            remedy = "name a Deployment, StatefulSet or DaemonSet of it, as KIND/NAMESPACE/NAME"
            raise _refused("TL2330", "that is no workload of the application", f"{name}: {ref[:200]}", remedy)
        if workload.why_not:
            raise _refused(
                "TL2331", "the workload cannot be restarted", f"{ref}: {workload.why_not}", "mend that first"
            )
        return Restart(application=name, ref=entry.ref, workload=workload)

    def _is_ours(self, parts: Parts, kept: Kept, uid: str, live: Workload) -> bool:
        """INV-01: the UID that we recorded, this application's mark, and that mark by our hand."""
        return live.uid == uid and live.mark == parts.target.mark(kept.application.name) and live.mark_is_ours

    async def restart(self, name: str, ref: str, *, who: str, clock: Clock, plan: str = "") -> Restart:
        """Have its pods made anew. A hold does not keep anybody from it: nothing that is declared changes.

        Raises:
            UserError: TL2324, TL2330, TL2331; TL2320, somebody has changed it since it was shown.
            TargetError: TL2332, the target refuses.
            Transient: the target could not be asked.
            Fenced: another process writes the application.
        """
        kept, parts, aim = await self._aim(name)
        if kept.application.sync.mode is Mode.PLAN_ONLY:
            detail = f"{name} has `sync.mode: plan-only`"
            raise _refused("TL2324", "the application is only planned", detail, "change its mode in Git")
        found = await self.review_restart(name, ref)
        if plan and plan != found.plan:
            raise _other_plan(name, plan, found.plan)
        await self._parts.engine.enter(parts, aim, is_asked=kept.pinned is not None)
        at = clock.now().isoformat(timespec="seconds")
        self._note(Kind.RESTART, name, {"who": who, "ref": ref, "uid": found.workload.uid, "pods": found.workload.pods})
        said = await parts.restarter.restart(found.ref, uid=found.workload.uid, at=at)
        if isinstance(said, Refused):
            self._note(Kind.RESTART, name, {"who": who, "ref": ref, "missed": said.message})
            raise _not_restarted(ref, said)
        return found

    # ---- shared -------------------------------------------------------------------------------------------------

    async def _aim(self, name: str) -> tuple[Kept, Parts, Desired]:
        kept = self._parts.kept(name)
        if kept.aim is None or kept.aim.is_removal:
            detail = f"{name}: it left Git, or what it shall be is not known yet"
            raise _refused("TL2328", "nothing can be done to the application now", detail, "see `trueline status`")
        return kept, await self._parts.targets.parts(kept.aim.application.target), kept.aim

    def _note(self, kind: Kind, name: str, body: dict[str, Any]) -> None:
        self._parts.journal.append([Note(kind=kind, application=name, body=body)], durable=True)


def check_plan(found: Review, plan: str) -> None:
    """Whether what would happen is what somebody was shown (INV-11): by the plan's digest, or by that of each field.

    Raises:
        UserError: TL2320, it is something else by now.
    """
    if plan not in {found.plan.digest, found.shown}:
        raise _other_plan(found.plan.application, plan, found.plan.digest)


def _check_agreed(name: str, found: Review, agreed: Agreement) -> None:
    """INV-11: where every change is approved first, this is no way around that: they may, and say to which plan."""
    asks = "; ".join(found.plan.asks)
    if not agreed.may_approve:
        remedy = "somebody has it put back who may approve, too; with `sync.drift: heal` it is in the plan that waits"
        raise _refused("TL2326", "a heal has to be approved first here", f"{name}: {asks}", remedy)
    if not agreed.plan:
        refs = ", ".join(str(change.ref) for change in found.plan.changes[:5])
        remedy = "look at it with `trueline drift`, and name that plan: `trueline heal --plan DIGEST`"
        detail = f"{name}: {asks}; plan {found.shown} puts back {refs}"
        raise _refused("TL2350", "the heal that is agreed to has to be named", detail, remedy)


def _other_plan(name: str, agreed: str, now: str) -> UserError:
    detail = f"{name}: {agreed[:12]} was agreed to, {now[:12]} would be done"
    remedy = "nothing was done: look at the new plan, and ask again"
    return _refused("TL2320", "the plan is another one by now", detail, remedy)


def _not_restarted(ref: str, said: Refused) -> TargetError | Transient:
    told = _diagnostic(
        "TL2332", "the target does not restart the workload", f"{ref}: {said.message}", "see the message"
    )
    return Transient([told]) if said.refusal is Refusal.BUSY else TargetError([told])


def _refused(code: str, summary: str, detail: str, remedy: str) -> UserError:
    return UserError([_diagnostic(code, summary, detail, remedy)])


def _diagnostic(code: str, summary: str, detail: str, remedy: str) -> Diagnostic:
    return Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy)
