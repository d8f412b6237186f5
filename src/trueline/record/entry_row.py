"""An inventory's entry as bytes and back. Fields are only ever added at the end, so that older rows stay readable."""

import msgspec

from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.target.inventory import Entry, EntryState


class _Row(msgspec.Struct, frozen=True, array_like=True):
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


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Row)


def encode_entry(entry: Entry) -> bytes:
    """The bytes of an entry.

    >>> entry = Entry(ref=Ref("ConfigMap", "shop", "settings"), state=EntryState.APPLIED, uid="1")
    >>> decode_entry(encode_entry(entry)) == entry
    True
    """
    return _encoder.encode(
        _Row(
            entry.ref.kind,
            entry.ref.namespace,
            entry.ref.name,
            entry.state.value,
            entry.body,
            entry.intended,
            entry.uid,
            entry.promised,
            entry.ours,
            entry.others,
            entry.generation,
            entry.overruled,
            entry.withheld,
            entry.run,
            entry.keep,
        ),
    )


def decode_entry(data: bytes) -> Entry:
    """The entry of the bytes.

    Raises:
        msgspec.DecodeError: they are none.
    """
    row = _decoder.decode(data)
    return Entry(
        ref=Ref(row.kind, row.namespace, row.name),
        state=EntryState(row.state),
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
    )
