"""The provider as it is asked: what it says of itself, its keys, and whom a code is for. Everything it says is bounded.

INV-31: no redirect is followed, no answer is larger than a mebibyte or later than ten seconds, and keys that are not
known are asked for twice a minute at most. What it gave us is kept nowhere but for its description and public keys.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import msgspec

from trueline.runtime.clock import Clock
from trueline.runtime.http import Request, Response, Transport, Unreachable
from trueline.server.access.oidc import refusal
from trueline.server.access.oidc.claim import Claimed, claimed, wanted
from trueline.server.access.oidc.errand import Errand
from trueline.server.access.oidc.id_token import Expected, UnknownKeyError, check_access, public_keys, verified
from trueline.server.access.oidc.metadata import WELL_KNOWN, Metadata, read_metadata
from trueline.server.access.oidc.registration import Registration
from trueline.server.access.refusal import Refusal

ANSWER_BYTES_MAX: Final = 1 << 20
TIMEOUT_S: Final = 10.0
KNOWN_S: Final = 3_600.0
"""So long its description and its keys are taken as known."""
KEYS_AGAIN_S: Final = 30.0
_OK: Final = 200
_REDIRECTED: Final = range(300, 400)
_AT_FAULT: Final = 500
_JSON: Final = {"Accept": "application/json"}


class Provider:
    """One provider. `open_transport` gives the way to a server, by its origin."""

    def __init__(
        self,
        registration: Registration,
        open_transport: Callable[[str], Transport],
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._timeout_s = timeout_s
        self.registration = registration
        self._open = open_transport
        self._clock = clock
        self._transports: dict[str, Transport] = {}
        self._asking = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._metadata_s = 0.0
        self._keys: tuple[Mapping[str, Any], ...] = ()
        self._keys_s = 0.0

    async def metadata(self) -> Metadata:
        """What it says of itself.

        Raises:
            Refusal: TL2200, TL2201.
        """
        async with self._asking:
            if self._metadata is None or self._clock.monotonic_s() - self._metadata_s >= KNOWN_S:
                answer = await self._ask("GET", f"{self.registration.issuer.rstrip('/')}{WELL_KNOWN}")
                self._metadata = read_metadata(_whole(answer), self.registration.issuer)
                self._metadata_s, self._keys = self._clock.monotonic_s(), ()
            return self._metadata

    async def way_there(self, errand: Errand, back: str) -> str:
        """The address at which the browser asks the provider; `back` is where it comes back to.

        Raises:
            Refusal: TL2200, TL2201.
        """
        metadata = await self.metadata()
        asked = {
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": back,
            "scope": " ".join(self.registration.scopes),
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": errand.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(metadata.authorization).query else "?"
        return f"{metadata.authorization}{joint}{urlencode(asked)}"

    async def way_out(self) -> str:
        """Where one signs out there (RP-Initiated Logout 1.0); empty where nobody can.

        Raises:
            Refusal: TL2200, TL2201.
        """
        metadata = await self.metadata()
        if not metadata.ending:
            return ""
        joint = "&" if urlsplit(metadata.ending).query else "?"
        return f"{metadata.ending}{joint}{urlencode({'client_id': self.registration.client_id})}"

    async def check_way_back(self, told: str | None) -> None:
        """Whether it was this provider that sent the browser back (RFC 9207).

        Raises:
            Refusal: TL2204.
        """
        metadata = await self.metadata()
        if told is None and metadata.is_named:
            raise refusal.mixed_up("it does not say by whom it is, and the provider always does")
        if told is not None and told != metadata.issuer:
            raise refusal.mixed_up(f"it is of {refusal.shown(told)}")

    async def identify(self, errand: Errand, code: str, back: str) -> Claimed:
        """Who signed in there.

        Raises:
            Refusal: TL2200, TL2201, TL2205 to TL2212.
        """
        metadata = await self.metadata()
        tokens = await self._exchange(metadata, errand, code, back)
        identity, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(identity, str):
            raise refusal.unexchanged("it answers without an identity")
        claims = await self._verified(metadata, identity, errand)
        if isinstance(access, str) and metadata.person and wanted(self.registration) - claims.keys():
            claims = await self._more(metadata, claims, identity, access)
        return claimed(claims, self.registration)

    async def close(self) -> None:
        """Give the connections back."""
        while self._transports:
            await self._transports.popitem()[1].close()

    async def _exchange(self, metadata: Metadata, errand: Errand, code: str, back: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        form["code_verifier"] = errand.verifier
        headers = {**_JSON, "Content-Type": "application/x-www-form-urlencoded"}
        known, secret = self.registration.client_id, self.registration.client_secret
        if secret is None:
            form["client_id"] = known
        elif metadata.method == "client_secret_post":
            form |= {"client_id": known, "client_secret": secret.reveal()}
        else:
            pair = f"{quote_plus(known)}:{quote_plus(secret.reveal())}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        answer = await self._ask("POST", metadata.token, headers, urlencode(form).encode())
        if answer.status != _OK and answer.status < _AT_FAULT and answer.status not in _REDIRECTED:
            raise refusal.unexchanged(f"it answers {answer.status}{_error(answer)}")
        return _object(_whole(answer))

    async def _verified(self, metadata: Metadata, identity: str, errand: Errand) -> dict[str, Any]:
        expected = Expected(
            issuer=metadata.issuer,
            client_id=self.registration.client_id,
            nonce=errand.nonce,
            algorithms=metadata.algorithms,
            now=self._clock.now(),
        )
        try:
            return verified(identity, await self._known_keys(metadata, age_s_max=KNOWN_S), expected)
        except UnknownKeyError:
            pass
        try:  # its keys were changed since they were asked for
            return verified(identity, await self._known_keys(metadata, age_s_max=KEYS_AGAIN_S), expected)
        except UnknownKeyError:
            raise refusal.unsigned("it names a key that the provider does not have") from None

    async def _known_keys(self, metadata: Metadata, *, age_s_max: float) -> tuple[Mapping[str, Any], ...]:
        async with self._asking:
            if not self._keys or self._clock.monotonic_s() - self._keys_s >= age_s_max:
                self._keys = public_keys(_object(_whole(await self._ask("GET", metadata.keys))))
                self._keys_s = self._clock.monotonic_s()
            return self._keys

    async def _more(self, metadata: Metadata, claims: dict[str, Any], identity: str, access: str) -> dict[str, Any]:
        """What the provider says of somebody beside the signed identity, over its own TLS; what is signed counts first.

        Raises:
            Refusal: TL2207, it is said of somebody else.
        """
        check_access(claims, identity, access)
        headers = {**_JSON, "Authorization": f"Bearer {access}"}
        told = _object(_whole(await self._ask("GET", metadata.person, headers)))
        if not claims.get("sub") or told.get("sub") != claims["sub"]:
            raise refusal.misaddressed("what the provider says of a person is of another one")
        return {**told, **claims}

    async def _ask(self, method: str, url: str, headers: Mapping[str, str] = _JSON, body: bytes = b"") -> Response:
        parts = urlsplit(url)
        origin, path = f"{parts.scheme}://{parts.netloc}", parts.path or "/"
        if origin not in self._transports:
            self._transports[origin] = self._open(origin)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Request(method=method, path=path, query=query, headers=headers, body=body)
        try:
            answer = await self._transports[origin].send(asked, timeout_s=self._timeout_s)
        except Unreachable as error:
            raise refusal.silent(f"{parts.netloc}: {error.reason}") from None
        if answer.status in _REDIRECTED:
            raise refusal.silent(f"{parts.netloc} leads elsewhere with {answer.status}, which is not followed")
        return answer


def _whole(answer: Response) -> bytes:
    if answer.status != _OK:
        raise refusal.silent(f"it answers {answer.status}")
    if len(answer.body) > ANSWER_BYTES_MAX:
        raise refusal.silent(f"it answers with more than {ANSWER_BYTES_MAX} bytes")
    return answer.body


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise refusal.silent("it answers with no JSON object")
    return found


def _error(answer: Response) -> str:
    """The one word of RFC 6749, 5.2; what it says beside it may repeat what we sent."""
    try:
        word = _object(answer.body).get("error")
    except Refusal:
        return ""
    return f" {refusal.shown(word)}" if isinstance(word, str) else ""
