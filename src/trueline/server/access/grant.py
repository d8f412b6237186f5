"""What somebody may do with which application now, by the last look at Git that was followed."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from trueline.declare.application import Project
from trueline.loop.engine import Engine
from trueline.loop.fleet import Look
from trueline.record.journal import ACCESS_KINDS
from trueline.server.access.identity import Identity, rights, rights_everywhere
from trueline.server.access.right import Right

REMEMBERED_MAX: Final = 10_000


class Reader(Protocol):
    """For whom an answer is: of what it lists, only what they may read."""

    def reads(self, application: str) -> bool:
        """Whether they may know of an application."""
        ...

    def may_approve(self, application: str) -> bool:
        """Whether they may agree to what is done to an application."""
        ...

    @property
    def reads_all(self) -> bool:
        """Whether they may read what is of no single application."""
        ...

    @property
    def administers(self) -> bool:
        """Whether they may read who signed in."""
        ...


def may_hear(reader: Reader, kind: str, application: str) -> bool:
    """Whether what happened is for somebody: who came in is for administrators, what is of no application for those who
    read everything.
    """  # noqa: D205 - one sentence needs two lines
    if kind in ACCESS_KINDS:
        return reader.administers
    return reader.reads(application) if application else reader.reads_all


class Everything:
    """Who asks in this process, with the data directory in hand, reads everything."""

    @property
    def reads_all(self) -> bool:
        """They do."""
        return True

    @property
    def administers(self) -> bool:
        """They do."""
        return True

    def reads(self, application: str) -> bool:  # noqa: ARG002 - the port's form
        """They do."""
        return True

    def may_approve(self, application: str) -> bool:  # noqa: ARG002 - the port's form
        """They may."""
        return True


EVERYTHING: Final = Everything()


class Grants:
    """Projects and applications, as they are declared now.

    The project of an application that is gone is remembered, so that those who knew of it hear that it went.
    """

    def __init__(self, projects: Callable[[], Mapping[str, Project]], project_of: Callable[[str], str | None]) -> None:
        self.projects = projects
        self._project_of = project_of
        self._remembered: dict[str, str] = {}

    def project_of(self, application: str) -> str:
        """The project of an application; empty, and so nobody's, where none is known."""
        found = self._project_of(application)
        if found is None:
            return self._remembered.get(application, "")
        if self._remembered.get(application) != found:
            self._remembered[application] = found
            if len(self._remembered) > REMEMBERED_MAX:
                del self._remembered[next(iter(self._remembered))]
        return found

    def of(self, identity: Identity) -> "Granted":
        """What somebody may."""
        return Granted(self, identity)


class Granted:
    """What one identity may, asked for each application; Git is looked at anew with each question."""

    def __init__(self, grants: Grants, identity: Identity) -> None:
        self._grants = grants
        self.identity = identity
        self._seen: Mapping[str, Project] | None = None
        self._known: dict[str, frozenset[Right]] = {}

    def may(self, right: Right, application: str) -> bool:
        """Whether they have a right on an application."""
        return right in self._rights(self._grants.project_of(application))

    def may_everywhere(self, right: Right) -> bool:
        """Whether they have a right on the installation as a whole."""
        return right in rights_everywhere(self.identity, self._grants.projects())

    def may_somewhere(self, right: Right) -> bool:
        """Whether they have a right in any project at all."""
        named = self.identity.scope.projects if self.identity.scope is not None else ()
        projects = ("", *named, *self._grants.projects())
        return any(right in self._rights(project) for project in projects)

    def reads(self, application: str) -> bool:
        """See `Reader`."""
        return self.may(Right.READ, application)

    def may_approve(self, application: str) -> bool:
        """See `Reader`."""
        return self.may(Right.APPROVE, application)

    @property
    def reads_all(self) -> bool:
        """See `Reader`."""
        return self.may_everywhere(Right.READ)

    @property
    def administers(self) -> bool:
        """See `Reader`."""
        return self.may_everywhere(Right.ADMINISTER)

    def _rights(self, project: str) -> frozenset[Right]:
        projects = self._grants.projects()
        if projects is not self._seen:
            self._seen, self._known = projects, {}
        if project not in self._known:
            self._known[project] = rights(self.identity, projects, project)
        return self._known[project]


class _Followed:
    """What the last look at Git that was followed declared, by name; the same mappings while that look stands."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._look: Look | None = None
        self._projects: Mapping[str, Project] = {}
        self._applications: Mapping[str, str] = {}

    def projects(self) -> Mapping[str, Project]:
        """Before the first look nobody has a role."""
        self._follow()
        return self._projects

    def project_of(self, name: str) -> str | None:
        """What is declared now counts, also while it does not render; what is not, stays where it was."""
        self._follow()
        if name in self._applications:
            return self._applications[name]
        kept = self._engine.kept.get(name)
        return kept.application.project if kept is not None else None

    def _follow(self) -> None:
        look = self._engine.look
        if look is not None and look is not self._look:
            self._look = look
            self._projects = {project.name: project for project in look.declared.projects}
            self._applications = {one.name: one.project for one in look.applications}


def grants_of(engine: Engine) -> Grants:
    """The grants by what an engine follows."""
    followed = _Followed(engine)
    return Grants(followed.projects, followed.project_of)
