"""A watch that is idle: what is written elsewhere does not wake it, and it is past it all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from tests.embedded.test_store import written
from tests.loop.still_clock import CountingClock
from trueline.embedded.answer_form import Form
from trueline.embedded.kind import Resource
from trueline.embedded.store import FIRST_REVISION, Event, Store
from trueline.embedded.watch import BOOKMARK_EVERY_S, Watch, Wish
from trueline.runtime.http import Request
from trueline.testing.clock import StillClock


def secret(name: str, revision: int) -> tuple[str, bytes]:
    key, raw = written(name, revision)
    return key.replace("configmaps", "secrets"), raw


def watch(store: Store, clock: StillClock) -> AsyncIterator[bytes]:
    maps = Resource(
        group="",
        version="v1",
        plural="configmaps",
        kind="ConfigMap",
        singular="configmap",
        is_namespaced=True,
        verbs=(),
    )
    nobody: Any = None
    wish = Wish(
        request=Request(method="GET", path="/api/v1/configmaps"),
        resource=maps,
        folder="/core/configmaps/",
        test=lambda _: True,
        form=Form.WHOLE,
        user=nobody,
        has_bookmarks=True,
        is_initial=False,
        revision=FIRST_REVISION,
        timeout_s=3600.0,
    )
    return Watch(store=store, reader=nobody, clock=clock, wish=wish).lines()


async def told(lines: AsyncIterator[bytes], act: Callable[[], None]) -> Any:
    """What comes next, once this is done while it is waited for."""
    coming = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0.001)
    act()
    return msgspec.json.decode(await coming)


async def test_what_is_written_elsewhere_wakes_nobody_and_is_behind_it() -> None:
    store, clock = Store(), CountingClock()
    lines = watch(store, clock)

    def write_elsewhere() -> None:
        for number in range(1, 11):
            store.commit([secret("a", FIRST_REVISION + number)])
        store.compact()
        clock.pass_s(BOOKMARK_EVERY_S)

    found = await told(lines, write_elsewhere)
    assert (found["type"], found["object"]["metadata"]["resourceVersion"]) == ("BOOKMARK", str(FIRST_REVISION + 10))
    assert clock.timers == 1
    found = await told(lines, lambda: store.commit([written("b", FIRST_REVISION + 11)]))
    assert (found["type"], found["object"]["metadata"]["name"]) == ("ADDED", "b")


class Asked(Store):
    """Counts who asks for events."""

    count = 0

    def since(self, revision: int) -> list[Event] | None:
        """As it is, and counted."""
        self.count += 1
        return super().since(revision)


async def test_who_writes_does_not_look_for_what_a_watch_that_is_behind_has_to_tell() -> None:
    store = Asked()
    lines = watch(store, StillClock())
    await told(lines, lambda: store.commit([written("a", FIRST_REVISION + 1)]))
    asked = store.count
    for number in range(2, 7):
        store.commit([secret("b", FIRST_REVISION + number)])
    assert store.count == asked
    found = await told(lines, lambda: store.commit([written("c", FIRST_REVISION + 7)]))
    assert found["object"]["metadata"]["name"] == "c"


@pytest.mark.parametrize("first", [written, secret])
async def test_what_is_written_while_it_looks_is_told(first: Callable[[str, int], tuple[str, bytes]]) -> None:
    store = Store()
    lines = watch(store, StillClock())

    def write_twice() -> None:
        store.commit([first("a", FIRST_REVISION + 1)])
        store.commit([written("b", FIRST_REVISION + 2)])

    found = [await told(lines, write_twice)]
    if first is written:
        found.append(msgspec.json.decode(await anext(lines)))
    assert found[-1]["object"]["metadata"]["name"] == "b"
