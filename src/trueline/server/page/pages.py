"""What is asked of the page, to the bytes that answer it. It decides nothing: the subjects' modules do."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from trueline.loop.control import no_application
from trueline.loop.told import diagnostic_body
from trueline.model.diagnostic import Diagnostic
from trueline.record.history import Deployment
from trueline.record.journal import Record
from trueline.runtime.clock import Clock
from trueline.server.access.grant import Reader
from trueline.server.access.right import Right
from trueline.server.answer import Answers
from trueline.server.body import ResourceSightBody
from trueline.server.dependency import dependencies
from trueline.server.page.application import (
    DEPLOYMENTS_MAX,
    RECORDS_MAX,
    ApplicationQuestion,
    Known as KnownApplication,
    application,
)
from trueline.server.page.dependency import dependency
from trueline.server.page.drift import DriftQuestion, drift
from trueline.server.page.fleet import Facts, fleet
from trueline.server.page.grown import Grown
from trueline.server.page.history import DEPLOYMENTS_MAX as MOST_DEPLOYMENTS, Known as KnownHistory, history
from trueline.server.page.journal import JournalQuestion, journal
from trueline.server.page.notifier import NotifierQuestion, notifier
from trueline.server.page.offer import has_pods, pods_of
from trueline.server.page.question import FleetQuestion
from trueline.server.page.rendering import VISITOR, Rendering, Renderings
from trueline.server.page.resource import Known, ResourceQuestion, resource
from trueline.server.page.template import render
from trueline.server.reading import Nothing, read_query
from trueline.server.shape import plan_body
from trueline.server.stream import Feed
from trueline.source.artifact import SHORT

NO_RIGHTS: Final = frozenset[Right]()
"""Of who can send no form: nothing is offered."""
_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """Why a page is not there, for people."""

    status: int
    errors: tuple[Diagnostic, ...]


class Pages:
    """One for all listeners of a server. `repository` is the fleet repository's address, as it is shown."""

    def __init__(self, answers: Answers, feed: Feed, clock: Clock, repository: str) -> None:
        self._answers = answers
        self._feed = feed
        self._clock = clock
        self._repository = repository
        self._grown = Grown(answers.sights, clock)
        self.renderings = Renderings(clock)

    def fleet(self, query: Sequence[tuple[str, str]], reader: Reader) -> Rendering:
        """The fleet, as it is asked for: of it what one may read (INV-25), made once for all who may read the same.

        Raises:
            UserError: TL0720, the query cannot be read.
        """
        asked = read_query(FleetQuestion, query)
        bodies, now = self._answers.standings.read_by(reader), self._clock.now()
        facts = self._facts(is_whole=reader.reads_all)
        kept_under = (facts, int(now.timestamp()) // _MINUTE_S)

        def make() -> bytes:
            view = fleet(bodies, asked, facts, now)
            return render("fleet.html", view, title=view.head.name)

        return self.renderings.get((asked, facts.is_whole, frozenset(bodies)), kept_under, make)

    async def drift(
        self,
        query: Sequence[tuple[str, str]],
        reader: Reader,
        rights_of: Callable[[str], frozenset[Right]] = lambda _: NO_RIGHTS,
    ) -> Rendering:
        """What drifted, of what one may read (INV-25); by the rights on each application it is offered what to do.

        Raises:
            UserError: TL0720, the query cannot be read; TL0710, there is no such application that one may read.
        """
        asked, now = read_query(DriftQuestion, query), self._clock.now()
        readable = {name: None for name in self._answers.engine.kept if reader.reads(name)}
        if asked.application and asked.application not in readable:
            raise no_application(asked.application, readable)
        body = await self._answers.drifted(asked.asked(), reader)
        facts = self._facts(is_whole=False)
        rights = {name: rights_of(name) for name in {one.application for one in body.drifts}}

        def make() -> bytes:
            return render("drift.html", drift(body, asked, facts, now, rights.__getitem__), title="Drift")

        kept_under = (facts, int(now.timestamp()) // _MINUTE_S)
        return self.renderings.get(("drift", asked, body, frozenset(rights.items())), kept_under, make)

    def dependency(self, query: Sequence[tuple[str, str]], reader: Reader) -> Rendering:
        """Which application needs which, of those that one may read (INV-25).

        Raises:
            UserError: TL0720, there is nothing to ask for.
        """
        read_query(Nothing, query)
        now, standings = self._clock.now(), self._answers.standings.read_by(reader)
        told = dependencies(self._answers.engine, reader).applications
        facts = self._facts(is_whole=False)

        def make() -> bytes:
            return render("dependency.html", dependency(told, standings, facts, now), title="Dependencies")

        return self.renderings.get(("dependencies", told), (facts, int(now.timestamp()) // _MINUTE_S), make)

    async def notifier(self, query: Sequence[tuple[str, str]], reader: Reader) -> Rendering:
        """Who is told of what, and whether it arrives, of what one may read (INV-25).

        Raises:
            UserError: TL0720, the query cannot be read.
        """
        asked, now = read_query(NotifierQuestion, query), self._clock.now()
        body = await self._answers.notifiers(asked.asked(), reader)
        facts = self._facts(is_whole=False)

        def make() -> bytes:
            return render("notifier.html", notifier(body, asked, facts, now), title="Notifiers")

        return self.renderings.get(("notifiers", asked, body), (facts, int(now.timestamp()) // _MINUTE_S), make)

    async def application(
        self, name: str, query: Sequence[tuple[str, str]], reader: Reader, rights: frozenset[Right] = NO_RIGHTS
    ) -> Rendering:
        """One application, for whoever may read it: the gate has asked that. By `rights` actions are offered.

        Raises:
            UserError: TL0710, there is none of that name; TL0720, the query cannot be read.
            Transient: its target cannot be reached at all.
        """
        asked = read_query(ApplicationQuestion, query)
        is_graph = asked.view == "graph"
        control, now = self._answers.control, self._clock.now()
        control.kept(name)
        tree = await self._grown.tree(name)
        body, facts = self._answers.standings.one_read_by(reader, name), self._facts(is_whole=False)
        drifts = await self._answers.differing.standing(name)
        returnable = frozenset(one.number for one in control.returnable(name))
        kept_under = (facts, int(now.timestamp()) // _MINUTE_S, tree, drifts, returnable)

        def make() -> bytes:
            last = control.kept(name).last
            known = KnownApplication(
                body=body,
                tree=tree,
                plan=plan_body(last.review.plan, last.review.trials) if last else None,
                deployments=control.parts.history.history(name, DEPLOYMENTS_MAX),
                records=control.parts.journal.newest(application=name, limit=RECORDS_MAX),
                commits=self._answers.standings.commit_of,
                facts=facts,
                drifts=drifts,
                rights=rights,
                returnable=returnable,
                begun=asked.begun,
            )
            return render("application.html", application(known, now, is_graph=is_graph), title=name)

        key = ("application", name, is_graph, rights, asked.begun, body.message)
        return self.renderings.get(key, kept_under, make)

    async def resource(
        self, name: str, query: Sequence[tuple[str, str]], reader: Reader, rights: frozenset[Right] = NO_RIGHTS
    ) -> Rendering:
        """One object of an application, for whoever may read that: the gate has asked it. By `rights` it is offered
        what to do.

        Where the repository is, those are told who may read all of it (INV-25): so there are two renderings.

        Raises:
            UserError: TL0720, the query cannot be read; TL0710, TL0727, there is no such application or object.
            Transient: its target cannot be reached, or does not tell.
        """  # noqa: D205 - one sentence needs two lines
        asked = read_query(ResourceQuestion, query)
        now, standings = self._clock.now(), self._answers.standings
        sight = await self._grown.resource(name, asked.ref)
        facts = self._facts(is_whole=reader.reads_all)
        commit = standings.commit_of(sight.commit[:SHORT]) if not sight.source else None
        drifts = tuple(one for one in await self._answers.differing.standing(name) if one.ref == asked.ref)
        pods = await self._pods(name, sight)
        known = Known(
            application=name, sight=sight, commit=commit, facts=facts, drifts=drifts, pods=pods, rights=rights
        )
        kept_under = (facts, int(now.timestamp()) // _MINUTE_S, sight, drifts, pods)

        def make() -> bytes:
            view = resource(known, asked, now)
            return render("resource.html", view, title=f"{view.name} of {name}")

        return self.renderings.get(("resource", name, asked, facts.is_whole, rights), kept_under, make)

    async def _pods(self, name: str, sight: ResourceSightBody) -> tuple[str, ...]:
        """The pods that were made of an object; where the target just did not tell of it, it is not asked for them."""
        if not has_pods(sight.ref) or sight.unknown:
            return pods_of(sight.ref, ())
        return pods_of(sight.ref, (await self._grown.tree(name)).nodes)

    def history(
        self, name: str, query: Sequence[tuple[str, str]], reader: Reader, rights: frozenset[Right] = NO_RIGHTS
    ) -> Rendering:
        """What happened to an application, for whoever may read it: of what left Git, too. By `rights` it is offered to
        put a deployment back.

        Raises:
            UserError: TL0720, the query cannot be read; TL0710, nothing is known of such an application.
        """  # noqa: D205 - one sentence needs two lines
        asked = read_query(JournalQuestion, query)
        control, now = self._answers.control, self._clock.now()
        deployments = control.parts.history.history(name, MOST_DEPLOYMENTS + 1)
        if not deployments:
            control.kept(name)
        records, following = self._answers.archive.newest(asked.asked(name), reader)
        known = KnownHistory(
            application=name,
            deployments=deployments,
            approvals={one.plan: control.parts.approvals.of(one.plan) for one in deployments},
            commits=self._answers.standings.commit_of,
            records=records,
            following=following,
            facts=self._facts(is_whole=reader.reads_all),
            rights=rights,
            returnable=frozenset(one.number for one in self._returnable(name)),
        )

        def make() -> bytes:
            return render("history.html", history(known, asked, now), title=f"History of {name}")

        key = ("history", name, asked, known.facts.is_whole, _numbers(records), rights)
        return self.renderings.get(key, (known.facts, int(now.timestamp()) // _MINUTE_S, known.returnable), make)

    def _returnable(self, name: str) -> Sequence[Deployment]:
        """What can be put back: of what left Git, nothing."""
        return self._answers.control.returnable(name) if name in self._answers.engine.kept else ()

    def journal(self, query: Sequence[tuple[str, str]], reader: Reader) -> Rendering:
        """The journal, of it what one may read (INV-25).

        Raises:
            UserError: TL0720, the query cannot be read.
        """
        asked = read_query(JournalQuestion, query)
        archive, now = self._answers.archive, self._clock.now()
        names = tuple(sorted(name for name in self._answers.engine.kept if reader.reads(name)))
        facts = self._facts(is_whole=reader.reads_all)
        records, following = archive.newest(asked.asked(), reader)

        def make() -> bytes:
            view = journal(records, following, archive.journal(reader), asked, names, facts, now)
            return render("journal.html", view, title="Journal")

        key = ("journal", asked, names, facts.is_whole, _numbers(records))
        return self.renderings.get(key, (facts, int(now.timestamp()) // _MINUTE_S), make)

    def _facts(self, *, is_whole: bool) -> Facts:
        """All that a page of the fleet is made of: `place` holds the version of the standings, which names them.

        Who may not read the whole is told which commit is followed and whether all is well with that, not what it says.
        """
        engine, journal = self._answers.engine, self._answers.control.parts.journal
        look = engine.look
        place = replace(self._feed.place, sequence=journal.head().sequence, version=self._answers.standings.version)
        facts = Facts(
            repository=self._repository,
            revision=look.revision if look else None,
            problems=tuple(map(diagnostic_body, engine.problems)),
            notes=tuple(map(diagnostic_body, engine.notes)),
            is_ready=engine.is_ready,
            place=str(place),
            has_problems=bool(engine.problems),
        )
        return facts if is_whole else facts.reduced()

    def error(self, status: int, errors: Iterable[Diagnostic], visitor: bytes) -> bytes:
        """Why there is no page."""
        view = ErrorView(status=status, errors=tuple(errors))
        return render("error.html", view, title=view.errors[0].summary).replace(VISITOR, visitor, 1)


def _numbers(records: Iterable[Record]) -> tuple[int, ...]:
    """Which records are listed: who may read others has another page (INV-25), of applications that are gone, too."""
    return tuple(record.sequence for record in records)
