"""The verdict: an object, the trusted keys and a time → who signed it, or the diagnostic of why that does not count.

INV-11: whatever is not known to be signed by a key that counts is refused; "no signature" is a failure as any other.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from trueline.model.diagnostic import Diagnostic
from trueline.source.git_object import GitObject, Malformed
from trueline.source.signature import openpgp, ssh
from trueline.source.signature.key import Scheme, Signer, TrustedKey, ssh_blob, ssh_fingerprint
from trueline.source.signature.refusal import (
    BAD_KEY,
    EXPIRED,
    NO_LIBRARY,
    OTHER_OBJECT,
    OTHER_TAG,
    REVOKED,
    UNKNOWN_KEY,
    UNREADABLE,
    UNSIGNED,
    WEAK,
)
from trueline.source.signature.signed_object import SignedObject, take_apart

TAGS: Final = "refs/tags/"
AHEAD_MAX: Final = timedelta(minutes=10)
"""How far another machine's clock may be ahead of ours."""

Keys: TypeAlias = Collection[TrustedKey]


def judge_revision(objects: Collection[GitObject], ref: str, keys: Keys, at: datetime) -> Signer | Diagnostic:
    """Judge the commit of a revision and, where an annotated tag names it, the tag.

    A tag that is signed has to count, and then it does; the commit's own signature counts where the tag has none.
    """
    commit = next((one for one in objects if one.kind == "commit"), None)
    if commit is None:
        return UNSIGNED.about(f"{ref}: there is no commit")
    try:
        tag = next((take_apart(one) for one in objects if one.kind == "tag"), None)
    except Malformed as error:
        return UNREADABLE.about(str(error))
    if tag is None or not tag.signature:
        return judge(commit, keys, at)
    if (tag.target, tag.target_kind) != (commit.identity, "commit") or tag.name != ref.removeprefix(TAGS):
        named = f"it names {tag.target_kind} {tag.target[:10]} {tag.name!r}"
        return OTHER_TAG.about(f"{ref} at {commit.identity[:10]}: {named}")
    return _judge(tag, keys, at)


def judge(git_object: GitObject, keys: Keys, at: datetime) -> Signer | Diagnostic:
    """Judge one commit or tag; `at` is when it is first looked at: a key has to be valid then, and when it signed."""
    try:
        return _judge(take_apart(git_object), keys, at)
    except Malformed as error:
        return UNREADABLE.about(str(error))


def _judge(signed: SignedObject, keys: Keys, at: datetime) -> Signer | Diagnostic:  # noqa: PLR0911 - one for each way
    name = f"{signed.kind} {signed.identity[:10]}"
    try:
        match signed.signature[:24].split(b"-----")[1:2]:
            case []:
                return UNSIGNED.about(name)
            case [word] if word.startswith(b"BEGIN SSH"):
                return _judge_ssh(signed, name, keys, at)
            case [word] if word.startswith(b"BEGIN PGP"):
                return _judge_openpgp(signed, name, keys, at)
            case _:
                return UNREADABLE.about(f"{name}: it is neither OpenPGP nor SSH")
    except (openpgp.Unreadable, ssh.Unreadable) as error:
        return UNREADABLE.about(f"{name}: {error}")
    except ssh.Weak as error:
        return WEAK.about(f"{name}: {error}")
    except ImportError as error:
        return NO_LIBRARY.about(f"{name}: {error.name} is missing")


def _judge_ssh(signed: SignedObject, name: str, keys: Keys, at: datetime) -> Signer | Diagnostic:
    signature = ssh.read(signed.signature)
    fingerprint = ssh_fingerprint(signature.key)
    holders = [key for key in keys if key.scheme is Scheme.SSH and ssh_blob(key.text) == signature.key]
    if not holders:
        return UNKNOWN_KEY.about(f"{name}: {fingerprint}")
    if not ssh.is_valid(signature, signed.payload):
        return OTHER_OBJECT.about(f"{name}: {_named(holders, fingerprint)}")
    found = _counting(holders, name, fingerprint, (signed.signed_at, at))
    if isinstance(found, Diagnostic):
        return found
    return Signer(
        owner=found.owner, scheme=Scheme.SSH, fingerprint=fingerprint, key=fingerprint, signed_at=signed.signed_at
    )


