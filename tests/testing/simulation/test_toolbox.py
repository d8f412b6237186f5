"""The toolbox asked at once: the same question is answered once, as long as the files are the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox import ToolboxRefused
from trueline.runtime.toolbox_process import find_toolbox
from trueline.testing.simulation.toolbox import SynchronousToolbox, at_once

OVERLAY = b"resources: [settings.yaml]\nnamePrefix: a-\n"


def settings(value: str) -> bytes:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{a: {value}}}\n".encode()


@pytest.fixture
def toolbox() -> Iterator[SynchronousToolbox]:
    with SynchronousToolbox(find_toolbox().path) as started:
        yield started


def test_the_same_question_is_answered_once(toolbox: SynchronousToolbox) -> None:
    first = at_once(toolbox.ask("discovery", {}))
    assert at_once(toolbox.ask("discovery", {})) == first
    assert (toolbox.asked, toolbox.answered) == (2, 1)


def test_a_file_that_changed_is_another_question(toolbox: SynchronousToolbox) -> None:
    def rendered(value: str) -> bytes:
        tree = MemoryTree({"kustomization.yaml": OVERLAY, "settings.yaml": settings(value)})
        return at_once(toolbox.ask("kustomize", {"path": ""}, tree))

    first, other = rendered("one"), rendered("two")
    assert b"one" in first
    assert b"two" in other
    assert (rendered("one"), rendered("two")) == (first, other)
    assert (toolbox.asked, toolbox.answered) == (4, 2)


def test_a_refusal_is_remembered_too(toolbox: SynchronousToolbox) -> None:
    for _ in range(2):
        with pytest.raises(ToolboxRefused):
            at_once(
                toolbox.ask("kustomize", {"path": ""}, MemoryTree({"kustomization.yaml": b"resources: [no.yaml]\n"}))
            )
    assert (toolbox.asked, toolbox.answered) == (2, 1)


def question(method: str, *, name: str = "", seed: str, revision: int, is_tried: bool = False) -> dict[str, Any]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "d"}, "status": {"phase": "Active"}}
    path = f"/api/v1/namespaces/d/configmaps{name and '/' + name}"
    body = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}' if method == "POST" else b""
    asker = {"user": "admin", "groups": ["system:masters"], "headers": {"Content-Type": "application/json"}}
    moment = {"now": datetime(2026, 7, 1, 12, revision, tzinfo=UTC), "seed": seed, "revision": revision}
    query = "dryRun=All" if is_tried else ""
    return {"method": method, "path": path, "query": query, "body": body, "namespace": namespace} | asker | moment


def test_what_is_drawn_from_no_moment_is_answered_once_for_all(toolbox: SynchronousToolbox) -> None:
    """A look that finds nothing is the same at any time."""
    looks = [question("GET", name="c", seed=f"{n}", revision=n) for n in range(3)]
    answers = {at_once(toolbox.ask("admit", look)) for look in looks}
    assert b"NotFound" in answers.pop()
    assert (answers, toolbox.asked, toolbox.answered) == (set(), 3, 1)


@pytest.mark.parametrize("is_tried", [False, True])
def test_what_is_made_has_the_time_and_identifier_of_its_moment(toolbox: SynchronousToolbox, *, is_tried: bool) -> None:
    """Else what one simulation made would show in the next, and the same seed would not be the same."""
    made = [question("POST", seed=f"{n}", revision=n, is_tried=is_tried) for n in range(3)]
    assert len({at_once(toolbox.ask("admit", one)) for one in made}) == 3
    assert len({at_once(toolbox.ask("admit", one)) for one in made}) == 3
    assert (toolbox.asked, toolbox.answered) == (6, 3)
