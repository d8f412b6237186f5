"""Every application as the API says it: put together once for all who ask, and anew only where something changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, NamedTuple

import msgspec

from trueline.drift.drift import DriftKind
from trueline.loop.control import Control
from trueline.loop.kept import Kept
from trueline.loop.told import status_body
from trueline.record.hold import Hold
from trueline.record.journal import Record
from trueline.server.access.grant import Reader
from trueline.server.body import ApplicationBody, CommitBody
from trueline.server.reading import Question
from trueline.server.shape import commit_body, hold_body
from trueline.source.artifact import SHORT

COMMITS_MAX = 1_000
PAGE = 100
PAGE_MAX = 1_000

Limit = Annotated[int, msgspec.Meta(ge=0, le=PAGE_MAX)]


class ApplicationsQuestion(Question, frozen=True, kw_only=True):
    """Which applications: of each key with several values one has to fit, and every key that is given.

    A `label` is KEY or KEY=VALUE; `find` is looked for in name, target, revision and message, whatever the case.
    """

    after: str = ""
    limit: Limit = PAGE
    sync: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    find: str = ""
    is_true: bool | None = msgspec.field(default=None, name="true")


class _Known(NamedTuple):
    """What a body was made from: it is made anew once one of these is another one.

    A thousand applications make a thousand of these for each request; a tuple compares by what is the same first.
    """

    kept: Kept
    status: object
    application: object
    holds: tuple[Hold, ...]
    commit: CommitBody | None
    drifted: int


class Standings:
    """Asked by each request and by the stream of events; `version` counts the changes that were seen."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._known: dict[str, _Known] = {}
        self._bodies: dict[str, ApplicationBody] = {}
        self._changed: dict[str, int] = {}
        self._commits: dict[str, CommitBody] = {}
        self.version = 0
        for record in reversed(control.parts.journal.newest(application="", limit=COMMITS_MAX)):
            self.see(record)

    def see(self, record: Record) -> None:
        """A record that came: a commit that was seen has a name and an author from then on."""
        if (commit := commit_body(record)) is not None:
            self._commits[commit.commit[:SHORT]] = commit
            while len(self._commits) > COMMITS_MAX:
                del self._commits[next(iter(self._commits))]

    def all(self) -> Mapping[str, ApplicationBody]:
        """How every application stands now, by name, as anybody may know it who may read that one."""
        kept = self._control.engine.kept
        holds = self._control.parts.holds.all_active()
        for name in [name for name in self._known if name not in kept]:
            del self._known[name], self._bodies[name]
            self._note(name)
        for name, one in kept.items():
            commit = self.commit_of(one.status.revision)
            now = _Known(one, one.status, one.application, holds.get(name, ()), commit, _drifted(one))
            if self._known.get(name) != now:
                self._known[name] = now
                self._bodies[name] = _body(now, one)
                self._note(name)
        return self._bodies

    def _note(self, name: str) -> None:
        self.version += 1
        self._changed[name] = self.version

    def changed_since(self, version: int) -> tuple[str, ...]:
        """The names of those that changed, or went, after that many changes."""
        return tuple(name for name, at in sorted(self._changed.items()) if at > version)

    def commit_of(self, revision: str) -> CommitBody | None:
        """The commit that a revision for people names: REF@BEGINNING, or the beginning alone."""
        return self._commits.get(revision.rpartition("@")[2].partition("-")[0])

    def read_by(self, reader: Reader) -> Mapping[str, ApplicationBody]:
        """How every application stands that somebody may read, with the names of those that are waited for."""
        found = {name: body for name, body in self.all().items() if reader.reads(name)}
        return found | {name: self.named(found[name]) for name in found if self.waits_for(name) in found}

    def one_read_by(self, reader: Reader, name: str) -> ApplicationBody:
        """How one application stands that somebody may read."""
        body, other = self.all()[name], self.waits_for(name)
        return self.named(body) if other in self._bodies and reader.reads(other) else body

    def waits_for(self, name: str) -> str:
        """Which application another one waits for; empty for none."""
        return self._control.engine.kept[name].status.waits_for

    def named(self, body: ApplicationBody) -> ApplicationBody:
        """The same with the name of the application that it waits for: for whoever may read that, too (INV-25)."""
        return msgspec.structs.replace(body, message=self._control.engine.kept[body.application].status.message_named)

    def find(self, asked: ApplicationsQuestion, reader: Reader) -> Sequence[ApplicationBody]:
        """Those that one may read and that fit, by name; the page of it is the caller's."""
        return [body for _, body in sorted(self.read_by(reader).items()) if all(_fits(body, asked))]


def _body(known: _Known, kept: Kept) -> ApplicationBody:
    return ApplicationBody(
        **msgspec.structs.asdict(status_body(replace(kept.status, waits_for=""))),
        project=kept.application.project,
        drifted=known.drifted,
        labels=dict(kept.application.labels),
        holds=tuple(map(hold_body, known.holds)),
        commit=known.commit,
    )


def _drifted(kept: Kept) -> int:
    left = kept.last.left if kept.last is not None else ()
    return len({one.ref for one in left if one.kind is not DriftKind.ADDED})


def _fits(body: ApplicationBody, asked: ApplicationsQuestion) -> Iterator[bool]:
    yield not asked.sync or body.sync in asked.sync
    yield not asked.health or body.health in asked.health
    yield not asked.target or body.target in asked.target
    yield not asked.project or body.project in asked.project
    yield not asked.label or any(_has(body.labels, label) for label in asked.label)
    yield asked.is_true is None or body.is_true is asked.is_true
    text = f"{body.application}\n{body.target}\n{body.revision}\n{body.message}".casefold()
    yield asked.find.casefold() in text


def _has(labels: Mapping[str, str], label: str) -> bool:
    key, has_value, value = label.partition("=")
    return key in labels and (not has_value or labels[key] == value)
