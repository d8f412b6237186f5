"""What the end of a cell means: a lack that is told, a failure that is tried again. No program runs here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.render.generated.case import COMMAND
from tests.render.site.case import tree
from trueline.model.fault import Transient
from trueline.render.generated.build import Builder
from trueline.render.generated.source import Source
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.cell.task import CellConfinement, CellEnding, CellFailed, CellResult, CellTask, Take

NOTHING = CellConfinement(namespaces=False, landlock=0, seccomp=False, limits=False)


class _Cells:
    """Cells of a machine that can confine nothing, or make none."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self.is_broken = is_broken

    async def run(self, task: CellTask, files: AsyncIterator[tuple[str, bytes]], take: Take) -> CellResult:
        """Say that all went well."""
        given = [path async for path, _ in files]
        if self.is_broken:
            raise CellFailed("no memory for a launcher")
        take("index.html", " ".join((*task.argv, *given)).encode())
        return CellResult(
            ending=CellEnding.EXITED,
            exit_code=0,
            text=b"/there/site/x was made",
            oddities=(),
            has_output=True,
            confinement=NOTHING,
            site="/there/site",
        )

    def identity(self, program: str) -> str:
        """Its name alone."""
        return program


async def test_what_a_machine_cannot_keep_from_a_program_is_told_of_its_site(tmp_path: Path) -> None:
    builder = Builder(_Cells(), BlobDirectory(tmp_path), "python")
    built = await builder.build(COMMAND, Source.of(tree({"a.txt": ""}), ""), "c0ffee")
    assert [one.code for one in built.notes] == ["TL1616"] * 4
    assert {one.detail for one in built.notes} == set(NOTHING.lacks)
    assert list(built.files) == ["index.html"]
    assert built.text == "x was made"


async def test_a_cell_that_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    builder = Builder(_Cells(is_broken=True), BlobDirectory(tmp_path), "python")
    with pytest.raises(Transient, match="no memory for a launcher"):
        await builder.build(COMMAND, Source.of(tree({"a.txt": ""}), ""), "c0ffee")


def test_an_identity_is_that_of_the_program_and_of_what_reads_its_output(tmp_path: Path) -> None:
    builder = Builder(_Cells(), BlobDirectory(tmp_path), "python")
    assert builder.identity(COMMAND) == builder.identity(COMMAND) != ""
