"""The mirror says what it was told, since when it was not, and believes no absence that it did not look for."""

import asyncio
import sys
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tests.target.kubernetes.fake import CONFIG_MAP, FakeTransport, Script, client_of, failure, reply
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.http import Response
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.live import Pool
from trueline.target.kubernetes.look import Looker
from trueline.target.kubernetes.mirror import Mirror
from trueline.target.kubernetes.shelf import Shelf
from trueline.target.kubernetes.wire import ManagedFields, ObjectMeta
from trueline.target.protocol import Contact, Seen

MANAGER = "trueline:one"
UID = "6f1b0d5e-0f0c-4f0e-9c52-{:012d}"
REF = Ref("ConfigMap", "shop", "a")


def body(name: str, version: int, *, value: str = "k", label: bool = True) -> dict[str, Any]:
    marked: dict[str, Any] = {"f:metadata": {"f:labels": {"f:trueline.dev/application": {}}}} if label else {}
    fields: dict[str, Any] = {"f:data": {f"f:{value}": {}}, **marked}
    entry = {"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields}
    metadata = {"name": name, "namespace": "shop", "uid": UID.format(1), "resourceVersion": str(version)}
    labels = {"labels": {"trueline.dev/application": "one.shop"}} if label else {}
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {**metadata, **labels, "managedFields": [entry]}}


