"""What is sent is exact, what comes back is a value, and nothing incomplete is believed."""

import msgspec
import pytest
from inline_snapshot import snapshot

from tests.target.kubernetes.fake import (
    CONFIG_MAP,
    SECRET,
    FakeTransport,
    client_of,
    config_map,
    failure,
    reply,
)
from trueline.model.known import Known, Unknown
from trueline.runtime.http import Response
from trueline.target.kubernetes.client import ATTEMPTS_MAX, JSON_PATCH, RequestKey
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Blame, Ok, Refusal, RefusalKind


async def check(answer: Response | str, *, resource_type: ResourceType = CONFIG_MAP) -> Refusal:
    """The refusal that one answer to an apply becomes."""
    transport = FakeTransport()
    transport.answers.append(answer)
    got = await client_of(transport).apply(
        resource_type, "shop", "web", b"{}", manager="trueline:x", force=False, dry_run=False
    )
    assert isinstance(got, Refusal)
    assert len(transport.requests) == 1, "a write is sent once"
    return got


async def test_an_apply_says_all_it_must() -> None:
    transport = FakeTransport()
    transport.answers.append(reply(config_map("web", "5"), 201))
    client = client_of(transport)
    got = await client.apply(CONFIG_MAP, "shop", "web", b"{}", manager="trueline:x", force=False, dry_run=True)
    assert isinstance(got, Ok)
    assert got.is_created
    assert got.metadata().metadata.resourceVersion == "5"
    (sent,) = transport.requests
    assert (sent.method, sent.path, dict(sent.query)) == snapshot(
        (
            "PATCH",
            "/api/v1/namespaces/shop/configmaps/web",
            {"fieldManager": "trueline:x", "force": "false", "fieldValidation": "Strict", "dryRun": "All"},
        )
    )
    assert sent.headers["Content-Type"] == "application/apply-patch+yaml"
    assert client.requests == {RequestKey("apply", "configmaps", dry_run=True): 1}


async def test_a_dry_run_delete_carries_dry_run_in_its_body() -> None:
    transport = FakeTransport()
    transport.answers.append(reply(config_map("web", "5")))
    await client_of(transport).delete(CONFIG_MAP, "shop", "web", uid="u1", resource_version="5", dry_run=True)
    (sent,) = transport.requests
    assert msgspec.json.decode(sent.body) == snapshot(
        {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": "u1", "resourceVersion": "5"},
            "propagationPolicy": "Background",
            "dryRun": ["All"],
        }
    )
    with pytest.raises(ValueError, match="UID"):
        await client_of(transport).delete(CONFIG_MAP, "shop", "web", uid="")


async def test_a_conflict_names_manager_and_field() -> None:
    message = 'conflict with "kubectl-edit" with subresource "scale" using apps/v1'
    cause = {"reason": "FieldManagerConflict", "message": message, "field": ".spec.replicas"}
    refusal = await check(failure(409, "Conflict", "Apply failed with 1 conflict", [cause]))
    assert refusal.kind is RefusalKind.CONFLICT
    (conflict,) = refusal.conflicts
    assert (conflict.manager, conflict.field, conflict.api_version) == ("kubectl-edit", ".spec.replicas", "apps/v1")


@pytest.mark.parametrize(
    ("answer", "kind", "blame"),
    [
        (failure(409, "Conflict", "the object has been modified"), RefusalKind.STALE, Blame.PASSING),
        (failure(404, "NotFound", 'namespaces "shop" not found'), RefusalKind.NOT_FOUND, Blame.TARGET),
        (failure(500, "", "failed to create typed patch object (/a): .foo: field not declared in schema"),
         RefusalKind.INVALID, Blame.USER),
        (failure(500, "InternalError", "Internal error occurred: etcdserver: request timed out"),
         RefusalKind.UNAVAILABLE, Blame.PASSING),
        (failure(403, "Forbidden", 'pods "a" is forbidden: exceeded quota: q'), RefusalKind.ADMISSION, Blame.TARGET),
        (failure(400, "", 'admission webhook "a.b" denied the request: no'), RefusalKind.ADMISSION, Blame.TARGET),
        (failure(422, "Invalid", "spec.x: Required value"), RefusalKind.INVALID, Blame.USER),
        (failure(413, "RequestEntityTooLarge", "limit is 3145728"), RefusalKind.TOO_LARGE, Blame.USER),
        (failure(500, "", "etcdserver: request is too large"), RefusalKind.TOO_LARGE, Blame.USER),
        (failure(500, "", "rpc error: code = ResourceExhausted desc = trying to send message larger than max (9 vs 8)"),
         RefusalKind.TOO_LARGE, Blame.USER),
        (failure(429, "TooManyRequests", "later"), RefusalKind.TOO_MANY, Blame.PASSING),
        (failure(504, "Timeout", "later"), RefusalKind.UNAVAILABLE, Blame.PASSING),
        (failure(200, "NotFound", "a lie"), RefusalKind.NOT_FOUND, Blame.TARGET),
        (Response(status=200, headers={"content-type": "text/html"}, body=b"<html>"), RefusalKind.UNREADABLE,
         Blame.UNKNOWN),
        (Response(status=502, headers={}, body=b"<html>"), RefusalKind.UNAVAILABLE, Blame.PASSING),
        ("connection reset", RefusalKind.UNREACHABLE, Blame.PASSING),
    ],
)  # fmt: skip
async def test_each_refusal_has_its_kind(answer: Response | str, kind: RefusalKind, blame: Blame) -> None:
    refusal = await check(answer)
    assert (refusal.kind, refusal.blame) == (kind, blame)


