"""The graph of applications: in layers, drawn without two boxes in one place, and of what one may read alone."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench
from tests.server.page.made import NOW, body, facts
from trueline.health.status import Status
from trueline.loop.status import WAITS, Sync
from trueline.server.body import DependencyBody
from trueline.server.page.dependency import DRAWN_MAX, Dependency, dependency
from trueline.server.page.layout import BOX_HEIGHT, BOX_WIDTH, TEXT_MAX, lay
from trueline.server.page.state import State

VISIT = {"Accept": "text/html"}
NAMES = [f"a{number:02}" for number in range(12)]
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4))


def needing(name: str, *needs: str, unseen: int = 0, waits: str = "") -> DependencyBody:
    return DependencyBody(application=name, needs=needs, unseen=unseen, waits=waits)


def page(*told: DependencyBody, **stands: Any) -> Dependency:
    bodies = {one.application: body(one.application, **stands.get(one.application, {})) for one in told}
    return dependency(told, bodies, facts(), NOW)


@given(GRAPHS)
def test_no_two_boxes_stand_in_one_place_and_each_line_leads_on(graph: dict[str, list[str]]) -> None:
    drawing = lay(graph)
    places = [(box.x, box.y) for box in drawing.boxes]
    assert sorted(box.name for box in drawing.boxes) == sorted(graph)
    assert len(set(places)) == len(places)
    for one, (x, y) in enumerate(places):
        assert 0 <= x <= drawing.width - BOX_WIDTH
        assert 0 <= y <= drawing.height - BOX_HEIGHT
        for x2, y2 in places[one + 1 :]:
            assert x != x2 or abs(y - y2) >= BOX_HEIGHT
    assert {(line.end, line.source) for line in drawing.lines} == {
        (name, one) for name, needs in graph.items() for one in needs if one in graph
    }
    for line in drawing.lines:
        assert line.is_back == (drawing.layers[line.source] >= drawing.layers[line.end])


@given(GRAPHS, st.randoms())
def test_the_order_of_what_is_given_does_not_matter(graph: dict[str, list[str]], drawn: Any) -> None:
    names = list(graph)
    drawn.shuffle(names)
    assert lay({name: graph[name][::-1] for name in names}) == lay(graph)


@given(GRAPHS)
def test_a_line_goes_back_only_where_there_is_a_circle(graph: dict[str, list[str]]) -> None:
    sound = {name: [one for one in needs if one < name] for name, needs in graph.items()}
    assert not any(line.is_back for line in lay(sound).lines)


def test_a_line_that_passes_a_layer_touches_no_box_of_it() -> None:
    graph = {"a": [], "b": ["a"], "c": ["b", "a"], "d": ["c", "a"]}
    drawing = lay(graph)
    [long] = [line for line in drawing.lines if (line.source, line.end) == ("a", "d")]
    passed = [float(text.split("H")[0].rpartition(" ")[2]) for text in long.path.split("C") if "H" in text]
    boxes = {box.name: box.y for box in drawing.boxes}
    assert len(passed) == 2
    for y, name in zip(passed, ("b", "c"), strict=True):
        assert not boxes[name] <= y <= boxes[name] + BOX_HEIGHT


def test_lines_that_need_not_cross_do_not() -> None:
    graph = {"a": [], "b": [], "x": ["b"], "y": ["a"]}
    places = {box.name: box.y for box in lay(graph).boxes}
    assert (places["a"] < places["b"]) == (places["y"] < places["x"])


def test_two_hundred_are_drawn_with_names_that_fit() -> None:
    graph = {f"application-number-{number:03}": [f"application-number-{number // 3:03}"] for number in range(1, 200)}
    drawing = lay(graph | {"application-number-000": []})
    assert len(drawing.boxes) == 200
    assert max(len(box.text) for box in drawing.boxes) == TEXT_MAX
    assert drawing.width < 3_000
    assert drawing.height < 8_000


def test_what_waits_comes_first_and_who_neither_needs_nor_is_needed_is_apart() -> None:
    made = page(
        needing("database"),
        needing("api", "database"),
        needing("web", "api", waits="waits for api"),
        needing("blog"),
        api={"sync": Sync.SYNCED, "health": Status.DEGRADED, "health_message": "it crashes"},
    )
    assert [(one.name, one.layer, one.waits) for one in made.nodes] == [
        ("web", 2, "waits for api"),
        ("database", 0, ""),
        ("api", 1, ""),
    ]
    assert [name for name, _ in made.nodes[2].needs] == ["database"]
    assert [name for name, _ in made.nodes[2].needed_by] == ["web"]
    assert [name for name, _ in made.free] == ["blog"]
    assert (made.looks["api"].state, made.looks["web"].waits) == (State.DEGRADED, True)
    assert made.looks["api"].title == "api, Degraded: it crashes"


def test_a_circle_is_told_with_its_path() -> None:
    made = page(needing("a", "b"), needing("b", "c"), needing("c", "a"), needing("d", "a"))
    assert made.cycles == ("a → b → c → a",)
    assert made.drawing is not None
    assert any(line.is_back for line in made.drawing.lines)


def test_too_many_are_listed_and_not_drawn() -> None:
    told = [needing("all"), *(needing(f"n{number}", "all") for number in range(DRAWN_MAX))]
    made = page(*told)
    assert (made.drawing, made.undrawn, len(made.nodes)) == (None, DRAWN_MAX + 1, DRAWN_MAX + 1)


# ---- over HTTP -----------------------------------------------------------------------------------------------------


def needed() -> Bench:
    made = bench()
    made.stands("database", project="shop")
    made.stands("veiled", project="vault")
    made.stands("web", project="shop", needs=("database", "veiled"))
    made.stands("blog", project="shop", needs=("veiled",))
    made.engine.kept["blog"].waits_for = "veiled"
    made.engine.kept["web"].waits_for = "database"
    made.declares(project("shop", viewer="user:vi"), project("vault", viewer="user:other"))
    return made


async def test_inv_25_the_graph_is_of_what_one_may_read() -> None:
    """INV-25: of the others it is said how many are needed."""
    made = needed()
    async with made.client(is_private=False) as client:
        whole = await (await client.get("/api/v1/dependencies")).json()
        text = await (await client.get("/dependencies", headers=VISIT)).text()
    assert {one["application"]: (one["needs"], one["unseen"], one["waits"]) for one in whole["applications"]} == {
        "blog": (["veiled"], 0, "waits for veiled"),
        "database": ([], 0, ""),
        "shop": ([], 0, ""),
        "veiled": ([], 0, ""),
        "web": (["database", "veiled"], 0, "waits for database"),
    }
    assert "veiled" in text
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get("/api/v1/dependencies")
        text = await answer.text() + await (await client.get("/dependencies", headers=VISIT)).text()
    assert "veiled" not in text
    assert "waits for an application that you may not read" in text
    assert re.search(r'"application":"web","needs":\["database"\],"unseen":1', text)


NAMED = ("/api/v1/applications", "/api/v1/applications/blog", "/", "/?find=blog", "/applications/blog", "/dependencies")


async def test_inv_25_what_is_waited_for_is_named_to_those_who_may_read_it() -> None:
    """INV-25: in the API, on each page, as an answer to a search and in the stream; kept pages are nobody else's."""
    made = needed()
    for name, other in (("blog", "veiled"), ("web", "database")):
        made.stands(name, sync=Sync.SYNCING, message=f"rolled back; {WAITS}", waits_for=other)
    for who in ("root", "vi", "root"):
        async with made.client(is_private=False, who=who) as client:
            found = [await (await client.get(path, headers=VISIT)).text() for path in NAMED]
            counted = (await (await client.get("/api/v1/applications?find=for+veiled")).json())["count"]
            answer = await client.get("/api/v1/events")
            await answer.content.readuntil(b"\n\n")
            made.stands("blog", message=f"still: {WAITS}")
            made.parts.feed.look()
            async with asyncio.timeout(20):
                found.append((await answer.content.readuntil(b"\n\n")).decode())
            answer.close()
            made.stands("blog", message=f"rolled back; {WAITS}")
        named = ["waits for veiled" in text for text in found]
        assert (all(named), any(named), counted) == (who == "root", who == "root", int(who == "root")), (who, named)
        assert "rolled back; waits for database" in found[0]
        if who == "vi":
            assert "veiled" not in "".join(found)
            assert WAITS in found[1]


