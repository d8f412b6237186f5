"""The kept form of a render: light, without bodies and without the commit, which the reader gives anew."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import HookDelete, Phase, Position, Rendered, Resource
from trueline.render.trace import Trace

FETCHED_AT_ONCE: Final = 512


class _Place(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """`commit` only where it is another one than the render's: a file of an older version of a site."""

    path: str
    line: int
    commit: str = ""


class _Resource(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    namespace: str
    name: str
    digest: Digest
    place: _Place
    phase: Phase = Phase.DURING
    wave: int = 0
    is_hook: bool = False
    hook_delete: tuple[HookDelete, ...] = ()
    keep: bool = False
    unstable: tuple[str, ...] = ()


class _Note(msgspec.Struct, frozen=True, array_like=True):
    code: str
    summary: str
    detail: str
    remedy: str
    place: _Place | None


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    resources: tuple[_Resource, ...]
    notes: tuple[_Note, ...]
    uses_capabilities: bool
    outside: tuple[tuple[str, _Place], ...] = ()


class StoredRender(msgspec.Struct, frozen=True, kw_only=True):
    """A render as it is kept; `content` is decoded only where it is wanted."""

    trace: Trace
    content: msgspec.Raw


@dataclass(slots=True)
class StoredBodies(Mapping[Digest, bytes]):
    """The bodies of a kept render, each fetched when it is asked for, unless it is at hand.

    Who asks for one after the other in their order gets more of them by one question, twice as many each time; of the
    answers only the last is remembered.
    """

    digests: Collection[Digest]
    fetch: Callable[[Collection[Digest]], Mapping[Digest, bytes]]
    at_hand: Mapping[Digest, bytes] = field(default_factory=dict)
    _order: list[Digest] = field(default_factory=list, compare=False, repr=False)
    _places: dict[Digest, int] = field(default_factory=dict, compare=False, repr=False)
    _ahead: Mapping[Digest, bytes] = field(default_factory=dict, compare=False, repr=False)
    _next: int = field(default=-1, compare=False, repr=False)
    _count: int = field(default=1, compare=False, repr=False)

    def __getitem__(self, digest: Digest) -> bytes:
        body = self.at_hand.get(digest) or self._ahead.get(digest)
        return self._fetched(digest) if body is None else body

    def _fetched(self, digest: Digest) -> bytes:
        if not self._places:
            self._order = list(self.digests)
            self._places = {one: place for place, one in enumerate(self._order)}
        place = self._places[digest]
        self._count = min(2 * self._count, FETCHED_AT_ONCE) if place == self._next else 1
        wanted = self._order[place : place + self._count]
        self._next = place + len(wanted)
        self._ahead = self.fetch([one for one in wanted if one not in self.at_hand])
        return self._ahead[digest]

    def __iter__(self) -> Iterator[Digest]:
        return iter(self.digests)

    def __len__(self) -> int:
        return len(self.digests)


def to_stored(rendered: Rendered, trace: Trace, commit: str) -> StoredRender:
    """The kept form of a render at a commit."""
    content = _Content(
        resources=tuple(_stored(one, commit) for one in rendered.resources),
        notes=tuple(
            _Note(one.code, one.summary, one.detail, one.remedy, _place(one.origin, commit) if one.origin else None)
            for one in rendered.notes
        ),
        uses_capabilities=rendered.uses_capabilities,
        outside=tuple((url, _place(origin, commit)) for url, origin in rendered.outside),
    )
    return StoredRender(trace=trace, content=msgspec.Raw(msgspec.json.encode(content)))


def from_stored(
    stored: StoredRender, commit: str, fetch: Callable[[Collection[Digest]], Mapping[Digest, bytes]]
) -> Rendered:
    """The render, with the origins of a commit and with bodies that are fetched one by one."""
    content = msgspec.json.decode(stored.content, type=_Content)
    resources = tuple(_resource(one, commit) for one in content.resources)
    return Rendered(
        resources=resources,
        bodies=StoredBodies(dict.fromkeys(one.digest for one in resources), fetch),
        notes=tuple(_note(one, commit) for one in content.notes),
        uses_capabilities=content.uses_capabilities,
        outside=tuple((url, _origin(at, commit)) for url, at in content.outside),
    )


def _place(origin: Origin, commit: str) -> _Place:
    return _Place(origin.path, origin.line, origin.commit if origin.commit != commit else "")


def _origin(place: _Place, commit: str) -> Origin:
    return Origin(path=place.path, line=place.line, commit=place.commit or commit)


def _stored(one: Resource, commit: str) -> _Resource:
    return _Resource(
        kind=one.ref.kind,
        namespace=one.ref.namespace,
        name=one.ref.name,
        digest=one.digest,
        place=_place(one.origin, commit),
        phase=one.position.phase,
        wave=one.position.wave,
        is_hook=one.is_hook,
        hook_delete=one.hook_delete,
        keep=one.keep,
        unstable=one.unstable,
    )


def _resource(one: _Resource, commit: str) -> Resource:
    return Resource(
        ref=Ref(one.kind, one.namespace, one.name),
        digest=one.digest,
        origin=_origin(one.place, commit),
        position=Position(phase=one.phase, wave=one.wave),
        is_hook=one.is_hook,
        hook_delete=one.hook_delete,
        keep=one.keep,
        unstable=one.unstable,
    )


def _note(one: _Note, commit: str) -> Diagnostic:
    origin = _origin(one.place, commit) if one.place else None
    return Diagnostic(code=one.code, summary=one.summary, detail=one.detail, remedy=one.remedy, origin=origin)
