"""`docs/reference/health.md` says what the rules do: each of its rows has a case, and each case a row."""

from pathlib import Path

from tests.health.case import Case
from tests.health.test_table import CASES
from trueline.health.reason import Reason
from trueline.health.table import RULES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "health.md"
ANY = {Reason.ABSENT, Reason.EXISTS, Reason.MALFORMED_STATUS, Reason.NOT_OBSERVED}
OWN_DELETION = {"CustomResourceDefinition", "Namespace"}
Row = tuple[str, str, str]


def rows() -> set[Row]:
    """Kind, state and reason of each row of the page."""
    cells = [
        line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "
    ]
    return {(row[0], row[1], row[2]) for row in cells if row[0] != "kind"}


def row_of(case: Case) -> Row:
    """The row that a case is an example of."""
    state, reason = case.health.split(":")[0].split(" ")
    kind = str(case.live["kind"])
    is_any = reason in ANY or (reason == Reason.BEING_DELETED and kind not in OWN_DELETION)
    return "any" if is_any else "custom" if kind == "Thing" else kind, state, reason


def test_rows_and_cases_are_the_same() -> None:
    assert rows() == {*map(row_of, CASES), ("any", "Missing", str(Reason.ABSENT))}


def test_every_reason_is_explained() -> None:
    assert {reason for _, _, reason in rows()} == {str(reason) for reason in Reason}


def test_every_kind_is_explained() -> None:
    assert {kind.partition(".")[0] for kind in RULES} <= {kind for kind, _, _ in rows()}
