"""Taking a fence, losing it, keeping it: against a server that knows compare-and-swap and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.target.kubernetes.fake import FakeClock, reply
from trueline.model.known import Known, Unknown
from trueline.runtime.http import Request, Response, Stream, Unreachable
from trueline.target.fence import Head, Order, Standing, Taken
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.fence import LeaseFence, Writer
from trueline.target.kubernetes.installed import installations
from trueline.target.kubernetes.lease import HOME, LABEL
from trueline.target.kubernetes.limit import Limiter

FIRST = Standing(order=Order(generation=1, commit="aaa"), head=Head(sequence=3, digest="d3"))
LATER = Standing(order=Order(generation=2, commit="bbb"), head=Head(sequence=9, digest="d9"))


def refused(code: int, reason: str, message: str) -> Response:
    return reply({"kind": "Status", "status": "Failure", "reason": reason, "code": code, "message": message}, code)


class Leases:
    """The Leases of one namespace. `refuses` answers in its place, `loses` does what is asked and says nothing."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.version = 100
        self.has_home = False
        self.refuses: dict[str, Response] = {}
        self.loses = False
        self.requests: list[tuple[str, str]] = []
        self._events: list[asyncio.Queue[bytes]] = []

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:
        """One verb."""
        name = request.path.rpartition("/")[2]
        self.requests.append((request.method, name))
        if answer := self.refuses.get(f"{request.method} {name}") or self.refuses.get(request.method):
            return answer
        said = self._answer(request, name)
        if self.loses:
            raise Unreachable("the reply was lost")
        return said

    def _answer(self, request: Request, name: str) -> Response:  # noqa: PLR0911 - one for each verb
        match request.method, name:
            case "POST", "namespaces":
                self.has_home = True
                return reply({"kind": "Namespace", "metadata": {"name": HOME}}, 201)
            case "POST", _ if not self.has_home:
                return refused(404, "NotFound", f'namespaces "{HOME}" not found')
            case "POST", _:
                body = msgspec.json.decode(request.body)
                if body["metadata"]["name"] in self.objects:
                    return refused(409, "AlreadyExists", "it is there")
                return reply(self.put(body), 201)
            case "GET", "leases":
                return reply(
                    {"kind": "LeaseList", "metadata": {"resourceVersion": "1"}, "items": list(self.objects.values())}
                )
            case _ if name not in self.objects:
                return refused(404, "NotFound", f'leases.coordination.k8s.io "{name}" not found')
            case "PUT", _:
                body = msgspec.json.decode(request.body)
                if body["metadata"]["resourceVersion"] != self.objects[name]["metadata"]["resourceVersion"]:
                    return refused(409, "Conflict", "the object has been modified")
                return reply(self.put(body))
            case _:
                return reply(self.objects[name])

    def put(self, body: dict[str, Any]) -> dict[str, Any]:
        """Store it, and tell who watches."""
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self.objects[body["metadata"]["name"]] = body
        self.tell("MODIFIED", body)
        return body

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """One line of every watch."""
        for events in self._events:
            events.put_nowait(msgspec.json.encode({"type": kind, "object": body}))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """Everything that is put from now on; all that is there first."""
        self.requests.append(("WATCH", request.query.get("labelSelector", "")))
        if answer := self.refuses.get("WATCH"):
            yield Stream(status=answer.status, headers={}, lines=_one(answer.body))
            return
        events: asyncio.Queue[bytes] = asyncio.Queue()
        self._events.append(events)
        for body in self.objects.values():
            events.put_nowait(msgspec.json.encode({"type": "ADDED", "object": body}))
        done = {"resourceVersion": str(self.version), "annotations": {"k8s.io/initial-events-end": "true"}}
        events.put_nowait(msgspec.json.encode({"type": "BOOKMARK", "object": {"kind": "Lease", "metadata": done}}))
        yield Stream(status=200, headers={}, lines=_all(events))

    async def close(self) -> None:
        """Nothing is held."""


async def _one(line: bytes) -> AsyncIterator[bytes]:
    yield line


async def _all(events: asyncio.Queue[bytes]) -> AsyncIterator[bytes]:
    while True:
        yield await events.get()


def client_of(leases: Leases) -> KubernetesClient:
    clock = FakeClock()
    return KubernetesClient(leases, Limiter(clock), clock, user_agent="t", jitter=lambda: 0.0)


