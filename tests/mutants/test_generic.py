"""The mutants are other programs, each once, and what is no decision is left alone."""

import ast

from tests.mutants.generic import mutants

SOURCE = '''"""A module."""

from typing import TypeAlias

COUNT_MAX: int = 5
Pair: TypeAlias = tuple[int, "int | None"]


def decide(count: int, *, is_asked: bool = False) -> str | None:
    """Says 3 things."""
    assert count >= 0, "a fault of ours"
    if count > COUNT_MAX and not is_asked:
        raise ValueError(f"{count + 1} ü are more than {COUNT_MAX}")
    names = [name for name in ("ä", "b") if name != "b"]
    for name in names:
        if name in {"x"}:
            continue
        return name
    return None
'''


def test_each_is_another_program_and_has_a_name_of_its_own() -> None:
    found = list(mutants("m.py", SOURCE))
    dumps = {ast.dump(ast.parse(one.text)) for one in found}
    assert len(dumps) == len(found) == len({one.name for one in found})
    assert ast.dump(ast.parse(SOURCE)) not in dumps


def test_what_is_changed() -> None:
    assert [one.name.removeprefix("m.py: ") for one in mutants("m.py", SOURCE)] == [
        "COUNT_MAX: int = 5: 5 becomes 6",
        "def decide(count: int, *, is_asked: bool = False) -> str | None:: False becomes True",
        "if count > COUNT_MAX and not is_asked:: the condition never holds",
        "if count > COUNT_MAX and not is_asked:: and becomes or",
        "if count > COUNT_MAX and not is_asked:: > becomes >=",
        "if count > COUNT_MAX and not is_asked:: not goes",
        'raise ValueError(f"{count + 1} ü are more than {COUNT_MAX}"): raises nothing',
        'names = [name for name in ("ä", "b") if name != "b"]: nothing is left out',
        'names = [name for name in ("ä", "b") if name != "b"]: != becomes ==',
        'if name in {"x"}:: the condition never holds',
        'if name in {"x"}:: in becomes not in',
        "continue: continue becomes break",
        "return name: returns None",
    ]


def test_only_what_is_changed_differs() -> None:
    for one in mutants("m.py", SOURCE):
        before, after = SOURCE.splitlines(), one.text.splitlines()
        differing = [number for number, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b]
        assert differing == [one.line], one.name
