"""An action before it is done: what exactly would happen, in what words it is asked for, what comes with it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trueline.loop.remedy import Restart
from trueline.server.adoption import Differing
from trueline.server.page.address import act, application
from trueline.server.page.age import Moment
from trueline.server.page.planned import Planned
from trueline.server.page.verb import Verb

DURATIONS: Final = (
    ("", "somebody resumes it"),
    ("1", "in an hour"),
    ("4", "in 4 hours"),
    ("24", "tomorrow, this time"),
)
"""Until when something is held, by hours."""
KEPT: Final = ("revision", "ref", "added")
"""What of an address goes on into the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several things that it can be asked of."""

    word: str
    said: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """The page of one action. `plan` is the digest of what is shown, `fault` why nothing was done the last time.

    `can_be` is false where there is nothing to agree to: the button is not there. `as_of` is when it was planned,
    `doubt` why Git may say something else by now.
    """

    name: str
    verb: Verb
    facts: tuple[str, ...] = ()
    planned: Planned | None = None
    is_planned: bool = False
    plan: str = ""
    unknown: tuple[str, ...] = ()
    problems: tuple[object, ...] = ()
    choices: tuple[Choice, ...] = ()
    can_be: bool = True
    fault: str = ""
    csrf: str = ""
    as_of: Moment | None = None
    doubt: str = ""
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"{self.verb.word}: {self.name}"

    @property
    def back(self) -> str:
        """Where one goes who does not want it."""
        return application(self.name)

    @property
    def address(self) -> str:
        """Where the form is sent."""
        return act(self.name, self.verb.value)

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        """What goes with the form unseen."""
        kept = [(key, value) for key in KEPT for value in self.given.get(key, ()) if value]
        return (*kept, *((("plan", self.plan),) if self.plan else ()))

    @property
    def why(self) -> str:
        """What was typed as a reason."""
        return next(iter(self.given.get("why", ())), "")

    @property
    def until(self) -> str:
        """What was chosen as an end."""
        return next(iter(self.given.get("until", ())), "")

    @property
    def durations(self) -> tuple[tuple[str, str], ...]:
        """Until when it can be held."""
        return DURATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionView:
    """The page of a change for Git that keeps a drift."""

    name: str
    refs: tuple[str, ...]
    patch: str
    fields: tuple[Differing, ...]
    csrf: str

    @property
    def back(self) -> str:
        """Where one goes who does not want it."""
        return application(self.name)

    @property
    def address(self) -> str:
        """Where the form is sent."""
        return act(self.name, "adopt")

    @property
    def left(self) -> tuple[Differing, ...]:
        """What a person has to write."""
        return tuple(one for one in self.fields if not one.is_in_patch)


def restart_facts(found: Restart) -> tuple[str, ...]:
    """What a restart would do, in sentences."""
    workload = found.workload
    pods = "1 pod" if workload.pods == 1 else f"{workload.pods} pods"
    told = [f"{found.ref}: {pods} made anew." if workload.pods else f"{found.ref} has no pods: nothing is made anew."]
    if workload.restarted:
        told.append(f"It was restarted at {workload.restarted}.")
    if workload.note:
        told.append(f"{workload.note[:1].upper()}{workload.note[1:]}.")
    return tuple(told)
