"""OpenPGP signatures, by Sequoia (`pysequoia`): in memory, with no home directory, no agent and no process.

The library says only that a signature counts, or not. So what can be told before is told here: which key, which
algorithm, which time; what is left then is that the content is another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pysequoia import Cert, Sig
    from pysequoia.packet import Packet

_HASHES: Final = {"SHA256", "SHA384", "SHA512", "SHA3_256", "SHA3_512"}
_KEYS: Final = {"RSAEncryptSign", "RSASign", "ECDSA", "EdDSA", "Ed25519", "Ed448", "MLDSA65_Ed25519", "MLDSA87_Ed448"}
_RSA: Final = {"RSAEncryptSign", "RSASign"}
_RSA_BITS_MIN: Final = 2048
_BITS: Final = slice(6, 8)
"""Where a key packet of version 4 says how long its first number is."""
_BINARY: Final = "Binary"
_BEGIN: Final = b"-----BEGIN "


class Unreadable(ValueError):
    """It is no OpenPGP signature, or more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKey:
    """The primary key of a certificate, or a subkey: what may have signed."""

    fingerprint: str
    key_id: str
    algorithm: str
    bits: int
    until: datetime | None = None
    is_revoked: bool = False

    @property
    def is_weak(self) -> bool:
        """Whether nothing that it signs counts."""
        return self.algorithm not in _KEYS or (self.algorithm in _RSA and self.bits < _RSA_BITS_MIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPgpSignature:
    """One signature: who says to have made it, when, and by which algorithm."""

    issuers: frozenset[str]
    created: datetime | None
    hash_name: str
    is_over_bytes: bool
    packet: "Sig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A public key with its subkeys."""

    fingerprint: str
    is_revoked: bool
    until: datetime | None
    parts: tuple[PartKey, ...]
    cert: "Cert"

    def find(self, signature: OpenPgpSignature) -> PartKey | None:
        """The key of it that made a signature, as far as the signature says."""
        return next((one for one in self.parts if {one.fingerprint, one.key_id} & signature.issuers), None)


def read(armoured: bytes) -> OpenPgpSignature:
    """One armoured signature.

    Raises:
        Unreadable: it is none, or there are several.
        ImportError: `pysequoia` is not installed.
    """
    from pysequoia import Sig  # noqa: PLC0415 - only who demands signatures pays for it
    from pysequoia.packet import PacketPile  # noqa: PLC0415 - see above

    try:
        if armoured.count(_BEGIN) != 1 or len(PacketPile.from_bytes(armoured)) != 1:  # it reads the first block alone
            raise Unreadable("it is not exactly one")
        found = Sig.from_bytes(armoured)
        names = (found.issuer_fingerprint, found.issuer_key_id)
        return OpenPgpSignature(
            issuers=frozenset(name.lower() for name in names if name),
            created=found.created,
            hash_name=_word(found.hash_algorithm),
            is_over_bytes=_word(found.signature_type) == _BINARY,
            packet=found,
        )
    except RuntimeError as error:
        raise Unreadable(_first_line(error)) from None


def is_strong(signature: OpenPgpSignature) -> bool:
    """Whether its hash is accepted."""
    return signature.hash_name in _HASHES


def certificate(text: str) -> Certificate:
    """A public key from its armoured block.

    Raises:
        Unreadable: it is none, or holds several, or a secret one.
        ImportError: `pysequoia` is not installed.
    """
    from pysequoia import Cert  # noqa: PLC0415 - see above

    try:
        found = Cert.split_bytes(text.encode())
        if len(found) != 1 or text.encode().count(_BEGIN) != 1:
            raise Unreadable("it is not exactly one public key")
        cert = found[0]
        parts = tuple(_parts(bytes(cert)))
        return Certificate(
            fingerprint=cert.fingerprint.lower(),
            is_revoked=cert.is_revoked,
            until=_expiration(cert),
            parts=parts,
            cert=cert,
        )
    except RuntimeError as error:
        raise Unreadable(_first_line(error)) from None


def is_valid(signature: OpenPgpSignature, holder: Certificate, payload: bytes) -> bool:
    """Whether it is a signature of this key over this, made while the key was valid."""
    from pysequoia import verify  # noqa: PLC0415 - see above

    try:
        found = verify(bytes=payload, store=lambda _: [holder.cert], signature=signature.packet)
    except RuntimeError:
        return False
    return any(one.certificate.lower() == holder.fingerprint for one in found.valid_sigs)


def _expiration(cert: "Cert") -> datetime | None:
    """When it ends; of one that the library does not accept at all it does not say, nor does any signature count."""
    try:
        return cert.expiration
    except RuntimeError:
        return None


def _parts(data: bytes) -> Iterator[PartKey]:
    """The keys of a certificate, each with what its newest binding says."""
    from pysequoia.packet import PacketPile  # noqa: PLC0415 - see above

    key: Packet | None = None
    bound: list[Packet] = []
    for packet in PacketPile.from_bytes(data):
        match _word(packet.tag):
            case "PublicKey" | "PublicSubkey":
                if key is not None:
                    yield _part(key, bound)
                key, bound = packet, []
            case "Signature":
                bound.append(packet)
            case "SecretKey" | "SecretSubkey":
                raise Unreadable("it is not exactly one public key: a secret one stands in it")
            case _:
                pass
    if key is not None:
        yield _part(key, bound)


def _part(key: "Packet", signatures: list["Packet"]) -> PartKey:
    bindings = [one for one in signatures if _word(one.signature_type) == "SubkeyBinding" and one.signature_created]
    newest = max(bindings, key=lambda one: str(one.signature_created), default=None)
    lasts = newest.key_validity_period if newest is not None else None
    algorithm = _word(key.key_algorithm)
    body = bytes(key.body)
    return PartKey(
        fingerprint=(key.fingerprint or "").lower(),
        key_id=(key.key_id or "").lower(),
        algorithm=algorithm,
        bits=int.from_bytes(body[_BITS]) if algorithm in _RSA else 0,
        until=key.key_created + lasts if lasts and key.key_created else None,
        is_revoked=any(_word(one.signature_type) == "SubkeyRevocation" for one in signatures),
    )


def _word(value: object) -> str:
    """The name of a member of the library's enums."""
    return repr(value).rpartition(".")[2]


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
