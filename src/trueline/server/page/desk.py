"""Actions on pages: first what would happen, then one form, which does exactly that or nothing (INV-11).

It decides nothing: rights are the gate's, what can be done is told by who does it. What is shown is made for one person
at one time, so it is not kept.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from trueline.loop.review import Review
from trueline.loop.status import Sync
from trueline.loop.told import diagnostic_body
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, UserError
from trueline.runtime.clock import Clock
from trueline.server.access.gate import Asked, Gate, asked_of
from trueline.server.access.grant import Reader
from trueline.server.access.right import Need, Right, Where
from trueline.server.access.session import csrf_of
from trueline.server.answer import Adopt, Agreed, Answers, Approve, Heal, Hold, Restart, RollBack
from trueline.server.page.address import APPLICATIONS, act, application
from trueline.server.page.age import moment
from trueline.server.page.deed import KEPT, AdoptionView, Choice, Deed, restart_facts
from trueline.server.page.planned import planned
from trueline.server.page.rendering import VISITOR
from trueline.server.page.route import HEADERS
from trueline.server.page.template import render
from trueline.server.page.verb import RESTARTED_KINDS, Verb
from trueline.server.page.visitor import told, visitor_of
from trueline.server.reading import Nothing
from trueline.server.shape import plan_body

Fields = Mapping[str, Sequence[str]]
RECORDS_SEARCHED_MAX: Final = 50
CHOICES_MAX: Final = 200
WHY_CHARACTERS_MAX: Final = 500
OTHER_PLAN: Final = "TL2320"
_PLANNED: Final = frozenset({Verb.SYNC, Verb.RESUME, Verb.ROLLBACK, Verb.APPROVE, Verb.HEAL, Verb.RESTART})
_UNSHOWN: Final = Diagnostic(
    code="TL2333",
    summary="what it would do was not shown",
    detail="the form brings no plan",
    remedy="look at what it would do, and agree to that",
)
_UNREASONED: Final = Diagnostic(
    code="TL2334",
    summary="a hold needs a reason",
    detail="people will wonder why nothing is applied",
    remedy="say why, in a few words",
)
_AGREES: Final = "You agree to it with the same button: you may."
_AGREED_BY_OTHERS: Final = "Somebody has it put back who may approve, too."

_BEHIND: Final = "Git may say more than is planned here: not all that it says now could be read."

ADOPT: Final = f"{APPLICATIONS}{{name}}/adopt"
DEEDS: Final[Mapping[tuple[str, str], Need]] = {
    (method, f"{APPLICATIONS}{{name}}/{verb.value}"): Need(
        right=verb.right,
        where=Where.APPLICATION,
        is_form=method == "POST",
        is_dear=verb in _PLANNED,
    )
    for verb in Verb
    for method in ("GET", "POST")
} | {
    ("GET", f"{APPLICATIONS}{{name}}/plan"): Need(right=Right.READ, where=Where.APPLICATION, is_dear=True),
    ("GET", ADOPT): Need(right=Right.DEPLOY, where=Where.APPLICATION, is_dear=True),
    ("POST", ADOPT): Need(right=Right.DEPLOY, where=Where.APPLICATION, is_form=True, is_dear=True),
}
"""What each of these pages needs: to see what an action would do, the right to do it."""


class Desk:
    """The pages of actions of one listener."""

    def __init__(self, answers: Answers, gate: Gate, clock: Clock) -> None:
        self._answers = answers
        self._gate = gate
        self._clock = clock

    def add(self, app: web.Application) -> None:
        """Its routes."""
        for verb in Verb:
            app.router.add_get(f"{APPLICATIONS}{{name}}/{verb.value}", self._showing(verb))
            app.router.add_post(f"{APPLICATIONS}{{name}}/{verb.value}", self._doing(verb))
        app.router.add_get(f"{APPLICATIONS}{{name}}/plan", self.plan)
        app.router.add_get(ADOPT, self.adoption)
        app.router.add_post(ADOPT, self.adopt)

    # ---- shown --------------------------------------------------------------------------------------------------

    async def plan(self, request: web.Request) -> web.StreamResponse:
        """What a revision would change, before anybody agrees to it; of what Git says now where none is named."""
        name, revision = request.match_info["name"], request.query.get("revision", "")
        control, asked = self._answers.control, asked_of(request)
        found = await (control.review_at(name, revision) if revision else control.review(name))
        deed = _reviewed(Deed(name=name, verb=Verb.SYNC, given={"revision": (revision,)}), found)
        may = [verb for verb in (Verb.APPROVE, Verb.SYNC) if asked.granted.may(verb.right, name) and asked.session]
        if revision or not self._waits(name):
            may = [verb for verb in may if verb is Verb.SYNC and not revision]
        choices = tuple(Choice(word=verb.word, said=verb.said, link=act(name, verb.value)) for verb in may)
        return _page(200, "plan.html", self._dated(replace(deed, choices=choices)), asked, title=f"Plan: {name}")

    async def adoption(self, request: web.Request) -> web.StreamResponse:
        """The change for Git that would keep a drift; nothing is done by looking at it."""
        name, asked, refs = request.match_info["name"], asked_of(request), tuple(request.query.getall("ref", ()))
        found = await self._answers.adoptions.offer(name, refs)
        csrf = csrf_of(asked.session) if asked.session else ""
        view = AdoptionView(name=name, refs=refs, patch=found.patch, fields=found.fields, csrf=csrf)
        return _page(200, "adoption.html", view, asked, title=f"Keep a drift: {name}")

    async def adopt(self, request: web.Request) -> web.StreamResponse:
        """The same as a file, recorded with who asked for it."""
        asked, name = asked_of(request), request.match_info["name"]
        fields = await self._gate.form(request, asked)
        found = await self._answers.adopt(name, Adopt(refs=tuple(fields.get("ref", ()))), str(asked.identity))
        headers = {
            **HEADERS,
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="adopt.patch"',
        }
        return web.Response(body=found.patch.encode(), content_type="text/x-diff", charset="utf-8", headers=headers)

    def _waits(self, name: str) -> bool:
        last = self._answers.control.kept(name).last
        return last is not None and last.sync is Sync.WAITING

    def _showing(self, verb: Verb) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def show(request: web.Request) -> web.StreamResponse:
            given = {key: tuple(request.query.getall(key)) for key in KEPT if key in request.query}
            asked = asked_of(request)
            return self._shown(200, await self._deed(verb, request.match_info["name"], given, asked), asked)

        return show

    def _shown(self, status: int, deed: Deed, asked: Asked) -> web.Response:
        csrf = csrf_of(asked.session) if asked.session else ""
        return _page(status, "deed.html", self._dated(replace(deed, csrf=csrf)), asked, title=deed.title)

    def _dated(self, deed: Deed) -> Deed:
        """INV-38: a plan says of when it is, and that it may not be of the newest commit."""
        now, kept = self._clock.now(), self._answers.control.kept(deed.name)
        is_sure = not (deed.is_planned and (self._answers.engine.problems or kept.away or kept.failure))
        return replace(deed, as_of=moment(now, now), doubt="" if is_sure else _BEHIND)

    async def _deed(self, verb: Verb, name: str, given: Fields, asked: Asked) -> Deed:  # noqa: PLR0911 - one for each verb
        """What it would do now."""
        control, deed = self._answers.control, Deed(name=name, verb=verb, given=given)
        control.kept(name)
        match verb:
            case Verb.SYNC:
                return _reviewed(deed, await control.review(name))
            case Verb.RESUME:
                holds = tuple(f"Held by {one.who}: {one.why}" for one in control.parts.holds.active(name))
                return replace(_reviewed(deed, await control.review_git(name)), facts=holds or ("Nobody holds it.",))
            case Verb.ROLLBACK:
                return await self._rollback(deed)
            case Verb.APPROVE:
                return await self._approval(deed)
            case Verb.HEAL:
                return await self._heal(deed, asked.granted)
            case Verb.RESTART:
                return await self._restart(deed)
            case Verb.HOLD | Verb.REFRESH:
                return deed

    async def _rollback(self, deed: Deed) -> Deed:
        control, revision = self._answers.control, _first(deed.given, "revision")
        if not revision:
            choices = tuple(
                Choice(
                    word=f"number {one.number}",
                    said=f"{one.revision[:10]}, begun {one.began:%Y-%m-%d %H:%M} by {one.by}",
                    link=act(deed.name, deed.verb.value, [("revision", str(one.number))]),
                )
                for one in control.returnable(deed.name)[:CHOICES_MAX]
            )
            return replace(deed, choices=choices, can_be=False)
        found = await control.review_rollback(deed.name, revision)
        fact = f"Back to {found.plan.revision} (deployment {revision})."
        return replace(_reviewed(deed, found), facts=(fact,))

    async def _approval(self, deed: Deed) -> Deed:
        """The plan that waits, as the last pass made it, with each field: that one and no other is agreed to."""
        control = self._answers.control
        last = control.kept(deed.name).last
        if last is None or last.sync is not Sync.WAITING:
            return replace(deed, facts=("Nothing of it waits for an approval.",), can_be=False)
        found, waits = await control.review(deed.name), last.review.plan.digest
        if found.plan.digest != waits:
            control.engine.wake(deed.name)
            fact = "The target has changed since that was planned: it is planned again. Look once more in a moment."
            return replace(_reviewed(deed, found), facts=(fact,), can_be=False)
        return replace(_reviewed(deed, found), plan=waits)

    async def _heal(self, deed: Deed, reader: Reader) -> Deed:
        refs, takes_away = deed.given.get("ref", ()), bool(_first(deed.given, "added"))
        found = await self._answers.control.remedies.review_heal(deed.name, refs, takes_away=takes_away)
        shown = _reviewed(deed, found)
        if found.plan.is_empty:
            shown = replace(shown, facts=("Nothing of it has drifted.",), can_be=False)
        elif found.plan.asks:  # the plan says that, and whose word it needs
            may = reader.may_approve(deed.name)
            shown = replace(shown, facts=(_AGREES if may else _AGREED_BY_OTHERS,), can_be=may)
        choices: tuple[Choice, ...] = () if takes_away else (self._taking(deed, refs),)
        if not found.plan.is_empty:
            choices += (self._keeping(deed, refs),)
        if not refs and len(found.plan.changes) > 1:
            choices += tuple(
                Choice(
                    word=str(change.ref),
                    said=change.reason,
                    link=act(deed.name, "heal", [("ref", str(change.ref))]),
                )
                for change in found.plan.changes[:CHOICES_MAX]
            )
        return replace(shown, choices=choices)

    def _taking(self, deed: Deed, refs: Sequence[str]) -> Choice:
        pairs = [("ref", ref) for ref in refs] + [("added", "1")]
        return Choice(
            word="With what tools added",
            said="What others put beside what is declared is taken away, too.",
            link=act(deed.name, "heal", pairs),
        )

    def _keeping(self, deed: Deed, refs: Sequence[str]) -> Choice:
        return Choice(
            word="Keep it instead",
            said="A change for Git that says what is live now.",
            link=act(deed.name, "adopt", [("ref", ref) for ref in refs]),
        )

    async def _restart(self, deed: Deed) -> Deed:
        control, ref = self._answers.control, _first(deed.given, "ref")
        if not ref:
            aim = control.kept(deed.name).aim
            refs = sorted(str(r.ref) for r in aim.resources if r.ref.kind in RESTARTED_KINDS) if aim else []
            choices = tuple(
                Choice(word=one, said="", link=act(deed.name, deed.verb.value, [("ref", one)]))
                for one in refs[:CHOICES_MAX]
            )
            return replace(deed, choices=choices, can_be=False)
        found = await control.remedies.review_restart(deed.name, ref)
        return replace(deed, facts=restart_facts(found), plan=found.plan)

    # ---- done ---------------------------------------------------------------------------------------------------

    def _doing(self, verb: Verb) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def do(request: web.Request) -> web.StreamResponse:
            asked, name = asked_of(request), request.match_info["name"]
            fields = await self._gate.form(request, asked)
            try:
                await self._do(verb, name, fields, asked)
            except UserError as error:
                return await self._again(verb, name, fields, asked, error)
            return _see(f"{application(name)}?begun={self._begun(verb, name, str(asked.identity))}")

        return do

    async def _do(self, verb: Verb, name: str, fields: Fields, asked: Asked) -> None:
        """INV-11: with the digest of what was shown; a form that brings none does nothing that has a plan."""
        answers, plan, who = self._answers, _first(fields, "plan"), str(asked.identity)
        if verb in _PLANNED and not plan:
            raise UserError([_UNSHOWN])
        match verb:
            case Verb.SYNC:
                await answers.sync(name, Agreed(plan=plan), who)
            case Verb.REFRESH:
                await answers.refresh(name, Nothing(), who)
            case Verb.HOLD:
                await answers.hold(name, self._hold(fields), who)
            case Verb.RESUME:
                await answers.resume(name, Agreed(plan=plan), who)
            case Verb.ROLLBACK:
                await answers.rollback(name, RollBack(revision=_first(fields, "revision"), plan=plan), who)
            case Verb.APPROVE:
                await answers.approve(name, Approve(plan=plan), who)
            case Verb.HEAL:
                refs, added = tuple(fields.get("ref", ())), bool(_first(fields, "added"))
                await answers.heal(name, Heal(refs=refs, added=added, plan=plan), who, asked.granted)
            case Verb.RESTART:
                await answers.restart(name, Restart(ref=_first(fields, "ref"), plan=plan), who)

    def _hold(self, fields: Fields) -> Hold:
        why, hours = _first(fields, "why").strip()[:WHY_CHARACTERS_MAX], _first(fields, "until")
        if not why:
            raise UserError([_UNREASONED])
        is_ended = hours.isascii() and hours.isdecimal() and len(hours) <= 3  # noqa: PLR2004 - 41 days
        return Hold(why=why, until=self._clock.now() + timedelta(hours=int(hours)) if is_ended else None)

    async def _again(self, verb: Verb, name: str, fields: Fields, asked: Asked, error: UserError) -> web.Response:
        """Nothing was done: why, and what would be done now."""
        first = error.diagnostics[0]
        try:
            deed = await self._deed(verb, name, fields, asked)
        except Fault:
            raise error from None
        status = 409 if first.code == OTHER_PLAN else 422
        fault = f"{first.summary}: {first.detail}. {first.remedy}."
        return self._shown(status, replace(deed, fault=fault), asked)

    def _begun(self, verb: Verb, name: str, who: str) -> int:
        """The record of what was asked for."""
        for record in self._answers.control.parts.journal.newest(application=name, limit=RECORDS_SEARCHED_MAX):
            if record.kind == verb.kind.value and record.body.get("who") == who:
                return record.sequence
        return 0


def _reviewed(deed: Deed, found: Review) -> Deed:
    body = plan_body(found.plan, found.trials)
    return replace(
        deed,
        planned=planned(body),
        is_planned=True,
        plan=found.shown,
        unknown=tuple(f"{ref}: {reason}" for ref, reason in found.unknown),
        problems=tuple(map(diagnostic_body, found.plan.problems)),
    )


def _first(fields: Fields, key: str) -> str:
    return next(iter(fields.get(key, ())), "")


def _page(status: int, template: str, view: Deed | AdoptionView, asked: Asked, *, title: str) -> web.Response:
    """Made for one person: nothing keeps it."""
    body = render(template, view, title=title).replace(VISITOR, told(visitor_of(asked)), 1)
    headers = {**HEADERS, "Cache-Control": "no-store"}
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers=headers)


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