@pytest.mark.parametrize(
    "body", [b'{"kind":"ConfigMap","metadata":{"name":"we', b'{"a":' * 100_000], ids=["cut", "deep"]
)
async def test_an_object_that_broke_off_is_not_read(body: bytes) -> None:
    """INV-04: neither absent nor a fault of ours; what is asked next may be whole."""
    transport = FakeTransport()
    transport.answers.append(Response(status=200, headers={"content-type": "application/json"}, body=body))
    got = await client_of(transport).get(CONFIG_MAP, "shop", "web", whole=True)
    assert isinstance(got, Refusal)
    assert got.kind is RefusalKind.UNREADABLE


async def test_missing_rights_say_which_verb_on_which_kind() -> None:
    message = 'User "bob" cannot patch resource "configmaps" in API group "" in the namespace "shop"'
    refusal = await check(failure(403, "Forbidden", f'configmaps "a" is forbidden: {message}'))
    assert refusal.kind is RefusalKind.FORBIDDEN
    assert refusal.denial is not None
    assert (refusal.denial.verb, refusal.denial.resource, refusal.denial.namespace) == ("patch", "configmaps", "shop")


@pytest.mark.parametrize(
    "message",
    [
        'failed to create typed patch object: .data.k: expected string, got &value{Value:"hunter2"}',
        'Secret "a" is invalid: data[k]: Invalid value: "hunter2": too long',
        "error decoding from json: illegal base64 data hunter2",
        'admission webhook "a.b" denied the request: hunter2 is weak',
        "Internal error occurred: hunter2",
    ],
)
async def test_nothing_of_a_secret_is_told(message: str) -> None:
    """INV-25: a server repeats what it does not like."""
    cause = {"reason": "FieldValueInvalid", "message": 'Invalid value: "hunter2"', "field": "data[k]"}
    refusal = await check(failure(422, "Invalid", message, [cause]), resource_type=SECRET)
    assert "hunter2" not in repr(refusal)


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_write_is_sent_once_whatever_is_answered(*, dry_run: bool) -> None:
    """INV-14, INV-33: a reply that was lost after the write is found out by reading; only a try is sent again."""
    transport = FakeTransport()
    transport.answers.extend(["connection reset"] * 20)
    client = client_of(transport)
    await client.apply(CONFIG_MAP, "shop", "web", b"{}", manager="x", force=False, dry_run=dry_run)
    await client.delete(CONFIG_MAP, "shop", "web", uid="u1", dry_run=dry_run)
    await client.patch(CONFIG_MAP, "shop", "web", b"[]", content_type=JSON_PATCH, manager="x", dry_run=dry_run)
    await client.create(CONFIG_MAP, "shop", b"{}", manager="x", dry_run=dry_run)
    assert len(transport.requests) == 4 * (ATTEMPTS_MAX if dry_run else 1)


async def test_what_reads_is_tried_again_with_growing_pauses() -> None:
    """INV-33: and as late as the server asks."""
    transport = FakeTransport()
    busy = Response(status=429, headers={"retry-after": "7"}, body=failure(429, "TooManyRequests", "").body)
    transport.answers.extend(["reset", busy, failure(503, "", ""), reply(config_map("web", "5"))])
    client = client_of(transport)
    assert isinstance(await client.get(CONFIG_MAP, "shop", "web", whole=True), Ok)
    assert client.requests == {RequestKey("get", "configmaps"): 4}
    assert [pause for pause in transport.clock.slept_s if pause >= 0.1] == snapshot([0.1, 7.0, 0.4])
    transport.answers.extend(["reset"] * 5)
    assert isinstance(await client.get(CONFIG_MAP, "shop", "web", whole=True), Refusal)
    assert not transport.answers


def page(names: str, token: str = "", version: str = "9") -> Response:
    items = [config_map(name, "1") for name in names]
    return reply({"kind": "ConfigMapList", "metadata": {"resourceVersion": version, "continue": token}, "items": items})


EXPIRED = failure(410, "Expired", "the provided continue parameter is too old")


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        ([page("ab", "t1"), page("c")], 3),
        ([page("ab", "t1"), EXPIRED, page("ab", "t2"), page("cd")], 4),
        ([page("ab", "t1"), EXPIRED] * 3, None),
        ([page("ab", "t1"), page("c", "t1")], None),
        ([page("ab", "t1"), *[failure(500, "InternalError", "x")] * 5], None),
        ([page("ab", "t1"), Response(status=200, headers={}, body=b"<html>")], None),
        ([reply({"kind": "ConfigMap", "metadata": {"resourceVersion": "1"}})], None),
        ([reply({"kind": "ConfigMapList", "items": []})], None),
    ],
)
async def test_a_list_is_complete_or_unknown(answers: list[Response], count: int | None) -> None:
    """INV-04: half a list is none."""
    transport = FakeTransport()
    transport.answers.extend(answers)
    match await client_of(transport).list(CONFIG_MAP, selector="a=b", page=2):
        case Known(listing):
            assert len(listing.items) == count
        case Unknown(reason):
            assert count is None, reason
    assert not transport.answers
    assert {sent.query["labelSelector"] for sent in transport.requests} == {"a=b"}


async def test_answers_are_counted_by_verb_and_class() -> None:
    transport = FakeTransport()
    transport.answers += [reply(config_map("web", "5")), failure(409, "Conflict", "no"), "gone", failure(404, "", "")]
    client = client_of(transport)
    for _ in range(3):
        await client.apply(CONFIG_MAP, "shop", "web", b"{}", manager="trueline:x", force=False, dry_run=False)
    await client.get(CONFIG_MAP, "shop", "web", whole=True)
    assert client.answers == {("apply", "2xx"): 1, ("apply", "4xx"): 1, ("apply", "none"): 1, ("get", "4xx"): 1}
