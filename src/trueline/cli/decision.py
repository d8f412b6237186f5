"""Decisions of a person while nothing runs: written into the data directory, followed by the next `up`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from trueline.cli.archive import Archive, archive
from trueline.cli.call import journal_who
from trueline.cli.place import Place
from trueline.loop.chronicle import FLEET
from trueline.loop.control import PLAN_SHORTEST, no_application
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.record.approval import Approval
from trueline.record.hold import Hold
from trueline.server.shape import hold_body


def decide(place: Place, verb: str, name: str, body: Mapping[str, str]) -> dict[str, Any]:
    """Write a hold, its end, or an approval.

    Raises:
        UserError: TL0710 there is no such application, TL0711 that plan does not wait.
    """
    with archive(place.path) as tables:
        if name == FLEET:
            return _approved(tables.approvals.approve(FLEET, Digest(body["plan"]), who=journal_who()))
        known = {status["application"]: status for status in tables.register.statuses()}
        if name not in known:
            raise no_application(name, known)
        match verb:
            case "hold":
                until = datetime.fromisoformat(body["until"]) if "until" in body else None
                return _told(tables.holds.hold(name, who=journal_who(), why=body["why"], until=until))
            case "resume":
                return {"resumed": [_told(hold) for hold in tables.holds.resume(name, who=journal_who())]}
            case _:
                return _approve(tables, known[name], body["plan"])


def _told(hold: Hold) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(hold_body(hold))
    return said


def _approve(tables: Archive, status: Mapping[str, Any], plan: str) -> dict[str, Any]:
    name, waits = status["application"], status["plan"] if status["sync"] == "Waiting" else ""
    if not waits or (plan and (len(plan) < PLAN_SHORTEST or not waits.startswith(plan))):
        detail = f"{name}: {plan or 'none'} was named, {waits or 'nothing'} waits"
        raise UserError(
            [
                Diagnostic(
                    code="TL0711",
                    summary="that plan does not wait for approval",
                    detail=detail,
                    remedy="look at `trueline status` and the plan again",
                )
            ]
        )
    return _approved(tables.approvals.approve(name, Digest(waits), who=journal_who()))


def _approved(approval: Approval) -> dict[str, Any]:
    return {
        "application": approval.application,
        "plan": approval.plan,
        "who": approval.who,
        "at": approval.at.isoformat(),
    }
