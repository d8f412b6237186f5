"""An application's objects, and one of them, as people look at them: asked of the target now, decided by nobody."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from trueline.health.status import Health, Status
from trueline.health.table import judge, judge_absent
from trueline.loop.control import Control, untold
from trueline.loop.kept import Kept
from trueline.loop.parts import Parts
from trueline.model import field_path
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import parse
from trueline.model.fault import Fault, Transient, UserError
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.record.journal import Kind
from trueline.render.field_origin import field_origins
from trueline.render.resource import Resource
from trueline.runtime.toolbox import Toolbox
from trueline.server.body import (
    AppliedBody,
    FieldSightBody,
    HappeningBody,
    LineBody,
    ResourceSightBody,
    TreeBody,
    WriterBody,
)
from trueline.server.shape import health_body
from trueline.server.standings import Standings
from trueline.server.tree import NODES_MAX, nodes
from trueline.source.authorship import LineCommit
from trueline.target.insight import FieldSight, Happening, ObjectSight

RECORDS_SEARCHED_MAX: Final = 1_000
FILES_MAX: Final = 4
_WRITTEN: Final = frozenset({"create", "update", "heal", "replace", "take over", "transfer", "run"})


class Sights:
    """What is asked for people. Without a toolbox fields say only which file their resource is from."""

    def __init__(self, control: Control, standings: Standings, toolbox: Toolbox | None = None) -> None:
        self._control = control
        self._standings = standings
        self._toolbox = toolbox

    async def tree(self, name: str) -> TreeBody:
        """The objects of an application; two lists for each namespace that has workloads."""
        kept = self._control.kept(name)
        parts = await self._parts(kept)
        refs = [resource.ref for resource in kept.aim.resources] if kept.aim else []
        made = await parts.insight.descendants(refs)
        entries = parts.ledger.inventory(name, parts.target.name).entries
        uids = {entry.uid: ref for ref, entry in entries.items() if entry.uid}
        found = nodes(kept, parts.health.health(refs), uids, made.value if isinstance(made, Known) else ())
        unknown = (made.reason,) if isinstance(made, Unknown) else _unread(kept)
        return TreeBody(application=name, nodes=tuple(found[:NODES_MAX]), count=len(found), unknown=unknown)

    async def standing(self, name: str) -> TreeBody:
        """What is declared of it, as is known without asking the target."""
        kept = self._control.kept(name)
        parts = await self._parts(kept)
        found = nodes(kept, parts.health.health([one.ref for one in kept.aim.resources] if kept.aim else []), {}, ())
        return TreeBody(application=name, nodes=tuple(found[:NODES_MAX]), count=len(found), unknown=_unread(kept))

    async def resource(self, name: str, text: str) -> ResourceSightBody:
        """One object, field by field: of what is declared, or was made of it.

        Raises:
            UserError: TL0727, it is none of this application.
            Transient: TL2301, what is declared is not known yet.
        """
        kept = self._control.kept(name)
        parts = await self._parts(kept)
        if kept.aim is None:
            raise untold(kept)  # INV-38: what nobody has read is not said to be undeclared
        resource = _declared(kept, text)
        ref = resource.ref if resource is not None else await self._made(kept, parts, text)
        declared = parts.bodies.get(resource.digest) if resource is not None else None
        seen = await parts.insight.sight(ref, declared)
        sight = seen.value if isinstance(seen, Known) else None
        told = await parts.insight.happenings(ref, sight.uid) if sight is not None else Known(())
        return msgspec.structs.replace(
            self._body(kept, text, resource, sight),
            health=health_body(_health(parts, resource, seen)),
            fields=await self._fields(kept, resource, sight, declared),
            happenings=tuple(map(_happening, told.value)) if isinstance(told, Known) else (),
            unknown=tuple(one.reason for one in (seen, told) if isinstance(one, Unknown)),
        )

    async def unseen(self, name: str, text: str, reason: str) -> ResourceSightBody:
        """What is known of an object that is declared without asking the target, and why that is all.

        Raises:
            Transient: TL2300, it is not declared: whether it is of this application, the target alone knows.
        """
        kept = self._control.kept(name)
        if kept.aim is None:
            raise untold(kept)
        resource = _declared(kept, text)
        if resource is None:
            raise _not_told(name, text, reason)
        health = Health(status=Status.UNKNOWN, reason="NotRead", message=reason)
        return msgspec.structs.replace(
            self._body(kept, text, resource, None), health=health_body(health), unknown=(reason,)
        )

    def _body(self, kept: Kept, text: str, resource: Resource | None, sight: ObjectSight | None) -> ResourceSightBody:
        """All of it that nobody has to be waited for."""
        return ResourceSightBody(
            ref=text,
            origin=str(resource.origin) if resource is not None else "",
            source=kept.application.sources[0].url if resource is not None else "",
            commit=resource.origin.commit if resource is not None else "",
            wave=resource.position.wave if resource is not None else 0,
            is_declared=resource is not None,
            is_live=sight is not None,
            uid=sight.uid if sight is not None else "",
            created=sight.created if sight is not None else "",
            health=health_body(Health(status=Status.UNKNOWN, reason="", message="")),
            applied=self._applied(kept.application.name, text),
            fields=(),
            count=sight.count if sight is not None else 0,
            writers=tuple(WriterBody(name=w.name, at=w.at, is_ours=w.is_ours) for w in sight.writers) if sight else (),
            happenings=(),
            unknown=(),
        )

    async def _parts(self, kept: Kept) -> Parts:
        return await self._control.parts.targets.parts(kept.application.target)

    async def _made(self, kept: Kept, parts: Parts, text: str) -> Ref:
        """What is not declared has to have been made of what is: others' objects are not looked at through us."""
        made = await parts.insight.descendants([r.ref for r in kept.aim.resources] if kept.aim else [])
        entries = parts.ledger.inventory(kept.application.name, parts.target.name).entries
        known = {entry.uid for entry in entries.values() if entry.uid}
        left = {str(one.ref): one for one in made.value} if isinstance(made, Known) else {}
        while grown := [one for one in left.values() if one.owner in known and one.uid not in known]:
            known |= {one.uid for one in grown}
        found = left.get(text)
        if found is None or found.uid not in known:
            raise _no_resource(kept.application.name, text)
        return found.ref

    def _applied(self, name: str, text: str) -> AppliedBody | None:
        """The last time that we wrote it, as far back as is searched."""
        for record in self._control.parts.journal.newest(application=name, limit=RECORDS_SEARCHED_MAX):
            body = record.body
            if record.kind != Kind.OUTCOME.value or body.get("ref") != text or body.get("result") != "done":
                continue
            if body.get("action") in _WRITTEN:
                revision = body.get("revision", "")
                commit = self._standings.commit_of(revision)
                return AppliedBody(at=record.at, revision=revision, action=body["action"], commit=commit)
        return None

    async def _fields(
        self, kept: Kept, resource: Resource | None, sight: ObjectSight | None, declared: bytes | None
    ) -> tuple[FieldSightBody, ...]:
        body = parse(declared) if declared else {}
        origins = await self._origins(kept, resource, body)
        seen = sight.fields if sight is not None else ()
        places = [_place(one, body, origins, resource) for one in seen]
        lines = await self._lines(kept, resource, {one.origin.path for one in places if one.is_its_own})
        return tuple(
            FieldSightBody(
                path=one.path,
                declared=one.declared,
                live=one.live,
                is_declared=one.is_declared,
                is_live=one.is_live,
                differs=one.is_declared and not one.is_same,
                managers=one.managers,
                origin=str(place.origin) if one.is_declared else "",
                written=lines.get((place.origin.path, place.origin.line)) if place.is_its_own else None,
            )
            for one, place in zip(seen, places, strict=True)
        )

    async def _lines(
        self, kept: Kept, resource: Resource | None, paths: Collection[str]
    ) -> Mapping[tuple[str, int], LineBody]:
        """Who wrote the lines of a few files of the fleet repository, by path and line; empty where nobody knows."""
        look = self._control.engine.look
        if look is None or resource is None or kept.application.sources[0].url or not resource.origin.commit:
            return {}
        found: dict[tuple[str, int], LineBody] = {}
        for path in sorted(paths)[:FILES_MAX]:
            told = await look.ground.source.authorship(resource.origin.commit, path)
            if isinstance(told, Known):
                found |= {(path, line): _line(one) for line, one in told.value.items()}
        return found

    async def _origins(self, kept: Kept, resource: Resource | None, body: object) -> Mapping[str, Origin]:
        """The lines of its fields, where the files that it was rendered from are those of the last look."""
        look = self._control.engine.look
        if self._toolbox is None or resource is None or look is None or kept.desired is None:
            return {}
        if kept.aim is not kept.desired or kept.desired.commit != look.revision.commit:
            return {}
        with suppress(Fault):  # a template is no YAML, and another source's file is not here
            return await field_origins(self._toolbox, look.ground.files, resource.origin, body)
        return {}


