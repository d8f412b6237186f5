"""Plans of every application of a subject, made over a copy of the data directory, and how they are shown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from trueline.cli.answer import say, say_json, tell
from trueline.cli.folder import locate
from trueline.cli.meter import Meter
from trueline.cli.place import is_folder, resolved
from trueline.cli.plan import Subject
from trueline.cli.session import looking
from trueline.cli.story import note_line
from trueline.cli.survey import survey
from trueline.cli.writing import writing
from trueline.loop.control import Control
from trueline.loop.review import Review
from trueline.loop.told import diagnostic_body
from trueline.model.diagnostic import Diagnostic
from trueline.plan.change import Action, Change
from trueline.plan.report import markdown, summary
from trueline.runtime.data_directory import default_path, write_atomic
from trueline.server.shape import review_body
from trueline.trial.trial import Trial, Verdict
from trueline.wiring.settings import Settings

CHANGES = 2
FORMAT = 1
FIELDS_SHOWN_MAX = 20
NOTES_SHOWN_MAX = 20
_TOLD = frozenset({Verdict.REFUSED, Verdict.DEFERRED, Verdict.UNTRIED, Verdict.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Every review, and what kept others from being made."""

    reviews: tuple[Review, ...]
    problems: tuple[Diagnostic, ...]

    @property
    def is_failed(self) -> bool:
        """Whether something is wrong, so that nothing can be said for sure."""
        return bool(self.problems) or any(found.plan.problems or found.unknown for found in self.reviews)

    @property
    def code(self) -> int:
        """The exit code of `plan`."""
        return 1 if self.is_failed else CHANGES if any(map(has_changes, self.reviews)) else 0


def has_changes(found: Review) -> bool:
    """Whether anything would be done; a look that finds nothing is no change."""
    same = {trial.change.ref for trial in found.trials if trial.verdict is Verdict.SAME}
    return any(change.action.is_write and change.ref not in same for change in found.plan.changes)


def settings_for(subject: Subject, environment: Mapping[str, str]) -> Settings:
    """A folder is taken as it stands unless a revision of it is asked for."""
    repository, path = locate(subject.path, subject.below, subject.revision)
    data_directory = subject.data_directory or default_path(resolved(subject.path), environment)
    return Settings(
        repository=repository,
        path=path,
        revision=subject.revision,
        kubeconfig=subject.kubeconfig,
        data_directory=data_directory.absolute(),
        is_working_tree=is_folder(repository) and not subject.revision,
        namespace=subject.namespace,
        cluster=subject.cluster,
        adopted_installation=subject.adopted_installation,
        environment=environment,
        progress=Meter().show,
    )


async def show_plan(subject: Subject, save: Path | None, output: str, environment: Mapping[str, str]) -> int:
    """Make the plans, show them, keep them where asked."""
    settings = settings_for(subject, environment)
    async with looking(settings, settings.data_path) as (assembly, control):
        planned = await plan_all(control)
        document = plan_document(settings, planned, assembly.data_directory.installation)
        notes = assembly.engine.look.declared.notes if assembly.engine.look else ()
    for note in notes:
        tell(str(note))
    _show(planned, document, output)
    if save is not None and planned.is_failed:
        tell(f"{save} is not written: a plan with errors cannot be applied")
    elif save is not None:
        _save(save, document)
    return planned.code


def _save(file: Path, document: Mapping[str, Any]) -> None:
    with writing(str(file)):
        write_atomic(file.absolute(), json.dumps(document, indent=1).encode() + b"\n")


async def plan_all(control: Control) -> Planned:
    """One review for each application; what fails is told beside what does not."""
    kept = sorted(control.engine.kept.items())
    found = await survey([name for name, one in kept if one.aim is not None], control.review)
    reviews = await control.foresee(found.answers)
    newest = {one.plan.application: one.plan.revision for one in reviews}
    told = (
        # A review of what Git says now tells itself what is wrong with that.
        (*(one.failure if newest.get(name) != one.wanted else ()), *one.trouble, *one.away)
        for name, one in kept
    )
    problems = [*control.engine.problems, *(problem for one in told for problem in one)]
    problems += [problem for fault in found.faults for problem in fault.diagnostics]
    return Planned(reviews=reviews, problems=tuple(dict.fromkeys(problems)))


def plan_document(settings: Settings, planned: Planned, installation: str) -> dict[str, Any]:
    """The plans as one document, which `apply` takes."""
    return {
        "format": FORMAT,
        "installation": installation,
        "repository": settings.repository,
        "path": settings.path,
        "revision": settings.revision,
        "kubeconfig": str(settings.kubeconfig.resolve()) if settings.kubeconfig else "",
        "dataDirectory": str(settings.data_path),
        "namespace": settings.namespace,
        "cluster": settings.cluster,
        "plans": [msgspec.to_builtins(review_body(found)) for found in planned.reviews],
        "problems": [msgspec.to_builtins(diagnostic_body(problem)) for problem in planned.problems],
    }


def _show(planned: Planned, document: Mapping[str, Any], output: str) -> None:
    match output:
        case "json":
            say_json(document)
        case "markdown":
            for line in markdown((found.plan, found.notes) for found in planned.reviews):
                say(line)
        case _:
            for line in plan_lines(planned.reviews):
                say(line)
    if output != "json":
        for problem in planned.problems:
            tell(str(problem))
        for found in planned.reviews:
            for ref, reason in found.unknown:
                tell(f"{found.plan.application}: {ref} is unknown: {reason}")


def plan_lines(reviews: Sequence[Review]) -> Iterator[str]:
    """The plans as text: what changes, each with its fields and what the target said to it."""
    for found in reviews:
        plan = found.plan
        trials = {trial.change.ref: trial for trial in found.trials}
        yield f"{plan.application} at {plan.revision} on {plan.target}"
        for change in plan.changes:
            yield from _change_lines(change, trials.get(change.ref))
        for problem in plan.problems:
            yield from (f"  {line}" for line in str(problem).splitlines())
        for note in found.notes[:NOTES_SHOWN_MAX]:
            yield f"  {note_line(note)}"
        for ask in plan.asks:
            yield f"  needs approval: {ask}"
        yield f"  {summary(plan)}"


def _change_lines(change: Change, trial: Trial | None) -> Iterator[str]:
    if change.action is Action.KEEP or (trial is not None and trial.verdict is Verdict.SAME):
        return
    yield f"  {change}"
    if trial is None:
        return
    if trial.verdict in _TOLD:
        yield f"      {trial.verdict.value}: {trial.message}" if trial.message else f"      {trial.verdict.value}"
    if change.action is Action.CREATE:  # all of it is new, and its manifest says what
        return
    for field in trial.changes[:FIELDS_SHOWN_MAX]:
        yield f"      {field.path}: {field.before or '(nothing)'} → {field.after or '(nothing)'}"
    if len(trial.changes) > FIELDS_SHOWN_MAX:
        yield f"      and {len(trial.changes) - FIELDS_SHOWN_MAX} more fields"
    for conflict in trial.withheld:
        yield f"      {conflict.path} is left to {conflict.manager}"
    for addition in trial.taken[:FIELDS_SHOWN_MAX]:
        yield f"      {addition.path} goes: {addition.manager} added it"
