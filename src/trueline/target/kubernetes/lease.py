"""A fence as a Lease: its name, its body, and what a body says. It asks nobody.

The order of the writer and the end of its journal stand in annotations; who writes stands where every Lease has it.
`leaseDurationSeconds` promises nothing: nobody renews a Lease for the sake of time, so its age proves no death.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from trueline.target.fence import FenceRecord, Head, Order, Standing
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.wire import ObjectMeta, encode

HOME = "trueline-system"
"""The namespace of every fence: it stands before an application's own one is made, and after that one is gone."""
LABEL = "trueline.dev/fence"
"""On every fence, with the installation's id: what is listed and watched."""
LEASE = ResourceType(group="coordination.k8s.io", version="v1", kind="Lease", plural="leases", namespaced=True)
NAMESPACE = ResourceType(group="", version="v1", kind="Namespace", plural="namespaces", namespaced=False)
DURATION_S = 3600
NAME_CHARACTERS_MAX = 253
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_APPLICATION, _ORDER = f"{LABEL}-application", f"{LABEL}-order"
_REPOSITORY, _JOURNAL = f"{LABEL}-repository", f"{LABEL}-journal"


class _Spec(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    holder_identity: str | None = None
    acquire_time: str | None = None
    lease_transitions: int | None = None


class _Body(msgspec.Struct, gc=False, frozen=True):
    metadata: ObjectMeta = ObjectMeta()
    spec: _Spec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One fence as it stood: the record, and what a compare-and-swap needs."""

    installation: str
    record: FenceRecord
    repository: str
    version: str
    transitions: int = 0


def lease_name(installation: str, application: str) -> str:
    """The name of an application's fence.

    >>> lease_name("k3x9", "shop"), lease_name("k3x9", "Team/Shop")[:12]
    ('k3x9.shop', 'k3x9.48ab690')
    """
    text = f"{installation}.{application}"
    if len(text) <= NAME_CHARACTERS_MAX and _NAME.fullmatch(text) and ".." not in text:
        return text
    return f"{installation}.{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def repository_digest(repository: str, path: str) -> str:
    """What tells one fleet from all others, without its address, which may hold a secret.

    >>> repository_digest("https://git.test/fleet.git", "") == repository_digest("https://git.test/fleet/", "/")
    True
    """
    address = repository.rstrip("/").removesuffix(".git")
    return hashlib.sha256(f"{address}\n{path.strip('/')}".encode()).hexdigest()[:40]


def read_lease(body: bytes | msgspec.Raw) -> Lease | None:
    """What a Lease says; `None` where it is no fence of ours.

    Raises:
        msgspec.DecodeError: it is no Lease at all.
    """
    read = msgspec.json.decode(body, type=_Body)
    told, spec = read.metadata.annotations or {}, read.spec or _Spec()
    installation = (read.metadata.labels or {}).get(LABEL, "")
    application = told.get(_APPLICATION, "")
    if not installation or not application:
        return None
    generation, commit = _pair(told.get(_ORDER, ""))
    sequence, digest = _pair(told.get(_JOURNAL, ""))
    return Lease(
        installation=installation,
        record=FenceRecord(
            application=application,
            holder=spec.holder_identity or "",
            since=spec.acquire_time or "",
            standing=Standing(
                order=Order(generation=generation, commit=commit), head=Head(sequence=sequence, digest=digest)
            ),
        ),
        repository=told.get(_REPOSITORY, ""),
        version=read.metadata.resourceVersion,
        transitions=spec.lease_transitions or 0,
    )


def lease_body(lease: Lease, now: datetime) -> bytes:
    """A fence as it is sent; with a version, it must still be the one that stands there."""
    record, standing = lease.record, lease.record.standing
    metadata: dict[str, Any] = {
        "name": lease_name(lease.installation, record.application),
        "namespace": HOME,
        "labels": {LABEL: lease.installation},
        "annotations": {
            _APPLICATION: record.application,
            _ORDER: f"{standing.order.generation} {standing.order.commit}".strip(),
            _JOURNAL: f"{standing.head.sequence} {standing.head.digest}".strip(),
            _REPOSITORY: lease.repository,
        },
    }
    if lease.version:
        metadata["resourceVersion"] = lease.version
    spec: dict[str, Any] = {
        "leaseDurationSeconds": DURATION_S,
        "acquireTime": record.since,
        "renewTime": time_text(now),
        "leaseTransitions": lease.transitions,
    }
    if record.holder:
        spec["holderIdentity"] = record.holder
    return encode({"apiVersion": LEASE.api_version, "kind": LEASE.kind, "metadata": metadata, "spec": spec})


def namespace_body() -> bytes:
    """The namespace of the fences."""
    return encode({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}})


def time_text(at: datetime) -> str:
    """A time as Leases write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _pair(text: str) -> tuple[int, str]:
    number, _, rest = text.partition(" ")
    return (int(number) if number.isascii() and number.isdecimal() else 0), rest
