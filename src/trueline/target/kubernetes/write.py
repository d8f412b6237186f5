"""One object, applied or deleted. It forces where it is told to, and says what the server made of it.

A field that left our body and stays because somebody else owns it too is found by our field set before and after. The
set before is read where others own something of the object, for only they can keep it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from trueline.model import field_path
from trueline.model.digest import parse
from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.render.private import is_private
from trueline.target import answer
from trueline.target.kubernetes import difference, refusal as refusals
from trueline.target.kubernetes.admission import Mutators
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.content import Content
from trueline.target.kubernetes.field_set import leaves, other_fields, our_fields, owns
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.live import Live
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.mask import Fingerprint
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import CONTROL_PLANE, NOBODY
from trueline.target.kubernetes.status import Ok, Refusal, RefusalKind
from trueline.target.kubernetes.wire import ObjectMeta, PartialObject, decode_object, encode
from trueline.target.protocol import Write
from trueline.target.snapshot import Observed

LOOKS_MAX = 3
RESENDS_MAX = 3
_NO_OTHERS = CONTROL_PLANE | {NOBODY}
ADDED_MAX = 100
ABSENT = "1"
"""No object has this version. An apply that names it makes what is absent, and is refused where anything stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """What is remembered of live objects: by the mirror, given as callables so that it can be left out in a test."""

    known: Callable[[ResourceType, str, str], Live | None]
    note: Callable[[ResourceType, ObjectMeta], None]
    expect_gone: Callable[[str], None]
    live: Callable[[ObjectMeta], Live]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One apply on its way: the type, the body as it is sent, and whether the answer is wanted whole."""

    write: Write
    type: ResourceType
    body: dict[str, Any] = field(repr=False)
    whole: bool
    seen: Observed | None = None

    @property
    def place(self) -> tuple[ResourceType, str, str]:
        return self.type, self.write.ref.namespace, self.write.ref.name


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesWriter:
    """Writes as one field manager. `fingerprint` names secret values in what is shown of an object with a mark."""

    client: KubernetesClient
    kinds: Kinds
    mutators: Mutators
    manager: str
    recollection: Recollection
    content: Content
    fingerprint: Callable[[str], Fingerprint] | None = None
    _none: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    async def write(self, write: Write) -> answer.Answer:
        """Apply one resource, or try to."""
        body = parse(write.body)
        found = await self.kinds.one(body["apiVersion"], body["kind"])
        if isinstance(found, Unknown):
            return refusals.busy(found.reason)
        if found.value is None:
            return refusals.no_kind(f"the server has no {body['kind']} of {body['apiVersion']}")
        seen = self._seen(write, found.value)
        if write.mode.is_dry:
            return await self._tried(write, found.value, body, seen)
        if seen is None and write.uid and not write.version:
            return refusals.stale("nobody saw what it would be written over")
        if seen is not None and write.generation not in {0, seen.generation}:
            return refusals.stale("it has changed since it was planned")
        if seen is not None and (seen.generation or not write.version):
            write = replace(write, version=seen.version)
        return await self._applied(await self._sent(write, found.value, body, seen))

    async def _sent(
        self, write: Write, resource_type: ResourceType, body: dict[str, Any], seen: Observed | None
    ) -> "_Sent":
        whole = write.whole or await self.mutators.may_touch(resource_type)
        return _Sent(write=write, type=resource_type, body=_prepared(write, body), whole=whole, seen=seen)

    async def _tried(
        self, write: Write, resource_type: ResourceType, body: dict[str, Any], seen: Observed | None
    ) -> answer.Answer:
        """What the server says to it. INV-11: a conflict names no version, so it is the one that was seen before.

        What lost its mark is not watched: then it is looked at, and tried once more.
        """
        said = await self._tried_once(write, resource_type, body)
        if not isinstance(said, answer.Refused) or not said.conflicts or not write.uid:
            return said
        if seen is None:
            now = await self._look_again(resource_type, write.ref)
            if now is None or now.uid != write.uid:
                return refusals.stale("it cannot be seen what it would be written over")
            seen = self.recollection.live(now).observed()
            said = await self._tried_once(write, resource_type, body)
        return replace(said, version=seen.version) if isinstance(said, answer.Refused) else said

    async def _tried_once(self, write: Write, resource_type: ResourceType, body: dict[str, Any]) -> answer.Answer:
        sent = await self._sent(write, resource_type, body, None)
        return await (self._compared(sent) if write.whole else self._applied(sent))

    async def delete(self, ref: Ref, *, uid: str, mark: str, version: str, dry: bool) -> answer.Answer:
        """Delete one object if it is still the one with this UID, mark and version, or try to."""
        found = await self.kinds.one_named(ref.kind)
        if isinstance(found, Unknown):
            return refusals.busy(found.reason)
        if found.value is None:
            return refusals.no_kind(f"the server has no {ref.kind}")
        if not dry:
            standing = await self._standing(found.value, ref, uid, mark)
            if isinstance(standing, answer.Refused):
                return standing
            version = version or standing.version
        if (occupied := await self.content.refusal(ref, mark=mark, dry=dry)) is not None:
            return occupied
        said = await self.client.delete(
            found.value, ref.namespace, ref.name, uid=uid, resource_version=version, dry_run=dry
        )
        if isinstance(said, Refusal):
            if said.kind is RefusalKind.STALE and not dry:
                await self._look_again(found.value, ref)
            return refusals.refused(said, found.value, "delete")
        if not dry:
            self.recollection.expect_gone(uid)
        return answer.Accepted(observed=self._left(said, uid, version))

    def _seen(self, write: Write, resource_type: ResourceType) -> Observed | None:
        """What is about to be written over, as it was seen last: the server refuses the write where it has changed.

        Where a status moves the version all the time there is a generation: the version is then the one that was seen
        last, and the generation has to be the one of the plan. Elsewhere it is the version that was tried (INV-12).
        """
        if not write.uid:
            return None
        known = self.recollection.known(resource_type, write.ref.namespace, write.ref.name)
        seen = known.observed() if known is not None else None
        return seen if seen is not None and seen.uid == write.uid else None

    async def _standing(self, resource_type: ResourceType, ref: Ref, uid: str, mark: str) -> Observed | answer.Refused:
        """The object at send time, if it still is what was planned to go (INV-01, INV-10).

        Its version goes with the delete, so that whoever changes it from now on is not overrun. The watch shows what
        carries our label: what it does not show may have lost it, and is asked for.
        """
        known = self.recollection.known(resource_type, ref.namespace, ref.name)
        if known is None:
            live = await self.client.get(resource_type, ref.namespace, ref.name, whole=False)
            if isinstance(live, Refusal):
                return refusals.refused(live, resource_type, "get")
            known = self.recollection.live(decode_object(live.body).metadata)
        seen = known.observed()
        if seen.uid != uid:
            return refusals.stale(f"the object has another UID: {seen.uid}, not {uid}")
        if seen.mark != mark or not seen.mark_is_ours:
            return refusals.stale(f"it no longer carries the mark {mark} by our hand")
        return seen

    async def _look_again(self, resource_type: ResourceType, ref: Ref) -> ObjectMeta | None:
        """After a refusal for its version: what is remembered may be older than what the watch ever tells."""
        live = await self.client.get(resource_type, ref.namespace, ref.name, whole=False)
        seen = _metadata(live.body) if isinstance(live, Ok) else None
        if seen is None:
            return None
        self.recollection.note(resource_type, seen.metadata)
        return seen.metadata

    def _left(self, said: Ok, uid: str, version: str) -> Observed:
        """What stands after a delete: the object on its way out, or the server's word that it is gone."""
        seen = _metadata(said.body)
        if seen is None or seen.kind == "Status" or not seen.metadata.uid:
            return Observed(uid=uid, version=version, deleting=True)
        return self.recollection.live(seen.metadata).observed()

    async def _compared(self, sent: _Sent) -> answer.Answer:
        """A look: the whole answer beside the live object, both of the same resource version.

        Which of the two was asked for first does not matter: each answer is held to the one before it as well.
        """
        before: dict[str, Any] | None = None
        for _ in range(LOOKS_MAX):
            said = await self._send(sent)
            if isinstance(said, Refusal):
                return refusals.refused(said, sent.type, "patch", sent.body)
            version = _version(parse(said.body))
            if before is not None and _version(before) == version:
                return self._accepted(sent, said, before=before)
            live = await self.client.get(*sent.place, whole=True)
            if isinstance(live, Refusal) and live.kind is not RefusalKind.NOT_FOUND:
                return refusals.refused(live, sent.type, "get")
            before = parse(live.body) if isinstance(live, Ok) else {}
            if said.is_created or _version(before) == version:
                return self._accepted(sent, said, before=before)
        return refusals.busy("the object changes faster than it can be looked at")

    async def _applied(self, sent: _Sent) -> answer.Answer:
        known = self.recollection.known(*sent.place)
        before: dict[str, Any] | None = None
        if sent.write.whole or (known is not None and known.managers):
            live = await self.client.get(*sent.place, whole=sent.write.whole)
            if isinstance(live, Refusal) and live.kind is not RefusalKind.NOT_FOUND:
                return refusals.refused(live, sent.type, "get")
            before = parse(live.body) if isinstance(live, Ok) else {}
        said = await self._sent_over(sent)
        if isinstance(said, Refusal):
            return refusals.refused(said, sent.type, "patch", sent.body)
        version = _version(before) if before else str(known.version) if known is not None else sent.write.version
        return self._accepted(sent, said, before=before, version=version)

    async def _sent_over(self, sent: _Sent) -> Ok | Refusal:
        """Where only a status has moved the version since, it is sent again under the new one."""
        said = await self._send(sent)
        for _ in range(RESENDS_MAX):
            if not isinstance(said, Refusal) or said.kind is not RefusalKind.STALE:
                break
            version = await self._version_now(sent)
            if not version:
                break
            holds = {**sent.body["metadata"], "resourceVersion": version}
            sent = replace(sent, body={**sent.body, "metadata": holds})
            said = await self._send(sent)
        return said

    async def _version_now(self, sent: _Sent) -> str:
        """The version of what is still as it was seen, its status apart; empty where it is not, or nobody can say."""
        seen, metadata = sent.seen, await self._look_again(sent.type, sent.write.ref)
        if metadata is None or seen is None or not seen.generation:
            return ""
        now = self.recollection.live(metadata).observed()
        return now.version if msgspec.structs.replace(now, version=seen.version) == seen else ""

    async def _send(self, sent: _Sent) -> Ok | Refusal:
        mode = sent.write.mode
        said = await self.client.apply(
            *sent.place,
            encode(sent.body),
            manager=self.manager,
            force=mode.is_forced,
            dry_run=mode.is_dry,
            whole=sent.whole,
            private=is_private(sent.body),
        )
        if isinstance(said, Ok) and _metadata(said.body) is None:
            return Refusal(kind=RefusalKind.UNREADABLE, http_status=200, reason="", message="the answer is no object")
        return said

    def _accepted(self, sent: _Sent, said: Ok, *, before: dict[str, Any] | None, version: str = "") -> answer.Accepted:
        metadata = decode_object(said.body).metadata
        after = parse(said.body) if sent.whole else self._none
        is_dry = sent.write.mode.is_dry
        if not is_dry:
            self.recollection.note(sent.type, metadata)
        observed = self.recollection.live(metadata).observed()
        is_compared = sent.write.whole and before is not None
        compared = difference.changes(before or {}, after, self._fingerprint(sent)) if is_compared else None
        owned = our_fields(metadata.managedFields, self.manager) or {}
        return answer.Accepted(
            observed=msgspec.structs.replace(observed, uid="", version="") if is_dry and said.is_created else observed,
            changes=compared,
            overruled=difference.overruled(sent.body, after, owned) if sent.whole else (),
            kept_by=self._kept(before, metadata),
            added=self._added(metadata, owned, sent.write.withheld),
            wrote=bool(compared) if is_dry and compared is not None else metadata.resourceVersion != version or is_dry,
        )

    def _fingerprint(self, sent: _Sent) -> Fingerprint | None:
        labels = sent.body["metadata"].get("labels") or {}
        return None if self.fingerprint is None else self.fingerprint(labels.get(LABEL, ""))

    def _added(
        self, after: ObjectMeta, owned: dict[str, Any], withheld: Collection[str]
    ) -> tuple[answer.FieldConflict, ...]:
        """What others own and we do not, beside what Git leaves to them.

        Labels and annotations of the object itself are everybody's (D5); the cluster's own controllers are no others.
        """
        found = (
            answer.FieldConflict(manager=entry.manager, path=field_path.text(field_path.of_fields(steps)))
            for entry, fields in other_fields(after.managedFields, self.manager)
            for steps in leaves(fields)
            if entry.manager not in _NO_OTHERS
            and steps[0] != "f:metadata"
            and steps[-1] != "."
            and not _stands(owned, steps)
        )
        return tuple(sorted(one for one in found if one.path not in withheld))[:ADDED_MAX]

    def _kept(self, before: dict[str, Any] | None, after: ObjectMeta) -> tuple[answer.FieldConflict, ...]:
        """Paths that left our set and that others still own."""
        if not before:
            return ()
        entries = msgspec.convert((before.get("metadata") or {}).get("managedFields") or [], list[_Entry])
        was = next((entry.fieldsV1 for entry in entries if entry.is_of(self.manager)), {})
        now = our_fields(after.managedFields, self.manager) or {}
        left = [steps for steps in leaves(was) if steps[-1] != "." and not owns(now, steps) and not _stands(now, steps)]
        return tuple(
            sorted(
                answer.FieldConflict(manager=entry.manager, path=field_path.text(field_path.of_fields(steps)))
                for entry, fields in other_fields(after.managedFields, self.manager)
                for steps in left
                if owns(fields, steps)
            )
        )


