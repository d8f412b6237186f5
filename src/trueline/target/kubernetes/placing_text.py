"""What became of rendered bodies, as bytes and back, for the next process: it need not read and check them all again.

Of a resource only what placing gave it is kept: ref, digest and stage. Bytes that say anything else say nothing.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from trueline.model.digest import Digest
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Position, Resource
from trueline.target.kubernetes.resource_type import ResourceType

DIGEST_BYTES: Final = 32
_NOWHERE: Final = Origin(path="")


class PlacingStore(Protocol):
    """Where placings outlive the process; it may forget one at any time."""

    def get(self, key: str) -> bytes | None:
        """What was put last."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        ...


class _Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    rendered: bytes
    digest: bytes
    type: int
    stage: int
    namespace: str
    name: str


class _Type(msgspec.Struct, array_like=True, frozen=True):
    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...]
    subresources: tuple[str, ...]


class _Placing(msgspec.Struct, array_like=True, frozen=True):
    types: tuple[_Type, ...]
    rows: list[_Row]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Placing)


def encode(placed: Sequence[tuple[Digest, Resource, ResourceType]]) -> bytes:
    """The bytes of rendered digests, with what became of each."""
    types: dict[ResourceType, int] = {}
    rows = [
        _Row(
            rendered=bytes.fromhex(rendered),
            digest=bytes.fromhex(one.digest),
            type=types.setdefault(kind, len(types)),
            stage=one.position.stage,
            namespace=one.ref.namespace,
            name=one.ref.name,
        )
        for rendered, one, kind in placed
    ]
    return _encoder.encode(_Placing(types=tuple(map(_type, types)), rows=rows))


def decode(data: bytes) -> list[tuple[Digest, Resource, ResourceType]] | None:
    """What was encoded; `None` where it is anything else. Origin, phase and wave are those of each render."""
    try:
        placing = _decoder.decode(data)
        stages = {row.stage: Position(stage=row.stage) for row in placing.rows}
        types = [_resource_type(one) for one in placing.types]
        kinds = [one.kind_name for one in types]
        return [
            (
                Digest(row.rendered.hex()),
                Resource(
                    ref=Ref(kinds[row.type], row.namespace, row.name),
                    digest=Digest(row.digest.hex()),
                    origin=_NOWHERE,
                    position=stages[row.stage],
                ),
                types[row.type],
            )
            for row in placing.rows
            if len(row.rendered) == len(row.digest) == DIGEST_BYTES
        ]
    except (msgspec.DecodeError, IndexError):
        return None


def _type(one: ResourceType) -> _Type:
    return _Type(
        group=one.group,
        version=one.version,
        kind=one.kind,
        plural=one.plural,
        namespaced=one.namespaced,
        verbs=tuple(sorted(one.verbs)),
        subresources=tuple(sorted(one.subresources)),
    )


def _resource_type(one: _Type) -> ResourceType:
    return ResourceType(
        group=one.group,
        version=one.version,
        kind=one.kind,
        plural=one.plural,
        namespaced=one.namespaced,
        verbs=frozenset(one.verbs),
        subresources=frozenset(one.subresources),
    )