def _judge_openpgp(  # noqa: PLR0911 - one for each way
    signed: SignedObject, name: str, keys: Keys, at: datetime
) -> Signer | Diagnostic:
    signature = openpgp.read(signed.signature)
    issuers = ", ".join(sorted(signature.issuers)) or "nobody"
    held, unread = _holders(signature, keys)
    if not held:
        return unread or UNKNOWN_KEY.about(f"{name}: {issuers}")
    _, holder, part = held[0]
    said = _named([key for key, _, _ in held], part.fingerprint)
    if part.is_weak or not openpgp.is_strong(signature):
        size = f" of {part.bits} bits" if part.bits else ""
        return WEAK.about(f"{name}: {said}: {part.algorithm}{size} over {signature.hash_name}")
    if holder.is_revoked or part.is_revoked:
        return REVOKED.about(f"{name}: {said}: its own block says so")
    created = signature.created
    if created is None or not signature.is_over_bytes:
        return UNREADABLE.about(f"{name}: it says no time, or is no signature of a file")
    for until in filter(None, (holder.until, part.until)):
        if max(created, at) >= until:
            return EXPIRED.about(f"{name}: {said}: its own block ends {until:%Y-%m-%d}")
    found = _counting([key for key, _, _ in held], name, part.fingerprint, (created, signed.signed_at, at))
    if isinstance(found, Diagnostic):
        return found
    if not openpgp.is_valid(signature, holder, signed.payload):
        return OTHER_OBJECT.about(f"{name}: {said}")
    return Signer(
        owner=found.owner,
        scheme=Scheme.OPENPGP,
        fingerprint=part.fingerprint,
        key=holder.fingerprint,
        signed_at=created,
    )


_Held: TypeAlias = tuple[TrustedKey, openpgp.Certificate, openpgp.PartKey]


def _holders(signature: openpgp.OpenPgpSignature, keys: Keys) -> tuple[list[_Held], Diagnostic | None]:
    """The trusted keys that a signature says it is of; and one that cannot be read, for where there is none."""
    held: list[_Held] = []
    unread: Diagnostic | None = None
    for key in keys:
        if key.scheme is not Scheme.OPENPGP:
            continue
        try:
            holder = openpgp.certificate(key.text)
        except openpgp.Unreadable as error:
            unread = BAD_KEY.about(f"{key.owner}: {error}")
            continue
        if (part := holder.find(signature)) is not None:
            held.append((key, holder, part))
    return held, unread


def _counting(
    holders: Collection[TrustedKey], name: str, fingerprint: str, times: tuple[datetime, ...]
) -> TrustedKey | Diagnostic:
    """The first of equal keys that counts at all times; one that is revoked anywhere is revoked."""
    said, at = _named(holders, fingerprint), times[-1]
    if (reason := next((key.revoked for key in holders if key.revoked), "")) != "":
        return REVOKED.about(f"{name}: {said}: {reason}")
    if max(times) > at + AHEAD_MAX:
        return EXPIRED.about(f"{name}: {said}: signed {max(times):%Y-%m-%d %H:%M} UTC, and it is {at:%Y-%m-%d %H:%M}")
    for key in holders:
        if all(key.is_within(time) for time in times):
            return key
    days = " and ".join(_days(holders))
    return EXPIRED.about(f"{name}: {said}: signed {times[0]:%Y-%m-%d}, looked at {at:%Y-%m-%d}, valid {days}")


def _days(holders: Collection[TrustedKey]) -> Iterator[str]:
    for key in holders:
        bounds = [f"since {key.since}"] if key.since else []
        yield " ".join([*bounds, f"until {key.until}"] if key.until else bounds)


def _named(holders: Collection[TrustedKey], fingerprint: str) -> str:
    return f"{', '.join(dict.fromkeys(key.owner for key in holders))} {fingerprint}"
