"""The toolbox's API server as a function: one request with all that it may read, answered with what it wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from trueline.embedded.access import ADMIN, User
from trueline.embedded.store import Kept
from trueline.embedded.webhook import Call, Review
from trueline.runtime.clock import Clock
from trueline.runtime.http import Request, Response
from trueline.runtime.toolbox import Toolbox


class Write(msgspec.Struct, frozen=True):
    """One object as it shall be kept; `null` for one that is gone."""

    key: str
    object: msgspec.Raw

    @property
    def raw(self) -> bytes | None:
        """The bytes to keep."""
        raw = bytes(self.object)
        return None if raw == b"null" else raw


class Answer(msgspec.Struct, frozen=True):
    """What the server answered and wrote; or the webhooks whose reviews it needs before it can."""

    status: int
    headers: dict[str, str]
    writes: tuple[Write, ...]
    body: msgspec.Raw = msgspec.Raw(b"")
    text: bytes = b""
    calls: tuple[Call, ...] = ()

    def response(self) -> Response:
        """The answer as HTTP."""
        body = bytes(self.body)
        return Response(status=self.status, headers=self.headers, body=body + b"\n" if body else self.text)


class Discovery(msgspec.Struct, frozen=True):
    """The built-in groups, where their objects are kept, and in which version."""

    groups: list[dict[str, Any]]
    prefixes: dict[str, str]
    storage: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a request may read beside its objects."""

    revision: int
    user: User = ADMIN
    objects: Sequence[Kept] = ()
    namespace: Kept | None = None
    definition: Kept | None = None
    quotas: Sequence[Kept] = ()
    storage_class: str = ""
    addresses: Sequence[str] = ()
    ports: Sequence[int] = ()
    limits: Sequence[Kept] = ()
    accounts: Sequence[Kept] = ()
    mutating: Sequence[Kept] = ()
    validating: Sequence[Kept] = ()
    reviews: Mapping[str, Review] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a request came: asked once more, it gets the same times and identifiers."""

    now: datetime
    seed: str


_ANSWER = msgspec.json.Decoder(Answer)


@dataclass(slots=True)
class Engine:
    """Asks the toolbox.

    Identifiers come from the time of the start and the revision, so that a simulation sees the same ones again.
    """

    toolbox: Toolbox
    clock: Clock
    _seed: str = field(init=False)
    _documents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._seed = self.clock.now().isoformat()

    async def discover(self) -> Discovery:
        """What is built in."""
        return msgspec.json.decode(await self.toolbox.ask("discovery", {}), type=Discovery)

    async def document(self, root: str, definitions: Sequence[Kept] = ()) -> bytes:
        """The OpenAPI v3 document of `apis/GROUP/VERSION`, a custom one from its definitions.

        Raises:
            ToolboxRefused: there is no such group version.

        """
        if definitions:
            raw = [msgspec.Raw(definition.raw) for definition in definitions]
            return await self.toolbox.ask("openapi", {"root": root, "definitions": raw})
        if root not in self._documents:
            self._documents[root] = await self.toolbox.ask("openapi", {"root": root})
        return self._documents[root]

    async def decoded(self, body: bytes) -> dict[str, Any]:
        """A body in any form that the API takes.

        Raises:
            ToolboxRefused: it is in none of them.

        """
        decoded: dict[str, Any] = msgspec.json.decode(await self.toolbox.ask("decode", {"body": body}))
        return decoded

    async def whole_document(self, definitions: Sequence[Kept], *, is_binary: bool) -> bytes:
        """The OpenAPI v2 document of everything that is served, as JSON, or in the form that older clients ask for."""
        question = {"definitions": _raw(definitions), "binary": is_binary}
        answer = await self.toolbox.ask("openapi2", question)
        return msgspec.json.decode(answer, type=bytes) if is_binary else answer

    def moment(self, request: Request, revision: int) -> Moment:
        """The moment of a request that comes at a revision."""
        return Moment(now=self.clock.now(), seed=f"{self._seed}/{revision}/{request.method}/{request.path}")

    async def admit(self, request: Request, around: Surroundings, moment: Moment | None = None) -> Answer:
        """The API server's own answer."""
        moment = moment or self.moment(request, around.revision)
        question = {
            "method": request.method,
            "path": request.path,
            "query": urlencode(request.query),
            "headers": dict(request.headers),
            "body": request.body,
            "user": around.user.name,
            "groups": around.user.groups,
            "now": moment.now,
            "seed": moment.seed,
            "revision": around.revision,
            "objects": [{"key": kept.key, "object": msgspec.Raw(kept.raw)} for kept in around.objects],
            "namespace": around.namespace and msgspec.Raw(around.namespace.raw),
            "definition": around.definition and msgspec.Raw(around.definition.raw),
            "quotas": _raw(around.quotas),
            "class": around.storage_class,
            "addresses": around.addresses,
            "ports": around.ports,
            "limits": _raw(around.limits),
            "accounts": _raw(around.accounts),
            "mutating": _raw(around.mutating),
            "validating": _raw(around.validating),
            "reviews": around.reviews,
        }
        return _ANSWER.decode(await self.toolbox.ask("admit", question))


def _raw(objects: Sequence[Kept]) -> list[msgspec.Raw]:
    return [msgspec.Raw(kept.raw) for kept in objects]
