"""What was placed outlives the process: the next one reads no body of it, and believes nothing that it should not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.target.kubernetes.fake import CONFIG_MAP
from tests.target.kubernetes.test_normalise import (
    ACCOUNT,
    ASKED,
    OTHER,
    RENDERS,
    SETTINGS,
    WEB,
    FixedKinds,
    body,
    normaliser,
    read,
    rendered,
)
from trueline.model.digest import Digest, digest_value
from trueline.runtime.files import FileTree
from trueline.runtime.toolbox import NO_FILES, ToolboxFailed
from trueline.target.kubernetes.normalise import Normaliser
from trueline.target.kubernetes.placing import Placings
from trueline.target.kubernetes.placing_text import decode, encode
from trueline.target.kubernetes.schema import Schema


class Kept(dict[str, bytes]):
    """A store of bytes."""

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        self[key] = value


class CountedToolbox:
    """It says of every body that it holds, but for those of these names."""

    def __init__(self, *wrong: str, is_broken: bool = False) -> None:
        self.wrong, self.is_broken = wrong, is_broken
        self.asked: list[str] = []

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """The answer to a question about schemas."""
        assert operation == "validate"
        if self.is_broken:
            raise ToolboxFailed("it ended")
        names = [one["metadata"]["name"] for one in arguments["objects"]]
        self.asked += names
        errors = [[{"path": "data", "text": "no"}] if name in self.wrong else [] for name in names]
        return msgspec.json.encode({"objects": [{"errors": one} for one in errors]})


def process(
    store: Kept, toolbox: CountedToolbox | None = None, *, engine: str = "e1", kinds: FixedKinds | None = None
) -> Normaliser:
    """The normaliser of a process that has just begun."""
    made = normaliser(kinds)
    made.schema = Schema(toolbox or CountedToolbox(), client=None)  # type: ignore[arg-type] # no server is asked
    made.placings = Placings(store=store, engine=engine)
    return made


async def test_the_next_process_reads_and_checks_nothing_again() -> None:
    store, toolbox = Kept(), CountedToolbox()
    first = await process(store).normalise(rendered(SETTINGS, ACCOUNT), ASKED)
    again = rendered(SETTINGS, ACCOUNT, commit="c2")
    made = await process(store, toolbox).normalise(again, ASKED)
    assert (read(again), toolbox.asked) == ([], [])
    assert [(one.ref, one.digest, one.position) for one in made.rendered.resources] == [
        (one.ref, one.digest, one.position) for one in first.rendered.resources
    ]
    assert {one.origin.commit for one in made.rendered.resources} == {"c2"}
    assert dict(made.rendered.bodies) == dict(first.rendered.bodies)  # each is made again where it is asked for


@pytest.mark.parametrize("before", RENDERS)
@pytest.mark.parametrize("now", RENDERS)
async def test_what_another_process_placed_changes_nothing(before: Callable[[], Any], now: Callable[[], Any]) -> None:
    """INV-20: what is kept answers as what is made anew."""
    store = Kept()
    await process(store).normalise(before(), ASKED)
    made = await process(store).normalise(now(), ASKED)
    fresh = await process(Kept()).normalise(now(), ASKED)
    assert (made.rendered.resources, made.problems, made.awaits) == (
        fresh.rendered.resources,
        fresh.problems,
        fresh.awaits,
    )
    assert dict(made.rendered.bodies) == dict(fresh.rendered.bodies)


async def test_only_what_is_new_is_read_and_checked() -> None:
    store, toolbox = Kept(), CountedToolbox()
    await process(store).normalise(rendered(SETTINGS, ACCOUNT), ASKED)
    again = rendered(OTHER, ACCOUNT)
    await process(store, toolbox).normalise(again, ASKED)
    assert (read(again), toolbox.asked) == (["ConfigMap/settings"], ["settings"])


@pytest.mark.parametrize(
    "asked",
    [
        replace(ASKED, application="other"),
        replace(ASKED, namespace="other"),
        replace(ASKED, mark="t1.other"),
    ],
)
async def test_another_application_namespace_or_mark_is_placed_anew(asked: Any) -> None:
    store, again = Kept(), rendered(SETTINGS)
    await process(store).normalise(rendered(SETTINGS), ASKED)
    await process(store).normalise(again, asked)
    assert read(again) == ["ConfigMap/settings"]


async def test_another_engine_or_type_is_placed_anew() -> None:
    """INV-20: what may make another body, or judge it otherwise, is part of the key or asked anew."""
    store, kinds, again = Kept(), FixedKinds(), rendered(SETTINGS)
    await process(store).normalise(rendered(SETTINGS), ASKED)
    await process(store, engine="e2").normalise(again, ASKED)
    assert read(again) == ["ConfigMap/settings"]
    kinds.types["v1", "ConfigMap"] = replace(CONFIG_MAP, namespaced=False)
    again = rendered(SETTINGS)
    made_anew = await process(store, kinds=kinds).normalise(again, ASKED)
    assert read(again) == ["ConfigMap/settings"]
    assert [one.ref.namespace for one in made_anew.rendered.resources] == [""]


async def test_a_body_that_did_not_hold_is_asked_about_again() -> None:
    store, toolbox = Kept(), CountedToolbox("settings")
    refused = await process(store, CountedToolbox("settings")).normalise(rendered(SETTINGS, ACCOUNT), ASKED)
    assert [problem.code for problem in refused.problems] == ["TL0505"]
    again = await process(store, toolbox).normalise(rendered(SETTINGS, ACCOUNT), ASKED)
    assert [problem.code for problem in again.problems] == ["TL0505"]
    assert "settings" in toolbox.asked


async def test_a_body_that_nobody_could_check_is_checked_by_the_next_process() -> None:
    store, toolbox = Kept(), CountedToolbox()
    unchecked = await process(store, CountedToolbox(is_broken=True)).normalise(rendered(SETTINGS), ASKED)
    assert [note.code for note in unchecked.rendered.notes] == ["TL0506"]
    await process(store, toolbox).normalise(rendered(SETTINGS), ASKED)
    assert toolbox.asked == ["settings"]


async def test_what_is_written_is_written_once() -> None:
    store = Kept()
    made = process(store)
    await made.normalise(rendered(SETTINGS, ACCOUNT), ASKED)
    assert len(store) == 1
    store.clear()
    await made.normalise(rendered(SETTINGS, ACCOUNT, commit="c2"), ASKED)
    assert not store
    await made.normalise(rendered(OTHER, ACCOUNT), ASKED)
    assert len(store) == 1


@pytest.mark.parametrize(
    "garbage", [b"", b"\x00", b"[]", msgspec.msgpack.encode([[], [[b"x" * 32, b"y" * 32, 9, 0, "", "a"]]])]
)
async def test_what_is_no_placing_says_nothing(garbage: bytes) -> None:
    store, again = Kept(), rendered(SETTINGS, WEB)
    await process(store).normalise(rendered(SETTINGS, WEB), ASKED)
    for key in store:
        store[key] = garbage
    made = await process(store).normalise(again, ASKED)
    assert not made.problems
    assert sorted(read(again)) == ["ConfigMap/settings", "Service/web"]


async def test_a_placing_that_does_not_come_true_is_forgotten() -> None:
    """INV-20: a body that is made again and is not the one that was told is a fault of ours, told once."""
    store = Kept()
    await process(store).normalise(rendered(SETTINGS), ASKED)
    for key, value in store.items():
        rows = decode(value)
        assert rows is not None
        store[key] = encode(
            [(was, msgspec.structs.replace(one, digest=digest_value("another")), kind) for was, one, kind in rows]
        )
    made = process(store)
    wrong = await made.normalise(rendered(SETTINGS), ASKED)
    with pytest.raises(AssertionError, match="is not so now"):
        dict(wrong.rendered.bodies)
    right = await made.normalise(rendered(SETTINGS), ASKED)
    assert [len(text) > 0 for text in dict(right.rendered.bodies).values()] == [True]


def test_bytes_and_back() -> None:
    def digests(values: Sequence[str]) -> list[Digest]:
        return [digest_value(value) for value in values]

    placed = rendered(SETTINGS, body("ConfigMap", "b")).resources
    rows = [
        (digest, msgspec.structs.replace(one), CONFIG_MAP) for digest, one in zip(digests("ab"), placed, strict=True)
    ]
    back = decode(encode(rows))
    assert back is not None
    assert [(was, one.ref, one.digest, kind) for was, one, kind in back] == [
        (was, one.ref, one.digest, kind) for was, one, kind in rows
    ]
