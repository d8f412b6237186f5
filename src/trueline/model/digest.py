"""Digests: content addresses everything (D3). SHA-256 over canonical bytes, in hexadecimal."""

import hashlib
from typing import Any, NewType

import msgspec

Digest = NewType("Digest", str)

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no white space: equal values have equal bytes.

    >>> canonical({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    return _encoder.encode(value)


def parse(body: bytes) -> Any:
    """The value of canonical bytes; integers stay exact."""
    return _decoder.decode(body)


def digest_bytes(data: bytes) -> Digest:
    """The digest of bytes as they stand."""
    return Digest(hashlib.sha256(data).hexdigest())


def digest_value(value: Any) -> Digest:
    """The digest of a value, whatever the order of its keys.

    >>> digest_value({"a": 1, "b": 2}) == digest_value({"b": 2, "a": 1})
    True
    """
    return digest_bytes(canonical(value))
