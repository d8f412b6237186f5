"""One encrypted value, and the MAC over all of them: AES-256-GCM, bound to the names above it. Pure."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
_FORM = re.compile(r"ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:(\w+)\]")
_ONLY_ENCRYPTED = hashlib.sha256(b"sops").digest()
"""What a MAC over encrypted values alone begins with, so that it is never taken for the other one."""
_KINDS: Final = frozenset({"str", "int", "float", "bool", "time", "bytes", "comment"})


class DamagedValueError(Exception):
    """A value that does not open under this key in this place; it is not repeated."""


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A value in clear: its kind and the bytes that go into the MAC."""

    kind: str
    data: bytes


def is_encrypted(text: str) -> bool:
    """Whether a text has the form of an encrypted value.

    >>> is_encrypted("ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]"), is_encrypted("ENC[...]")
    (True, False)
    """
    return _FORM.fullmatch(text) is not None


def open_value(text: str, key: bytes, bound: str) -> Opened:
    """Decrypt one value; `bound` is what it was encrypted for: the names above it, each followed by `:`.

    Raises:
        DamagedValueError: it has another form, was changed, stands elsewhere, or the key is another one.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[4] not in _KINDS:
        raise DamagedValueError
    try:
        data, nonce, tag = (base64.b64decode(part, validate=True) for part in match.groups()[:3])
    except binascii.Error:
        raise DamagedValueError from None
    return _typed(match[4], _decrypted(key, nonce, data, tag, bound))


def _decrypted(key: bytes, nonce: bytes, data: bytes, tag: bytes, bound: str) -> bytes:
    if len(tag) != _TAG_BYTES:  # a shorter one would guard less
        raise DamagedValueError
    from cryptography.hazmat.primitives import ciphers  # noqa: PLC0415 - 8 MB for who has no secrets
    from cryptography.hazmat.primitives.ciphers import algorithms, modes  # noqa: PLC0415

    try:
        cipher = ciphers.Cipher(algorithms.AES(key), modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(bound.encode())
        return bytes(cipher.update(data) + cipher.finalize())
    except Exception:  # noqa: BLE001 - whatever the library says of it, it may hold a part of the value
        raise DamagedValueError from None


def _typed(kind: str, data: bytes) -> Opened:
    """The value as SOPS reads it: what its MAC is made of is written anew from the value."""
    if kind in {"str", "bytes", "comment"}:
        return Opened("comment" if kind == "comment" else "str", data)
    try:
        text = data.decode("ascii")
        match kind:
            case "int":
                return Opened(kind, str(int(text)).encode())
            case "float":
                return Opened(kind, plain_float(float(text)).encode())
            case "bool":
                return Opened(kind, b"True" if _TRUTH[text] else b"False")
            case _:
                return Opened(kind, data)
    except (ValueError, KeyError, InvalidOperation):
        raise DamagedValueError from None


_TRUTH: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def plain_float(value: float) -> str:
    """A number without an exponent and without a point it does not need, in the fewest digits that mean it.

    >>> plain_float(1.0), plain_float(1e22), plain_float(1.5e-7)
    ('1', '10000000000000000000000', '0.00000015')
    """
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - not a number
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(value), "NaN")
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def mac_of(values: Iterable[tuple[bytes, bool]], *, only_encrypted: bool) -> str:
    """The MAC over values in the order of the text, each with whether it is encrypted."""
    digest = hashlib.sha512(_ONLY_ENCRYPTED if only_encrypted else b"")
    for data, is_secret in values:
        if is_secret or not only_encrypted:
            digest.update(data)
    return digest.hexdigest().upper()
