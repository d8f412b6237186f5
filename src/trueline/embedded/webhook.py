"""Admission webhooks: the toolbox says which has to be called with what, and is told what it answered.

Whether a webhook is called, and what its answer means, is the API server's own code; here is only the way to it. While
a webhook is asked nothing is locked, so that it may ask the cluster itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from trueline.embedded.store import Store
from trueline.runtime.http import Endpoint, Request, Transport, Unreachable
from trueline.runtime.task_group import TaskGroup

Connect: TypeAlias = Callable[[Endpoint], Transport]
"""Opens a way to one server.

Raises:
    ValueError: the certificate authority does not hold.
"""

TIMEOUT_S = 30.0
_SERVICE_LABEL = "kubernetes.io/service-name"


class ServiceReference(msgspec.Struct, frozen=True):
    """The Service behind which a webhook stands."""

    namespace: str
    name: str
    port: int


class Call(msgspec.Struct, frozen=True):
    """One webhook to be called; `key` names the review."""

    key: str
    url: str
    body: msgspec.Raw
    service: ServiceReference | None = None
    authority: bytes = msgspec.field(default=b"", name="ca_bundle")


class Review(msgspec.Struct, frozen=True):
    """What a webhook answered; `error` where there was no answer."""

    status: int = 0
    body: bytes = b""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Calls webhooks for one cluster. It never retries: that is for who sent the request."""

    store: Store
    connect: Connect

    async def review(self, calls: Sequence[Call]) -> Mapping[str, Review]:
        """The answers, by key; the calls are made side by side."""
        async with TaskGroup() as group:
            tasks = [(call.key, group.create_task(self._call(call))) for call in calls]
        return {key: task.result() for key, task in tasks}

    async def _call(self, call: Call) -> Review:
        target = urlsplit(call.url)
        query = dict(parse_qsl(target.query))
        headers = {"content-type": "application/json", "accept": "application/json, */*"}
        request = Request(method="POST", path=target.path, query=query, headers=headers, body=bytes(call.body))
        try:
            transport = self.connect(self._endpoint(call))
        except (Unreachable, ValueError) as error:
            return Review(error=str(error))
        try:
            response = await transport.send(request, timeout_s=_timeout_s(query))
        except Unreachable as error:
            return Review(error=error.reason)
        finally:
            await transport.close()
        return Review(status=response.status, body=response.body)

    def _endpoint(self, call: Call) -> Endpoint:
        """Where a webhook is.

        Raises:
            Unreachable: its Service leads nowhere.
        """
        target = urlsplit(call.url)
        if call.service is None:
            return Endpoint(url=f"{target.scheme}://{target.netloc}", ca_pem=call.authority)
        address = next(self._addresses(call.service), None)
        if address is None:
            raise Unreachable(f'no endpoints available for service "{call.service.name}"')
        return Endpoint(url=f"https://{address}", ca_pem=call.authority, server_name=target.hostname or "")

    def _addresses(self, wanted: ServiceReference) -> Iterator[str]:
        """Hosts with ports: pods run nothing here, so only addresses that somebody wrote down lead anywhere."""
        kept = self.store.get(f"/core/services/{wanted.namespace}/{wanted.name}")
        if kept is None:
            raise Unreachable(f'service "{wanted.name}" not found')
        spec: Mapping[str, Any] = kept.body["spec"]
        if spec["type"] == "ExternalName":
            yield f"{spec['externalName']}:{wanted.port}"
            return
        named = next((port.get("name", "") for port in spec.get("ports", ()) if port["port"] == wanted.port), None)
        if named is None:
            raise Unreachable(f'no service port {wanted.port} found for service "{wanted.name}"')
        for piece in self.store.under(f"/discovery.k8s.io/endpointslices/{wanted.namespace}/"):
            if piece.metadata.labels.get(_SERVICE_LABEL) == wanted.name:
                ports = [port["port"] for port in piece.body.get("ports") or () if (port.get("name") or "") == named]
                hosts = [host for endpoint in piece.body["endpoints"] or () for host in endpoint["addresses"]]
                yield from (f"{host}:{port}" for host in hosts for port in ports)


def _timeout_s(query: Mapping[str, str]) -> float:
    """What the webhook's configuration allows; the server writes it into the address as `10s`."""
    text = query.get("timeout", "").removesuffix("s")
    return min(float(text), TIMEOUT_S) if text.isdecimal() else TIMEOUT_S
