"""What was made of each body the last time, so that only what changed is parsed, cleaned, marked and encoded (D4).

It decides nothing: a type that is another one now, a body that says something to others, a hook, are placed anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from trueline.model.digest import Digest
from trueline.render.resource import Phase, Position, Resource
from trueline.target.kubernetes.clash import claims_ports
from trueline.target.kubernetes.need import Placed, names_others
from trueline.target.kubernetes.resource_type import ResourceType

REMEMBERED_MAX = 100_000
POSITIONS_MAX = 1_000
_BYTES = 32  # of a digest


@dataclass(frozen=True, slots=True)
class Before:
    """What became of rendered bodies, by their digests, with the types; `types` are those, each once."""

    kept: Mapping[Digest, tuple[Resource, ResourceType]]
    types: tuple[ResourceType, ...]


NOTHING_BEFORE = Before(kept={}, types=())


@dataclass(frozen=True, slots=True)
class _Last:
    """One application's: the digests of the rendered bodies one after the other, what each became, and its type."""

    namespace: str
    mark: str
    rendered: bytes
    resources: tuple[Resource, ...]
    types: tuple[ResourceType, ...]

    def before(self) -> Before:
        digests = (Digest(self.rendered[at : at + _BYTES].hex()) for at in range(0, len(self.rendered), _BYTES))
        kept = dict(zip(digests, zip(self.resources, self.types, strict=True), strict=True))
        return Before(kept=kept, types=tuple({id(one): one for one in self.types}.values()))


class Placings:
    """The last placing of each application: by its name, and within it by the digest of the rendered body.

    At most so many resources in all; the application that was placed longest ago goes first. The resources are those
    that the loop keeps anyway, so one costs 48 bytes here.
    """

    def __init__(self, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._last: dict[str, _Last] = {}
        self._count = 0

    def recall(self, application: str, *, namespace: str, mark: str) -> Before:
        """What each rendered body became, where it was placed for the same namespace and mark."""
        last = self._last.get(application)
        return last.before() if last and (last.namespace, last.mark) == (namespace, mark) else NOTHING_BEFORE

    def keep(self, application: str, placed: Iterable[tuple[Digest, Placed]], *, namespace: str, mark: str) -> None:
        """Replace what is remembered of an application: rendered digests, and what stands for each now."""
        kept = [(digest, one) for digest, one in placed if not _is_placed_anew(one)]
        before = self._last.pop(application, None)
        self._count += len(kept) - (len(before.resources) if before else 0)
        self._last[application] = _Last(
            namespace=namespace,
            mark=mark,
            rendered=bytes.fromhex("".join(digest for digest, _ in kept)),
            resources=tuple(one.resource for _, one in kept),
            types=tuple(one.type for _, one in kept),
        )
        while self._count > self._remembered_max:
            self._count -= len(self._last.pop(next(iter(self._last))).resources)


@dataclass(frozen=True, slots=True)
class PlacedBodies(Mapping[Digest, bytes]):
    """The bodies of a placing; what was placed before is made `again` only when it is asked for."""

    fresh: Mapping[Digest, bytes]
    again: Mapping[Digest, Resource]
    make: Callable[[Resource], bytes]

    def __getitem__(self, digest: Digest) -> bytes:
        body = self.fresh.get(digest)
        return self.make(self.again[digest]) if body is None else body

    def __iter__(self) -> Iterator[Digest]:
        return iter({**self.fresh, **self.again})

    def __len__(self) -> int:
        return len({**self.fresh, **self.again})


def as_before(resource: Resource, before: Resource) -> Resource:
    """A rendered resource in the place of the one that was made of the same body; origins are those of this render."""
    return Resource(
        ref=before.ref,
        digest=before.digest,
        origin=resource.origin,
        position=before.position,
        is_hook=resource.is_hook,
        hook_delete=resource.hook_delete,
        keep=resource.keep,
        unstable=resource.unstable,
    )


@lru_cache(POSITIONS_MAX)
def position(phase: Phase, wave: int, stage: int) -> Position:
    """A position, one object for all that stand there; keyed by all that it is."""
    return Position(phase=phase, wave=wave, stage=stage)


def _is_placed_anew(placed: Placed) -> bool:
    """Whether its body has to be read each time; the same hook may stand at two positions."""
    return placed.resource.is_hook or names_others(placed.ref.kind) or claims_ports(placed)
