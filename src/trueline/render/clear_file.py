"""Files that should be encrypted and stand in clear: what the creation rules of `.sops.yaml` say of their paths."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render.document import read_documents
from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.sops.refusal import STANDS_IN_CLEAR
from trueline.runtime.toolbox import Toolbox, ToolboxFailed, ToolboxRefused

CONFIG: Final = ".sops.yaml"
RULES_MAX: Final = 1_000


class _Matched(msgspec.Struct, frozen=True):
    matched: tuple[int, ...]
    broken: tuple[int, ...] = ()


def configs(files: FileTree, folders: Iterable[str]) -> tuple[str, ...]:
    """The folders at or above some others in which rules stand, the deepest first."""
    every = {above for folder in folders for above in _above(folder)}
    found = [folder for folder in every if _is_file(files, posixpath.join(folder, CONFIG))]
    return tuple(sorted(found, key=len, reverse=True))


async def clear_files(
    toolbox: Toolbox, files: FileTree, paths: Sequence[str], places: Sequence[str], commit: str
) -> tuple[Diagnostic, ...]:
    """Those of some clear files that a rule wants encrypted; for each, the nearest of `places` counts, as for sops.

    A file of rules that cannot be read says nothing of any path: `sops` itself would tell.
    """
    found = list[Diagnostic]()
    for place in places:
        below = [path for path in paths if _nearest(path, places) == place and posixpath.basename(path) != CONFIG]
        if below:
            found += await _asked(toolbox, files, place, below, commit)
    return tuple(sorted(found, key=lambda one: one.detail))


async def _asked(
    toolbox: Toolbox, files: FileTree, place: str, paths: Sequence[str], commit: str
) -> Iterable[Diagnostic]:
    config = posixpath.join(place, CONFIG)
    try:
        rules = _rules(await read_documents(toolbox, files, [config], commit))
        seen = [posixpath.relpath(path, place or ".") for path in paths]
        answer = await toolbox.ask("sopsRules", {"rules": rules, "paths": seen})
    except (UserError, ToolboxFailed, ToolboxRefused):
        return ()
    matched = msgspec.json.decode(answer, type=_Matched).matched
    return [
        STANDS_IN_CLEAR.note(f"{path}: {config} has a rule for {rules[index]}", Origin(path=path, commit=commit))
        for path, index in zip(paths, matched, strict=True)
        if index >= 0
    ]


def _rules(documents: Sequence[Any]) -> list[str]:
    """The expressions of the rules that name paths: a rule for everything does not say that all is secret."""
    value = documents[0].value if documents else None
    rules = value.get("creation_rules") if isinstance(value, Mapping) else None
    rows = [one for one in rules if isinstance(one, Mapping)] if isinstance(rules, list) else []
    found = [one["path_regex"] for one in rows if isinstance(one.get("path_regex"), str)]
    return [one for one in found if one][:RULES_MAX]


def _nearest(path: str, places: Sequence[str]) -> str | None:
    return next((place for place in places if not place or path.startswith(f"{place}/")), None)


def _above(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _is_file(files: FileTree, path: str) -> bool:
    entry = files.entry(path)
    return entry is not None and entry.kind is FileKind.FILE
