"""What one application lacks and another one, on which it depends, makes first: deferred, no error. Pure, over reviews.

In a pass nothing of this is needed: an application waits until what it depends on is True.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trueline.loop.review import Review, refusals
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import parse
from trueline.model.ref import Ref
from trueline.plan.change import Change
from trueline.target.answer import Refusal
from trueline.trial.trial import Trial, Verdict

KINDS_MISSING = "TL0501"
_MISSING = frozenset({Refusal.NO_NAMESPACE, Refusal.NO_KIND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What other applications are about to make: by whom, each namespace and each kind of a target.

    `definitions` are the bodies that define the kinds.
    """

    namespaces: Mapping[tuple[str, str], str] = field(default_factory=dict)
    kinds: Mapping[tuple[str, str], str] = field(default_factory=dict)
    definitions: tuple[bytes, ...] = ()


def lacks(found: Review) -> bool:
    """Whether something of it fails because a namespace or a kind is not there."""
    return lacks_kinds(found.plan.problems) or any(trial.refusal in _MISSING for trial in found.refused)


def lacks_kinds(problems: Iterable[Diagnostic]) -> bool:
    """Whether kinds are missing so that not everything could be put into the target's terms."""
    return any(problem.code == KINDS_MISSING for problem in problems)


def needed(name: str, depends_on: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Every application that has to be True before one, the nearest first.

    >>> needed("shop", {"shop": ("database",), "database": ("operator", "shop")})
    ('database', 'operator')
    """
    found, waiting = dict[str, None](), list(depends_on.get(name, ()))
    while waiting:
        one = waiting.pop(0)
        if one != name and one not in found:
            found[one] = None
            waiting += depends_on.get(one, ())
    return tuple(found)


def made_by(reviews: Sequence[Review]) -> Made:
    """What plans would make, but what their target refuses already; the first of two that make the same counts."""
    namespaces, kinds, definitions = dict[tuple[str, str], str](), dict[tuple[str, str], str](), list[bytes]()
    for found in reviews:
        application, target = found.plan.application, found.plan.target
        for change in _makings(found):
            body = found.tried.bodies.get(change.body)
            if change.ref.kind == "Namespace":
                namespaces.setdefault((target, change.ref.name), application)
            elif body is not None and (kind := _kind_of(change.ref, body)):
                kinds.setdefault((target, kind), application)
                definitions.append(body)
    return Made(namespaces=namespaces, kinds=kinds, definitions=tuple(definitions))


def deferred(found: Review, made: Made) -> Review:
    """A review whose trials that lack nothing but what others make are put off, and its plan without their problems."""
    later = {t.change.ref: put for t in found.refused if (put := _put_off(t, found.plan.target, made)) is not None}
    over = {problem for t in found.refused if t.change.ref in later for problem in refusals([t])}
    problems = tuple(problem for problem in found.plan.problems if problem not in over)
    trials = tuple(later.get(trial.change.ref, trial) for trial in found.trials)
    return replace(found, trials=trials, plan=replace(found.plan, problems=problems))


def _makings(found: Review) -> Iterable[Change]:
    refused = {trial.change.ref for trial in found.refused}
    return (change for change in found.plan.changes if change.action.is_apply and change.ref not in refused)


def _kind_of(ref: Ref, body: bytes) -> str:
    """The kind that a definition makes, as a ref writes it; empty where it is none, or not whole."""
    if not ref.kind.startswith("CustomResourceDefinition."):
        return ""
    match parse(body):
        case {"spec": {"group": str(group), "names": {"kind": str(kind)}}}:
            return f"{kind}.{group}"
        case _:
            return ""


def _put_off(trial: Trial, target: str, made: Made) -> Trial | None:
    ref = trial.change.ref
    match trial.refusal:
        case Refusal.NO_NAMESPACE:
            what, maker = f"Namespace/{ref.namespace}", made.namespaces.get((target, ref.namespace))
        case Refusal.NO_KIND:
            what, maker = ref.kind, made.kinds.get((target, ref.kind))
        case _:
            return None
    if maker is None:
        return None
    message = f"{what} is made by application {maker} first"
    return replace(trial, verdict=Verdict.DEFERRED, refusal=None, message=message)
