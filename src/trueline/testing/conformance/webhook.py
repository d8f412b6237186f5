"""Admission webhooks: when a server calls them, what it makes of their answers, and what it says without one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from trueline.testing.conformance.api import MANAGER, Api, Json
from trueline.testing.conformance.case import case, expect, expect_in, expect_status, expect_that
from trueline.testing.conformance.reviewer import Reviewer, allowed, denied
from trueline.testing.conformance.sample import config_map, entry

MUTATING, VALIDATING = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"
_PROBE = "webhook-probe"
_AUTHORITY = "kube-root-ca.crt"
"""What every namespace gets from the cluster itself, at a time of its own."""


def configuration(api: Api, kind: str, client: Json, **more: Any) -> Json:
    """A configuration of one webhook for the ConfigMaps of the case's namespace."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}
    hook = {
        "name": "review.example.test",
        "clientConfig": client,
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": api.namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **more,
    }
    metadata = {"name": f"w{api.unique}-{kind.lower()[:3]}"}
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": metadata, "webhooks": [hook]}


@asynccontextmanager
async def reviewing(api: Api, kind: str, reviewer: Reviewer, **more: Any) -> AsyncIterator[list[Json]]:
    """Every ConfigMap of the case's namespace is reviewed inside the block; the value is what was asked."""
    asked: list[Json] = []

    def review(request: Json) -> Json:
        if request["name"] not in {_PROBE, _AUTHORITY}:
            asked.append(request)
            return reviewer(request)
        probed.append(request)
        return allowed()

    probed: list[Json] = []
    assert api.reviewers is not None, "the suite was given no place for webhooks"
    async with api.reviewers.standing(review) as client, configured(api, kind, client, **more):
        end_s = api.clock.monotonic_s() + 20
        while not probed:
            await api.create(config_map(_PROBE), dryRun="All")
            if api.clock.monotonic_s() > end_s:
                raise AssertionError("the webhook is not called")
        yield asked


@asynccontextmanager
async def configured(api: Api, kind: str, client: Json, **more: Any) -> AsyncIterator[None]:
    """A configuration stands inside the block; the server may need a moment to see it come and go."""
    body = configuration(api, kind, client, **more)
    expect_status(await api.create(body), 201)
    try:
        yield
    finally:
        expect_status(await api.delete(body), 200)


def setting(value: str) -> Reviewer:
    """A webhook that sets `data.a`."""
    return lambda _: allowed({"op": "add", "path": "/data/a", "value": value})


@case
async def webhook_mutates_what_is_applied(api: Api) -> None:
    """The object is kept as the webhook changed it; our manager goes on owning the field that it declared."""
    async with reviewing(api, MUTATING, setting("policy")) as asked:
        tried = expect_status(await api.apply(config_map("c"), dryRun="All"), 201)
        made = expect_status(await api.apply(config_map("c")), 201)
        expect((tried.body["data"], made.body["data"]), ({"a": "policy"}, {"a": "policy"}))
        expect(entry(made)["f:data"], {"f:a": {}})
        expect([(r["operation"], r["dryRun"]) for r in asked], [("CREATE", True), ("CREATE", False)])
        expect((asked[1]["options"]["fieldManager"], asked[1]["object"]["data"]), (MANAGER, {"a": "1"}))
        again = expect_status(await api.apply(config_map("c")), 200)
        expect(again.body["metadata"]["resourceVersion"], made.body["metadata"]["resourceVersion"])
        expect(asked[2]["oldObject"]["data"], {"a": "policy"})


@case
async def webhook_denies(api: Api) -> None:
    """Nothing is kept, and the refusal names the webhook and its reason."""
    async with reviewing(api, VALIDATING, lambda _: denied("no such thing here")) as asked:
        wanted = 'admission webhook "review.example.test" denied the request: no such thing here'
        for refused in (await api.apply(config_map("c"), dryRun="All"), await api.apply(config_map("c"))):
            expect(expect_status(refused, 403).body["message"], wanted)
        expect(len(asked), 2)
        expect_status(await api.get(config_map("c")), 404)


@case
async def webhook_is_asked_of_what_it_selects(api: Api) -> None:
    """Rules and selectors decide; what they do not select passes unasked."""
    selector = {"matchExpressions": [{"key": "trueline.dev/application", "operator": "Exists"}]}
    async with reviewing(api, VALIDATING, lambda _: denied("no"), objectSelector=selector) as asked:
        unlabelled = config_map("c", labels={})
        expect_status(await api.apply(unlabelled), 201)
        expect_status(await api.delete(unlabelled), 200)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": config_map("s")["metadata"]}
        expect_status(await api.apply(secret), 201)
        expect(asked, [])
        expect_status(await api.apply(config_map("c")), 403)


@case
async def webhook_that_is_away(api: Api) -> None:
    """`failurePolicy` decides: 500 with the reason, or it passes."""
    client = {"url": "https://127.0.0.1:1/away"}
    for policy, status in (("Fail", 500), ("Ignore", 201)):
        async with configured(api, VALIDATING, client, failurePolicy=policy, timeoutSeconds=2):
            answer = await api.create(config_map(policy.lower()))
            end_s = api.clock.monotonic_s() + 20
            while answer.status != status and api.clock.monotonic_s() < end_s:
                expect_status(await api.delete(config_map(policy.lower())), 200, 404, 500)
                answer = await api.create(config_map(policy.lower()))
            expect_status(answer, status)
            if policy == "Fail":
                expect_in(
                    'failed calling webhook "review.example.test": failed to call webhook', answer.body["message"]
                )


@case
async def webhooks_one_after_the_other(api: Api) -> None:
    """What one webhook changed, the next one sees; what checks sees it all."""
    mutating = reviewing(api, MUTATING, setting("first"))
    async with mutating, reviewing(api, VALIDATING, lambda _: allowed()) as checked:
        expect_status(await api.create(config_map("c")), 201)
        expect([request["object"]["data"] for request in checked], [{"a": "first"}])
        expect_that(checked[0]["object"]["metadata"]["uid"])
