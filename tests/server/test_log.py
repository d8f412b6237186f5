"""Logs: of the application's own pods, bounded, masked, for who may read, and for as long as they may."""

import asyncio
import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench, browser
from trueline.model.digest import Digest
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.server.log import ALL_FOLLOWED_MAX, FOLLOWED_MAX, LINE_CHARACTERS_MAX, TAIL_MAX
from trueline.server.veil import MASK
from trueline.target.insight import Descendant

LOGS = "/api/v1/applications/shop/logs"
PAGE = "/applications/shop/logs"
BROWSER = {"Accept": "text/html"}
SCRIPT = "<script>alert(1)</script>"


def pod(name: str, *containers: str, owner: str = "u-set", namespace: str = "shop") -> Descendant:
    spec = {"containers": [{"name": one} for one in containers]}
    return Descendant(ref=Ref("Pod", namespace, name), uid=f"u-{name}", owner=owner, live={"spec": spec})


def fleet() -> Bench:
    """`shop` with a Deployment, its ReplicaSet and two pods, beside a pod of somebody else."""
    made = bench()
    fill(made)
    return made


def fill(made: Bench) -> None:
    """The same, in a bench that is there."""
    made.contains("shop", "Deployment.apps/shop/web", "Secret/shop/key")
    made.declares(project("default", viewer="user:vi"), project("other", viewer="user:wy"))
    replicas = Descendant(ref=Ref("ReplicaSet.apps", "shop", "web-1"), uid="u-set", owner="u-web", live={})
    made.targets.made = Known(
        (replicas, pod("web-a", "app", "proxy"), pod("web-b", "app"), pod("theirs", "x", owner="z"))
    )
    secret = {"kind": "Secret", "data": {"password": base64.b64encode(b"correct-horse").decode()}}
    made.targets.bodies = {"s": json.dumps(secret).encode()}
    entry = SimpleNamespace(uid="u-web", body=""), SimpleNamespace(uid="u-key", body=Digest("s"))
    made.targets.entries = {Ref("Deployment.apps", "shop", "web"): entry[0], Ref("Secret", "shop", "key"): entry[1]}
    made.targets.written = [b"started", b"the password is correct-horse", SCRIPT.encode(), b"\xff\x1b[31m"]


async def test_the_lines_of_a_container_with_the_secrets_of_its_application_masked() -> None:
    """INV-25."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get(LOGS, params={"pod": "web-a", "container": "proxy", "tail": "7", "previous": "true"})
        assert (answer.status, answer.content_type) == (200, "text/plain")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        text = await answer.text()
        assert text == f"started\nthe password is {MASK}\n{SCRIPT}\n\\xff\x1b[31m\n"
    [asked] = made.targets.asked_logs
    assert (asked.namespace, asked.pod, asked.container, asked.tail) == ("shop", "web-a", "proxy", 7)
    assert (asked.previous, asked.follow) == (True, False)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"pod": "theirs"}, "TL2341"),
        ({"pod": "other/web-a"}, "TL2341"),
        ({}, "TL2341"),
        ({"pod": "web-a", "container": "none"}, "TL2341"),
        ({"pod": "web-a", "tail": str(TAIL_MAX + 1)}, "TL0720"),
        ({"pod": "web-a", "shell": "sh"}, "TL0720"),
    ],
)
async def test_nobody_elses_pod_is_looked_at_through_us(query: dict[str, str], code: str) -> None:
    """INV-25."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get(LOGS, params=query)
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (422, code)
    assert made.targets.asked_logs == []


