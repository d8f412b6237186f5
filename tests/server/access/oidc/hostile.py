"""A provider of our own that answers as a test tells it: rightly, until something is changed; and a browser."""

import asyncio
import hmac
import json
import warnings
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench
from trueline.model.masked import Masked
from trueline.runtime.http import Endpoint
from trueline.runtime.http_aiohttp import AiohttpTransport
from trueline.server.access.oidc.provider import ANSWER_BYTES_MAX, TIMEOUT_S, Provider
from trueline.server.access.oidc.registration import Registration

CLIENT, SECRET = "trueline", "canary client/secret"
RSA = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"}, private=True)
with warnings.catch_warnings(action="ignore"):  # that it is too short is what is tested
    SMALL = RSAKey.generate_key(1024, {"kid": "small", "use": "sig"}, private=True)
CURVE = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"}, private=True)


def signed(claims: Mapping[str, Any], key: Any = RSA, algorithm: str = "RS256", **header: Any) -> str:
    """An id token."""
    told = {"alg": algorithm, "kid": key.kid, **header}
    told = {name: value for name, value in told.items() if value is not None}
    return jws.serialize_compact(told, json.dumps(claims), key, algorithms=[algorithm])


def unsigned(claims: Mapping[str, Any], algorithm: str = "none") -> str:
    """One that nobody has signed."""
    parts = [{"alg": algorithm, "kid": "one"}, claims]
    return ".".join(urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."


def by_public_key(claims: Mapping[str, Any]) -> str:
    """One that was signed by what everybody knows, as if it were a secret."""
    told = unsigned(claims, "HS256").removesuffix(".")
    made = hmac.digest(RSA.as_pem(private=False), told.encode(), "sha256")
    return f"{told}.{urlsafe_b64encode(made).rstrip(b'=').decode()}"


@dataclass
class Hostile:
    """The provider. What is told here is answered; `codes` are good once, each for the challenge it was asked with."""

    clock: Any
    issuer: str = ""
    keys: list[Any] = field(default_factory=lambda: [RSA])
    claims: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] | None = None
    sign: Callable[[Mapping[str, Any]], str] = signed
    odd: dict[str, Callable[[web.Request], Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    nonce: str = ""
    nonce_told: str | None = None

    def description(self) -> dict[str, Any]:
        """Its well-known document."""
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/person",
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            **self.described,
        }
        return {key: value for key, value in found.items() if value is not None}

    def said(self) -> dict[str, Any]:
        """The claims of the id token; those that were told as `None` are missing."""
        now_s = int(self.clock.now().timestamp())
        found = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "7",
            "exp": now_s + 300,
            "iat": now_s,
            "nonce": self.nonce if self.nonce_told is None else self.nonce_told,
            "email": "ada@shop.example",
            "email_verified": True,
            "groups": ["platform"],
            **self.claims,
        }
        return {key: value for key, value in found.items() if value is not None}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any of its addresses."""
        name = request.path.rpartition("/")[2]
        self.asked.append(name)
        if name in self.odd:
            told = self.odd[name](request)
            answered: web.StreamResponse = await told if asyncio.iscoroutine(told) else told
            return answered
        match name:
            case "openid-configuration":
                return web.json_response(self.description())
            case "keys":
                return web.json_response({"keys": [one.as_dict(private=False) for one in self.keys]})
            case "person":
                return web.json_response(self.person or {})
            case _:
                return await self._token(request)

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text()))
        self.tokens.append({**form, "authorization": request.headers.get("Authorization", "")})
        made = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if self.codes.pop(form.get("code", ""), None) != made:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "canary-access", "token_type": "Bearer", "id_token": self.sign(self.said())}
        )


@dataclass
class Errander:
    """A browser that goes to the provider and comes back."""

    client: TestClient[Any, Any]
    provider: Hostile
    cookie: str = ""
    state: str = ""

    async def leave(self, following: str = "") -> dict[str, str]:
        """To the provider; what it is asked."""
        query = {"next": following} if following else {}
        answer = await self.client.get("/sign-in/provider", params=query, allow_redirects=False)
        assert answer.status == 303, await answer.text()
        asked = {key: value[0] for key, value in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        name = next(one for one in answer.cookies if one.endswith("-errand"))
        self.cookie, self.state = f"{name}={answer.cookies[name].value}", asked["state"]
        self.provider.nonce = asked["nonce"]
        self.provider.codes["good"] = asked["code_challenge"]
        return asked

    async def come_back(self, cookie: str | None = None, **told: str) -> Any:
        """Back, with a code."""
        query = {"state": self.state, "code": "good", **told}
        headers = {"Cookie": self.cookie if cookie is None else cookie}
        return await self.client.get("/sign-in/provider/return", params=query, headers=headers, allow_redirects=False)

    async def session(self, answer: Any) -> str:
        """The secret of the session that was begun."""
        assert answer.status == 303, await answer.text()
        return str(answer.cookies["trueline"].value)

    async def enter(self) -> str:
        """There and back: the secret of the session."""
        await self.leave()
        return await self.session(await self.come_back())


@asynccontextmanager
async def entering(**told: Any) -> AsyncIterator[tuple[Bench, Hostile, Errander]]:
    """A server whose people a provider knows, the provider, and a browser. `told` is of the registration."""
    made = bench()
    made.stands("web", project="shop")
    made.declares(project("shop", viewer="group:platform", deployer="oidc:ada@shop.example"))
    hostile = Hostile(clock=made.clock)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", hostile.answer)
    async with TestServer(app) as server, made.client(is_private=False, who="") as client:
        hostile.issuer = f"http://127.0.0.1:{server.port}"
        secret = Masked(SECRET) if told.pop("has_secret", True) else None
        timeout_s = told.pop("timeout_s", TIMEOUT_S)
        registration = Registration(issuer=hostile.issuer, client_id=CLIENT, client_secret=secret, **told)
        provider = Provider(registration, _opened, made.clock, timeout_s=timeout_s)
        made.access.provider = provider
        made.access.address = f"http://127.0.0.1:{client.port}"
        try:
            yield made, hostile, Errander(client=client, provider=hostile)
        finally:
            await provider.close()


def _opened(origin: str) -> AiohttpTransport:
    return AiohttpTransport(Endpoint(url=origin), connections_max=4, body_bytes_max=ANSWER_BYTES_MAX)