async def test_inv_25_a_page_that_names_another_application_is_kept_for_those_alone_who_may_read_it() -> None:
    """INV-25: the rights on the application itself are the same."""
    made = needed()
    made.stands("blog", sync=Sync.SYNCING, message=WAITS, waits_for="veiled")
    made.declares(project("shop", viewer="user:vi user:both"), project("vault", viewer="user:both"))
    for who in ("both", "vi"):
        async with made.client(is_private=False, who=who) as client:
            text = await (await client.get("/applications/blog", headers=VISIT)).text()
            assert ("waits for veiled" in text) == (who == "both"), who


async def test_the_page_is_kept_while_nothing_changes_and_takes_no_question() -> None:
    made = needed()
    async with made.client(is_private=False) as client:
        first = await client.get("/dependencies", headers=VISIT)
        assert 'id="box-web"' in await first.text()
        known = {**VISIT, "If-None-Match": first.headers["ETag"]}
        assert (await client.get("/dependencies", headers=known)).status == 304
        assert (await client.get("/dependencies?find=a", headers=VISIT)).status == 422


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "javascript:alert(1)"])
async def test_markup_in_a_name_is_text(name: str) -> None:
    made = needed()
    made.stands(name, needs=("database",))
    async with made.client(is_private=False) as client:
        text = await (await client.get("/dependencies", headers=VISIT)).text()
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert 'href="javascript' not in text
