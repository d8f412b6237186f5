"""SSH signatures (OpenSSH's PROTOCOL.sshsig): read strictly, and checked with `cryptography`. No process, no file."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = b"git"
_BEGIN: Final = b"-----BEGIN SSH SIGNATURE-----"
_END: Final = b"-----END SSH SIGNATURE-----"
_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_HASHES: Final = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_CURVES: Final = {
    b"ecdsa-sha2-nistp256": b"nistp256",
    b"ecdsa-sha2-nistp384": b"nistp384",
    b"ecdsa-sha2-nistp521": b"nistp521",
}
_RSA: Final = {b"rsa-sha2-256", b"rsa-sha2-512"}
RSA_BITS_MIN: Final = 2048


class Unreadable(ValueError):
    """It is no SSH signature, or not one that Git makes."""


class Weak(ValueError):
    """Its algorithm, or its key, is not accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSignature:
    """One signature, taken apart: `key` is the public key that it says it is of, in SSH's own bytes."""

    key: bytes
    hash_name: bytes
    algorithm: bytes
    signature: bytes


class _Reader:
    """Takes the fields of SSH's wire form one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def string(self) -> bytes:
        """A length and as many bytes."""
        length = self.number()
        return self.take(length)

    def number(self) -> int:
        """Four bytes."""
        return int.from_bytes(self.take(4))

    def take(self, length: int) -> bytes:
        """Exactly so many bytes."""
        if length > len(self._data):
            raise Unreadable("it is cut")
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def end(self) -> None:
        """Nothing follows."""
        if self._data:
            raise Unreadable("something follows its end")


def read(armoured: bytes) -> SshSignature:
    """An armoured signature.

    Raises:
        Unreadable: it does not have the form, or was made for another purpose than Git.
        Weak: its hash is not accepted.
    """
    reader = _Reader(_blob(armoured))
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number() != _VERSION:
        raise Unreadable("it is of another form or version")
    key, namespace, reserved, hash_name, signature = (reader.string() for _ in range(5))
    reader.end()
    if namespace != NAMESPACE or reserved:
        raise Unreadable(f"it was made for {namespace!r}, not for Git")
    if hash_name not in _HASHES:
        raise Weak(f"hash {hash_name!r}")
    inner = _Reader(signature)
    algorithm, raw = inner.string(), inner.string()
    inner.end()
    return SshSignature(key=key, hash_name=hash_name, algorithm=algorithm, signature=raw)


def is_valid(signature: SshSignature, payload: bytes) -> bool:
    """Whether it is a signature of its own key over this.

    Raises:
        Unreadable: its key has no form that is known.
        Weak: its key or algorithm is not accepted.
        ImportError: `cryptography` is not installed.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only who demands signatures pays for it

    hashed = _HASHES[signature.hash_name](payload).digest()
    signed = _MAGIC + b"".join(len(part).to_bytes(4) + part for part in (NAMESPACE, b"", signature.hash_name, hashed))
    try:
        _check(signature, signed)
    except InvalidSignature:
        return False
    return True


def _check(signature: SshSignature, signed: bytes) -> None:
    """Each kind of key signs with its own algorithms; what is not named here is not accepted."""
    reader = _Reader(signature.key)
    kind = reader.string()
    match kind:
        case b"ssh-ed25519" if signature.algorithm == kind:
            _check_ed25519(reader, signature.signature, signed)
        case b"ssh-rsa" if signature.algorithm in _RSA:
            _check_rsa(reader, signature, signed)
        case _ if kind in _CURVES and signature.algorithm == kind:
            _check_ecdsa(reader, _CURVES[kind], signature.signature, signed)
        case _:
            raise Weak(
                f"key {kind.decode(errors='replace')!r}, signed by {signature.algorithm.decode(errors='replace')!r}"
            )


def _check_ed25519(reader: _Reader, raw: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - see above

    point = reader.string()
    reader.end()
    try:
        key = Ed25519PublicKey.from_public_bytes(point)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    key.verify(raw, signed)


def _check_rsa(reader: _Reader, signature: SshSignature, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # noqa: PLC0415 - see above

    exponent, modulus = int.from_bytes(reader.string()), int.from_bytes(reader.string())
    reader.end()
    if modulus.bit_length() < RSA_BITS_MIN:
        raise Weak(f"RSA of {modulus.bit_length()} bits")
    try:
        key = RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as error:
        raise Unreadable(str(error)) from None
    hashing = hashes.SHA512() if signature.algorithm.endswith(b"512") else hashes.SHA256()
    key.verify(signature.signature, signed, PKCS1v15(), hashing)


def _check_ecdsa(reader: _Reader, curve_name: bytes, raw: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415 - see above

    curves: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    curve, hashing = curves[curve_name]
    if reader.string() != curve_name:
        raise Unreadable("its key names two curves")
    point = reader.string()
    reader.end()
    pair = _Reader(raw)
    first, second = int.from_bytes(pair.string()), int.from_bytes(pair.string())
    pair.end()
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    key.verify(encode_dss_signature(first, second), signed, ec.ECDSA(hashing))


def _blob(armoured: bytes) -> bytes:
    lines = armoured.strip().split(b"\n")
    if lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        raise Unreadable("it is no SSH signature, or more than one")
    try:
        return base64.b64decode(b"".join(line.strip() for line in lines[1:-1]), validate=True)
    except (ValueError, binascii.Error):
        raise Unreadable("it is no base64") from None
