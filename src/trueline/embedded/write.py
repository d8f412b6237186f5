"""Requests that write: the toolbox decides, one at a time, and what it wrote is committed, unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass

from trueline.embedded.access import User
from trueline.embedded.engine import Answer, Engine, Surroundings
from trueline.embedded.kind import Resource
from trueline.embedded.route import Route
from trueline.embedded.store import Kept, Store
from trueline.runtime.http import Request, Response

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one cluster."""

    store: Store
    engine: Engine

    async def write(self, request: Request, route: Route, resource: Resource, user: User) -> Response:
        """The answer to a request that may write."""
        async with self.store.writing:
            objects = self._objects(request, route, resource)
            answer = await self.engine.admit(request, self._around(route, resource, user, objects))
            if taken := self._taken(answer, objects):
                answer = await self.engine.admit(request, self._around(route, resource, user, [*objects, *taken]))
            self.store.commit((write.key, write.raw) for write in answer.writes)
        return answer.response()

    def _objects(self, request: Request, route: Route, resource: Resource) -> list[Kept]:
        if route.name:
            kept = self.store.get(resource.key(route.namespace, route.name))
            return [kept] if kept else []
        return self.store.under(resource.folder(route.namespace)) if request.method == "DELETE" else []

    def _taken(self, answer: Answer, given: Sequence[Kept]) -> list[Kept]:
        """What a create would overwrite: its name is known only from the body."""
        known = {kept.key for kept in given}
        there = (self.store.get(write.key) for write in answer.writes if write.key not in known)
        return [kept for kept in there if kept and not kept.key.startswith("/core/resourcequotas/")]

    def _around(self, route: Route, resource: Resource, user: User, objects: Sequence[Kept]) -> Surroundings:
        services = self._services() if resource.prefix == "/core/services" else []
        quotas = self.store.under(f"/core/resourcequotas/{route.namespace}/") if route.namespace else []
        return Surroundings(
            revision=self.store.revision,
            user=user,
            objects=objects,
            namespace=self.store.get(f"/core/namespaces/{route.namespace}") if route.namespace else None,
            definition=self.store.get(resource.definition) if resource.definition else None,
            quotas=quotas,
            storage_class=self._class() if resource.prefix == "/core/persistentvolumeclaims" else "",
            addresses=[ip for service in services for ip in service.body["spec"].get("clusterIPs", ()) if ip != "None"],
            ports=sorted({number for service in services for number in _node_ports(service)}),
        )

    def _services(self) -> list[Kept]:
        return self.store.under("/core/services/")

    def _class(self) -> str:
        for kept in self.store.under("/storage.k8s.io/storageclasses/"):
            if kept.body["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true":
                return kept.metadata.name
        return ""


def _node_ports(service: Kept) -> list[int]:
    spec = service.body["spec"]
    ports = [port["nodePort"] for port in spec.get("ports", ()) if port.get("nodePort")]
    return [*ports, spec["healthCheckNodePort"]] if spec.get("healthCheckNodePort") else ports
