"""Admission webhooks for cases: what one answers, and how a cluster reaches it. It opens no socket itself."""

import base64
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeAlias

import msgspec

from trueline.runtime.http import Request, Response, Stream, Transport, Unreachable

Json: TypeAlias = dict[str, Any]
Reviewer: TypeAlias = Callable[[Json], Json]
"""From the request of an AdmissionReview to its response, without the identifier."""


class Reviewers(Protocol):
    """Where webhooks of cases can stand."""

    def standing(self, reviewer: Reviewer) -> AbstractAsyncContextManager[Json]:
        """A webhook answers inside the block; the value is its `clientConfig`."""
        ...


def allowed(*patch: Json) -> Json:
    """It may pass; with a JSON patch it passes as something else."""
    if not patch:
        return {"allowed": True}
    text = base64.b64encode(msgspec.json.encode(patch)).decode()
    return {"allowed": True, "patchType": "JSONPatch", "patch": text}


def denied(message: str) -> Json:
    """It may not."""
    return {"allowed": False, "status": {"code": 403, "message": message}}


def reviewed(body: bytes, reviewer: Reviewer) -> bytes:
    """The answer to an AdmissionReview."""
    review: Json = msgspec.json.decode(body)
    request = review["request"]
    return msgspec.json.encode(
        {
            "apiVersion": review["apiVersion"],
            "kind": "AdmissionReview",
            "response": {"uid": request["uid"], **reviewer(request)},
        }
    )


class InProcessReviewers:
    """Webhooks that are reached without a socket, by an address that only `connect` knows."""

    def __init__(self) -> None:
        self._standing: dict[str, Reviewer] = {}
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def standing(self, reviewer: Reviewer) -> AsyncIterator[Json]:
        """A webhook answers inside the block."""
        path = f"/{next(self._numbers)}"
        self._standing[path] = reviewer
        try:
            yield {"url": f"https://webhook.test{path}"}
        finally:
            del self._standing[path]

    def connect(self, endpoint: object) -> Transport:  # noqa: ARG002 - there is one place
        """The way to all of them."""
        return _InProcess(self._standing)


class _InProcess:
    def __init__(self, standing: Mapping[str, Reviewer]) -> None:
        self._standing = standing

    async def send(self, request: Request, *, timeout_s: float = 60.0) -> Response:  # noqa: ARG002 - it answers at once
        if request.path not in self._standing:
            raise Unreachable("nobody is there")
        body = reviewed(request.body, self._standing[request.path])
        return Response(status=200, headers={"content-type": "application/json"}, body=body)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        raise AssertionError(f"webhooks answer at once, and nobody listens to one: {request.path}")

    async def close(self) -> None:
        """Nothing is held."""
