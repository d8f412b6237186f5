"""What was made of each body the last time, so that only what changed is parsed, cleaned, marked and encoded (D4).

It decides nothing: a type that is another one now, a body that says something to others, a hook, are placed anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

from trueline.model.digest import Digest, digest_value
from trueline.render.resource import Phase, Position, Resource
from trueline.target.kubernetes.clash import claims_ports
from trueline.target.kubernetes.need import Placed, names_others
from trueline.target.kubernetes.placing_text import DIGEST_BYTES, PlacingStore, decode, encode
from trueline.target.kubernetes.resource_type import ResourceType

REMEMBERED_MAX = 100_000
POSITIONS_MAX = 1_000


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

    def is_same(self, other: "_Last | None") -> bool:
        """Whether the same bodies became the same; where they were written is no matter here."""
        if other is None or (self.namespace, self.mark) != (other.namespace, other.mark):
            return False
        return (
            self.rendered == other.rendered
            and all(one.digest == each.digest for one, each in zip(self.resources, other.resources, strict=True))
            and self.types == other.types
        )

    def before(self) -> Before:
        digests = (
            Digest(self.rendered[at : at + DIGEST_BYTES].hex()) for at in range(0, len(self.rendered), DIGEST_BYTES)
        )
        kept = dict(zip(digests, zip(self.resources, self.types, strict=True), strict=True))
        return Before(kept=kept, types=tuple({id(one): one for one in self.types}.values()))


class Placings:
    """The last placing of each application: by its name, and within it by the digest of the rendered body.

    At most so many resources in all; the application that was placed longest ago goes first. The resources are those
    that the loop keeps anyway, so one costs 48 bytes here. With a `store` they outlive the process; `engine` is all
    that may make another placing of the same body, or judge it otherwise, beside the sources of this package.
    """

    def __init__(
        self, remembered_max: int = REMEMBERED_MAX, *, store: PlacingStore | None = None, engine: str = ""
    ) -> None:
        self._remembered_max = remembered_max
        self._store = store
        self._engine = engine
        self._last: dict[str, _Last] = {}
        self._count = 0
        self._unwritten: set[str] = set()
        self._disowned: set[str] = set()

    def recall(self, application: str, *, namespace: str, mark: str) -> Before:
        """What each rendered body became, where it was placed for the same namespace and mark."""
        last = self._last.get(application)
        return last.before() if last and (last.namespace, last.mark) == (namespace, mark) else NOTHING_BEFORE

    def restore(self, application: str, *, namespace: str, mark: str) -> tuple[Digest, ...]:
        """Take what an earlier process wrote of an application that this one has not placed yet.

        INV-20: it was written under all that it was made of. The digests of the bodies whose schemas had held then.
        """
        if self._store is None or application in self._last or application in self._disowned:
            return ()
        kept = self._store.get(self._key(application, namespace, mark))
        rows = decode(kept) if kept is not None else None
        if rows is None:
            return ()
        self._remember(application, rows, namespace=namespace, mark=mark)
        return tuple(one.digest for _, one, _ in rows)

    def keep(self, application: str, placed: Iterable[tuple[Digest, Placed]], *, namespace: str, mark: str) -> None:
        """Replace what is remembered of an application: rendered digests, and what stands for each now."""
        kept = [(digest, one.resource, one.type) for digest, one in placed if not _is_placed_anew(one)]
        before = self._last.get(application)
        self._remember(application, kept, namespace=namespace, mark=mark)
        if before is None or not before.is_same(self._last.get(application)):
            self._unwritten.add(application)

    def write(self, application: str, holds: Callable[[Digest], bool]) -> None:
        """Let the last placing of an application outlive the process, as far as the schemas of its bodies held."""
        last = self._last.get(application)
        if self._store is None or last is None or application not in self._unwritten:
            return
        self._unwritten.discard(application)
        self._disowned.discard(application)
        rows = [(digest, *made) for digest, made in last.before().kept.items() if holds(made[0].digest)]
        self._store.put(self._key(application, last.namespace, last.mark), encode(rows))

    def disown(self, application: str) -> None:
        """What is remembered of an application, here or in the store, did not come true."""
        self._forget(application)
        self._disowned.add(application)

    def _forget(self, application: str) -> None:
        before = self._last.pop(application, None)
        self._count -= len(before.resources) if before else 0

    def _remember(
        self, application: str, kept: list[tuple[Digest, Resource, ResourceType]], *, namespace: str, mark: str
    ) -> None:
        self._forget(application)
        self._count += len(kept)
        self._last[application] = _Last(
            namespace=namespace,
            mark=mark,
            rendered=bytes.fromhex("".join(digest for digest, _, _ in kept)),
            resources=tuple(one for _, one, _ in kept),
            types=tuple(kind for _, _, kind in kept),
        )
        while self._count > self._remembered_max:
            self._forget(next(iter(self._last)))

    def _key(self, application: str, namespace: str, mark: str) -> str:
        return f"placing/{digest_value([self._engine, own_sources(), application, namespace, mark])}"


@cache
def own_sources() -> Digest:
    """The digest of what places: another version of it may make other bodies."""
    here = files("trueline.target.kubernetes").iterdir()
    texts = {one.name: sha256(one.read_bytes()).hexdigest() for one in here if one.name.endswith(".py")}
    return digest_value(texts)


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
    """A rendered resource in the place of the one that was made of the same body; what the render says is its own."""
    where = resource.position
    return Resource(
        ref=before.ref,
        digest=before.digest,
        origin=resource.origin,
        position=position(where.phase, where.wave, before.position.stage),
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
