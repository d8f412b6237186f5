"""A plan as text for people: signs, refs, reasons, and a last line that counts."""

from collections.abc import Collection, Iterable, Iterator

from trueline.model.diagnostic import Diagnostic
from trueline.plan.change import Action
from trueline.plan.plan import Plan


def lines(plan: Plan) -> Iterator[str]:
    """The plan line by line; what stays as it is is counted, not listed."""
    yield f"{plan.application} at {plan.revision} on {plan.target}"
    for change in plan.changes:
        if change.action is not Action.KEEP:
            yield f"  {change}"
    for problem in plan.problems:
        yield from (f"  {line}" for line in str(problem).splitlines())
    for ask in plan.asks:
        yield f"  needs approval: {ask}"
    yield f"  {summary(plan)}"


def summary(plan: Plan) -> str:
    """One line: what would happen, by action."""
    counted = [f"{count} {action.value}" for action, count in plan.counts().items()]
    return ", ".join(counted) if counted else "nothing is declared and nothing is owned"


def markdown(plans: Iterable[tuple[Plan, Collection[Diagnostic]]]) -> Iterator[str]:
    """The plans as a merge-request comment, each with its notes."""
    for plan, notes in plans:
        yield f"### {plan.application}: {summary(plan)}"
        yield "```diff"
        yield from (
            f"{change.action.sign} {change.ref}  ({change.reason})"
            for change in plan.changes
            if change.action is not Action.KEEP
        )
        yield "```"
        yield from (f"- **{problem.code} {problem.summary}** {problem.detail}" for problem in plan.problems)
        yield from (f"- needs approval: {ask}" for ask in plan.asks)
        yield from (f"- note: {note.code} {note.line}" for note in notes)
