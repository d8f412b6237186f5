"""A render in the cluster's own terms: types found, namespaces filled in, bodies cleaned and marked, stages given.

`createNamespace` adds a Namespace only where the render has none and the cluster has none either, or has one that
carries this application's mark and is owned by us: the first of several applications makes and keeps it, the others
use it. It is protected, so it is never pruned without a second consent. A cluster-scoped resource that names a
namespace loses it, as on the server; many charts write it.
"""

from collections.abc import Awaitable, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, canonical, digest_bytes, parse
from trueline.model.fault import Transient
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.misfit import Misfit, located
from trueline.render.resource import Phase, Position, Rendered, Resource
from trueline.runtime.clock import Clock
from trueline.target.kubernetes import definition, problem
from trueline.target.kubernetes.body import cleaned, declared_mark, marked
from trueline.target.kubernetes.clash import clashes
from trueline.target.kubernetes.kind import Found, Kinds
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.need import Placed, needs
from trueline.target.kubernetes.placing import NOTHING_BEFORE, Before, PlacedBodies, Placings, as_before, position
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import DEFINITION_KIND, NAMESPACE_KIND
from trueline.target.kubernetes.schema import Candidate, Schema
from trueline.target.protocol import Normalised
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed

NAMESPACE_TYPE = ResourceType(group="", version="v1", kind="Namespace", plural="namespaces", namespaced=False)

CLAIM_S = 60.0
SERVED_MAX = 10_000

