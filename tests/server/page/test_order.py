"""The order of an application, with its hooks; and its objects drawn."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.server.bench import bench
from tests.server.page.made import facts
from tests.server.page.test_application import node
from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Phase, Position, Resource
from trueline.server.page.growth import DRAWN_MAX, ROOT, draw
from trueline.server.page.layout import TEXT_MAX
from trueline.server.page.order import stages
from trueline.server.page.state import State
from trueline.server.tree import Run
from trueline.target.inventory import Ending

VISIT = {"Accept": "text/html"}
BEFORE = node("Job.batch/shop/migrate", role="hook", phase="before", run="well")
NAMESPACE = node("Namespace/shop", wave=-1)
WEB = node("Deployment.apps/shop/web", wave=1, health="Progressing", action="update")
SERVICE = node("Service/shop/web", wave=2, action="create", health="Missing")
AFTER = node("Job.batch/shop/announce", role="hook", phase="after", run="never", health="Missing")
FAILED = node("Job.batch/shop/undo", role="hook", phase="failed", run="never", health="Missing")


def test_the_first_step_that_is_not_done_is_under_way_and_the_others_come() -> None:
    made = stages([AFTER, SERVICE, FAILED, WEB, NAMESPACE, BEFORE], is_under_way=True)
    assert [(one.title, one.word, one.said) for one in made] == [
        ("Before", "done", ""),
        ("Wave -1", "done", ""),
        ("Wave 1", "under way", "web"),
        ("Wave 2", "comes", "web"),
        ("After", "comes", "announce"),
        ("If it fails", "not needed", ""),
    ]


def test_one_step_alone_is_no_order() -> None:
    assert (
        stages([node("ConfigMap/shop/a"), node("Pod/shop/x", parent="ConfigMap/shop/a", wave=0)], is_under_way=False)
        == ()
    )
    assert len(stages([BEFORE], is_under_way=False)) == 1


@pytest.mark.parametrize("run", Run)
def test_inv_38_a_hook_is_done_where_it_was_seen_to_end_well_alone(run: Run) -> None:
    """INV-38."""
    [one] = stages([node("Job.batch/shop/migrate", role="hook", phase="before", run=run.value)], is_under_way=False)
    assert (one.word == "done") == (run is Run.WELL)
    assert (one.word == "failed") == (run is Run.BADLY)


@pytest.mark.parametrize(
    ("told", "state", "word"),
    [
        ({"health": "Degraded"}, State.DEGRADED, "failed"),
        ({"health": "Unknown"}, State.UNKNOWN, "not done"),
        ({"action": "update"}, State.OUT_OF_SYNC, "not done"),
        ({"health": "Suspended"}, State.TRUE, "done"),
    ],
)
def test_where_nothing_is_under_way_what_is_not_done_is_said(told: dict[str, Any], state: State, word: str) -> None:
    _, one = stages([NAMESPACE, node("ConfigMap/shop/a", **told)], is_under_way=False)
    assert (one.state, one.word) == (state, word)


def test_many_that_are_late_are_counted() -> None:
    late = [node(f"ConfigMap/shop/c{number}", health="Missing") for number in range(9)]
    assert stages([NAMESPACE, *late], is_under_way=True)[1].said == "c0, c1, c2 and 6 more"


@pytest.mark.parametrize(
    ("endings", "is_complete", "run"),
    [
        ({Ending.WELL}, False, "well"),
        ({Ending.BADLY}, False, "badly"),
        ({Ending.NONE}, False, "runs"),
        (set(), True, "before"),
        (set(), False, "never"),
    ],
)
async def test_a_hook_is_told_as_the_last_pass_saw_it(endings: set[Ending], is_complete: bool, run: str) -> None:
    made = bench()
    made.leaves("shop", "ConfigMap/shop/a", "", by="x")
    ref = Ref.parse("Job.batch/shop/migrate")
    position = Position(phase=Phase.BEFORE, wave=2)
    origin = Origin(path="a", line=1)
    hook = Resource(ref=ref, digest=Digest(""), origin=origin, position=position, is_hook=True)
    made.engine.kept["shop"].desired = cast("Any", SimpleNamespace(resources=(hook,), run=Digest("r")))
    last = cast("Any", made.engine.kept["shop"].last)
    last.review.endings, last.is_complete = dict.fromkeys([ref], *endings) if endings else {}, is_complete
    async with made.client(is_private=False) as client:
        [told] = (await (await client.get("/api/v1/applications/shop/tree")).json())["nodes"]
        assert (told["phase"], told["wave"], told["run"]) == ("before", 2, run)
        text = await (await client.get("/applications/shop", headers=VISIT)).text()
        assert "Before, wave 2" in text


# ---- drawn ---------------------------------------------------------------------------------------------------------


def test_objects_stand_right_of_what_they_belong_to() -> None:
    web, pod = "Deployment.apps/shop/web", "Pod/shop/web-7d4b9c-and-a-name-that-is-long-4xk2p"
    made = draw(
        "shop", State.TRUE, [node(web), node(pod, parent=web, health="Degraded"), node("Pod/shop/x", parent="?")]
    )
    assert made is not None
    assert made.drawing.layers == {ROOT: 0, web: 1, pod: 2, "Pod/shop/x": 1}
    look = made.looks[pod]
    assert (look.kind, len(look.text), look.text[-5:], look.state) == ("Pod", TEXT_MAX, "4xk2p", State.DEGRADED)
    assert look.title.endswith("Degraded: 2 of 5 are ready")


def test_too_many_and_none_are_not_drawn() -> None:
    assert draw("shop", State.TRUE, []) is None
    assert draw("shop", State.TRUE, [node(f"ConfigMap/shop/c{one}") for one in range(DRAWN_MAX + 1)]) is None


async def test_the_graph_is_another_view_of_the_page() -> None:
    made = bench()
    made.contains("shop", "Deployment.apps/shop/web", "ConfigMap/shop/settings")
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop?view=graph", headers=VISIT)).text()
        assert 'id="box-Deployment.apps/shop/web"' in text
        assert 'id="object-' not in text
        text = await (await client.get("/applications/shop", headers=VISIT)).text()
        assert 'id="object-Deployment.apps/shop/web"' in text
        assert 'id="box-' not in text
        assert (await client.get("/applications/shop?view=wrong", headers=VISIT)).status == 422
    assert facts().is_ready