def _unread(kept: Kept) -> tuple[str, ...]:
    """Why there is nothing, where that says nothing of what is declared (INV-38)."""
    return (untold(kept).diagnostics[0].line,) if kept.aim is None else ()


def _declared(kept: Kept, text: str) -> Resource | None:
    return next((one for one in kept.aim.resources if str(one.ref) == text), None) if kept.aim else None


def _health(parts: Parts, resource: Resource | None, seen: Known[ObjectSight | None] | Unknown) -> Health:
    if isinstance(seen, Unknown):
        return Health(status=Status.UNKNOWN, reason="NotRead", message=seen.reason)
    if resource is not None:
        return parts.health.health([resource.ref])[resource.ref]
    return judge_absent() if seen.value is None else judge(seen.value.live)


class _Place(NamedTuple):
    """Where a field is declared. `is_its_own`: the line says this field, and not a thing that it is a part of.

    Whoever wrote another line is not said to have written the field (INV-38).
    """

    origin: Origin
    is_its_own: bool


_NOWHERE: Final = _Place(Origin(path=""), is_its_own=False)


def _place(one: FieldSight, body: object, origins: Mapping[str, Origin], resource: Resource | None) -> _Place:
    """The line of a field, or of the nearest thing that it is a part of; that of the resource where none is known."""
    if not one.is_declared or resource is None:
        return _NOWHERE
    path = field_path.indexed(body, field_path.parse(one.path))
    for length in range(len(path), 0, -1):
        if (found := origins.get(field_path.text(path[:length]))) is not None:
            return _Place(found, is_its_own=length == len(path) and found.line > 0)
    return _Place(resource.origin, is_its_own=False)


def _line(one: LineCommit) -> LineBody:
    return LineBody(commit=one.commit, author=one.author, subject=one.subject, at=one.at, is_oldest=one.is_oldest)


def _happening(one: Happening) -> HappeningBody:
    return HappeningBody(
        at=one.at, is_warning=one.is_warning, reason=one.reason, message=one.message, by=one.by, count=one.count
    )


def _not_told(name: str, text: str, reason: str) -> Transient:
    return Transient(
        [
            Diagnostic(
                code="TL2300",
                summary="the target does not tell of the resource now",
                detail=f"{name}: {text[:200]!r}: {reason}",
                remedy="ask again; what is declared is shown without the target",
            )
        ]
    )


def _no_resource(name: str, text: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0727",
                summary="the application has no such resource",
                detail=f"{name}: {text[:200]!r} is not declared, nor made of what is",
                remedy="name one of …/tree, as KIND/NAMESPACE/NAME",
            )
        ]
    )
