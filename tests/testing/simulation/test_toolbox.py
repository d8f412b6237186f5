"""The toolbox asked at once: the same question is answered once, as long as the files are the same."""

from collections.abc import Iterator

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
