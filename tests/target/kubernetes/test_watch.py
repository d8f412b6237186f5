"""A watch tells the complete set first, goes on where it was, and starts afresh where it cannot."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import msgspec
from inline_snapshot import snapshot

from tests.target.kubernetes.fake import CONFIG_MAP, SECRET, FakeTransport, Script, client_of, config_map, reply
from trueline.target.kubernetes.client import WATCH_SILENCE_S
from trueline.target.kubernetes.watch import SET_S_MAX, Gone, Lost, Reset, Restored, Seen, Sighting, Synced, watch
from trueline.target.kubernetes.wire import LAST_APPLIED


def event(kind: str, name: str, version: str) -> bytes:
    return msgspec.json.encode({"type": kind, "object": config_map(name, version)})


def bookmark(version: str, *, ends: bool) -> bytes:
    annotations = {"k8s.io/initial-events-end": "true"} if ends else {}
    metadata: dict[str, Any] = {"resourceVersion": version, "annotations": annotations}
    return msgspec.json.encode({"type": "BOOKMARK", "object": {"kind": "ConfigMap", "metadata": metadata}})


def broken(code: int, message: str) -> bytes:
    status = {"kind": "Status", "status": "Failure", "code": code, "message": message}
    return msgspec.json.encode({"type": "ERROR", "object": status})


def write(sighting: Sighting) -> str:
    match sighting:
        case Reset():
            return "reset"
        case Synced(version):
            return f"synced {version}"
        case Seen(seen):
            return f"+{seen.metadata.name}"
        case Gone(seen):
            return f"-{seen.metadata.name}"
        case Lost(reason):
            return f"lost {reason}"
        case Restored():
            return "restored"


async def check(transport: FakeTransport, scripts: Sequence[Script], count: int, *, tells_pauses: bool = False) -> str:
    """The first sightings, and what each request asked for."""
    transport.streams.extend(scripts)
    client, told = client_of(transport), list[str]()
    watched = watch(client, transport.clock, CONFIG_MAP, selector="a=b", tells_pauses=tells_pauses)
    async with aclosing(watched) as sightings:
        async for sighting in sightings:
            told.append(write(sighting))
            if len(told) == count:
                break
    asked = [sent.query.get("resourceVersion", "fresh") for sent in transport.requests]
    return f"{', '.join(told)} | {', '.join(asked)}"


INITIAL = (event("ADDED", "a", "1"), event("ADDED", "b", "2"), bookmark("9", ends=True))


async def test_the_complete_set_comes_first_and_a_closed_connection_is_resumed() -> None:
    first = Script((*INITIAL, event("MODIFIED", "a", "10"), bookmark("15", ends=False)), lasts_s=300)
    second = Script((event("DELETED", "b", "16"),))
    told = await check(FakeTransport(), [first, second], 6)
    assert told == snapshot("reset, +a, +b, synced 9, +a, -b | fresh, 15")


async def test_a_server_that_says_nothing_has_lost_us() -> None:
    """INV-32: bookmarks come about once a minute; a watch that hears none is opened anew."""
    transport = FakeTransport()
    await check(transport, [Script(INITIAL)], 4)
    assert [sent.silence_s for sent in transport.requests] == [WATCH_SILENCE_S]


async def test_a_set_that_broke_off_is_asked_for_again() -> None:
    told = await check(FakeTransport(), [Script(INITIAL[:1]), Script(INITIAL)], 6)
    assert told == snapshot("reset, +a, reset, +a, +b, synced 9 | fresh, fresh")


async def test_an_expired_version_gives_a_fresh_set() -> None:
    """INV-32: what was missed is made good."""
    gone = Script((*INITIAL, broken(410, "too old resource version")))
    refused = Script((msgspec.json.encode({"kind": "Status", "code": 410, "reason": "Expired"}),), status=410)
    told = await check(FakeTransport(), [gone, refused, Script(INITIAL)], 9)
    assert told == snapshot("reset, +a, +b, synced 9, reset, reset, +a, +b, synced 9 | fresh, fresh, fresh")


async def test_after_half_an_hour_the_set_is_asked_for_anew() -> None:
    """INV-32: an event that was lost on the way is made good, though nothing tells of it."""
    first = Script((*INITIAL, bookmark("15", ends=False)), lasts_s=SET_S_MAX - 1)
    second = Script((bookmark("16", ends=False),), lasts_s=2)
    told = await check(
        FakeTransport(), [first, second, Script((event("ADDED", "a", "1"), bookmark("17", ends=True)))], 7
    )
    assert told == snapshot("reset, +a, +b, synced 9, reset, +a, synced 17 | fresh, 15, fresh")


async def test_lost_and_restored_are_said_once() -> None:
    transport = FakeTransport()
    away = Script(error="refused")
    told = await check(
        transport, [Script(INITIAL, error="reset"), away, away, Script((event("DELETED", "a", "11"),))], 7
    )
    assert told == snapshot("reset, +a, +b, synced 9, lost reset, restored, -a | fresh, 9, 9, 9")
    assert [pause for pause in transport.clock.slept_s if pause] == snapshot([0.1, 0.2, 0.4])


async def test_a_pause_between_two_connections_is_told_where_that_is_asked_for() -> None:
    """INV-13: who must not miss anything knows that nobody watches. A connection that lasted makes no pause."""
    transport = FakeTransport()
    scripts = [Script(INITIAL, lasts_s=300), Script(()), Script((event("DELETED", "a", "11"),))]
    told = await check(transport, scripts, 7, tells_pauses=True)
    assert told == snapshot("reset, +a, +b, synced 9, lost the watch ended, restored, -a | fresh, 9, 9")


async def test_a_line_that_does_not_decode_is_no_sighting() -> None:
    told = await check(FakeTransport(), [Script((*INITIAL, b'{"type":"ADD')), Script((event("ADDED", "c", "10"),))], 7)
    assert told.endswith("restored, +c | fresh, 9")


async def test_a_server_without_watch_lists_is_listed() -> None:
    transport = FakeTransport()
    refused = Script((msgspec.json.encode({"kind": "Status", "code": 422, "reason": "Invalid", "message": "no"}),), 422)
    items = [config_map("a", "1")]
    transport.answers.append(reply({"kind": "ConfigMapList", "metadata": {"resourceVersion": "7"}, "items": items}))
    told = await check(transport, [refused, Script((event("ADDED", "b", "8"),))], 5)
    assert told == snapshot("reset, reset, +a, synced 7, +b | fresh, fresh, 7")


async def test_nothing_of_a_secret_is_held_between_two_events() -> None:
    """INV-25: neither the line nor the copy that client-side apply keeps in an annotation."""
    metadata = {"name": "a", "resourceVersion": "1", "annotations": {LAST_APPLIED: "hunter2", "a": "b"}}
    seen = {"type": "ADDED", "object": {"kind": "Secret", "metadata": metadata}}
    transport = FakeTransport()
    transport.streams.append(Script((msgspec.json.encode(seen),)))
    async with aclosing(watch(client_of(transport), transport.clock, SECRET)) as sightings:
        told = [await anext(sightings) for _ in range(2)]
    match told[1]:
        case Seen(found, body):
            assert (found.metadata.annotations, bytes(body)) == ({"a": "b"}, b"")
        case other:
            raise AssertionError(other)