CONTAINERS = "/api/v1/applications/shop/containers"


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("", ["web-a/app", "web-a/proxy", "web-b/app"]),
        ("Deployment.apps/shop/web", ["web-a/app", "web-a/proxy", "web-b/app"]),
        ("ReplicaSet.apps/shop/web-1", ["web-a/app", "web-a/proxy", "web-b/app"]),
        ("Pod/shop/web-b", ["web-b/app"]),
        ("Secret/shop/key", []),
        ("Pod/shop/theirs", "TL2150"),
        ("ReplicaSet.apps/shop/theirs", "TL2150"),
        ("nonsense", "TL2150"),
    ],
)
async def test_which_containers_there_are_of_all_or_of_one_object(ref: str, found: list[str] | str) -> None:
    """INV-25: of what the application declares and what was made of it; another's is answered as one that is not."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get(CONTAINERS, params={"ref": ref} if ref else {})
        told = await answer.json()
    if isinstance(found, str):
        assert (answer.status, told["errors"][0]["code"]) == (422, found)
    else:
        assert [f"{one['pod']}/{one['name']}" for one in told["containers"]] == found
        assert {one["namespace"] for one in told["containers"]} <= {"shop"}


async def test_who_owns_the_data_directory_follows_as_many_as_there_are() -> None:
    made = fleet()
    made.targets.goes_on = asyncio.Event()
    async with made.client() as client:
        params = {"pod": "web-b", "follow": "true", "tail": "0"}
        answers: list[Any] = [await client.get(LOGS, params=params) for _ in range(FOLLOWED_MAX + 2)]
        assert [one.status for one in answers] == [200] * len(answers)
        for one in answers:
            one.close()


async def test_who_may_not_read_the_application_reads_no_log_of_it() -> None:
    """INV-25."""
    made = fleet()
    async with made.client(is_private=False, who="wy") as client:
        for address in (f"{LOGS}?pod=web-a", f"{PAGE}?pod=web-a", CONTAINERS):
            assert (await client.get(address)).status == 404
    assert made.targets.asked_logs == []


async def test_who_follows_is_asked_anew_and_hears_nothing_more_once_they_may_not() -> None:
    """INV-11, INV-25."""
    made = fleet()
    made.targets.goes_on = asyncio.Event()
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get(LOGS, params={"pod": "web-b", "follow": "true"})
        assert await answer.content.readline() == b"started\n"
        made.declares()
        made.targets.goes_on.set()
        rest = await asyncio.wait_for(answer.content.read(), 20)
        assert b"and on" not in rest


async def test_only_so_many_are_followed_by_one_person_and_who_goes_ends_it_at_the_target() -> None:
    """INV-31."""
    made = fleet()
    made.targets.goes_on = asyncio.Event()
    params = {"pod": "web-b", "follow": "true"}
    async with made.client(is_private=False, who="vi") as client:
        open_ones: list[Any] = [await client.get(LOGS, params=params) for _ in range(FOLLOWED_MAX)]
        refused = await client.get(LOGS, params=params)
        assert refused.status == 422, "what is followed has no end to be read"
        assert (await refused.json())["errors"][0]["code"] == "TL2343"
        assert (await client.get(LOGS, params={"pod": "web-b"})).status == 200, "to read is no following"
        other = browser(made.enters("root", is_admin=True))
        open_ones.append(await client.get(LOGS, params=params, headers=other))
        assert open_ones[-1].status == 200, "another person"
        assert made.targets.open_logs == FOLLOWED_MAX + 1
        for one in open_ones:
            one.close()  # the container stays silent: who went is noticed all the same, and the target is left alone
        async with asyncio.timeout(20):
            while made.targets.open_logs:
                await asyncio.sleep(0.05)
        assert (await client.get(LOGS, params=params)).status == 200
    assert FOLLOWED_MAX < ALL_FOLLOWED_MAX


async def test_a_line_is_cut_and_a_target_that_does_not_tell_is_told_of() -> None:
    made = fleet()
    made.targets.written = [b"x" * (LINE_CHARACTERS_MAX + 1)]
    async with made.client(is_private=False, who="vi") as client:
        text = await (await client.get(LOGS, params={"pod": "web-b"})).text()
        assert len(text) == LINE_CHARACTERS_MAX + 2
        made.targets.written = Unknown("no kubelet")
        answer = await client.get(LOGS, params={"pod": "web-b"})
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (502, "TL2342")
        page = await (await client.get(f"{PAGE}?pod=web-b", headers=BROWSER)).text()
        assert "no kubelet" in page
        made.targets.made = Unknown("it is away")
        assert (await client.get(LOGS, params={"pod": "web-b"})).status == 503


async def test_a_page_shows_text_only_and_names_the_containers() -> None:
    """INV-25: what a container writes is no markup."""
    made = fleet()
    async with made.client(is_private=False, who="vi") as client:
        page = await (await client.get(PAGE, headers=BROWSER)).text()
        for word in ("web-a/app", "web-a/proxy", "web-b/app"):
            assert word in page
        assert "theirs" not in page
        assert '<pre class="log"' not in page
        answer = await client.get(f"{PAGE}?pod=shop%2Fweb-a&container=app", headers=BROWSER)
        assert answer.headers["Cache-Control"] == "no-store"
        page = await answer.text()
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
        assert "correct-horse" not in page
        assert "\x1b" not in page
        assert 'data-from="/api/v1/applications/shop/logs?pod=shop%2Fweb-a&amp;container=app&amp;follow=true' in page
