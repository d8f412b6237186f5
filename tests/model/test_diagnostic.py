"""What people read of a diagnostic, and of the faults that carry them."""

import pytest

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import canonical, parse
from trueline.model.fault import Fault, TargetError, Transient, UserError
from trueline.model.origin import Origin

WHERE = Origin(path="web.yaml", line=12)


def told(origin: Origin | None = None) -> Diagnostic:
    """One of them."""
    return Diagnostic(code="TL0201", summary="declared twice", detail="web", remedy="delete one", origin=origin)


TOLD = [
    (told(WHERE), "declared twice (web.yaml:12): web", "TL0201 declared twice (web.yaml:12)\n  web"),
    (told(Origin(path="web.yaml")), "declared twice (web.yaml): web", "TL0201 declared twice (web.yaml)\n  web"),
    (told(), "declared twice: web", "TL0201 declared twice\n  web"),
]


@pytest.mark.parametrize(("diagnostic", "line", "text"), TOLD)
def test_it_says_where_if_it_knows(diagnostic: Diagnostic, line: str, text: str) -> None:
    assert diagnostic.line == line
    assert str(diagnostic) == f"{text}\n  remedy: delete one"


@pytest.mark.parametrize("kind", [UserError, TargetError, Transient])
def test_a_fault_carries_every_diagnostic(kind: type[Fault]) -> None:
    fault = kind(iter([told(WHERE), told()]))
    assert fault.diagnostics == (told(WHERE), told())
    assert str(fault) == f"{told(WHERE)}\n{told()}"


def test_a_large_integer_stays_exact() -> None:
    value = {"b": [2**70, -1], "a": None}
    assert parse(canonical(value)) == value
