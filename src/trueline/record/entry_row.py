"""An inventory's entry as bytes and back. Fields are only ever added at the end: older rows stay readable (INV-27)."""

import msgspec

from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.target.inventory import Ending, Entry, EntryState


class EntryRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry as it is kept: what a stage of thousands is written with, for an `Entry` takes three times as long."""

    kind: str
    namespace: str
    name: str
    state: str
    body: str = ""
    intended: str = ""
    uid: str = ""
    promised: str = ""
    ours: str = ""
    others: str = ""
    generation: int = 0
    overruled: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    run: str = ""
    keep: bool = False
    wave: int = 0
    ended: str = ""
    added: tuple[str, ...] = ()
    applied_at: int = 0


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(EntryRow)
_STATES = {one.value: one for one in EntryState}
_ENDINGS = {one.value: one for one in Ending}


def encode_row(row: EntryRow) -> bytes:
    """The bytes of a row."""
    return _encoder.encode(row)


def decode_row(data: bytes) -> EntryRow:
    """The row of the bytes.

    Raises:
        msgspec.DecodeError: they are none.
    """
    return _decoder.decode(data)


def decode_entry(data: bytes) -> Entry:
    """The entry of the bytes.

    Raises:
        msgspec.DecodeError: they are none.

    >>> decode_entry(encode_row(EntryRow("ConfigMap", "shop", "settings", "applied", uid="1"))).uid
    '1'
    """
    row = decode_row(data)
    return Entry(
        ref=Ref(row.kind, row.namespace, row.name),
        state=_STATES[row.state],
        body=Digest(row.body),
        intended=Digest(row.intended),
        uid=row.uid,
        promised=Digest(row.promised),
        ours=Digest(row.ours),
        others=Digest(row.others),
        generation=row.generation,
        overruled=row.overruled,
        withheld=row.withheld,
        run=row.run,
        keep=row.keep,
        wave=row.wave,
        ended=_ENDINGS[row.ended],
        added=row.added,
        applied_at=row.applied_at,
    )
