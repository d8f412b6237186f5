"""What SOPS wrote beside the values: who can open the file, since when, and what guards the whole."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from trueline.model.origin import Origin
from trueline.runtime.sops import refusal

MAJOR: Final = "3"
_VERSION = re.compile(r"(\d+)\.\d+(\.\d+)?\S*")
_RULES: Final = (
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
)
_OTHERS: Final = {
    "kms": ("AWS KMS", "arn"),
    "gcp_kms": ("Google Cloud KMS", "resource_id"),
    "hckms": ("Huawei Cloud KMS", "key_id"),
    "azure_kv": ("Azure Key Vault", "name"),
    "hc_vault": ("Vault", "key_name"),
}


class RecipientKind(Enum):
    """By what a data key is encrypted."""

    AGE = "age"
    PGP = "OpenPGP"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who can open a file: an age recipient, an OpenPGP fingerprint, or a key of a service. Nothing of it is secret."""

    kind: RecipientKind
    name: str
    encrypted: str
    since: datetime | None = None

    def __str__(self) -> str:
        return self.name if self.kind is not RecipientKind.PGP else f"OpenPGP {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """`last_modified` is as SOPS wrote it: the MAC is bound to the very text. `rule` says what is encrypted."""

    recipients: tuple[Recipient, ...]
    mac: str
    last_modified: str
    version: str
    rule: str = ""
    mac_only_encrypted: bool = False

    @property
    def modified(self) -> datetime | None:
        """When somebody wrote the file last."""
        return _time(self.last_modified)


def read_metadata(written: Mapping[str, Any], origin: Origin) -> Metadata:
    """The metadata of a file.

    Raises:
        UserError: TL0161 it is not whole, TL0162 an unknown version, TL0165 several groups of keys.
    """
    version = str(written.get("version") or "")
    match = _VERSION.fullmatch(version)
    if match is None or match[1] != MAJOR:
        raise refusal.VERSION.about(f"{origin.path}: {_harmless(version) or 'no version is named'}", origin)
    rules = [name for name in _RULES if written.get(name)]
    if len(rules) > 1:
        raise refusal.UNREADABLE.about(f"{origin.path}: {' and '.join(rules)} exclude each other", origin)
    groups = written.get("key_groups")
    if groups and not (isinstance(groups, list) and len(groups) == 1):
        raise refusal.GROUPS.about(f"{origin.path}: {len(groups) if isinstance(groups, list) else 0} groups", origin)
    mac, modified = written.get("mac"), written.get("lastmodified")
    if not isinstance(mac, str) or not mac or not isinstance(modified, str) or not modified:
        raise refusal.UNREADABLE.about(f"{origin.path}: its metadata has no mac, or no lastmodified", origin)
    keys = groups[0] if groups else written
    return Metadata(
        recipients=tuple(_recipients(keys)) if isinstance(keys, Mapping) else (),
        mac=mac,
        last_modified=modified,
        version=version,
        rule=f"{rules[0]}: {written[rules[0]]}" if rules else "",
        mac_only_encrypted=str(written.get("mac_only_encrypted")).lower() in {"true", "1"},
    )


def _recipients(keys: Mapping[str, Any]) -> Iterator[Recipient]:
    for one in _rows(keys, "age"):
        yield Recipient(kind=RecipientKind.AGE, name=str(one.get("recipient")), encrypted=str(one.get("enc")))
    for one in _rows(keys, "pgp"):
        since = _time(str(one.get("created_at")))
        yield Recipient(
            kind=RecipientKind.PGP, name=str(one.get("fp")).upper(), encrypted=str(one.get("enc")), since=since
        )
    for place, (service, name) in _OTHERS.items():
        for one in _rows(keys, place):
            since = _time(str(one.get("created_at")))
            yield Recipient(
                kind=RecipientKind.OTHER, name=f"{service} {one.get(name)}", encrypted=str(one.get("enc")), since=since
            )


def _rows(keys: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = keys.get(name)
    return [one for one in rows if isinstance(one, Mapping)] if isinstance(rows, list) else []


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _harmless(text: str) -> str:
    return re.sub(r"[^\w.+-]", "", text)[:40]
