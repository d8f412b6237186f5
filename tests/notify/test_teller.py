"""What is told of how everything stands: to whom, once, over restarts, and as one write with what is known then."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.record.case import START, StandingClock
from trueline.health.status import Status
from trueline.model.origin import Origin
from trueline.notify.commit_status import CommitStatus, Mark
from trueline.notify.condition import Sight
from trueline.notify.event import Event, Selection
from trueline.notify.message import Message, Phase
from trueline.notify.notifier import Forge, ForgeKind, Notifier, ServiceSpec, Slack
from trueline.notify.protocol import Parcel
from trueline.notify.teller import Teller, World
from trueline.notify.trouble import given_up, idle, undelivered
from trueline.record.journal import Journal, Kind, Note
from trueline.record.outbox import Outbox
from trueline.record.schema import SCHEMA
from trueline.runtime.secret import SecretReference
from trueline.runtime.store import MEMORY, Store, StoreUnwritable

KEY = SecretReference.parse({"secret": {"env": "KEY"}})
CHAT: Mapping[str, ServiceSpec] = {"slack-1": Slack(url=KEY)}
FORGE: Mapping[str, ServiceSpec] = {
    "gitea-1": Forge(kind=ForgeKind.GITEA, repository="ops/fleet", token=KEY, url="https://f.test")
}
ONE, TWO = "1" * 40, "2" * 40
_parcels: msgspec.json.Decoder[Parcel] = msgspec.json.Decoder(Parcel)


def notifier(name: str = "ops", **more: Any) -> Notifier:
    said: dict[str, Any] = {"services": CHAT, "group_s": 0, "events": tuple(Event)} | more
    return Notifier(name=name, origin=Origin(path="ops.yaml", line=1, commit=ONE), **said)


def sight(name: str = "shop", sync: str = "Synced", health: Status = Status.HEALTHY, **more: Any) -> Sight:
    return Sight(application=name, sync=sync, health=health, since=START, **more)


class Desk:
    """A teller over a store that outlives it."""

    def __init__(self) -> None:
        self.clock = StandingClock()
        self.store = Store.open(MEMORY, SCHEMA)
        self.journal = Journal(self.store, self.clock)
        self.outbox = Outbox(self.store, self.clock)
        self.restart()

    def restart(self) -> None:
        """Another process."""
        self.teller = Teller(self.outbox, self.journal, self.clock)

    def look(self, *notifiers: Notifier, after_s: float = 1.0, **world: Any) -> list[Parcel]:
        """One look; what it queued, which is taken at once."""
        self.clock.at += timedelta(seconds=after_s)
        count = self.teller.look(notifiers or (notifier(),), World(**world))
        found = []
        while heads := self.outbox.heads():
            for head in heads:
                found.append(_parcels.decode(head.body))
                self.outbox.done(head)
        assert len(found) == count
        return found


def said(parcels: Sequence[Parcel]) -> list[tuple[str, Phase]]:
    return [(one.title, one.phase) for one in parcels if isinstance(one, Message)]


def test_what_was_before_a_notifier_is_no_news_and_what_holds_is() -> None:
    desk = Desk()
    desk.journal.append([Note(kind=Kind.REMOVED, application="old")])
    found = desk.look(sights=(sight(sync="Blocked", message="why"),))
    assert said(found) == [("shop is blocked", Phase.OPENED)]
    desk.journal.append([Note(kind=Kind.REMOVED, application="shop")])
    assert said(desk.look()) == [("shop is no longer blocked", Phase.RESOLVED), ("shop is removed", Phase.HAPPENED)]
    assert desk.look() == []


def test_a_restart_at_any_moment_tells_nothing_twice_and_forgets_nothing() -> None:
    """INV-14."""
    desk = Desk()
    blocked = (sight(sync="Blocked"),)
    assert desk.look(sights=blocked)
    for _ in range(3):
        desk.restart()
        assert desk.look(is_blind=True) == []
        assert desk.look(sights=blocked) == []
    desk.journal.append([Note(kind=Kind.ROLLBACK, application="shop", body={"to": ONE, "who": "ada"})])
    desk.restart()
    assert said(desk.look(sights=blocked)) == [("shop is rolled back", Phase.HAPPENED)]
    desk.restart()
    assert desk.look(sights=blocked) == []


def test_a_store_that_cannot_be_written_loses_nothing_and_tells_nothing_twice() -> None:
    """INV-14: what was not written was not told."""
    desk = Desk()
    desk.look()
    desk.store.execute("PRAGMA query_only=ON")
    desk.clock.at += timedelta(seconds=1)
    with pytest.raises(StoreUnwritable):
        desk.teller.look((notifier(),), World(sights=(sight(sync="Blocked"),)))
    desk.store.execute("PRAGMA query_only=OFF")
    assert said(desk.look(sights=(sight(sync="Blocked"),))) == [("shop is blocked", Phase.OPENED)]


def test_each_is_told_of_those_that_are_meant() -> None:
    desk = Desk()
    web = notifier("web", selection=Selection(labels={"team": "web"}))
    shop = notifier("shop", selection=Selection(projects=("shop",)))
    sights = (sight("a", sync="Blocked", labels={"team": "web"}), sight("b", sync="Blocked", project="shop"))
    found = desk.look(web, shop, sights=sights)
    told = [(one.notifier, one.lines[0].application) for one in found if isinstance(one, Message)]
    assert sorted(told) == [("shop", "b"), ("web", "a")]
    desk.journal.append([Note(kind=Kind.REMOVED, application="a"), Note(kind=Kind.REMOVED, application="b")])
    removed = [one for one in desk.look(web, shop) if isinstance(one, Message) and one.event is Event.REMOVED]
    assert sorted((one.notifier, one.lines[0].application) for one in removed) == [("shop", "b"), ("web", "a")]


def test_only_events_that_are_wanted_are_told() -> None:
    desk = Desk()
    only = notifier(events=(Event.DEGRADED,))
    desk.journal.append([Note(kind=Kind.REMOVED, application="x")])
    assert desk.look(only, sights=(sight(sync="Blocked"),), problems=(("TL0101", "away"),)) == []
    assert said(desk.look(only, sights=(sight(health=Status.DEGRADED),))) == [("shop is degraded", Phase.OPENED)]


def test_the_fleet_repository_that_cannot_be_followed_is_told_and_its_end_too() -> None:
    desk = Desk()
    problems = (("TL0101", "no answer from git.test"), ("TL0204", "a field"))
    (told,) = desk.look(problems=problems)
    assert isinstance(told, Message)
    assert told.title == "the fleet repository is not followed as it stands"
    assert "no answer from git.test (and 1 more)" in told.text
    assert desk.look(is_blind=True) == []
    assert [phase for _, phase in said(desk.look())] == [Phase.RESOLVED]


# ---- the status of a commit ------------------------------------------------------------------------------------------


def marks(parcels: Sequence[Parcel]) -> list[tuple[str, str, Mark]]:
    return [(one.application, one.commit[:1], one.mark) for one in parcels if isinstance(one, CommitStatus)]


def test_a_commit_is_pending_and_then_what_it_came_to_each_once() -> None:
    desk, forge = Desk(), notifier(services=FORGE)
    working = (sight(sync="Syncing"), sight("blog"))
    assert marks(desk.look(forge, sights=working, commit=ONE, touched={"shop"})) == [("shop", "1", Mark.PENDING)]
    assert desk.look(forge, sights=working, commit=ONE, touched={"shop"}) == []
    done = (sight(), sight("blog"))
    assert marks(desk.look(forge, sights=done, commit=ONE, current={"shop", "blog"})) == [("shop", "1", Mark.SUCCESS)]
    desk.restart()
    assert desk.look(forge, sights=done, commit=ONE, current={"shop", "blog"}, touched={"shop"}) == []


def test_what_goes_bad_later_is_a_failure_of_the_commit_that_runs() -> None:
    """A failure is never dropped, and never comes before it is seen."""
    desk, forge = Desk(), notifier(services=FORGE)
    desk.look(forge, sights=(sight(),), commit=ONE, current={"shop"}, touched={"shop"})
    bad = (sight(health=Status.DEGRADED, health_message="0 of 3"),)
    assert marks(desk.look(forge, sights=bad, commit=ONE, current={"shop"})) == [("shop", "1", Mark.FAILURE)]
    assert marks(desk.look(forge, sights=(sight(),), commit=ONE, current={"shop"})) == [("shop", "1", Mark.SUCCESS)]


def test_a_commit_that_is_not_about_an_application_says_nothing_of_it() -> None:
    desk, forge = Desk(), notifier(services=FORGE)
    assert desk.look(forge, sights=(sight(), sight("blog")), commit=TWO, current={"shop", "blog"}) == []


def test_only_the_newest_commit_is_told_of() -> None:
    """INV-12: what an older one came to is not set late over it."""
    desk, forge = Desk(), notifier(services=FORGE)
    desk.clock.at += timedelta(seconds=1)
    desk.teller.look((forge,), World(sights=(sight(sync="Syncing"),), commit=ONE, touched={"shop"}))
    desk.teller.look((forge,), World(sights=(sight(sync="Syncing"),), commit=TWO, touched={"shop"}))
    waiting = [_parcels.decode(head.body) for head in desk.outbox.heads()]
    assert marks(waiting) == [("shop", "2", Mark.PENDING)]
    assert [head.waiting for head in desk.outbox.heads()] == [1]


def test_chats_hear_nothing_of_commits_and_forges_nothing_of_events() -> None:
    desk = Desk()
    both = notifier(services={**CHAT, **FORGE})
    found = desk.look(both, sights=(sight(sync="Blocked"),), commit=ONE, touched={"shop"})
    assert [type(one) for one in found] == [Message, CommitStatus]
    assert desk.look(notifier("chat"), sights=(sight(),), commit=ONE, current={"shop"}, touched={"shop"}) == []


# ---- what is told of Notifiers ---------------------------------------------------------------------------------------


def test_what_nobody_got_is_a_note() -> None:
    desk = Desk()
    desk.clock.at += timedelta(seconds=1)
    desk.teller.look((notifier(),), World(sights=(sight(sync="Blocked"),)))
    assert list(undelivered(desk.outbox.heads())) == []
    desk.outbox.retry(desk.outbox.heads()[0], START, "the service answered 500")
    (note,) = undelivered(desk.outbox.heads())
    assert note.detail == "ops, slack-1: the service answered 500; 1 attempt, 1 waiting"
    desk.outbox.give_up(desk.outbox.heads()[0], "it was not taken for a day")
    (lost,) = given_up(desk.outbox.losses())
    assert lost.detail == "ops, slack-1: 1; the last one: it was not taken for a day"


def test_a_notifier_that_means_nothing_is_a_note_once_anything_is_known() -> None:
    lonely = notifier(selection=Selection(names=("shpo",)))
    (note,) = idle((lonely, notifier()), (sight(),))
    assert (note.code, note.origin) == ("TL2112", lonely.origin)
    assert list(idle((lonely,), ())) == []
