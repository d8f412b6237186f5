"""Which installations of Trueline a cluster knows of, by the fences that they left there."""

from collections.abc import Mapping

import msgspec

from trueline.model.known import Known, Unknown
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.lease import HOME, LABEL, LEASE, read_lease
from trueline.target.kubernetes.status import RefusalKind

_NONE = (RefusalKind.FORBIDDEN, RefusalKind.NOT_FOUND)


async def installations(client: KubernetesClient, repository: str) -> Known[Mapping[str, tuple[str, ...]]] | Unknown:
    """The installations that follow a fleet, by the digest of its address and path, with the processes that write.

    Where Leases may not be read, or are not served, none is known.
    """
    listed = await client.list(LEASE, namespace=HOME, selector=LABEL, whole=True)
    if isinstance(listed, Unknown):
        return Known({}) if any(f": {kind.value}: " in listed.reason for kind in _NONE) else listed
    found: dict[str, set[str]] = {}
    try:
        for lease in map(read_lease, listed.value.items):
            if lease is not None and lease.repository == repository:
                found.setdefault(lease.installation, set()).update({lease.record.holder} - {""})
    except msgspec.DecodeError as error:
        return Unknown(f"the fences do not decode: {error}")
    return Known({name: tuple(sorted(holders)) for name, holders in sorted(found.items())})
