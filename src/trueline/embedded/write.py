"""Requests that write: the toolbox decides, one at a time, and what it wrote is committed, unchanged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trueline.embedded.access import User
from trueline.embedded.engine import Answer, Engine, Moment, Surroundings
from trueline.embedded.kind import Resource
from trueline.embedded.refusal import refuse
from trueline.embedded.route import Route
from trueline.embedded.store import Kept, Store
from trueline.embedded.webhook import Review, Webhooks
from trueline.runtime.http import Request, Response

ROUNDS_MAX = 200
"""How often one request comes again with more reviews of webhooks; one for each webhook that changes something."""
_ADMISSION = "/admissionregistration.k8s.io"
_LIMITED = frozenset({"/core/pods", "/core/persistentvolumeclaims"})
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one cluster."""

    store: Store
    engine: Engine
    webhooks: Webhooks

    async def write(self, request: Request, route: Route, resource: Resource, user: User) -> Response:
        """The answer to a request that may write."""
        reviews: dict[str, Review] = {}
        moment: Moment | None = None
        for _ in range(ROUNDS_MAX):
            async with self.store.writing:
                moment = moment or self.engine.moment(request, self.store.revision)
                answer = await self._decided(request, route, resource, user, moment, reviews)
                if not answer.calls:
                    self.store.commit((write.key, write.raw) for write in answer.writes)
                    return answer.response()
            reviews |= await self.webhooks.review(answer.calls)
        return refuse(500, "InternalError", f"webhooks were called in {ROUNDS_MAX} rounds, and there is no end to it")

    async def _decided(  # noqa: PLR0913, PLR0917 - one request with all that belongs to it
        self,
        request: Request,
        route: Route,
        resource: Resource,
        user: User,
        moment: Moment,
        reviews: Mapping[str, Review],
    ) -> Answer:
        around = self._around(route, resource, user, reviews)
        objects = self._objects(request, route, resource)
        answer = await self.engine.admit(request, replace(around, objects=objects), moment)
        if taken := self._taken(answer, objects):
            answer = await self.engine.admit(request, replace(around, objects=[*objects, *taken]), moment)
        return answer

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

    def _around(self, route: Route, resource: Resource, user: User, reviews: Mapping[str, Review]) -> Surroundings:
        under = self.store.under
        services = self._services() if resource.prefix == "/core/services" else []
        return Surroundings(
            revision=self.store.revision,
            user=user,
            namespace=self.store.get(f"/core/namespaces/{route.namespace}") if route.namespace else None,
            definition=self.store.get(resource.definition) if resource.definition else None,
            quotas=under(f"/core/resourcequotas/{route.namespace}/") if route.namespace else (),
            storage_class=self._class() if resource.prefix == "/core/persistentvolumeclaims" else "",
            addresses=[ip for service in services for ip in service.body["spec"].get("clusterIPs", ()) if ip != "None"],
            ports=sorted({number for service in services for number in _node_ports(service)}),
            limits=under(f"/core/limitranges/{route.namespace}/") if resource.prefix in _LIMITED else (),
            accounts=under(f"/core/serviceaccounts/{route.namespace}/") if resource.prefix == "/core/pods" else (),
            mutating=under(f"{_ADMISSION}/mutatingwebhookconfigurations/"),
            validating=under(f"{_ADMISSION}/validatingwebhookconfigurations/"),
            reviews=reviews,
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
