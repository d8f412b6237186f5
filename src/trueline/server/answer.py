"""What is asked of a running engine, as JSON: the one facade of the HTTP routes and of commands that open it here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from trueline.loop.control import Control, drifts_of
from trueline.loop.register import status_body
from trueline.loop.status import ApplicationStatus
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.server.shape import (
    deployment_body,
    diagnostic_body,
    drift_body,
    health_body,
    hold_body,
    plan_body,
    record_body,
    resource_body,
    review_body,
)

PAGE_MAX = 1_000
PAGE = 100
TEXT_CHARACTERS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: the application where a path names one, the query, and the body where it is an action."""

    name: str = ""
    query: Mapping[str, str]
    body: Mapping[str, Any]
    who: str = ""

    def number(self, key: str, default: int, highest: int) -> int:
        """A number of the query between 0 and `highest`.

        Raises:
            UserError: TL0720, it is none.
        """
        text = self.query.get(key, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 15:  # noqa: PLR2004 - what a JSON number holds exactly
            raise _malformed(f"{key}={text[:40]!r} is no number")
        return min(int(text), highest)

    def text(self, key: str) -> str:
        """A text of the body; empty where it is not given.

        Raises:
            UserError: TL0720, it is none, or too long.
        """
        value = self.body.get(key, "")
        if not isinstance(value, str) or len(value) > TEXT_CHARACTERS_MAX:
            raise _malformed(f"`{key}` is no text of at most {TEXT_CHARACTERS_MAX} characters")
        return value


class Answers:
    """Every question and its answer."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.engine = control.engine

    async def applications(self, _: Asked) -> dict[str, Any]:
        """How everything stands."""
        look = self.engine.look
        return {
            "applications": [self._standing(status) for status in self.engine.statuses()],
            "revision": str(look.revision) if look else "",
            "problems": [diagnostic_body(problem) for problem in self.engine.problems],
        }

    async def application(self, asked: Asked) -> dict[str, Any]:
        """How one application stands."""
        return self._standing(self.control.kept(asked.name).status)

    async def resources(self, asked: Asked) -> dict[str, Any]:
        """What an application declares and how each part does, a page at a time, by ref."""
        kept = self.control.kept(asked.name)
        after, limit = asked.query.get("after", ""), asked.number("limit", PAGE, PAGE_MAX)
        declared = sorted(kept.aim.resources if kept.aim else (), key=lambda resource: str(resource.ref))
        page = [resource for resource in declared if str(resource.ref) > after][:limit]
        parts = await self.control.parts.targets.parts(kept.application.target)
        healths = parts.health.health([resource.ref for resource in page])
        return {
            "resources": [
                resource_body(str(r.ref), str(r.origin), r.position.wave, health_body(healths[r.ref])) for r in page
            ],
            "count": len(declared),
        }

    async def plan(self, asked: Asked) -> dict[str, Any]:
        """The plan of the last pass, with what the target said to it."""
        last = self.control.kept(asked.name).last
        return {"plan": plan_body(last.review.plan, last.review.trials) if last else None}

    async def history(self, asked: Asked) -> dict[str, Any]:
        """The deployments, newest first; of an application that left Git too."""
        limit = asked.number("limit", PAGE, PAGE_MAX)
        known = self.control.parts.history.history(asked.name, limit)
        if not known:
            self.control.kept(asked.name)
        return {"deployments": [deployment_body(deployment) for deployment in known]}

    async def records(self, asked: Asked) -> dict[str, Any]:
        """Records that follow a number, oldest first."""
        after, limit = asked.number("after", 0, 1 << 62), asked.number("limit", PAGE, PAGE_MAX)
        application = asked.query.get("application") or None
        journal = self.control.parts.journal
        found = journal.after(after, application=application, limit=limit)
        return {"records": [record_body(record) for record in found], "head": journal.head().sequence}

    async def diff(self, asked: Asked) -> dict[str, Any]:
        """Declared against live, with each field that differs."""
        [found] = await self.control.foresee([await self.control.review(asked.name)])
        return review_body(found)

    async def drift(self, asked: Asked) -> dict[str, Any]:
        """What differs from what we left."""
        found = await self.control.review(asked.name, finds_drift=True)
        return {
            "application": asked.name,
            "drifts": [drift_body(drift) for drift in drifts_of(found)],
            "unknown": [{"ref": str(ref), "reason": reason} for ref, reason in found.unknown],
        }

    async def approve(self, asked: Asked) -> dict[str, Any]:
        """Agree to the plan that waits."""
        approval = self.control.approve(asked.name, asked.text("plan"), who=asked.who)
        return {"application": asked.name, "plan": approval.plan, "who": approval.who, "at": approval.at.isoformat()}

    async def rollback(self, asked: Asked) -> dict[str, Any]:
        """Put an earlier deployment back."""
        return asdict(await self.control.rollback(asked.name, asked.text("revision"), who=asked.who))

    async def hold(self, asked: Asked) -> dict[str, Any]:
        """Apply nothing for now."""
        until = _time(asked.text("until"))
        return hold_body(self.control.hold(asked.name, who=asked.who, why=asked.text("why"), until=until))

    async def resume(self, asked: Asked) -> dict[str, Any]:
        """End the holds."""
        return {"resumed": [hold_body(hold) for hold in self.control.resume(asked.name, who=asked.who)]}

    async def sync(self, asked: Asked) -> dict[str, Any]:
        """Look again, and apply what waits for a person to ask."""
        self.control.sync(asked.name)
        return self._standing(self.control.kept(asked.name).status)

    def _standing(self, status: ApplicationStatus) -> dict[str, Any]:
        holds = self.control.parts.holds.active(status.application)
        return {**status_body(status), "holds": [hold_body(hold) for hold in holds]}


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(f"{text[:40]!r} is no time such as 2026-07-01T12:00:00+00:00") from None
    if found.tzinfo is None:
        raise _malformed(f"{text[:40]!r} does not say its time zone")
    return found


def _malformed(detail: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0720",
                summary="the request cannot be read",
                detail=detail,
                remedy="see /api/v1/openapi.json",
            )
        ]
    )
