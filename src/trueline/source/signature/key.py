"""A trusted key as Git declares it, and who signed: values."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from trueline.model.digest import Digest, digest_value


class Scheme(Enum):
    """Which kind of signature."""

    OPENPGP = "openpgp"
    SSH = "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """One public key and whose it is: an armoured OpenPGP block, or one line as `ssh-keygen` writes it.

    It counts from `since` to the end of `until` (days, UTC). `revoked` is why it counts no more, whatever it signed.
    """

    owner: str
    scheme: Scheme
    text: str
    since: date | None = None
    until: date | None = None
    revoked: str = ""

    def is_within(self, at: datetime) -> bool:
        """Whether a time is within its days."""
        day = at.astimezone(UTC).date()
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    @property
    def plain(self) -> dict[str, Any]:
        """The key as a JSON value; see `trusted_key`."""
        return {
            "owner": self.owner,
            "scheme": self.scheme.value,
            "text": self.text,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "revoked": self.revoked,
        }


def trusted_key(plain: dict[str, Any]) -> TrustedKey:
    """The key of `TrustedKey.plain`."""
    return TrustedKey(
        owner=plain["owner"],
        scheme=Scheme(plain["scheme"]),
        text=plain["text"],
        since=date.fromisoformat(plain["since"]) if plain["since"] else None,
        until=date.fromisoformat(plain["until"]) if plain["until"] else None,
        revoked=plain["revoked"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The trusted keys of one project."""

    name: str
    keys: tuple[TrustedKey, ...] = ()

    @property
    def digest(self) -> Digest:
        """Equal where the keys and all that is said of them are."""
        return digest_keys(self.keys)


def digest_keys(keys: Iterable[TrustedKey]) -> Digest:
    """The digest of keys, whatever their order."""
    return digest_value(sorted(digest_value(key.plain) for key in keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose key verified an object. `fingerprint` is that of the key that signed, which may be a subkey of `key`."""

    owner: str
    scheme: Scheme
    fingerprint: str
    key: str
    signed_at: datetime

    def __str__(self) -> str:
        return f"{self.owner} ({self.fingerprint})"

    @property
    def plain(self) -> dict[str, str]:
        """The signer as a record has it."""
        return {
            "owner": self.owner,
            "scheme": self.scheme.value,
            "fingerprint": self.fingerprint,
            "key": self.key,
            "signedAt": self.signed_at.isoformat(),
        }


def ssh_blob(line: str) -> bytes:
    """The bytes of a public key as SSH sends them; empty where the line is none.

    >>> ssh_blob("ssh-ed25519 YWRh ada"), ssh_blob("nonsense")
    (b'ada', b'')
    """
    words = line.split()
    try:
        return base64.b64decode(words[1], validate=True)
    except (IndexError, ValueError, binascii.Error):
        return b""


def ssh_kind(line: str) -> str:
    """The kind of key that the bytes of a line say they are; empty where they say none.

    >>> ssh_kind("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="), ssh_kind("ssh-rsa AAAA")
    ('ssh-ed25519', '')
    """
    blob = ssh_blob(line)
    length = int.from_bytes(blob[:4])
    return blob[4 : 4 + length].decode(errors="replace") if 0 < length <= len(blob) - 4 else ""


def ssh_fingerprint(blob: bytes) -> str:
    """As `ssh-keygen -l` shows it.

    >>> ssh_fingerprint(b"")
    'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'
    """
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
