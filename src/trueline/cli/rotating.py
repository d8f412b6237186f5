"""What `rotate` finds out: every file of a repository is looked at, of an encrypted one the metadata alone is read."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from trueline.cli.folder import locate
from trueline.cli.place import is_folder
from trueline.cli.rotate import Request
from trueline.loop.fleet import Look
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.render.clear_file import clear_files, configs
from trueline.runtime.files import FileKind, FileTree
from trueline.runtime.secret import SecretPlace, SecretReference
from trueline.runtime.sops.metadata import Metadata
from trueline.runtime.sops.shape import Shape, shape_of
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

FILES_MAX: Final = 50_000
DEPTH_MAX: Final = 64
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The answer as a document, what stands in clear and should not, and what could not be read."""

    document: Mapping[str, Any]
    clear: tuple[Diagnostic, ...]
    problems: tuple[Diagnostic, ...]


async def survey(request: Request, directory: Path) -> Survey:
    """Look at every file.

    Raises:
        UserError: nothing can be told of PATH.
    """
    repository, below = locate(request.path, request.below, request.revision)
    settings = Settings(
        repository=repository,
        path=below,
        revision=request.revision,
        data_directory=directory,
        is_working_tree=is_folder(repository) and not request.revision,
    )
    async with assemble(settings) as assembly:
        look = await assembly.fleet.look(await assembly.fleet.poll())
        return await _survey(assembly, look, below, request.older_s)


async def _survey(assembly: Assembly, look: Look, below: str, older_s: float) -> Survey:
    files, commit, now = look.ground.files, look.revision.commit, assembly.clock.now()
    found, clear, problems = dict[str, Metadata](), list[str](), list[Diagnostic]()
    for path in _files(files, below, DEPTH_MAX):
        data = await files.read(path)
        if (shape := shape_of(path, data)) is None:
            clear.append(path)
            continue
        try:
            found[path] = await assembly.decryption.reader.metadata(path, data, commit)
        except UserError as error:
            problems += error.diagnostics if shape is not Shape.INI else ()
    places = configs(files, {posixpath.dirname(path) for path in clear})
    in_clear = await clear_files(assembly.toolbox, files, clear, places, commit)
    used = _uses(look)
    rows = [_row(path, one, now, older_s, used(path)) for path, one in sorted(found.items())]
    document = {
        "files": rows,
        "recipients": _recipients(found),
        "clear": [one.origin.path for one in in_clear if one.origin],
    }
    return Survey(document=document, clear=in_clear, problems=tuple(problems))


def _row(path: str, one: Metadata, now: datetime, older_s: float, used_by: list[str]) -> dict[str, Any]:
    age_s = (now - one.modified).total_seconds() if one.modified is not None else None
    return {
        "path": path,
        "modified": one.last_modified,
        "ageDays": None if age_s is None else int(age_s // _DAY_S),
        "old": age_s is None or age_s > older_s,
        "recipients": [str(recipient) for recipient in one.recipients],
        "rule": one.rule,
        "sops": one.version,
        "usedBy": used_by,
    }


def _recipients(found: Mapping[str, Metadata]) -> list[dict[str, Any]]:
    """Each key with the files that it opens. Since when is what the oldest of them says."""
    rows: dict[str, dict[str, Any]] = {}
    for one in found.values():
        for recipient in one.recipients:
            at = recipient.since or one.modified
            since = at.isoformat() if at is not None else None
            row = rows.setdefault(str(recipient), {"recipient": str(recipient), "files": 0, "since": since})
            row["files"] += 1
            row["since"] = min(filter(None, (row["since"], since)), default=None)
    return [rows[name] for name in sorted(rows)]


def _uses(look: Look) -> Callable[[str], list[str]]:
    """Tells who uses a file: applications whose folders hold it, and whatever names a value of it."""
    named = [
        (f"{kind} {one.name}", reference.name.partition("#")[0])
        for kind, every in (
            ("application", look.applications),
            ("source", look.declared.sources),
            ("target", look.declared.targets),
        )
        for one in every
        for reference in _references(one)
        if reference.place is SecretPlace.SOPS
    ]

    def used(path: str) -> list[str]:
        folders = [
            f"application {one.name}"
            for one in look.applications
            for spec in one.sources
            if not spec.url and (not spec.path or path == spec.path or path.startswith(f"{spec.path}/"))
        ]
        return list(dict.fromkeys([*folders, *(name for name, place in named if place == path)]))

    return used


def _references(value: object) -> Iterator[SecretReference]:
    if isinstance(value, SecretReference):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _references(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _references(one)


def _files(files: FileTree, folder: str, depth: int) -> Iterator[str]:
    """Every file, folder by folder; Git's own folder is none of the repository's."""
    for count, path in enumerate(_beneath(files, folder, depth)):
        if count >= FILES_MAX:
            raise UserError([_too_many(folder)])
        yield path


def _beneath(files: FileTree, folder: str, depth: int) -> Iterator[str]:
    for name in files.names(folder):
        path = f"{folder}/{name}" if folder else name
        entry = files.entry(path)
        if entry is not None and entry.kind is FileKind.FILE:
            yield path
        elif entry is not None and depth > 0 and name != ".git":
            yield from _beneath(files, path, depth - 1)


def _too_many(folder: str) -> Diagnostic:
    return Diagnostic(
        code="TL0176",
        summary="there are too many files to look at",
        detail=f"more than {FILES_MAX} below {folder or '/'}",
        remedy="name a folder of it with --path",
    )
