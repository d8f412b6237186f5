"""What is asked of the fleet: a plain form, so that it works without script and an address can be sent around."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

import msgspec

from trueline.health.status import Status
from trueline.server.body import ApplicationBody
from trueline.server.page.address import home
from trueline.server.page.state import State
from trueline.server.reading import Question

NOT_TRUE: Final = "not-true"
PAGES_MAX: Final = 10_000

Picked = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join([NOT_TRUE, *(state.value for state in State)])})?$")]
Healthy = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(status.value for status in Status)})?$")]
Number = Annotated[int, msgspec.Meta(ge=1, le=PAGES_MAX)]


class FleetQuestion(Question, frozen=True, kw_only=True):
    """Which applications, in which order: every key that is given has to fit, and an empty one fits all.

    `find` is looked for in name, target, revision, commit and message, whatever the case; a `label` is KEY or
    KEY=VALUE; `group` is `target`, `state`, `project` or `label:KEY`; `application` is one name.
    """

    find: str = ""
    state: Picked = ""
    health: Healthy = ""
    target: str = ""
    project: str = ""
    label: str = ""
    group: Annotated[str, msgspec.Meta(pattern="^(none|target|state|project|label:.+)?$")] = ""
    view: Literal["", "list", "matrix"] = ""
    page: Number = 1
    application: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether not all are asked for."""
        asked = (self.state, self.health, self.target, self.project, self.label, self.application)
        return bool(self.find.strip()) or any(asked)

    def pairs(self) -> dict[str, str]:
        """As an address says it; what is as always is left out."""
        number = str(self.page) if self.page > 1 else ""
        view = self.view if self.view == "matrix" else ""
        group = self.group if self.group != "none" else ""
        return {
            "application": self.application,
            "find": self.find.strip(),
            "state": self.state,
            "health": self.health,
            "target": self.target,
            "project": self.project,
            "label": self.label,
            "group": group,
            "view": view,
            "page": number,
        }

    def but(self, **other: str) -> str:
        """The address of the same question with other values; of another one it is the first page."""
        return home({**self.pairs(), "page": "", **other}.items())

    def fits(self, body: ApplicationBody, state: State) -> bool:
        """Whether an application is asked for."""
        return all(self._fits(body, state))

    def _fits(self, body: ApplicationBody, state: State) -> Iterator[bool]:
        yield not self.application or body.application == self.application
        yield self.state in {"", state.value} or (self.state == NOT_TRUE and not state.is_true)
        yield not self.health or body.health == self.health
        yield not self.target or body.target == self.target
        yield not self.project or body.project == self.project
        yield not self.label or has_label(body.labels, self.label)
        if wanted := self.find.strip().casefold():
            yield wanted in _text(body).casefold()


def has_label(labels: Mapping[str, str], wanted: str) -> bool:
    """Whether a label is there: KEY, or KEY=VALUE."""
    key, has_value, value = wanted.partition("=")
    return key in labels and (not has_value or labels[key] == value)


def _text(body: ApplicationBody) -> str:
    commit = f"{body.commit.commit}\n{body.commit.subject}\n{body.commit.author}" if body.commit else ""
    said = f"{body.message}\n{body.health_message}"
    return f"{body.application}\n{body.target}\n{body.revision}\n{body.wanted}\n{said}\n{commit}"
