"""Whose data a new directory is: found only where nobody holds it and nobody else can be meant; else a person says."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from trueline.model.fault import UserError
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.wiring.recovery import recover

KNOWN, OTHER = "k3xxxxx9", "q7xxxxx2"
Found = Known[Mapping[str, tuple[str, ...]]] | Unknown


class Clusters:
    """What is known, and how often somebody asked."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.asked = 0

    async def installations(self) -> Found:
        """As it was told."""
        self.asked += 1
        return self.found


async def check(
    path: Path, found: Found, *, wanted: str = "", is_empty: bool = True, is_live: bool = True, asked: int = 1
) -> tuple[str, list[str]]:
    """The installation after a start, and the codes of what is told or refused."""
    clusters = Clusters(found)
    with DataDirectory.claim(path, SystemClock()) as directory:
        before = directory.installation
        try:
            notes = await recover(directory, clusters, wanted=wanted, is_empty=is_empty, is_live=is_live)
        except UserError as error:
            return "", [one.code for one in error.diagnostics]
        assert clusters.asked == asked
        kept = (path / "installation").read_text().strip()
        assert kept == directory.installation
        return ("new" if kept == before else kept), [note.code for note in notes]


@pytest.mark.parametrize(
    ("found", "is_live", "expected"),
    [
        (Known({}), True, ("new", [])),
        (Known({KNOWN: ()}), True, (KNOWN, ["TL1906"])),
        (Known({KNOWN: ("host/1/a",)}), True, ("", ["TL1908"])),
        (Known({KNOWN: (), OTHER: ()}), True, ("", ["TL1908"])),
        (Unknown("no answer"), True, ("new", ["TL1907"])),
        (Known({KNOWN: ("host/1/a",)}), False, (KNOWN, ["TL1906"])),
        (Known({KNOWN: (), OTHER: ()}), False, ("new", [])),
    ],
    ids=["nobody", "given back", "at work", "two", "unknown", "looked at", "two looked at"],
)
async def test_a_new_directory(tmp_path: Path, found: Found, is_live: bool, expected: tuple[str, list[str]]) -> None:
    """INV-26: the id is found again; INV-13: two installations never become one in silence."""
    assert await check(tmp_path / "data", found, is_live=is_live) == expected


async def test_what_was_refused_is_refused_again(tmp_path: Path) -> None:
    """A refused start leaves no id behind with which the next one would go on."""
    found: Found = Known({KNOWN: ("host/1/a",)})
    for _ in range(2):
        assert await check(tmp_path, found) == ("", ["TL1908"])
    assert await check(tmp_path, found, wanted="new", asked=0) == ("new", [])
    assert await check(tmp_path, found, asked=0) == ("new", [])


async def test_what_a_person_says(tmp_path: Path) -> None:
    at_work: Found = Known({KNOWN: ("host/1/a",)})
    assert await check(tmp_path, at_work, wanted=KNOWN, asked=0) == (KNOWN, [])
    assert await check(tmp_path, at_work, wanted=KNOWN, asked=0, is_empty=False) == ("new", [])
    assert await check(tmp_path, at_work, wanted=OTHER, is_empty=False) == ("", ["TL1909"])
    assert await check(tmp_path, at_work, wanted="../up") == ("", ["TL0807"])
    assert (tmp_path / "installation").read_text().strip() == KNOWN