def fence_of(leases: Leases, holder: str = "one") -> LeaseFence:
    """A process of the installation `k3`."""
    writer = Writer(installation="k3", manager="trueline:k3", holder=holder, repository="r1")
    return LeaseFence(client_of(leases), FakeClock(), writer)


async def taken(leases: Leases, holder: str = "one", standing: Standing = FIRST) -> LeaseFence:
    """A process that holds the fence of `shop`."""
    fence = fence_of(leases, holder)
    await fence.look()
    assert await fence.take("shop", standing) is Taken.HELD
    return fence


async def test_the_first_one_makes_namespace_and_lease() -> None:
    leases = Leases()
    fence = await taken(leases)
    assert leases.requests == [("GET", "leases"), ("POST", "leases"), ("POST", "namespaces"), ("POST", "leases")]
    spec = leases.objects["k3.shop"]["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("one", 0)
    assert leases.objects["k3.shop"]["metadata"]["labels"] == {LABEL: "k3"}
    leases.requests.clear()
    assert await fence.take("shop", LATER) is Taken.HELD
    assert await fence.holds("shop")
    assert leases.requests == []


async def test_who_comes_last_writes() -> None:
    """INV-13: a second process takes the fence by compare-and-swap; the first one learns it when it writes there."""
    leases = Leases()
    first = await taken(leases)
    await taken(leases, "two", LATER)
    assert leases.objects["k3.shop"]["spec"]["leaseTransitions"] == 1
    assert not await first.tell("shop", FIRST)
    assert not await first.holds("shop")
    record = first.taken_by("shop")
    assert record is not None
    assert (record.holder, record.standing) == ("two", LATER)
    assert await first.take("shop", FIRST) is Taken.LOST
    assert leases.objects["k3.shop"]["spec"]["holderIdentity"] == "two"


async def test_two_who_looked_at_the_same_time() -> None:
    """INV-12: of two that saw the same Lease one takes it; the other is refused by its version, and looks again."""
    leases = Leases()
    await taken(leases)
    second, third = fence_of(leases, "two"), fence_of(leases, "three")
    await second.look()
    await third.look()
    assert await second.take("shop", LATER) is Taken.HELD
    assert await third.take("shop", LATER) is Taken.MOVED
    assert leases.objects["k3.shop"]["spec"]["holderIdentity"] == "two"


async def test_its_holder_only_wrote_once_more() -> None:
    """The process that is about to end leaves how far it came: whoever takes over looks at that first."""
    leases = Leases()
    first, second = await taken(leases), fence_of(leases, "two")
    await second.look()
    assert await first.tell("shop", LATER)
    assert await second.take("shop", FIRST) is Taken.MOVED
    looked = await second.look()
    assert isinstance(looked, Known)
    assert looked.value["shop"].standing == LATER
    assert await second.take("shop", LATER) is Taken.HELD


async def test_a_reply_that_is_lost() -> None:
    leases = Leases()
    await taken(leases)
    second = fence_of(leases, "two")
    await second.look()
    leases.loses = True
    assert await second.take("shop", LATER) is Taken.UNKNOWN
    leases.loses = False
    assert await second.take("shop", LATER) is Taken.HELD


async def test_given_back() -> None:
    leases = Leases()
    first = await taken(leases)
    await first.release("shop", LATER)
    assert "holderIdentity" not in leases.objects["k3.shop"]["spec"]
    assert not await first.holds("shop")
    assert await installations(client_of(leases), "r1") == Known({"k3": ()})
    assert await installations(client_of(leases), "r2") == Known({})
    await taken(leases, "two", LATER)
    assert await installations(client_of(leases), "r1") == Known({"k3": ("two",)})


@asynccontextmanager
async def watched(fence: LeaseFence) -> AsyncIterator[list[str]]:
    """The watch runs; the applications that are told lost."""
    lost: list[str] = []
    fence.listen(lost.append)
    task = asyncio.ensure_future(fence.run())
    for _ in range(20):
        await asyncio.sleep(0)
    try:
        yield lost
    finally:
        task.cancel()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_watch_tells_of_another_holder() -> None:
    """INV-13: nobody has to ask; and what the watch says late of the time before is no loss."""
    leases = Leases()
    await taken(leases)
    before = leases.objects["k3.shop"]
    fence = await taken(leases, "two")
    async with watched(fence) as lost:
        leases.tell("MODIFIED", before)
        await settled()
        assert lost == []
        await taken(leases, "three", LATER)
        await settled()
        assert lost == ["shop"]
        assert not await fence.holds("shop")


async def test_deleted_by_somebody() -> None:
    leases = Leases()
    fence = await taken(leases)
    async with watched(fence) as lost:
        leases.tell("DELETED", leases.objects.pop("k3.shop"))
        await settled()
        assert lost == []
        assert not await fence.holds("shop")
        assert await fence.take("shop", LATER) is Taken.HELD


async def test_a_watch_that_is_refused_asks_instead() -> None:
    """INV-12: without a watch each stage asks the Lease itself."""
    leases = Leases()
    fence = await taken(leases)
    leases.refuses["WATCH"] = refused(403, "Forbidden", _denied("watch"))
    async with watched(fence):
        assert [note.code for note in fence.notes] == ["TL1904"]
        leases.requests.clear()
        assert await fence.holds("shop")
        await taken(leases, "two", LATER)
        assert not await fence.holds("shop")
        assert ("GET", "k3.shop") in leases.requests
        leases.refuses["GET"] = refused(404, "NotFound", "no")


async def test_given_back_by_who_was_not_seen_taking_it() -> None:
    """INV-12, INV-13: it was taken meanwhile, so it is not held any more; it is compared and taken anew."""
    leases = Leases()
    first, second = await taken(leases), fence_of(leases, "two")
    await second.look()
    assert await second.take("shop", LATER) is Taken.HELD
    await second.release("shop", LATER)
    async with watched(first) as lost:
        assert lost == []
        assert first.held == frozenset()
        assert not await first.holds("shop")
        looked = await first.look()
        assert isinstance(looked, Known)
        assert looked.value["shop"].standing == LATER
        assert await first.take("shop", LATER) is Taken.HELD


async def test_between_two_connections_the_lease_is_asked() -> None:
    """INV-12: a watch that ends, and is opened again after a pause, sees nothing meanwhile."""
    leases = Leases()
    fence = await taken(leases)
    leases.refuses["WATCH"] = Response(status=200, headers={}, body=b"")
    async with watched(fence):
        leases.requests.clear()
        assert await fence.holds("shop")
        assert ("GET", "k3.shop") in leases.requests
        assert fence.notes == ()


async def test_after_a_gap_the_lease_is_asked_once() -> None:
    """INV-13: what was missed follows, or is lost on the way: the fence is asked before it is believed."""
    leases = Leases()
    fence = await taken(leases)
    leases.refuses["WATCH"] = refused(500, "InternalError", "etcd")
    async with watched(fence):
        leases.refuses.clear()
        await settled()
        leases.requests.clear()
        for _ in range(2):
            assert await fence.holds("shop")
        assert leases.requests == [("GET", "k3.shop")]
        leases.refuses["GET"] = refused(500, "InternalError", "etcd")
        assert await fence.holds("shop"), "it is watched"


def _denied(verb: str) -> str:
    who = f'User "t" cannot {verb} resource "leases" in API group "coordination.k8s.io"'
    return f'leases.coordination.k8s.io is forbidden: {who} in the namespace "{HOME}"'


@pytest.mark.parametrize(
    "answer",
    [refused(403, "Forbidden", _denied("list")), refused(404, "NotFound", "the server could not find the resource")],
    ids=["no rights", "no Leases"],
)
async def test_without_leases(answer: Response) -> None:
    leases = Leases()
    leases.refuses["GET"] = answer
    fence = fence_of(leases)
    assert await fence.look() == Known({})
    assert await fence.take("shop", FIRST) is Taken.UNGUARDED
    assert await fence.holds("shop")
    assert await fence.look() == Known({})
    assert leases.requests == [("GET", "leases")]
    assert [note.code for note in fence.notes] == ["TL1903"]


async def test_without_the_right_to_make_the_namespace() -> None:
    leases = Leases()
    message = (
        'namespaces is forbidden: User "t" cannot create resource "namespaces" in API group "" at the cluster scope'
    )
    leases.refuses["POST namespaces"] = refused(403, "Forbidden", message)
    fence = fence_of(leases)
    await fence.look()
    assert await fence.take("shop", FIRST) is Taken.UNGUARDED
    assert [note.code for note in fence.notes] == ["TL1903"]


async def test_a_silent_cluster_is_no_cluster_without_leases() -> None:
    """INV-04: no answer is not the answer that there is nothing."""
    leases = Leases()
    leases.loses = True
    assert isinstance(await fence_of(leases).look(), Unknown)
    assert isinstance(await installations(client_of(leases), "r1"), Unknown)
    leases.loses = False
    assert await fence_of(leases).look() == Known({})
