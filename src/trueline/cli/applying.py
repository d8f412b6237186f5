"""Applying a subject: the engine over the real data directory, from one look at the files until all is settled."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from trueline.cli.answer import tell
from trueline.cli.call import journal_who
from trueline.cli.plan import Subject
from trueline.cli.planning import FORMAT, plan_all, plan_lines, settings_for
from trueline.cli.serving import conclude, purpose_of, running
from trueline.cli.session import acting
from trueline.cli.story import Story
from trueline.loop.control import Control
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.runtime.data_directory import write_atomic
from trueline.runtime.store import translated
from trueline.server.shape import review_body
from trueline.wiring.assembly import Assembly
from trueline.wiring.settings import Settings

PLAN_BYTES_MAX = 256 << 20
DIFFERENCES_SHOWN_MAX = 20
RELAX_PAUSE_S = 0.05
_STALE = "TL0730"


async def apply_tree(subject: Subject, timeout_s: float, output: str, environment: Mapping[str, str]) -> int:
    """Apply what the files say."""
    settings = settings_for(subject, environment)
    async with acting(settings) as (assembly, control):
        _keep_purpose(assembly, settings)
        for line in plan_lines((await plan_all(control)).reviews):
            tell(line)
        return await _settle(assembly, control, timeout_s, output)


async def apply_plan(file: Path, timeout_s: float, output: str, environment: Mapping[str, str]) -> int:
    """Apply exactly a saved plan.

    Raises:
        UserError: TL0731 the file is none, TL0730 planning again gives something else.
    """
    document = _read(file)
    settings = _settings(document, environment)
    _keep_installation(settings.data_path, document["installation"])
    async with acting(settings) as (assembly, control):
        planned = await plan_all(control)
        if planned.problems:
            raise UserError(planned.problems)
        found = {review.plan.application: msgspec.to_builtins(review_body(review)) for review in planned.reviews}
        if differences := list(_differences(document["plans"], found)):
            raise UserError([_stale(differences)])
        _keep_purpose(assembly, assembly.settings)
        strict = [name for name, plan in found.items() if plan["changes"]]
        for name in strict:
            control.require(name, Digest(found[name]["digest"]), who=journal_who())
        return await _settle(assembly, control, timeout_s, output)


def _keep_installation(directory: Path, installation: str) -> None:
    """A first plan was made for an installation that did not exist yet: it begins to exist with the plan's own id."""
    file = directory / "installation"
    if not file.exists():
        if not re.fullmatch(r"[a-z][a-z0-9]{7}", installation):
            raise UserError([_no_plan(file, ValueError("its installation's id is malformed"))])
        with translated(str(file)):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(file, f"{installation}\n".encode())


def _keep_purpose(assembly: Assembly, settings: Settings) -> None:
    purpose_of(settings).write(assembly.data_directory.path)


async def _settle(assembly: Assembly, control: Control, timeout_s: float, output: str) -> int:
    for name in sorted(assembly.engine.kept):
        control.sync(name, who=journal_who())
    async with running(assembly, "none", Story(tell)):
        return await conclude(assembly, timeout_s, output)


def _settings(document: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    subject = Subject(
        path=document["repository"],
        below=document["path"],
        revision=document["revision"],
        kubeconfig=Path(document["kubeconfig"]) if document["kubeconfig"] else None,
        data_directory=Path(document["dataDirectory"]),
        namespace=document["namespace"],
        cluster=document["cluster"],
    )
    return settings_for(subject, environment)


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            value = json.loads(opened.read(PLAN_BYTES_MAX))
        texts = (
            "installation",
            "repository",
            "path",
            "revision",
            "kubeconfig",
            "dataDirectory",
            "namespace",
            "cluster",
        )
        if value["format"] != FORMAT or not all(isinstance(value[key], str) for key in texts):
            raise ValueError("another format")  # noqa: TRY301 - every way of being none ends alike
        if not all(isinstance(change["ref"], str) for plan in value["plans"] for change in plan["changes"]):
            raise ValueError("no refs")  # noqa: TRY301
        if not all(isinstance(plan[key], str) for plan in value["plans"] for key in ("application", "digest")):
            raise ValueError("no digests")  # noqa: TRY301
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError([_no_plan(file, error)]) from None
    found: dict[str, Any] = value
    return found


def _differences(saved: list[dict[str, Any]], found: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """What planning again gives otherwise, one line each."""
    known = {plan["application"]: plan for plan in saved}
    for name in sorted(known.keys() | found.keys()):
        before, after = known.get(name), found.get(name)
        if before is None or after is None:
            yield f"{name} is {'new' if before is None else 'gone'}"
        elif before["digest"] != after["digest"]:
            lines = list(_changed(name, before["changes"], after["changes"]))
            yield from lines or [f"{name}: planned at {before.get('revision')}, now at {after['revision']}"]


def _changed(name: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[str]:
    left, right = {c["ref"]: c for c in before}, {c["ref"]: c for c in after}
    for ref in sorted(left.keys() | right.keys()):
        was, now = left.get(ref), right.get(ref)
        if was is None or now is None:
            yield f"{name}: {ref} " + ("would change too" if was is None else "would not change any more")
        elif any(was.get(key) != now[key] for key in ("action", "body", "uid", "ours", "generation")):
            yield f"{name}: {ref} was planned as {was.get('action')}, and is not what it was"


def _stale(differences: list[str]) -> Diagnostic:
    more = len(differences) - DIFFERENCES_SHOWN_MAX
    shown = "; ".join(differences[:DIFFERENCES_SHOWN_MAX]) + (f"; and {more} more" if more > 0 else "")
    return Diagnostic(
        code=_STALE, summary="the saved plan is stale", detail=shown, remedy="plan again, look at it, and apply that"
    )


def _no_plan(file: Path, error: Exception) -> Diagnostic:
    return Diagnostic(
        code="TL0731",
        summary="the file is no saved plan",
        detail=f"{file}: {type(error).__name__} {error}",
        remedy="write one with `trueline plan PATH --save FILE`",
    )
