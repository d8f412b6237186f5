"""The fences of one installation in one cluster: Leases, taken by compare-and-swap and then watched (INV-12, INV-13).

A fence is taken once in the life of a process, when it first has something to write; from then on the watch tells when
another process takes it, and a write costs no request for it. Whoever lost one never takes it back: which of two
processes shall go on, a person says. Where Leases cannot be had, that is said once, and the local fence
is all there is.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.target.fence import FenceRecord, Standing, Taken
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.lease import (
    HOME,
    LABEL,
    LEASE,
    NAMESPACE,
    Lease,
    lease_body,
    lease_name,
    namespace_body,
    read_lease,
    time_text,
)
from trueline.target.kubernetes.live import version_of
from trueline.target.kubernetes.status import Answer, Ok, Refusal, RefusalKind
from trueline.target.kubernetes.watch import Gone, Lost, Reset, Restored, Seen, Synced, watch

_REFUSED = frozenset({RefusalKind.FORBIDDEN, RefusalKind.ADMISSION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who takes fences: an installation's process, and what tells the fleet that it follows from all others."""

    installation: str
    manager: str
    holder: str
    repository: str = ""


class LeaseFence:
    """See `target.fence.Fence`. While `run` runs, fences that are held are watched."""

    def __init__(self, client: KubernetesClient, clock: Clock, writer: Writer) -> None:
        self._client = client
        self._clock = clock
        self._writer = writer
        self._leases: dict[str, Lease] | None = None
        self._held: set[str] = set()
        self._lost: dict[str, FenceRecord] = {}
        self._unguarded = ""
        self._is_blind = False
        self._doubted: set[str] = set()
        """What was held while nobody watched: it may have been taken, and the watch may not have said so yet."""
        self._some_held = asyncio.Event()
        self._listeners: list[Callable[[str], None]] = []
        self._notes: dict[str, Diagnostic] = {}

    @property
    def held(self) -> frozenset[str]:
        """The applications that this process writes."""
        return frozenset(self._held)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """Why fences are not kept in this cluster, or not watched."""
        return tuple(self._notes.values())

    def listen(self, lost: Callable[[str], None]) -> None:
        """Tell of every application whose fence another process takes."""
        self._listeners.append(lost)

    def taken_by(self, application: str) -> FenceRecord | None:
        """Who took the application's fence from this process."""
        return self._lost.get(application)

    # ---- asking and taking -----------------------------------------------------------------------------------

    async def look(self) -> Known[Mapping[str, FenceRecord]] | Unknown:
        """Every fence of the installation as it was seen last: one list for the life of this process."""
        if self._leases is None and not self._unguarded:
            selector = f"{LABEL}={self._writer.installation}"
            listed = await self._client.list(LEASE, namespace=HOME, selector=selector, whole=True)
            if isinstance(listed, Unknown):
                if not _is_refused(listed.reason):
                    return listed
                self._leave_unguarded(listed.reason)
                return Known({})
            try:
                found = [read_lease(raw) for raw in listed.value.items]
            except msgspec.DecodeError as error:
                return Unknown(f"the fences do not decode: {error}")
            self._leases = {lease.record.application: lease for lease in found if lease is not None}
        return Known({name: lease.record for name, lease in (self._leases or {}).items()})

    async def take(self, application: str, standing: Standing) -> Taken:
        """Become the one who writes, unless somebody else did since the look."""
        if (decided := self._decided(application)) is not None:
            return decided
        known = (self._leases or {}).get(application)
        match await self._swap(self._claim(application, known, standing)):
            case Ok(body=body):
                self._keep(body)
                self._hold(application)
                return Taken.HELD
            case Refusal(kind=RefusalKind.STALE | RefusalKind.ALREADY_EXISTS | RefusalKind.NOT_FOUND):
                return await self._outrun(application)
            case Refusal(kind=kind) as refusal if kind in _REFUSED:
                self._leave_unguarded(str(refusal))
                return Taken.UNGUARDED
            case _:
                return Taken.UNKNOWN

    def _decided(self, application: str) -> Taken | None:
        if self._unguarded:
            return Taken.UNGUARDED
        if application in self._held:
            return Taken.HELD
        return Taken.LOST if application in self._lost else None

    def _claim(self, application: str, known: Lease | None, standing: Standing) -> Lease:
        now = time_text(self._clock.now())
        record = FenceRecord(application=application, holder=self._writer.holder, since=now, standing=standing)
        return Lease(
            installation=self._writer.installation,
            record=record,
            repository=self._writer.repository,
            version=known.version if known else "",
            transitions=known.transitions + 1 if known else 0,
        )

    async def _swap(self, lease: Lease) -> Answer:
        """Make it, or put it in the place of the one that was seen; the namespace is made with the first one."""
        body, manager = lease_body(lease, self._clock.now()), self._writer.manager
        if lease.version:
            name = lease_name(lease.installation, lease.record.application)
            return await self._client.replace(LEASE, HOME, name, body, manager=manager, dry_run=False, whole=True)
        said = await self._client.create(LEASE, HOME, body, manager=manager, dry_run=False, whole=True)
        if not isinstance(said, Refusal) or said.kind is not RefusalKind.NOT_FOUND or HOME not in said.message:
            return said
        made = await self._client.create(NAMESPACE, "", namespace_body(), manager=manager, dry_run=False)
        if isinstance(made, Refusal) and made.kind is not RefusalKind.ALREADY_EXISTS:
            return made
        return await self._client.create(LEASE, HOME, body, manager=manager, dry_run=False, whole=True)

    async def _outrun(self, application: str) -> Taken:
        """Somebody wrote it since the look, or the look was an old one: ourselves, its holder, or another process.

        It is taken at the next try from whoever has it then, as at every start: the one that began last writes.
        """
        now = await self._read(application)
        if isinstance(now, Unknown):
            return Taken.UNKNOWN
        lease = now.value
        if lease is not None and lease.record.holder == self._writer.holder:
            self._hold(application)
            return Taken.HELD
        return Taken.MOVED

    async def _read(self, application: str) -> Known[Lease | None] | Unknown:
        name = lease_name(self._writer.installation, application)
        match await self._client.get(LEASE, HOME, name, whole=True):
            case Ok(body=body):
                return Known(self._keep(body))
            case Refusal(kind=RefusalKind.NOT_FOUND):
                (self._leases or {}).pop(application, None)
                return Known(None)
            case Refusal() as refusal:
                return Unknown(str(refusal))

    def _keep(self, body: bytes | msgspec.Raw) -> Lease | None:
        """What was said of a fence last."""
        try:
            lease = read_lease(body)
        except msgspec.DecodeError:
            return None
        if lease is None:
            return None
        self._leases = self._leases if self._leases is not None else {}
        known = self._leases.get(lease.record.application)
        if known is not None and _is_older(lease, than=known):
            return known  # the watch is behind our own write
        self._leases[lease.record.application] = lease
        return lease

    def _hold(self, application: str) -> None:
        self._held.add(application)
        self._some_held.set()

    # ---- while it is held ------------------------------------------------------------------------------------

    async def holds(self, application: str) -> bool:
        """Whether this process may write; where nobody watches, the fence itself is asked, and once after that."""
        if self._unguarded:
            return True
        if application not in self._held or not (self._is_blind or application in self._doubted):
            return application in self._held
        now = await self._read(application)
        if isinstance(now, Unknown):
            return False
        self._doubted.discard(application)
        if now.value is not None:
            self._judge(now.value)
        return application in self._held

    async def tell(self, application: str, standing: Standing) -> bool:
        """Leave at a fence that is held how far its holder has come."""
        return await self._write(application, standing, self._writer.holder)

    async def release(self, application: str, standing: Standing) -> None:
        """Give a fence back: whoever comes next knows that nobody writes."""
        await self._write(application, standing, "")
        self._held.discard(application)

    async def _write(self, application: str, standing: Standing, holder: str) -> bool:
        known = (self._leases or {}).get(application)
        if known is None or application not in self._held:
            return False
        record = replace(known.record, holder=holder, standing=standing)
        told = replace(known, record=record, repository=self._writer.repository)
        match await self._swap(told):
            case Ok(body=body):
                self._keep(body)
                return True
            case Refusal(kind=RefusalKind.STALE):
                now = await self._read(application)
                if isinstance(now, Known) and now.value is not None:
                    self._judge(now.value)
                return False
            case _:
                return False

    async def run(self) -> None:
        """Watch what is held, until it is cancelled; who only reads watches nothing."""
        await self._some_held.wait()
        selector = f"{LABEL}={self._writer.installation}"
        told = watch(self._client, self._clock, LEASE, selector=selector, whole=True, namespace=HOME, tells_pauses=True)
        async with aclosing(told) as sightings:
            async for sighting in sightings:
                match sighting:
                    case Seen(body=body):
                        if (lease := self._keep(body)) is not None:
                            self._judge(lease)
                    case Gone(object=gone):
                        self._drop(gone.metadata.name)
                    case Lost(reason):
                        self._is_blind = True
                        self._note_unwatched(reason)
                    case Restored():
                        self._is_blind, self._doubted = False, set(self._held)
                    case Synced():
                        self._is_blind = False
                    case Reset():
                        pass

    def _judge(self, lease: Lease) -> None:
        """Another process at a fence that is held here: from now on it writes, and this one does not.

        INV-13: who gave it back took it before, and was not seen doing so: it is compared and taken anew.
        """
        application, holder = lease.record.application, lease.record.holder
        if not holder:
            self._held.discard(application)
        elif application in self._held and holder != self._writer.holder:
            self._lose(lease)

    def _lose(self, lease: Lease) -> None:
        application = lease.record.application
        self._held.discard(application)
        self._lost[application] = lease.record
        for lost in self._listeners:
            lost(application)

    def _drop(self, name: str) -> None:
        """Somebody deleted it: the next write takes it anew."""
        for application in list(self._leases or {}):
            if lease_name(self._writer.installation, application) == name:
                (self._leases or {}).pop(application)
                self._held.discard(application)

    # ---- without Leases --------------------------------------------------------------------------------------

    def _leave_unguarded(self, reason: str) -> None:
        self._unguarded = reason
        self._notes["TL1903"] = Diagnostic(
            code="TL1903",
            summary="the cluster keeps no fence",
            detail=f"Leases in the namespace {HOME}: {reason}",
            remedy="give Trueline get, list, watch, create and update of leases there; until then run it only once",
        )

    def _note_unwatched(self, reason: str) -> None:
        if reason.startswith(RefusalKind.FORBIDDEN.value):
            self._notes["TL1904"] = Diagnostic(
                code="TL1904",
                summary="the fences in the cluster cannot be watched",
                detail=f"Leases in the namespace {HOME}: {reason}; each stage asks for its fence instead",
                remedy="give Trueline the right to watch leases there",
            )


def _is_refused(reason: str) -> bool:
    """Whether a list failed for good: no rights, or a server without Leases."""
    return any(f": {kind.value}: " in reason for kind in (*_REFUSED, RefusalKind.NOT_FOUND))


def _is_older(lease: Lease, *, than: Lease) -> bool:
    one, other = version_of(lease.version), version_of(than.version)
    return isinstance(one, int) and isinstance(other, int) and one < other
