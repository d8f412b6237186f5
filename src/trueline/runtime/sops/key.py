"""Private keys, and the data key of a file that they open: age (its own keys, and SSH keys) and OpenPGP."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from trueline.model.masked import Masked
from trueline.model.origin import Origin
from trueline.runtime.sops import refusal
from trueline.runtime.sops.metadata import Metadata, Recipient, RecipientKind
from trueline.runtime.sops.value import KEY_BYTES

_AGE: Final = "AGE-SECRET-KEY-1"
_PGP: Final = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
_SSH: Final = ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """A private key by the place it came from; `value` may hold several age identities, a line each."""

    name: str
    value: Masked


class DataKey:
    """What the values of one file are encrypted with. It is no dataclass: no encoder finds its bytes (INV-25)."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk")


def data_key(metadata: Metadata, keys: Sequence[PrivateKey], origin: Origin) -> DataKey:
    """Open a file's data key with the first private key that fits.

    Raises:
        UserError: TL0160 a library is missing, TL0163 no key is at hand, TL0164 none fits, TL0169 a key cannot be
            read, TL0170 the data key is damaged.
    """
    named = ", ".join(map(str, metadata.recipients)) or "nobody"
    if not keys:
        raise refusal.NO_KEY.about(f"{origin.path} is encrypted to {named}", origin)
    openers = tuple(_openers(keys))
    is_damaged = False
    for recipient in metadata.recipients:
        for opener in openers:
            if opener.kind is not recipient.kind:
                continue
            try:
                found = opener.open(recipient)
            except _DamagedError:
                is_damaged = True
                continue
            if found is not None:
                if len(found) != KEY_BYTES:
                    raise refusal.DAMAGED_KEY.about(f"{origin.path}: that of {recipient}", origin)
                return DataKey(found)
    if is_damaged:
        raise refusal.DAMAGED_KEY.about(f"{origin.path} is encrypted to {named}", origin)
    at_hand = ", ".join(f"{public} ({key})" for opener in openers for public, key in opener.names)
    raise refusal.WRONG_KEY.about(f"{origin.path} is encrypted to {named}; at hand: {at_hand}", origin)


class _DamagedError(Exception):
    """What was encrypted for a key of ours does not open."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Opener:
    """Keys of one kind; `names` are the public names, each with where its key came from."""

    kind: RecipientKind
    names: tuple[tuple[str, str], ...]
    open: Callable[[Recipient], bytes | None]


def _openers(keys: Iterable[PrivateKey]) -> Iterator[_Opener]:
    for key in keys:
        text = key.value.reveal()
        if _PGP in text:
            yield _pgp_opener(key)
        elif any(mark in text for mark in _SSH):
            yield _ssh_opener(key)
        elif _AGE in text:
            yield _age_opener(key)
        else:
            raise refusal.BAD_KEY.about(f"{key.name}: it is of no kind that is known")


def _age_opener(key: PrivateKey) -> _Opener:
    pyrage = _pyrage()
    identities = []
    for line in key.value.reveal().splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                identities.append(pyrage.x25519.Identity.from_str(line.strip()))
            except Exception:  # noqa: BLE001 - its text may hold the key
                raise refusal.BAD_KEY.about(f"{key.name}: it holds a line that is no age identity") from None
    names = tuple((str(one.to_public()), key.name) for one in identities)
    return _Opener(kind=RecipientKind.AGE, names=names, open=lambda to: _opened_by_age(pyrage, to, identities, names))


def _ssh_opener(key: PrivateKey) -> _Opener:
    pyrage = _pyrage()
    try:
        identity = pyrage.ssh.Identity.from_buffer(f"{key.value.reveal().strip()}\n".encode())
    except Exception:  # noqa: BLE001 - its text may hold the key
        raise refusal.BAD_KEY.about(f"{key.name}: the SSH key cannot be read, or has a passphrase") from None
    return _Opener(
        kind=RecipientKind.AGE,
        names=(("an SSH key", key.name),),
        open=lambda to: _opened_by_age(pyrage, to, [identity], ()),
    )


def _opened_by_age(
    pyrage: Any, to: Recipient, identities: Sequence[Any], names: Sequence[tuple[str, str]]
) -> bytes | None:
    try:
        return bytes(pyrage.decrypt(to.encrypted.encode(), identities))
    except Exception:  # noqa: BLE001 - it does not fit, or it is damaged
        if to.name in {public for public, _ in names}:
            raise _DamagedError from None
        return None


def _pgp_opener(key: PrivateKey) -> _Opener:
    pysequoia = _pysequoia()
    try:
        secret = pysequoia.Tsk.from_bytes(key.value.reveal().encode())
        fingerprint = str(secret.extract_certificate().fingerprint).upper()
        decryptor = secret.decryptor()
    except Exception:  # noqa: BLE001 - its text may hold the key
        raise refusal.BAD_KEY.about(f"{key.name}: the OpenPGP key cannot be read, or has a passphrase") from None

    def opened(to: Recipient) -> bytes | None:
        try:
            content = pysequoia.decrypt(to.encrypted.encode(), decryptor=decryptor).bytes
        except Exception:  # noqa: BLE001 - it does not fit, or it is damaged
            if to.name == fingerprint:
                raise _DamagedError from None
            return None
        return bytes(content) if content is not None else None

    return _Opener(kind=RecipientKind.PGP, names=((f"OpenPGP {fingerprint}", key.name),), open=opened)


def _pyrage() -> Any:
    try:
        import pyrage  # noqa: PLC0415 - only who has encrypted files needs it
    except ImportError:
        raise refusal.MISSING.about("the package pyrage, for age") from None
    return pyrage


def _pysequoia() -> Any:
    try:
        import pysequoia  # noqa: PLC0415 - only who has encrypted files needs it
    except ImportError:
        raise refusal.MISSING.about("the package pysequoia, for OpenPGP") from None
    return pysequoia