Pair = tuple[str, str]
Look = Callable[[Sequence[Ref]], Awaitable[Mapping[Ref, Known[Observed | None] | Unknown]]]
"""What is at these refs, marked or not."""
ReadWhole = Callable[[Ref], Awaitable[dict[str, Any] | None]]
"""A whole live object; `None` where it is not there or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """For which application, under which mark."""

    application: str
    namespace: str
    mark: str
    create: bool


@dataclass(slots=True, kw_only=True)
class Normaliser:
    """Normalises for one cluster. `claims` are namespaces that an application of this process is about to make."""

    kinds: Kinds
    rules: Rules
    look: Look
    read_whole: ReadWhole
    schema: Schema | None
    clock: Clock
    claims: dict[str, tuple[str, float]] = field(default_factory=dict)
    placings: Placings = field(default_factory=Placings)
    _served: dict[Digest, None] = field(default_factory=dict)

    async def normalise(self, rendered: Rendered, asked: Asked) -> Normalised:
        """Normalise a render; see the protocol. What is wrong is told from whole bodies."""
        before = self._recalled(asked)
        made = await self._normalised(rendered, asked, before)
        if made.problems and before.kept:
            made = await self._normalised(rendered, asked, NOTHING_BEFORE)
        if self.schema is not None and not made.problems:
            self.placings.write(asked.application, self.schema.holds)
        return made

    async def _normalised(self, rendered: Rendered, asked: Asked, before: Before) -> Normalised:
        bodies = _parsed(rendered, before.kept)
        known = (*bodies.values(), *map(parse, rendered.beside))
        definitions = [body for body in known if definition.is_definition(body)]
        types = {(one.api_version, one.kind): one for one in before.types}
        found = await self._types({_pair(body) for body in bodies.values()} | types.keys(), definitions)
        if any(found[pair] != Known(one) for pair, one in types.items()):
            before, bodies = NOTHING_BEFORE, _parsed(rendered, ())
        placed, problems = await self._placed(rendered, bodies, before, found, asked)
        if asked.create and asked.namespace and (own := await self._namespace(placed, asked)):
            placed = [own, *placed]
        invalid, notes = await self._schema_problems(placed, definitions)
        problems += await located([*_twice(placed), *clashes(placed), *invalid], rendered.locate)
        awaits = await self._awaits(placed) if not problems else ()
        result = Rendered(
            resources=tuple(one.resource for one in placed),
            bodies=self._bodies(rendered, placed, before, asked),
            notes=(*rendered.notes, *notes),
        )
        return Normalised(rendered=result, problems=tuple(problems), awaits=awaits)

    def _recalled(self, asked: Asked) -> Before:
        """What was placed before for the same namespace and mark, and is known to hold."""
        schema = self.schema
        if schema is None:
            return self.placings.recall(asked.application, namespace=asked.namespace, mark=asked.mark)
        schema.trust(self.placings.restore(asked.application, namespace=asked.namespace, mark=asked.mark))
        before = self.placings.recall(asked.application, namespace=asked.namespace, mark=asked.mark)
        return replace(before, kept={key: pair for key, pair in before.kept.items() if schema.holds(pair[0].digest)})

    def _bodies(
        self, rendered: Rendered, placed: Sequence[Placed], before: Before, asked: Asked
    ) -> Mapping[Digest, bytes]:
        def make(resource: Resource) -> bytes:
            one = self._place(resource, parse(rendered.body(resource)), before.kept[resource.digest][1], asked)
            if not isinstance(one, Placed) or one.resource.digest != before.kept[resource.digest][0].digest:
                self.placings.disown(asked.application)  # the next pass places it anew
                raise AssertionError(f"{resource.ref} was placed before, and is not so now")
            return one.text

        again = {before.kept[one.digest][0].digest: one for one in rendered.resources if one.digest in before.kept}
        return PlacedBodies({one.resource.digest: one.text for one in placed if one.text}, again, make)

    async def _types(self, wanted: set[Pair], definitions: Iterable[dict[str, Any]]) -> Mapping[Pair, Found]:
        """Definitions of the render count first: they say what the type will be."""
        defined = {(one.api_version, one.kind): one for body in definitions for one in definition.types(body)}
        found = dict(await self.kinds.find(sorted(wanted - defined.keys())))
        unknown = sorted({each.reason for each in found.values() if isinstance(each, Unknown)})
        if unknown:
            raise Transient([problem.not_answered(reason) for reason in unknown])
        return found | {pair: Known(one) for pair, one in defined.items()}

    async def _placed(
        self,
        rendered: Rendered,
        bodies: Mapping[Digest, dict[str, Any]],
        before: Before,
        found: Mapping[Pair, Found],
        asked: Asked,
    ) -> tuple[list[Placed], list[Diagnostic]]:
        """Place each, and remember what became of it for the next render."""
        placed: list[tuple[Digest, Placed]] = []
        problems: list[Misfit] = []
        missing: list[tuple[Resource, Pair, Origin]] = []
        locate = rendered.locate
        for resource in rendered.resources:
            if resource.digest in before.kept:
                known, resource_type = before.kept[resource.digest]
                placed.append((resource.digest, Placed(as_before(resource, known), resource_type)))
                continue
            body = bodies[resource.digest]
            match found[_pair(body)]:
                case Known(ResourceType() as resource_type):
                    one = self._place(resource, body, resource_type, asked)
                    if isinstance(one, Placed):
                        placed.append((resource.digest, one))
                    else:
                        problems.append(one)
                case _:
                    at = await locate(resource.origin, body, ("kind",)) if locate else resource.origin
                    missing.append((resource, _pair(body), at))
        self.placings.keep(asked.application, placed, namespace=asked.namespace, mark=asked.mark)
        first = [problem.kinds_missing(missing)] if missing else []
        return [one for _, one in placed], [*first, *await located(problems, locate)]

    def _place(
        self, resource: Resource, body: dict[str, Any], resource_type: ResourceType, asked: Asked
    ) -> Placed | Misfit:
        declared = body.get("metadata")
        named = declared.get("namespace") if isinstance(declared, dict) else None
        namespace = str(named or asked.namespace) if resource_type.namespaced else ""
        if resource_type.namespaced and not namespace:
            return Misfit(diagnostic=problem.no_namespace(resource))
        ref = Ref(resource_type.kind_name, namespace, resource.ref.name)
        kept = cleaned(body, resource_type, name=ref.name, namespace=namespace)
        said = declared_mark(kept)
        if said is not None and said != asked.mark:
            wrong = problem.foreign_mark(ref, said, resource.origin)
            return Misfit(diagnostic=wrong, body=body, at=("metadata", "labels", LABEL))
        return self._finished(resource, ref, resource_type, marked(kept, asked.mark))

    def _finished(self, resource: Resource, ref: Ref, resource_type: ResourceType, body: dict[str, Any]) -> Placed:
        where, text = resource.position, canonical(body)
        place = position(where.phase, where.wave, self.rules.stage(ref.kind))
        finished = msgspec.structs.replace(resource, ref=ref, digest=digest_bytes(text), position=place)
        return Placed(finished, resource_type, body, text)

    async def _namespace(self, placed: Sequence[Placed], asked: Asked) -> Placed | None:
        ref = Ref(NAMESPACE_KIND, "", asked.namespace)
        if any(one.ref == ref for one in placed) or str(ref) in self.rules.untouchable:
            return None
        there = (await self.look([ref]))[ref]
        if isinstance(there, Unknown):
            raise Transient([problem.not_answered(there.reason)])
        is_own = there.value is None or (there.value.mark == asked.mark and there.value.mark_is_ours)
        if not is_own or (there.value is None and not self._claimed(asked)):
            return None
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": asked.namespace}}
        resource = Resource(
            ref=ref, digest=Digest(""), origin=Origin(path=""), position=_first(placed, asked.namespace), keep=True
        )
        return self._finished(resource, ref, NAMESPACE_TYPE, marked(body, asked.mark))

    def _claimed(self, asked: Asked) -> bool:
        """Whether it is this application that makes the namespace; a claim that came to nothing ends."""
        now_s = self.clock.monotonic_s()
        application, until_s = self.claims.get(asked.namespace, ("", 0.0))
        if application != asked.application and now_s < until_s:
            return False
        self.claims[asked.namespace] = (asked.application, now_s + CLAIM_S)
        return True

    async def _schema_problems(
        self, placed: Sequence[Placed], definitions: Sequence[dict[str, Any]]
    ) -> tuple[tuple[Misfit, ...], tuple[Diagnostic, ...]]:
        if self.schema is None:
            return (), ()
        candidates = (
            Candidate(ref=one.ref, origin=one.resource.origin, digest=one.resource.digest, body=one.body)
            for one in placed
        )
        return await self.schema.problems(candidates, definitions)

    async def _awaits(self, placed: Sequence[Placed]) -> tuple[tuple[Ref, Ref], ...]:
        """The needs whose needed resource is not there yet, or not yet as declared."""
        pairs = tuple(needs(placed))
        wanted = tuple(dict.fromkeys(needed for _, needed in pairs))
        there = await self.look(wanted)
        by_ref = {one.ref: one for one in placed}
        absent = {needed for needed in wanted if not isinstance(there[needed], Known) or there[needed] == Known(None)}
        for needed in wanted:
            if needed.kind == DEFINITION_KIND and needed not in absent and not await self._is_served(by_ref[needed]):
                absent.add(needed)
        return tuple(pair for pair in pairs if pair[1] in absent)

    async def _is_served(self, declared: Placed) -> bool:
        """Whether the live definition already is the declared one; asked once for each body."""
        digest = declared.resource.digest
        if digest in self._served:
            return True
        live = await self.read_whole(declared.ref)
        if live is None or not definition.is_served(declared.body, live):
            return False
        if len(self._served) >= SERVED_MAX:
            self._served.clear()
        self._served[digest] = None
        return True


def _parsed(rendered: Rendered, known: Container[Digest]) -> dict[Digest, dict[str, Any]]:
    """The rendered bodies that are not known, by their digests."""
    return {one.digest: parse(rendered.body(one)) for one in rendered.resources if one.digest not in known}


def _pair(body: dict[str, Any]) -> Pair:
    return str(body.get("apiVersion", "")), str(body.get("kind", ""))


def _first(placed: Sequence[Placed], namespace: str) -> Position:
    """Before everything that stands in the namespace, hooks too."""
    inside = [one.resource.position for one in placed if one.ref.namespace == namespace]
    hooks_before = [one for one in inside if one.phase is Phase.BEFORE]
    phase = Phase.BEFORE if hooks_before else Phase.DURING
    waves = [one.wave for one in inside if one.phase is phase]
    return Position(phase=phase, wave=min([0, *waves]))


def _is_another_phase(one: Resource, before: Resource) -> bool:
    """A hook that runs in two phases is one object, written once."""
    is_same = (one.is_hook, one.origin, one.digest) == (before.is_hook, before.origin, before.digest)
    return is_same and one.is_hook and one.position.phase is not before.position.phase


def _twice(placed: Sequence[Placed]) -> Iterable[Misfit]:
    first: dict[Ref, Placed] = {}
    for one in placed:
        before = first.setdefault(one.ref, one)
        if before is not one and not _is_another_phase(one.resource, before.resource):
            twice = problem.declared_twice(one.ref, before.resource.origin, one.resource.origin)
            yield Misfit(diagnostic=twice)
