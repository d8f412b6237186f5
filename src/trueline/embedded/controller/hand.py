"""How a controller reads the store and asks the API, as `kube-controller-manager` would. It never writes past it."""

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from trueline.embedded.front import Front
from trueline.embedded.kind import Resource
from trueline.embedded.store import Kept, Metadata
from trueline.runtime.http import Request, Response

MANAGER = "kube-controller-manager"
_REFUSED = 400
_UNAVAILABLE = 503
_RACES = frozenset({403, 404, 409})


class Unkept(Exception):
    """What was written could not be kept, the disk being full for example: nothing was written."""


@dataclass(slots=True, kw_only=True)
class Hand:
    """The API for controllers. `dependents` and `by_uid` are kept up by the loop.

    `later` says when the loop looks at an object again by itself. `refused` holds the last refusals that no race
    explains: each is a bug of a controller.
    """

    front: Front
    by_uid: dict[str, str] = field(default_factory=dict)
    dependents: dict[str, set[str]] = field(default_factory=dict)
    refused: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    later: dict[str, float] = field(default_factory=dict)

    def look_after(self, key: str, seconds: float) -> None:
        """Have an object looked at again when some time has gone by."""
        self.later[key] = self.front.clock.monotonic_s() + seconds

    def now(self) -> str:
        """The clock's time as the API writes it."""
        return self.front.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def get(self, key: str) -> Kept | None:
        """One object."""
        return self.front.store.get(key)

    def under(self, folder: str) -> list[Kept]:
        """The objects of a folder."""
        return self.front.store.under(folder)

    def owned(self, owner: Metadata, prefix: str) -> list[Kept]:
        """What an object controls, of one kind, ordered by key."""
        keys = sorted(key for key in self.dependents.get(owner.uid, ()) if key.startswith(prefix))
        found = (self.get(key) for key in keys)
        return [
            kept
            for kept in found
            if kept and any(o.uid == owner.uid and o.controller for o in kept.metadata.owner_references)
        ]

    def resource(self, key: str) -> Resource | None:
        """The resource in whose folder a key is."""
        prefix = "/".join(key.split("/")[:3])
        return next((r for r in self.front.catalogue.kept() if r.prefix == prefix), None)

    def path(self, key: str, subresource: str = "") -> str:
        """The path of an object."""
        resource = self.resource(key)
        if resource is None:
            raise LookupError(key)
        root = f"/apis/{resource.group}" if resource.group else "/api"
        *_, namespace, name = key.split("/")
        place = f"/namespaces/{namespace}" if resource.is_namespaced else ""
        return f"{root}/{resource.version}{place}/{resource.plural}/{name}" + (f"/{subresource}" if subresource else "")

    async def create(self, path: str, body: Mapping[str, Any]) -> Response:
        """Make an object; that it exists already is fine."""
        return await self._send("POST", path, body, "application/json")

    async def patch(self, kept: Kept, change: Mapping[str, Any], subresource: str = "") -> None:
        """Merge a change into an object, where it changes anything."""
        if not _holds(kept.body, change):
            await self._send("PATCH", self.path(kept.key, subresource), change, "application/merge-patch+json")

    async def delete(self, kept: Kept, **options: Any) -> None:
        """Delete exactly this object."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": kept.metadata.uid}, **options}
        await self._send("DELETE", self.path(kept.key), body, "application/json")

    async def release(self, kept: Kept, finalizer: str) -> None:
        """Take a finalizer away."""
        left = [name for name in kept.metadata.finalizers if name != finalizer]
        await self.patch(kept, {"metadata": {"finalizers": left or None}})

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        """Replace an object."""
        await self._send("PUT", path, body, "application/json")

    async def _send(self, method: str, path: str, body: Mapping[str, Any], media: str) -> Response:
        query = {"fieldManager": MANAGER} if method != "DELETE" else {}
        headers = {"content-type": media, "user-agent": MANAGER}
        request = Request(method=method, path=path, query=query, headers=headers, body=msgspec.json.encode(body))
        response = await self.front.send(request)
        if response.status == _UNAVAILABLE:
            raise Unkept(response.body.decode())
        if response.status >= _REFUSED and response.status not in _RACES:
            self.refused.append(f"{method} {path}: {response.body.decode()}")
        return response


def _holds(have: object, wanted: object) -> bool:
    """Whether a merge patch would change nothing."""
    if isinstance(wanted, Mapping):
        if not isinstance(have, Mapping):
            return False
        return all(_holds(have.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        same = isinstance(have, Sequence) and len(have) == len(wanted)
        return same and all(_holds(h, w) for h, w in zip(have, wanted, strict=True))  # type: ignore[call-overload]
    return bool(have == wanted) or (not have and not wanted and not isinstance(have, bool) and wanted in (None, 0))


def digest(*parts: object, letters: int = 10) -> str:
    """A short name that depends on all of its parts."""
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:letters]


def owner_reference(kept: Kept) -> dict[str, Any]:
    """The reference with which a controller marks what it made."""
    return {
        "apiVersion": kept.envelope.api_version,
        "kind": kept.envelope.kind,
        "name": kept.metadata.name,
        "uid": kept.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def conditions(kept: Kept, now: str, wanted: Iterable[Mapping[str, str]], *moments: str) -> list[dict[str, str]]:
    """The conditions with their times: one keeps its own as long as its status stays.

    `moments` are the names of the times that this kind has, `lastTransitionTime` where none is given.
    """
    names = moments or ("lastTransitionTime",)
    before = {c["type"]: c for c in kept.body.get("status", {}).get("conditions") or ()}
    result = []
    for condition in wanted:
        old = before.get(condition["type"], {})
        is_same = old.get("status") == condition["status"]
        result.append({**condition, **{name: old.get(name, now) if is_same else now for name in names}})
    mine = {c["type"] for c in result}
    return [dict(c) for kind, c in before.items() if kind not in mine] + result
