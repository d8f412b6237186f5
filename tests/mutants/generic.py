"""Mutants that know nothing of what they change: comparisons, booleans, numbers, returns, conditions, raises.

Messages and annotations are left alone, and so are assertions: they are about faults of our own.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

_OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_Change: TypeAlias = tuple[ast.AST, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change of one file. `name` says where and what, by the text of the line and not by its number."""

    path: str
    line: int
    name: str
    text: str


def mutants(path: str, text: str) -> Iterator[Mutant]:
    r"""Every mutant of a file, in the order of its lines; two of one name are told apart by a number.

    >>> [m.name for m in mutants("a.py", "def f(x: int) -> bool:\n    return x > 1\n")]
    ['a.py: return x > 1: returns None', 'a.py: return x > 1: > becomes >=', 'a.py: return x > 1: 1 becomes 2']
    """
    lines = text.splitlines()
    data = text.encode()
    starts = [0]
    for written in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(written))
    counted: dict[str, int] = {}
    found = sorted(_changes(ast.parse(text)), key=lambda change: _place(change[0]))
    for node, after, what in found:
        begin, end = _span(node, starts)
        mutated = (data[:begin] + after.encode() + data[end:]).decode()
        line = int(getattr(node, "lineno", 0))
        name = f"{path}: {lines[line - 1].strip()}: {what}"
        counted[name] = counted.get(name, 0) + 1
        number = f" ({counted[name]})" if counted[name] > 1 else ""
        yield Mutant(path=path, line=line, name=name + number, text=mutated)


def _changes(tree: ast.Module) -> Iterator[_Change]:
    for node in _walk(tree):
        yield from _of_operator(node)
        yield from _of_constant(node)
        yield from _of_flow(node)


def _of_operator(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OTHER:
            other = _OTHER[type(op)]()
            yield node, _with(ast.Compare(node.left, [other], node.comparators)), f"{_sign(op)} becomes {_sign(other)}"
        case ast.BoolOp(op=op, values=values):
            other_op: ast.boolop = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield node, _with(ast.BoolOp(other_op, values)), f"{_word(op)} becomes {_word(other_op)}"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, _with(operand), "not goes"
        case ast.BinOp(op=arithmetic) if type(arithmetic) in _ARITHMETIC and not _is_text(node):
            changed = ast.BinOp(node.left, _ARITHMETIC[type(arithmetic)](), node.right)
            yield node, _with(changed), "another operator"
        case _:
            pass


def _of_constant(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Constant(value=bool(value)):
            yield node, str(not value), f"{value} becomes {not value}"
        case ast.Constant(value=int(number)):
            yield node, str(number + 1), f"{number} becomes {number + 1}"
        case _:
            pass


def _of_flow(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield node, "return None", "returns None"
        case ast.Raise():
            yield node, "pass", "raises nothing"
        case ast.If(test=test) | ast.IfExp(test=test):
            yield test, "False", "the condition never holds"
        case ast.match_case(guard=ast.expr() as guard):
            yield guard, "True", "the case has no guard"
        case ast.comprehension(ifs=[first, *_]):
            yield first, "True", "nothing is left out"
        case ast.Continue():
            yield node, "break", "continue becomes break"
        case _:
            pass


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Without annotations, assertions, what a name of a type stands for, and texts."""
    for field, value in ast.iter_fields(tree):
        if field in {"annotation", "returns", "type_params", "decorator_list", "pattern"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if (
                isinstance(child, ast.AST)
                and not isinstance(child, ast.Assert | ast.JoinedStr)
                and not _is_alias(child)
            ):
                yield child
                yield from _walk(child)


def _is_alias(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"


def _is_text(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(
        isinstance(s, ast.JoinedStr) or (isinstance(s, ast.Constant) and isinstance(s.value, str)) for s in sides
    )


def _with(node: ast.expr) -> str:
    return f"({ast.unparse(ast.fix_missing_locations(node))})"


def _sign(op: ast.cmpop) -> str:
    return ast.unparse(ast.Compare(ast.Name("a"), [op], [ast.Name("b")]))[2:-2]


def _word(op: ast.boolop) -> str:
    return "and" if isinstance(op, ast.And) else "or"


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _span(node: ast.AST, starts: list[int]) -> tuple[int, int]:
    """Where the node stands, in bytes."""
    assert isinstance(node, ast.expr | ast.stmt)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
