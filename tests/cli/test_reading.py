"""`logs` over `--server`: which containers, their lines with the pod before each, faults, and what follows."""

import asyncio
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.access.test_identity import project
from tests.server.test_log import fill, fleet
from tests.web.paged import Served
from trueline.cli.line import ServerLine
from trueline.cli.place import Place
from trueline.cli.reading import CONTAINERS_MAX, Reading, Writer, chosen, lines_of, print_logs, read_here
from trueline.declare.application import Role
from trueline.model.fault import Transient, UserError
from trueline.model.known import Unknown
from trueline.server.access.identity import Scope
from trueline.server.log import FOLLOWED_MAX
from trueline.server.veil import MASK

PATIENCE_S = 20.0
PROXY = Writer(namespace="shop", pod="web-a", name="proxy")


def reading(**more: Any) -> Reading:
    told: dict[str, Any] = {"application": "shop", "tail": 7}
    return Reading(**(told | more))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served().running() as one:
        one.tell(fill)
        one.tell(lambda made: made.stands("shop", target="prod-eu"))
        yield one


@pytest.fixture
def place(served: Served) -> Place:
    """Asked by a program of vi, who may read `shop`."""

    def made(bench: Any) -> str:
        bench.enters("vi")
        bench.declares(project("default", viewer="user:vi"), project("other", viewer="user:wy"))
        name = f"t{bench.journal.head().sequence}"
        found: str = bench.access.tokens.create(name, owner="vi", scope=Scope(role=Role.VIEWER), days=1, by="vi")
        return found

    return Place(path=Path(), owner=None, server=ServerLine(url=served.address, token=served.tell(made)))


def test_each_line_has_its_pod_and_secrets_are_masked(
    place: Place, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """INV-25: the same lines as on the page."""
    assert print_logs(place, reading(previous=True)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["web-a/app: started", f"web-a/app: the password is {MASK}"]
    assert [line.partition(":")[0] for line in lines if "started" in line] == ["web-a/app", "web-a/proxy", "web-b/app"]
    asked = served.tell(lambda made: made.targets.asked_logs[-1])
    assert (asked.pod, asked.container, asked.tail, asked.previous, asked.follow) == ("web-b", "app", 7, True, False)


def test_one_object_and_one_container(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert print_logs(place, reading(ref="Pod/shop/web-a", container="proxy")) == 0
    assert {line.partition(":")[0] for line in capsys.readouterr().out.splitlines()} == {"web-a/proxy"}
    assert print_logs(place, reading(ref="Secret/shop/key")) == 0
    assert "Secret/shop/key has no pods now" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"application": "no-such"}, "TL0710"),
        ({"ref": "Pod/shop/theirs"}, "TL2150"),
        ({"container": "none"}, "TL2151"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(place: Place, more: dict[str, str], code: str) -> None:
    with pytest.raises(UserError) as raised:
        print_logs(place, reading(**more))
    assert raised.value.diagnostics[0].code == code


def test_a_target_that_does_not_tell_is_told_for_each_and_ends_with_1(
    place: Place, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    written = served.tell(lambda made: made.targets.written)
    served.tell(lambda made: setattr(made.targets, "written", Unknown("no kubelet")))
    try:
        assert print_logs(place, reading()) == 1
    finally:
        served.tell(lambda made: setattr(made.targets, "written", written))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("TL2342") == 3
    assert "web-b/app: TL2342 the target does not tell what was written: web-b/app: no kubelet" in told.err


def test_what_comes_is_heard_as_it_comes_and_the_end_of_the_right_ends_it(place: Place, served: Served) -> None:
    """INV-11: a stream is asked anew, here too."""
    goes_on = asyncio.Event()
    served.tell(lambda made: setattr(made.targets, "goes_on", goes_on))
    heard: queue.Queue[str | None] = queue.Queue()

    def follow() -> None:
        assert place.line is not None
        for line in lines_of(place.line, reading(follow=True), PROXY):
            heard.put(line)
        heard.put(None)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    first = [heard.get(timeout=PATIENCE_S) for _ in range(4)]
    assert (first[0], heard.empty()) == ("started", True)
    served.tell(lambda _: goes_on.set())
    assert heard.get(timeout=PATIENCE_S) == "and on"
    served.tell(lambda made: made.declares())
    assert heard.get(timeout=PATIENCE_S) is None
    thread.join(PATIENCE_S)
    served.tell(lambda made: setattr(made.targets, "goes_on", None))


def test_the_server_says_how_many_one_person_follows(
    place: Place, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    """INV-31: those that are followed go on; each other one is told of."""
    served.tell(lambda made: setattr(made.targets, "goes_on", asyncio.Event()))
    assert place.line is not None
    open_ones = [lines_of(place.line, reading(follow=True), PROXY) for _ in range(FOLLOWED_MAX)]
    for one in open_ones:
        next(one)
    with pytest.raises(UserError) as raised:
        next(lines_of(place.line, reading(follow=True), PROXY))
    assert raised.value.diagnostics[0].code == "TL2343"
    for one in open_ones:
        one.close()
    served.tell(lambda made: setattr(made.targets, "goes_on", None))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("follow", [False, True])
async def test_where_nobody_runs_the_lines_are_the_same(follow: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """INV-25: masked as over a server, by the same code."""
    made = fleet()
    logs = made.parts.answers.logs
    assert await read_here(logs, reading(ref="Pod/shop/web-a", container="proxy", follow=follow)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["web-a/proxy: started", f"web-a/proxy: the password is {MASK}"]
    assert await read_here(logs, reading(follow=follow)) == 0
    started = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines() if line.endswith(": started")]
    assert sorted(started) == ["web-a/app", "web-a/proxy", "web-b/app"]
    made.targets.written = Unknown("no kubelet")
    assert await read_here(logs, reading(follow=follow)) == 1
    assert capsys.readouterr().err.count("TL2342") == 3


def test_a_server_that_is_away_is_said_so() -> None:
    with pytest.raises(Transient) as raised:
        list(lines_of(ServerLine(url="http://127.0.0.1:1"), reading(), PROXY))
    assert raised.value.diagnostics[0].code == "TL0759"


def test_of_too_many_containers_the_first_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """INV-31."""
    many = [Writer(namespace="shop", pod=f"web-{number}", name="app") for number in range(CONTAINERS_MAX + 1)]
    assert chosen(many, reading()) == many[:CONTAINERS_MAX]
    assert f"there are {CONTAINERS_MAX + 1} containers" in capsys.readouterr().err
    assert str(Writer(namespace="shop", pod="one", name="")) == "one"
