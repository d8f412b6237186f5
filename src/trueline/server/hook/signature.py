"""Whether a delivery was signed with one of our secrets: on its raw body, in constant time, before a byte is read.

GitHub and Bitbucket sign the body as `sha256=HEX`; Gitea and Forgejo as hex alone; GitLab sends its token as it is or,
newer, signs as the Standard Webhooks specification says. SHA-1 is no signature here.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Final, assert_never

from multidict import MultiMapping

from trueline.model.masked import Masked
from trueline.server.hook.forge import Forge
from trueline.server.hook.refusal import unsigned, untimely, wrong

AGE_S_MAX: Final = 300
"""So old, or so far ahead, a signed time may be: what Standard Webhooks' own libraries allow."""
SIGNING_KEY: Final = "whsec_"
"""How a key of Standard Webhooks begins; what follows is base64."""
_SIGNATURES_MAX: Final = 8
_ID_CHARACTERS_MAX: Final = 256
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIME: Final = re.compile(r"\d{1,12}", re.ASCII)


class Way(Enum):
    """How a delivery shows that its sender knows the secret."""

    BODY = "a MAC of the body"
    STAMPED = "a MAC of a time and the body"
    STANDARD = "Standard Webhooks: a MAC of an id, a time and the body"
    TOKEN = "the secret itself"  # noqa: S105 - a word, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the head of a delivery says before its body is read: `given` are MACs, or the token.

    `opening` is what is signed before the body; `at_s` when it was signed, where that is said.
    """

    way: Way
    given: tuple[bytes, ...]
    opening: bytes = b""
    at_s: int | None = None


def claim(forge: Forge, headers: MultiMapping[str]) -> Claim:
    """What a delivery says of its signature; so whoever has none is sent away before anything is read.

    Raises:
        Refusal: TL2001, it has no signature, or none that could be right.
    """
    match forge:
        case Forge.GITHUB:
            return _of_body(headers, ["X-Hub-Signature-256"], "sha256=")
        case Forge.BITBUCKET:
            return _of_body(headers, ["X-Hub-Signature"], "sha256=")
        case Forge.GITEA:
            return _of_body(headers, ["X-Forgejo-Signature", "X-Gitea-Signature"], "")
        case Forge.GITLAB:
            return _standard(headers) if "webhook-signature" in headers else _token(headers)
        case Forge.GENERIC:
            return _standard(headers) if "webhook-signature" in headers else _stamped(headers)
        case _:
            assert_never(forge)


def check(claimed: Claim, body: bytes, keys: Iterable[Masked], now_s: float) -> str:
    """Check a delivery; the answer is its fingerprint, the same for the same delivery alone.

    Raises:
        Refusal: TL2002, TL2003.
    """
    is_right = False
    for key in _usable(claimed.way, keys):  # each is compared, so that the time does not tell which one it was
        is_right |= _holds(claimed, body, key)
    if not is_right:
        raise wrong()
    if claimed.at_s is not None and abs(now_s - claimed.at_s) > AGE_S_MAX:
        raise untimely(f"it says that it was signed {now_s - claimed.at_s:+.0f} s before now")
    return blake2b(claimed.opening + body, digest_size=16).hexdigest()


def _holds(claimed: Claim, body: bytes, key: bytes) -> bool:
    wanted = key if claimed.way is Way.TOKEN else hmac.digest(key, claimed.opening + body, "sha256")
    found = [hmac.compare_digest(given, wanted) for given in claimed.given]
    # whoever names two headers has to be right in both; Standard Webhooks lists one signature for each of its keys
    return any(found) if claimed.way is Way.STANDARD else all(found) and bool(found)


def _usable(way: Way, keys: Iterable[Masked]) -> Iterable[bytes]:
    """The keys that a way may use: GitLab's signing key never stands as a token, nor a token as a signing key."""
    for key in keys:
        text = key.reveal()
        is_signing = text.startswith(SIGNING_KEY)
        match way:
            case Way.STANDARD if is_signing:
                decoded = _base64(text.removeprefix(SIGNING_KEY))
                if decoded:
                    yield decoded
            case Way.TOKEN if is_signing:
                continue
            case _:
                yield text.encode()


def _of_body(headers: MultiMapping[str], names: Sequence[str], prefix: str) -> Claim:
    given = [_hex(_single(headers, name), prefix) for name in names if name in headers]
    if not given:
        raise unsigned(_missing(headers, " or ".join(names)))
    return Claim(way=Way.BODY, given=tuple(given))


def _token(headers: MultiMapping[str]) -> Claim:
    return Claim(way=Way.TOKEN, given=(_single(headers, "X-Gitlab-Token").encode("utf-8", "surrogateescape"),))


def _stamped(headers: MultiMapping[str]) -> Claim:
    given, at = _hex(_single(headers, "Trueline-Signature"), "sha256="), _single(headers, "Trueline-Timestamp")
    return Claim(way=Way.STAMPED, given=(given,), opening=f"{at}.".encode(), at_s=_seconds(at))


def _standard(headers: MultiMapping[str]) -> Claim:
    """See the specification of Standard Webhooks, "Verifying webhook authenticity"."""
    name, at = _single(headers, "webhook-id"), _single(headers, "webhook-timestamp")
    if not 0 < len(name) <= _ID_CHARACTERS_MAX or not name.isascii():
        raise unsigned("webhook-id: it is no id")
    words = _single(headers, "webhook-signature").split(" ")[:_SIGNATURES_MAX]
    given = tuple(filter(None, (_base64(word.removeprefix("v1,")) for word in words if word.startswith("v1,"))))
    if not given:
        raise unsigned("webhook-signature: it has no signature of version v1")
    return Claim(way=Way.STANDARD, given=given, opening=f"{name}.{at}.".encode(), at_s=_seconds(at))


def _single(headers: MultiMapping[str], name: str) -> str:
    """The only value of a header: of two, nobody knows which one another program would have read."""
    values = headers.getall(name, [])
    if len(values) != 1:
        raise unsigned(_missing(headers, name) if not values else f"{name} stands there {len(values)} times")
    return values[0]


def _missing(headers: MultiMapping[str], name: str) -> str:
    old = any(value.startswith("sha1=") for value in headers.getall("X-Hub-Signature", []))
    return f"{name} is missing{'; a signature by SHA-1 is none' if old else ''}"


def _hex(text: str, prefix: str) -> bytes:
    found = text.removeprefix(prefix)
    if not text.startswith(prefix) or not _HEX.fullmatch(found):
        raise unsigned("a signature by SHA-1 is none" if text.startswith("sha1=") else "it is no signature by SHA-256")
    return bytes.fromhex(found)


def _seconds(text: str) -> int:
    if not _TIME.fullmatch(text):
        raise unsigned("its time is no number of seconds")
    return int(text)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
