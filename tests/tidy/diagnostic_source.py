"""Every diagnostic that the sources can give, read from their syntax trees. It imports nothing of them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CODE = re.compile(r"TL\d{4}$")
Constants = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One place of the sources that gives a code its summary; `remedy` is empty where it is not constant."""

    code: str
    summary: str
    remedy: str
    where: str


def told_in(path: Path) -> list[Told]:
    """The summaries of one module."""
    tree = ast.parse(path.read_text())
    return [
        Told(code=code, summary=texts[0], remedy=texts[1] if len(texts) > 1 else "", where=path.as_posix())
        for code, texts in _texts(tree, _constants(tree))
        if texts
    ]


def used_in(path: Path) -> set[str]:
    """Every code that stands in a module outside its docstrings."""
    return {_text(node) for node in ast.walk(ast.parse(path.read_text())) if _is_code(node)}


def _texts(tree: ast.Module, constants: Constants) -> Iterator[tuple[str, list[str]]]:
    """Codes with the constant texts that follow them: in a call by name or by place, in a pair, in a table."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(keywords=keywords) if any(k.arg == "code" and _is_code(k.value, constants) for k in keywords):
                named = {keyword.arg: keyword.value for keyword in keywords}
                yield _text(named["code"], constants), _found([named.get("summary"), named.get("remedy")])
            case ast.Call(args=[first, *rest]) | ast.Tuple(elts=[first, *rest]) if _is_code(first, constants):
                yield _text(first, constants), _found(rest)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if _is_code(key, constants) and isinstance(value, ast.Tuple):
                        yield _text(key, constants), _found(value.elts)
            case _:
                pass


def _constants(tree: ast.Module) -> Constants:
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                found[name] = _text(value)
            case _:
                pass
    return found


def _found(nodes: Iterable[ast.AST | None]) -> list[str]:
    return [text for node in nodes if (text := _text(node))]


def _is_code(node: ast.AST | None, constants: Constants | None = None) -> bool:
    return CODE.match(_text(node, constants)) is not None


def _text(node: ast.AST | None, constants: Constants | None = None) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return (constants or {}).get(name, "")
        case _:
            return ""
