"""What was placed before is not read again, and nothing can be told from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any, cast

import pytest

from tests.target.kubernetes.fake import CONFIG_MAP, FakeClock
from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.model.known import Known
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Phase, Position, Rendered, Resource
from trueline.target.kubernetes.kind import Found, Kinds
from trueline.target.kubernetes.need import Placed
from trueline.target.kubernetes.normalise import Asked, Normaliser
from trueline.target.kubernetes.placing import Placings
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.rule import RULES

ASKED = Asked(application="shop", namespace="shop", mark="t1.shop", create=False)
TYPES = {
    ("v1", "ConfigMap"): CONFIG_MAP,
    ("v1", "Service"): replace(CONFIG_MAP, kind="Service", plural="services"),
    ("v1", "Pod"): replace(CONFIG_MAP, kind="Pod", plural="pods"),
    ("v1", "ServiceAccount"): replace(CONFIG_MAP, kind="ServiceAccount", plural="serviceaccounts"),
}


class FixedKinds:
    """A server of these types."""

    def __init__(self) -> None:
        self.types: dict[tuple[str, str], ResourceType] = dict(TYPES)

    async def find(self, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Found]:
        """Each of them."""
        return {pair: Known(self.types.get(pair)) for pair in wanted}


class CountedBodies(Mapping[Digest, bytes]):
    """Bodies that note which of them were read."""

    def __init__(self, bodies: Mapping[Digest, bytes]) -> None:
        self.bodies = bodies
        self.read: list[str] = []

    def __getitem__(self, digest: Digest) -> bytes:
        self.read.append(digest)
        return self.bodies[digest]

    def __iter__(self) -> Iterator[Digest]:
        return iter(self.bodies)

    def __len__(self) -> int:
        return len(self.bodies)


def body(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "annotations": {}}, **more}


def rendered(*bodies: dict[str, Any], commit: str = "c1", hooks: bool = False) -> Rendered:
    texts = [canonical(one) for one in bodies]
    resources = tuple(
        Resource(
            ref=Ref(one["kind"], "", one["metadata"]["name"]),
            digest=digest_bytes(text),
            origin=Origin(path="all.yaml", line=line, commit=commit),
            position=Position(phase=phase),
            is_hook=hooks,
        )
        for line, (one, text) in enumerate(zip(bodies, texts, strict=True))
        for phase in ([Phase.BEFORE, Phase.AFTER] if hooks else [Phase.DURING])
    )
    return Rendered(resources=resources, bodies=CountedBodies({digest_bytes(text): text for text in texts}))


def normaliser(kinds: FixedKinds | None = None) -> Normaliser:
    async def look(refs: Sequence[Ref]) -> Mapping[Ref, Known[None]]:
        return {ref: Known(None) for ref in refs}

    async def read_whole(_: Ref) -> None:
        return None

    known = cast("Kinds", kinds or FixedKinds())
    return Normaliser(kinds=known, rules=RULES, look=look, read_whole=read_whole, schema=None, clock=FakeClock())


def read(made: Rendered) -> list[str]:
    bodies = cast("CountedBodies", made.bodies)
    return [str(one.ref) for one in made.resources if one.digest in bodies.read]


SETTINGS, OTHER = body("ConfigMap", "settings", data={"a": "1"}), body("ConfigMap", "settings", data={"a": "2"})
ACCOUNT, POD = body("ServiceAccount", "web"), body("Pod", "web", spec={"serviceAccountName": "web"})
WEB = body("Service", "web", spec={"ports": [{"port": 80, "nodePort": 30001}]})
TWIN = body("Service", "twin", spec={"ports": [{"port": 80, "nodePort": 30001}]})
FOREIGN = body("ConfigMap", "foreign")
FOREIGN["metadata"]["labels"] = {"trueline.dev/application": "t1.other"}
RENDERS = [
    lambda: rendered(SETTINGS, ACCOUNT, WEB),
    lambda: rendered(OTHER, ACCOUNT, WEB, commit="c2"),
    lambda: rendered(SETTINGS, SETTINGS, commit="c3"),
    lambda: rendered(WEB, TWIN, SETTINGS),
    lambda: rendered(ACCOUNT, POD, SETTINGS),
    lambda: rendered(FOREIGN, SETTINGS),
    lambda: rendered(SETTINGS, POD, hooks=True),
    lambda: rendered(SETTINGS, body("Gone", "x")),
]


@pytest.mark.parametrize("order", list(permutations(range(len(RENDERS)), 2)))
async def test_what_was_before_changes_nothing(order: tuple[int, ...]) -> None:
    warm = normaliser()
    for place in (*order, order[1], order[0]):
        made = await warm.normalise(RENDERS[place](), ASKED)
        fresh = await normaliser().normalise(RENDERS[place](), ASKED)
        assert (made.rendered.resources, made.problems, made.awaits) == (
            fresh.rendered.resources,
            fresh.problems,
            fresh.awaits,
        )
        assert dict(made.rendered.bodies) == dict(fresh.rendered.bodies)


async def test_only_what_changed_is_read() -> None:
    warm = normaliser()
    await warm.normalise(rendered(SETTINGS, ACCOUNT), ASKED)
    again = rendered(OTHER, ACCOUNT, commit="c2")
    made = await warm.normalise(again, ASKED)
    assert read(again) == ["ConfigMap/settings"]
    assert len(made.rendered.bodies) == 2
    assert {one.origin.commit for one in made.rendered.resources} == {"c2"}


async def test_another_type_namespace_or_mark_is_placed_anew() -> None:
    kinds = FixedKinds()
    warm = normaliser(kinds)
    await warm.normalise(rendered(SETTINGS), ASKED)
    for asked in (replace(ASKED, namespace="other"), replace(ASKED, mark="t1.else"), ASKED):
        again = rendered(SETTINGS)
        await warm.normalise(again, asked)
        assert read(again) == ["ConfigMap/settings"]
    kinds.types["v1", "ConfigMap"] = replace(CONFIG_MAP, namespaced=False)
    moved = await warm.normalise(rendered(SETTINGS), ASKED)
    assert [str(one.ref) for one in moved.rendered.resources] == ["ConfigMap/settings"]


def test_what_is_remembered_is_bounded() -> None:
    placings = Placings(remembered_max=2)
    one = rendered(SETTINGS).resources[0]
    for name in ("a", "b", "c"):
        placings.keep(name, [(one.digest, Placed(one, CONFIG_MAP))], namespace="", mark="")
    kept = [name for name in "abc" if placings.recall(name, namespace="", mark="").kept]
    assert kept == ["b", "c"]
