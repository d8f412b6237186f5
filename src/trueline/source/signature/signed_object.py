"""A commit or tag object → what its signature is over, and the signature. Nothing here judges it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from trueline.source.git_object import GitObject, Malformed

_SHA1_HEX_LENGTH: Final = 40
_HEADERS: Final = (b"gpgsig", b"gpgsig-sha256")
_BLOCK: Final = re.compile(
    rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----$", re.MULTILINE
)
_WHEN: Final = re.compile(rb"> (\d{1,12}) [+-]\d{4}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedObject:
    """One object taken apart. `signature` is empty where there is none.

    `signed_at` is the committer's or tagger's time. A tag has its own `name`, and the `target` it names with its kind.
    """

    identity: str
    kind: str
    payload: bytes
    signature: bytes
    signed_at: datetime
    message: bytes
    target: str = ""
    target_kind: str = ""
    name: str = ""


def take_apart(git_object: GitObject) -> SignedObject:
    """A commit or an annotated tag.

    Raises:
        Malformed: it is neither, it says nobody or no time, or it carries several signatures.
    """
    match git_object.kind:
        case "commit":
            return _commit(git_object)
        case "tag":
            return _tag(git_object)
        case _:
            raise Malformed(f"{git_object.identity} is a {git_object.kind}, which nobody signs")


def _commit(git_object: GitObject) -> SignedObject:
    head, payload, signatures = _split(git_object.data)
    own = b"gpgsig" if len(git_object.identity) == _SHA1_HEX_LENGTH else b"gpgsig-sha256"
    found = [signature for key, signature in signatures if key == own]
    if len(found) > 1:
        raise Malformed(f"commit {git_object.identity} has {len(found)} signatures")
    return SignedObject(
        identity=git_object.identity,
        kind="commit",
        payload=payload,
        signature=found[0] if found else b"",
        signed_at=_when(head, b"committer", git_object),
        message=payload.partition(b"\n\n")[2],
    )


def _tag(git_object: GitObject) -> SignedObject:
    """The signature ends a tag: from the last line that opens one."""
    blocks = [match.start() for match in _BLOCK.finditer(git_object.data)]
    start = blocks[-1] if blocks else len(git_object.data)
    head, payload, _ = _split(git_object.data[:start])
    return SignedObject(
        identity=git_object.identity,
        kind="tag",
        payload=payload,
        signature=git_object.data[start:],
        signed_at=_when(head, b"tagger", git_object),
        message=payload.partition(b"\n\n")[2],
        target=_one(head, b"object", git_object),
        target_kind=_one(head, b"type", git_object),
        name=_one(head, b"tag", git_object),
    )


def _split(data: bytes) -> tuple[list[bytes], bytes, list[tuple[bytes, bytes]]]:
    """The lines of the head without signatures, everything without them, and the signatures of each algorithm."""
    head, blank, message = data.partition(b"\n\n")
    lines: list[bytes] = []
    signatures: list[tuple[bytes, bytes]] = []
    for key, folded in _fields(head):
        if key in _HEADERS:
            text = b"\n".join(folded).removeprefix(key + b" ").replace(b"\n ", b"\n")
            signatures.append((key, text + b"\n"))
        else:
            lines += folded
    return lines, b"\n".join(lines) + blank + message, signatures


def _fields(head: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Each header with the lines that continue it."""
    key, folded = b"", list[bytes]()
    for line in head.split(b"\n"):
        if line.startswith(b" ") and folded:
            folded.append(line)
            continue
        if folded:
            yield key, folded
        key, folded = line.partition(b" ")[0], [line]
    if folded:
        yield key, folded


def _one(head: list[bytes], key: bytes, git_object: GitObject) -> str:
    found = [line.removeprefix(key + b" ") for line in head if line.startswith(key + b" ")]
    if len(found) != 1:
        raise Malformed(f"{git_object.kind} {git_object.identity} has {len(found)} lines of {key.decode()!r}")
    return found[0].decode(errors="backslashreplace")


def _when(head: list[bytes], key: bytes, git_object: GitObject) -> datetime:
    line = _one(head, key, git_object).encode()
    found = _WHEN.search(line)
    if found is None:
        raise Malformed(f"{git_object.kind} {git_object.identity} has no {key.decode()} with a time")
    try:
        return datetime.fromtimestamp(int(found[1]), UTC)
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{git_object.kind} {git_object.identity} has a time that no clock shows") from None
