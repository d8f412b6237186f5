"""Notifiers over the API and on their page: who is told of what, what fails since when, and of it what one may read."""

from datetime import timedelta
from typing import Any

import pytest

from tests.notify.service.case import AT, message
from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench
from tests.server.page.made import NOW, facts
from trueline.model.digest import canonical
from trueline.model.origin import Origin
from trueline.notify.commit_status import CommitStatus, Mark
from trueline.notify.event import Selection
from trueline.notify.message import Line
from trueline.notify.notifier import (
    Apprise,
    Discord,
    Forge,
    ForgeKind,
    Mail,
    Notifier,
    PagerDuty,
    ServiceSpec,
    Slack,
    Teams,
    Webhook,
)
from trueline.notify.protocol import Parcel
from trueline.record.outbox import Post
from trueline.runtime.secret import SecretReference
from trueline.server.body import DeliveredBody, FailingBody, NotifierBody, NotifiersBody, ServiceBody
from trueline.server.notified import kind_of
from trueline.server.page.notifier import WORDS, NotifierQuestion, notifier as page_of
from trueline.server.page.state import State

VISIT = {"Accept": "text/html"}
API = "/api/v1/notifiers"
HIDDEN = "hidden-canary-variable"
KEY = SecretReference.parse({"secret": {"env": HIDDEN}})
ADDRESS = "https://canary-address.example/in"
SERVICES: dict[str, ServiceSpec] = {
    "slack-1": Slack(url=KEY),
    "teams-1": Teams(url=KEY),
    "discord-1": Discord(url=KEY),
    "pagerduty-1": PagerDuty(key=KEY, url=ADDRESS),
    "webhook-1": Webhook(url=ADDRESS, key=KEY),
    "email-1": Mail(server="canary-address.example", sender="a@canary-address.example", to=("b@c.example",)),
    "apprise-1": Apprise(url=KEY),
    "gitea-1": Forge(kind=ForgeKind.GITEA, repository="ops/fleet", token=KEY, url=ADDRESS),
}
CHAT: dict[str, ServiceSpec] = {"slack-1": Slack(url=KEY)}


def declared(name: str, *applications: str, **more: Any) -> Notifier:
    told: dict[str, Any] = {"services": CHAT, "selection": Selection(names=applications)} | more
    return Notifier(name=name, origin=Origin(path="notify.yaml", line=3, commit="c" * 40), **told)


def queue(made: Bench, notifier: str, *parcels: Parcel, service: str = "slack-1") -> None:
    made.outbox.keep(notifier, b"{}", [Post(service=service, body=canonical(one)) for one in parcels])


def notified() -> Bench:
    """Vi reads `shop` and nothing else; `ops` means all, `web` means shop, `core` means what vi may not know of."""
    made = bench()
    made.stands("veiled", project="core")
    made.declares(project("default", viewer="user:vi"), project("core"))
    made.notifiers += [declared("web", "shop"), declared("core", "veiled"), declared("ops", services=SERVICES)]
    made.notifiers.append(declared("idle", "no-such"))
    return made


async def asked(made: Bench, who: str = "root", query: str = "") -> tuple[dict[str, Any], str]:
    """What the API says, and the page."""
    async with made.client(is_private=False, who=who) as client:
        answer = await client.get(f"{API}{query}")
        page = await client.get("/notifiers", headers=VISIT)
        assert (answer.status, page.status) == (200, 200), await answer.text()
        return await answer.json(), await page.text()


async def test_each_has_its_services_and_never_an_address() -> None:
    """INV-25: nor the name of a secret, nor who is written to: kinds, and what Git calls them."""
    made = notified()
    told, page = await asked(made)
    assert [one["name"] for one in told["notifiers"]] == ["core", "idle", "ops", "web"]
    (ops,) = (one for one in told["notifiers"] if one["name"] == "ops")
    assert [one["kind"] for one in ops["services"]] == [name.partition("-")[0] for name in SERVICES]
    assert (ops["origin"], ops["applications"], ops["count"]) == ("notify.yaml:3", ["shop", "veiled"], 2)
    assert "fleet-blocked" in ops["events"]
    assert [word for word in (HIDDEN, "canary-address", "b@c.example", "ops/fleet") if word in f"{told}{page}"] == []
    assert {kind_of(one) for one in SERVICES.values()} | {"github", "gitlab"} == WORDS.keys()


async def test_inv_25_only_notifiers_of_what_one_may_read() -> None:
    """INV-25: over the API and on the page; of what was delivered, only what names nothing else."""
    made = notified()
    both = (Line(application="shop", text=""), Line(application="veiled", text=""))
    queue(made, "ops", message(title="shop, veiled are degraded", lines=both, count=2))
    queue(made, "web", message(title="shop is degraded"))
    for head in made.outbox.heads():
        made.outbox.done(head)
    whole, page = await asked(made)
    assert "veiled are degraded" in page
    assert whole["count"] == 4
    told, page = await asked(made, "vi")
    assert [(one["name"], one["origin"], one["applications"]) for one in told["notifiers"]] == [
        ("ops", "", ["shop"]),
        ("web", "", ["shop"]),
    ]
    assert [word for word in ("veiled", "core", "idle", "notify.yaml") if word in f"{told}{page}"] == []
    ops, web = (one["services"][0]["delivered"] for one in told["notifiers"])
    assert (ops["told"], ops["event"]) == ("", "")
    assert (web["told"], web["event"]) == ("shop is degraded", "degraded")
    made.declares(project("core", viewer="user:vi"), project("default"))
    told, _ = await asked(made, "vi")
    assert [one["name"] for one in told["notifiers"]] == ["core", "ops"]