def event(kind: str, item: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({"type": kind, "object": item})


def end(version: int) -> bytes:
    metadata = {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"}}
    return msgspec.json.encode({"type": "BOOKMARK", "object": {"kind": "ConfigMap", "metadata": metadata}})


def mirror_of(transport: FakeTransport) -> Mirror[int]:
    client = client_of(transport)
    looker = Looker(client, Kinds(client))
    return Mirror(client, transport.clock, looker, manager=MANAGER, needs_status=lambda _: False, judge=len)


@asynccontextmanager
async def running(mirror: Mirror[int]) -> AsyncIterator[None]:
    async with TaskGroup() as tasks:
        task = tasks.create_task(mirror.run())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            task.cancel()


async def test_an_object_whose_label_was_taken_off_lives() -> None:
    script = Script(lines=(event("ADDED", body("a", 5)), end(6), event("DELETED", body("a", 7))))
    last = await _last(script, reply(body("a", 7, label=False)))
    assert last.observed is not None
    assert (last.observed.mark, last.observed.version) == ("", "7")


async def _last(script: Script, answer: Response) -> Seen:
    """The sighting after the first set: sightings of one object that nobody heard yet become one."""
    transport = FakeTransport()
    transport.answers.append(answer)
    transport.streams.append(script)
    mirror = mirror_of(transport)
    sightings = mirror.sightings()
    async with running(mirror), asyncio.timeout(60):
        await mirror.settle({CONFIG_MAP: {"shop"}})
        async for sighting in sightings:
            if isinstance(sighting, Seen) and (sighting.observed is None or sighting.observed.version != "5"):
                return sighting
    raise AssertionError("the stream ended")


async def test_an_object_that_is_gone_is_gone() -> None:
    script = Script(lines=(event("ADDED", body("a", 5)), end(6), event("DELETED", body("a", 7))))
    last = await _last(script, failure(404, "NotFound", 'configmaps "a" not found'))
    assert last == Seen(ref=REF, observed=None)


async def test_who_listens_late_hears_of_what_is_there() -> None:
    """INV-29: a watch that began before anybody listened has told it to nobody."""
    transport = FakeTransport()
    transport.streams.append(Script(lines=(event("ADDED", body("a", 5)), end(6))))
    mirror = mirror_of(transport)
    async with running(mirror), asyncio.timeout(60):
        mirror.open([CONFIG_MAP])
        await mirror.settle({CONFIG_MAP: {"shop"}})
        heard = await anext(mirror.sightings())
    assert isinstance(heard, Seen)
    assert (heard.ref, heard.observed is not None) == (REF, True)


async def test_contact_is_lost_and_nothing_is_known_since() -> None:
    """INV-05: and what was known is not told as if it were now."""
    transport = FakeTransport()
    mirror = mirror_of(transport)
    sightings = mirror.sightings()
    transport.streams.append(Script(lines=(event("ADDED", body("a", 5)), end(6)), error="connection reset"))
    async with running(mirror), asyncio.timeout(60):
        await mirror.settle({CONFIG_MAP: {"shop"}})
        heard = [await anext(sightings), await anext(sightings)]
        assert any(isinstance(each, Contact) and "connection reset" in each.reason for each in heard)
        lost = mirror.at(CONFIG_MAP, "shop", "a")
        assert isinstance(lost, Unknown)
        assert "since 2026-01-01" in lost.reason


async def test_a_fault_of_ours_in_one_watch_is_told_and_begins_it_anew() -> None:
    """INV-30: it neither ends the engine nor leaves the objects unwatched; no word of the fault's text is told."""
    transport = FakeTransport()
    mirror = mirror_of(transport)
    sightings = mirror.sightings()
    transport.streams.append(Script(lines=(event("ADDED", body("a", 5)), end(6)), bug=RuntimeError("hunter2")))
    transport.streams.append(Script(lines=(event("ADDED", body("a", 8)), end(9), event("ADDED", body("b", 10)))))
    reasons = []
    async with running(mirror), asyncio.timeout(60):
        await mirror.settle({CONFIG_MAP: {"shop"}})
        async for sighting in sightings:
            if isinstance(sighting, Contact):
                reasons.append(sighting.reason)
            if isinstance(sighting, Seen) and sighting.ref.name == "b":
                break
        assert isinstance(mirror.at(CONFIG_MAP, "shop", "b"), Known)
    assert any("a fault of Trueline itself, please report it: RuntimeError" in reason for reason in reasons)
    assert not any("hunter2" in reason for reason in reasons)
    assert len(transport.clock.slept_s) >= 1


async def test_without_watches_each_look_lists() -> None:
    transport = FakeTransport()
    mirror = mirror_of(transport)
    items = [body("a", 5)]
    transport.answers.append(reply({"kind": "ConfigMapList", "metadata": {"resourceVersion": "9"}, "items": items}))
    await mirror.settle({CONFIG_MAP: {"shop"}})
    found = mirror.at(CONFIG_MAP, "shop", "a")
    assert isinstance(found, Known)
    assert found.value is not None
    assert found.value.observed().mark == "one.shop"
    assert mirror.at(CONFIG_MAP, "shop", "b") == Known(None)
    for refs in (None, [REF, Ref("ConfigMap", "shop", "b"), Ref("Secret", "shop", "a")]):
        assert [ref for ref, _ in mirror.marked("one.shop", refs)] == [REF]
        assert list(mirror.marked("one.blog", refs)) == []
    transport.answers.append(failure(500, "InternalError", "etcd is away"))
    transport.answers.extend([failure(500, "InternalError", "etcd is away")] * 4)
    await mirror.settle({CONFIG_MAP: {"shop"}})
    assert isinstance(mirror.at(CONFIG_MAP, "shop", "a"), Unknown)
    assert [*mirror.marked("one.shop"), *mirror.marked("one.shop", [REF])] == []


async def test_rights_for_one_namespace_are_enough() -> None:
    transport = FakeTransport()
    mirror = mirror_of(transport)
    denial = 'configmaps is forbidden: User "u" cannot list resource "configmaps" in API group "" at the cluster scope'
    transport.answers.append(failure(403, "Forbidden", denial))
    transport.answers.append(reply({"kind": "ConfigMapList", "metadata": {"resourceVersion": "9"}, "items": []}))
    await mirror.settle({CONFIG_MAP: {"shop"}})
    assert [request.path for request in transport.requests] == [
        "/api/v1/configmaps",
        "/api/v1/namespaces/shop/configmaps",
    ]
    assert mirror.at(CONFIG_MAP, "shop", "a") == Known(None)
    assert isinstance(mirror.at(CONFIG_MAP, "other", "a"), Unknown)


def metadata_of(name: str, version: int, number: int = 1) -> ObjectMeta:
    fields = msgspec.Raw(msgspec.json.encode({"f:data": {f"f:{number}": {}}}))
    entries = [ManagedFields(manager=MANAGER, operation="Apply", fieldsV1=fields)]
    labels = {"trueline.dev/application": "one.shop"}
    uid = UID.format(number)
    return ObjectMeta(
        name=name, namespace="shop", uid=uid, resourceVersion=str(version), labels=labels, managedFields=entries
    )


def test_an_older_word_does_not_replace_a_newer_one() -> None:
    """INV-32: events may come late and in any order."""
    shelf: Shelf[int] = Shelf(CONFIG_MAP, "")
    pool = Pool(MANAGER)
    shelf.begin()
    shelf.put("shop", "a", pool.live(metadata_of("a", 5)), None)
    assert shelf.finish("6") == []
    shelf.note("shop", "a", pool.live(metadata_of("a", 9)))
    assert not shelf.put("shop", "a", pool.live(metadata_of("a", 7)), None)
    at = shelf.at("shop", "a")
    assert at is not None
    assert at.version == 9
    shelf.take("shop", "a")
    shelf.put("shop", "b", pool.live(metadata_of("b", 12)), None)
    shelf.note("shop", "a", pool.live(metadata_of("a", 9)))
    assert shelf.at("shop", "a") is None


def test_what_the_watch_has_skipped_is_known_from_an_answer() -> None:
    """INV-29, INV-32: the watch is further, and what it holds of the object is older all the same (seed 159)."""
    shelf: Shelf[int] = Shelf(CONFIG_MAP, "")
    pool = Pool(MANAGER)
    shelf.begin()
    shelf.put("shop", "a", pool.live(metadata_of("a", 5)), None)
    shelf.put("shop", "b", pool.live(metadata_of("b", 12)), None)
    assert shelf.finish("12") == []
    shelf.note("shop", "a", pool.live(metadata_of("a", 9)))
    at = shelf.at("shop", "a")
    assert at is not None
    assert at.version == 9
    shelf.note("shop", "a", pool.live(metadata_of("a", 7)))
    assert shelf.at("shop", "a") is at


def test_what_a_complete_set_lacks_has_left() -> None:
    shelf: Shelf[int] = Shelf(CONFIG_MAP, "")
    pool = Pool(MANAGER)
    left: list[tuple[str, str]] = []
    for names in (("a", "b"), ("b",)):
        shelf.begin()
        for name in names:
            shelf.put("shop", name, pool.live(metadata_of(name, 5)), None)
        left = shelf.finish("6")
    assert left == [("shop", "a")]


def test_an_object_is_kept_in_half_a_kilobyte() -> None:
    shelf: Shelf[int] = Shelf(CONFIG_MAP, "")
    pool = Pool(MANAGER)
    tracemalloc.start()
    shelf.begin()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(10_000):
        shelf.put(
            "shop", f"settings-{number}", pool.live(metadata_of(f"settings-{number}", 10**6 + number, number)), None
        )
    shelf.finish("2000000")
    size_bytes = (tracemalloc.get_traced_memory()[0] - before) / 10_000
    tracemalloc.stop()
    sys.stderr.write(f"{size_bytes:.0f} bytes an object\n")
    assert size_bytes <= 512
