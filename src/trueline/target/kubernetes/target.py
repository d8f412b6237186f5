"""A Kubernetes cluster as a target. Mirror and looker read, the writer writes, the normaliser translates."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from trueline.model.digest import canonical, parse
from trueline.model.fault import Transient
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.options import Capabilities
from trueline.render.resource import Rendered
from trueline.runtime.clock import Clock
from trueline.runtime.task_group import TaskGroup
from trueline.runtime.toolbox import Toolbox
from trueline.target.answer import Answer
from trueline.target.insight import Insight
from trueline.target.inventory import Inventory
from trueline.target.kubernetes import problem
from trueline.target.kubernetes.admission import Mutators
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.content import Content
from trueline.target.kubernetes.discovery import server_version
from trueline.target.kubernetes.found import LiveFinder
from trueline.target.kubernetes.insight import KubernetesInsight
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.live import Live
from trueline.target.kubernetes.look import Looker, Place, is_object_missing
from trueline.target.kubernetes.mark import Installation
from trueline.target.kubernetes.mask import Fingerprint, masked
from trueline.target.kubernetes.mirror import Mirror
from trueline.target.kubernetes.normalise import Asked, Normaliser
from trueline.target.kubernetes.placing import Placings
from trueline.target.kubernetes.release import Releaser
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.restart import KubernetesRestarter
from trueline.target.kubernetes.rule import DEFINITION_KIND, RULES
from trueline.target.kubernetes.schema import Schema
from trueline.target.kubernetes.status import Ok, Refusal
from trueline.target.kubernetes.take_over import Adopter
from trueline.target.kubernetes.wire import decode_object
from trueline.target.kubernetes.write import KubernetesWriter, Recollection
from trueline.target.protocol import Normalised, Sighting, Write
from trueline.target.reclaim import Reclaim
from trueline.target.restart import Restarter
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed, Snapshot

T = TypeVar("T")
Part = Known[Observed | None] | Unknown


class KubernetesTarget(Generic[T]):
    """A cluster. While `run` runs it is watched; without it every snapshot lists what carries our label.

    `needs_status` names the kinds (as refs write them) whose whole objects `judge` is to see; only what it returns is
    kept. Without a toolbox schemas are left to the server. `placings` are what earlier normalising came to.
    """

    def __init__(
        self,
        name: str,
        client: KubernetesClient,
        toolbox: Toolbox | None,
        installation: Installation,
        *,
        clock: Clock,
        needs_status: Callable[[str], bool],
        judge: Callable[[Mapping[str, Any]], T],
        fingerprint: Callable[[str], Fingerprint] | None = None,
        placings: Placings | None = None,
    ) -> None:
        self._name = name
        self._client = client
        self._installation = installation
        self._kinds = Kinds(client)
        self._capabilities: tuple[int, Capabilities] | None = None
        self._looker = Looker(client, self._kinds)
        self._mutators = Mutators(client, clock, self._kinds)
        self._mirror = Mirror[T](
            client,
            clock,
            self._looker,
            manager=installation.manager,
            needs_status=needs_status,
            judge=judge,
        )
        recollection = Recollection(
            known=self._known,
            note=self._mirror.note,
            expect_gone=self._mirror.expect_gone,
            live=self._mirror.live,
        )
        self._writer = KubernetesWriter(
            client=client,
            kinds=self._kinds,
            mutators=self._mutators,
            manager=installation.manager,
            recollection=recollection,
            content=Content(client=client, kinds=self._kinds, live=self._mirror.live),
            fingerprint=fingerprint,
        )
        self._finder = LiveFinder(
            client=client, kinds=self._kinds, manager=installation.manager, recollection=recollection
        )
        self._adopter = Adopter(
            client=client, kinds=self._kinds, manager=installation.manager, rules=RULES, recollection=recollection
        )
        self._releaser = Releaser(
            client=client, kinds=self._kinds, manager=installation.manager, recollection=recollection
        )
        self._normaliser = Normaliser(
            kinds=self._kinds,
            rules=RULES,
            look=self._look,
            read_whole=self._read_whole,
            clock=clock,
            schema=None if toolbox is None else Schema(toolbox, client),
            placings=placings or Placings(),
        )

    @property
    def name(self) -> str:
        """The name under which declarations know it."""
        return self._name

    @property
    def rules(self) -> Rules:
        """What it knows of kinds."""
        return RULES

    @property
    def requests(self) -> Mapping[Any, int]:
        """How many requests were sent, by verb and kind."""
        return self._client.requests

    @property
    def insight(self) -> Insight:
        """What people want to see of it."""
        return KubernetesInsight(client=self._client, kinds=self._kinds, manager=self._installation.manager)

    @property
    def restarter(self) -> Restarter:
        """What restarts its workloads."""
        return KubernetesRestarter(client=self._client, kinds=self._kinds, manager=self._installation.manager)

    def mark(self, application: str) -> str:
        """The label value that says an object is this application's, of this installation."""
        return self._installation.mark(application)

    @property
    def family(self) -> str:
        """What every mark of this installation begins with."""
        return f"{self._installation.name}."

    def is_own(self, mark: str) -> bool:
        """Whether a mark is of this installation."""
        return self._installation.is_own(mark)

    async def run(self, owned: Iterable[str] = ()) -> None:
        """Keep the watches, until it is cancelled; of the kinds of what is owned already, from now on.

        So a restart hears of them while it still reads Git.
        """
        async with TaskGroup() as tasks:
            tasks.create_task(self._mirror.run())
            tasks.create_task(self._mutators.run())
            found = await self._kinds.named(owned) if owned else {}
            self._mirror.open(one.value for one in found.values() if isinstance(one, Known) and one.value is not None)

    def sightings(self) -> AsyncIterator[Sighting]:
        """Everything that changes on objects with our mark, from now on."""
        return self._mirror.sightings()

    def judged(self, ref: Ref) -> Known[T | None] | Unknown:
        """What `judge` said of an object of a kind that `needs_status` names, when it was last seen."""
        return self._mirror.judged(ref)

    def last_judged(self, uid: str) -> T | None:
        """What was judged of an object before it left, if that is remembered."""
        return self._mirror.last_judged(uid)

    def is_there(self, ref: Ref) -> Known[bool] | Unknown:
        """Whether the object carried our label when it was last seen."""
        return self._mirror.is_there(ref)

    def marked(self, mark: str, refs: Collection[Ref] | None = None) -> Mapping[Ref, Observed]:
        """What carries a mark, of the types in use, where it is known now: the way back after a lost data directory."""
        return {ref: live.observed() for ref, live in self._mirror.marked(mark, refs)}

    def marks(self) -> Mapping[str, Collection[Ref]]:
        """Each mark of this installation that our manager wrote, with what carries it, of the types in use."""
        found: defaultdict[str, list[Ref]] = defaultdict(list)
        for ref, live in self._mirror.all():
            if live.mark_is_ours and not live.deleting and self._installation.is_own(live.mark):
                found[live.mark].append(ref)
        return found

    async def as_declared(self, bodies: Mapping[Ref, bytes]) -> Mapping[Ref, Observed]:
        """Those of the declared objects whose apply would change nothing; of all others nothing is said."""
        return await self._finder.as_declared(bodies)

    async def normalise(self, rendered: Rendered, *, application: str, namespace: str, create: bool) -> Normalised:
        """Put a render into the cluster's terms and mark it as the application's."""
        asked = Asked(application=application, namespace=namespace, mark=self.mark(application), create=create)
        return await self._normaliser.normalise(rendered, asked)

    async def snapshot(self, desired: Collection[Ref], inventory: Inventory) -> Snapshot:
        """What is at every ref that is desired or owned."""
        refs = tuple(dict.fromkeys((*desired, *inventory.entries)))
        return Snapshot(parts=await self._look(refs))

    async def read(self, ref: Ref) -> Known[bytes | None] | Unknown:
        """The whole live object as JSON, secrets' values masked."""
        match await self._read(ref):
            case Known(value):
                return Known(None if value is None else canonical(masked(value)))
            case Unknown() as unknown:
                return unknown

    async def capabilities(self) -> Capabilities:
        """What charts may ask of the cluster."""
        catalog = await self._kinds.catalog()
        if isinstance(catalog, Unknown):
            raise Transient([problem.not_answered(catalog.reason)])
        if self._capabilities is None or self._capabilities[0] != self._kinds.epoch:
            version = await server_version(self._client)
            if isinstance(version, Unknown):
                raise Transient([problem.not_answered(version.reason)])
            api_versions = catalog.value.api_versions()
            known = Capabilities(kube_version=version.value, api_versions=api_versions, is_whole=True)
            self._capabilities = self._kinds.epoch, known
        return self._capabilities[1]

    async def write(self, write: Write) -> Answer:
        """Apply one resource, or try to."""
        return await self._writer.write(write)

    async def delete(self, ref: Ref, *, uid: str, mark: str, version: str, dry: bool) -> Answer:
        """Delete one object if it is still the one with this UID, mark and version, or try to."""
        return await self._writer.delete(ref, uid=uid, mark=mark, version=version, dry=dry)

    async def release(self, ref: Ref, *, uid: str, mark: str, dry: bool) -> Answer:
        """Take our mark and our hand off one object, or try to."""
        return await self._releaser.release(ref, uid=uid, mark=mark, dry=dry)

    async def take_over(self, ref: Ref, *, seen: Observed, dry: bool) -> Answer:
        """Turn the entries of tools that made an object before us into ours."""
        return await self._adopter.take_over(ref, seen=seen, dry=dry)

    async def reclaim(self, ref: Ref, *, body: bytes, extent: Reclaim, seen: Observed, dry: bool) -> Answer:
        """Make ours what tools put beside, or in the place of, what the body declares."""
        return await self._adopter.reclaim(ref, body=body, extent=extent, seen=seen, dry=dry)

    def _known(self, resource_type: ResourceType, namespace: str, name: str) -> Live | None:
        found = self._mirror.at(resource_type, namespace, name)
        return found.value if isinstance(found, Known) else None

    async def _look(self, refs: Sequence[Ref]) -> Mapping[Ref, Part]:
        """From the mirror where it shows them; the rest by name, for it may stand there without our label."""
        parts: dict[Ref, Part] = {}
        found = await self._kinds.named(ref.kind for ref in refs)
        places: dict[Ref, Place] = {}
        missing: list[Ref] = []
        for ref in refs:
            resource_type = found[ref.kind]
            if isinstance(resource_type, Unknown):
                parts[ref] = resource_type
            elif resource_type.value is None:
                missing.append(ref)
            else:
                places[ref] = (resource_type.value, ref.namespace, ref.name)
        parts |= await self._without_kind(missing)
        await self._mirror.settle(_by_type(places.values()))
        parts |= await self._placed(places)
        return {ref: parts[ref] for ref in refs}

    async def _without_kind(self, refs: Sequence[Ref]) -> Mapping[Ref, Part]:
        """A server that has just started may not serve yet what it has: absent is what nobody defines either."""
        if not refs:
            return {}
        defined = await self._kinds.one_named(DEFINITION_KIND)
        if isinstance(defined, Unknown) or defined.value is None:
            return dict.fromkeys(refs, Unknown("it cannot be known which kinds are defined"))
        listed = await self._client.list(defined.value)
        if isinstance(listed, Unknown):
            return dict.fromkeys(refs, listed)
        groups = {decode_object(raw).metadata.name.partition(".")[2] for raw in listed.value.items}
        served_later = Unknown("its kind is defined, but not served at the moment")
        return {ref: served_later if ref.kind.partition(".")[2] in groups else Known(None) for ref in refs}

    async def _placed(self, places: Mapping[Ref, Place]) -> Mapping[Ref, Part]:
        parts: dict[Ref, Part] = {}
        unseen: dict[Ref, Place] = {}
        for ref, place in places.items():
            shown = self._mirror.at(*place)
            if isinstance(shown, Unknown):
                parts[ref] = shown
            elif shown.value is None:
                unseen[ref] = place
            else:
                parts[ref] = Known(shown.value.observed())
        looked = await self._looker.look(unseen.values())
        for ref, place in unseen.items():
            part = looked[place]
            if isinstance(part, Known) and part.value is not None:
                parts[ref] = Known(self._mirror.live(part.value.metadata).observed())
            else:
                parts[ref] = Unknown(part.reason) if isinstance(part, Unknown) else Known(None)
        return parts

    async def _read(self, ref: Ref) -> Known[dict[str, Any] | None] | Unknown:
        found = await self._kinds.one_named(ref.kind)
        if isinstance(found, Unknown):
            return found
        if found.value is None:
            return Known(None)
        match await self._client.get(found.value, ref.namespace, ref.name, whole=True):
            case Ok(body=body):
                return Known(parse(body))
            case Refusal() as refusal if is_object_missing(refusal, ref.name):
                return Known(None)
            case Refusal() as refusal:
                return Unknown(f"cannot read {ref}: {refusal}")

    async def _read_whole(self, ref: Ref) -> dict[str, Any] | None:
        read = await self._read(ref)
        return read.value if isinstance(read, Known) else None


def _by_type(places: Iterable[Place]) -> Mapping[ResourceType, set[str]]:
    wanted: dict[ResourceType, set[str]] = defaultdict(set)
    for resource_type, namespace, _ in places:
        wanted[resource_type].add(namespace)
    return wanted