async def test_what_is_told_of_the_fleet_is_for_who_may_read_it() -> None:
    """INV-25."""
    made = notified()
    queue(made, "ops", message(title="the fleet repository is not followed", lines=(Line(application="", text=""),)))
    made.outbox.done(made.outbox.heads()[0])
    assert "the fleet repository is not followed" in (await asked(made))[1]
    assert "the fleet repository is not followed" not in (await asked(made, "vi"))[1]


async def test_what_fails_is_told_since_when_and_why_until_it_is_taken() -> None:
    """INV-38."""
    made = notified()
    queue(made, "web", message(), message())
    told, page = await asked(made)
    (web,) = (one["services"][0] for one in told["notifiers"] if one["name"] == "web")
    assert (web["waiting"], web["failing"], web["delivered"], told["failing"]) == (2, None, None, 0)
    assert "Under way" in page
    began = made.clock.now()
    for seconds in (0, 30):
        made.clock.pass_s(seconds)
        made.outbox.retry(made.outbox.heads()[0], began + timedelta(minutes=2), "the service answered 500")
    told, page = await asked(made)
    (web,) = (one["services"][0] for one in told["notifiers"] if one["name"] == "web")
    failing = web["failing"]
    assert (failing["since"], failing["why"], failing["attempts"]) == (
        began.isoformat().replace("+00:00", "Z"),
        "the service answered 500",
        2,
    )
    assert (told["failing"], failing["lost"]) == (1, 0)
    assert "1 of 4 does not deliver what it tells." in page
    assert "the service answered 500; 2 attempts; since" in page
    made.outbox.give_up(made.outbox.heads()[0], "it was not taken for a day")
    told, page = await asked(made)
    assert "it was not taken for a day; 1 message given up" in page
    made.outbox.done(made.outbox.heads()[0])
    told, page = await asked(made)
    (web,) = (one["services"][0] for one in told["notifiers"] if one["name"] == "web")
    assert (web["failing"], web["waiting"], told["failing"]) == (None, 0, 0)
    assert web["delivered"]["told"] == "shop is degraded"
    assert 'role="alert"' not in page


async def test_a_status_of_a_commit_is_told_as_one() -> None:
    made = notified()
    status = CommitStatus(
        id="1", notifier="ops", application="shop", commit="c0ffee" * 7, mark=Mark.SUCCESS, description="it runs"
    )
    queue(made, "ops", status, service="gitea-1")
    made.outbox.done(made.outbox.heads()[0])
    assert "trueline/shop of c0ffeec0ff: success" in (await asked(made, "vi"))[1]


@pytest.mark.parametrize("body", [b"{}", b'{"type":"message","id":"m1"}', b'{"type":"another"}', b"\xff"])
async def test_what_another_version_wrote_is_no_fault_of_the_page(body: bytes) -> None:
    """INV-27: when it was taken is known, and that is told."""
    made = notified()
    made.outbox.keep("web", b"{}", [Post(service="slack-1", body=body)])
    made.outbox.done(made.outbox.heads()[0])
    told, page = await asked(made)
    (web,) = (one["services"][0] for one in told["notifiers"] if one["name"] == "web")
    assert (web["delivered"]["told"], web["delivered"]["event"]) == ("", "")
    assert "last delivered" in page


async def test_they_come_a_page_at_a_time() -> None:
    made = notified()
    first, _ = await asked(made, query="?limit=3")
    assert ([one["name"] for one in first["notifiers"]], first["next"], first["count"]) == (
        ["core", "idle", "ops"],
        "ops",
        4,
    )
    rest, _ = await asked(made, query="?after=ops")
    assert ([one["name"] for one in rest["notifiers"]], rest["next"]) == (["web"], "")
    async with made.client(is_private=False) as client:
        assert (await client.get(f"{API}?limt=3")).status == 422
        assert (await client.get("/notifiers?afer=ops", headers=VISIT)).status == 422
        assert (await client.get(API, headers={"Authorization": "Bearer tl_no"})).status == 401


def service(failing: FailingBody | None = None, waiting: int = 0, told: str | None = None) -> ServiceBody:
    delivered = DeliveredBody(at=AT, told=told, event="degraded") if told is not None else None
    return ServiceBody(name="slack-1", kind="slack", waiting=waiting, failing=failing, delivered=delivered)


FAILS = FailingBody(since=None, why="no answer", attempts=1, again=NOW, lost=2)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (service(FAILS, told="x"), State.DEGRADED),
        (service(waiting=1, told="x"), State.ROLLING_OUT),
        (service(told=""), State.TRUE),
        (service(), State.UNKNOWN),
    ],
)
def test_its_sign_is_what_is_known_of_it(one: ServiceBody, state: State) -> None:
    """INV-38: what was never sent anything is not said to work."""
    told = NotifierBody(name="ops", origin="", events=("degraded",), applications=(), count=0, services=(one,))
    fine = NotifierBody(name="a", origin="", events=(), applications=(), count=0, services=())
    body = NotifiersBody(notifiers=(fine, told), next="ops", count=9, failing=1)
    view = page_of(body, NotifierQuestion(after="a"), facts(), NOW)
    shown = next(one for one in view.shown if one.name == "ops")
    assert shown.sent[0].state is state
    assert view.shown[0].is_failing is shown.is_failing
    assert (view.following, view.first) == ("/notifiers?after=ops", "/notifiers")
    if one.failing:
        assert shown.sent[0].said == "no answer; 1 attempt; 2 messages given up"


async def test_markup_in_what_was_told_is_text() -> None:
    made = notified()
    queue(made, "web", message(title='"><script>alert(1)</script>'))
    made.outbox.done(made.outbox.heads()[0])
    page = (await asked(made))[1]
    assert "alert(1)" in page
    assert "<script>alert" not in page