class _Entry(msgspec.Struct, gc=False):
    """An entry of a body that was parsed whole."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    fieldsV1: dict[str, Any] = {}  # noqa: N815 - the wire's own name

    def is_of(self, manager: str) -> bool:
        return (self.manager, self.operation, self.subresource) == (manager, "Apply", "")


def _stands(fields: dict[str, Any], steps: tuple[str, ...]) -> bool:
    """Whether a set owns the path or something below it."""
    at: Any = fields
    for step in steps:
        if step not in at:
            return False
        at = at[step]
    return True


def _prepared(write: Write, body: dict[str, Any]) -> dict[str, Any]:
    """The body as it is sent: without what is withheld, with what must still hold (INV-10, INV-13).

    INV-12: what was planned as absent is not written over what stands there by now: a create may come late.
    """
    for path in write.withheld:
        body = field_path.removed(body, field_path.parse(path))
    if not write.uid and not write.mode.is_dry:
        write = replace(write, version=ABSENT)
    holds = {key: value for key, value in (("uid", write.uid), ("resourceVersion", write.version)) if value}
    return {**body, "metadata": {**body["metadata"], **holds}}


def _metadata(body: bytes) -> PartialObject | None:
    try:
        return decode_object(body)
    except msgspec.DecodeError:
        return None


def _version(body: dict[str, Any] | None) -> str:
    version: str = ((body or {}).get("metadata") or {}).get("resourceVersion", "")
    return version
