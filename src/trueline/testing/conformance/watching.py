"""Watches: first lists, bookmarks, what a selector hides, revisions that are too old."""

from trueline.testing.conformance.api import METADATA, Api
from trueline.testing.conformance.case import case, expect, expect_status
from trueline.testing.conformance.sample import OWN, config_map

_SELECTED = {"labelSelector": "trueline.dev/application"}


def _path(api: Api) -> str:
    return f"/api/v1/namespaces/{api.namespace}/configmaps"


@case
async def watch_begins_with_a_list(api: Api) -> None:
    """`sendInitialEvents` streams what is there, ends it with a marked bookmark, and goes on."""
    expect_status(await api.apply(config_map("a")), 201)
    expect_status(await api.apply(config_map("b")), 201)
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with api.watch(_path(api), accept=METADATA, **query, **_SELECTED) as events:
        expect(events.status, 200)
        first = [await events.next(), await events.next()]
        expect([(e["type"], e["object"]["metadata"]["name"]) for e in first], [("ADDED", "a"), ("ADDED", "b")])
        expect(first[0]["object"]["kind"], "PartialObjectMetadata")
        end = await events.next()
        expect(end["type"], "BOOKMARK")
        expect(end["object"]["metadata"]["annotations"], {"k8s.io/initial-events-end": "true"})
        expect_status(await api.merge(config_map("a"), {"data": {"a": "2"}}), 200)
        changed = await events.until("MODIFIED")
        expect(changed["object"]["metadata"]["name"], "a")


@case
async def watch_wants_a_match_for_its_list(api: Api) -> None:
    """`sendInitialEvents` without the match that belongs to it is refused."""
    async with api.watch(_path(api), sendInitialEvents="true") as events:
        expect(events.status, 422)


@case
async def watch_from_a_revision(api: Api) -> None:
    """A watch from a list's revision gives what came after, in order, up to the deletion."""
    listed = expect_status(await api.send("GET", _path(api)), 200)
    body = config_map("a")
    expect_status(await api.apply(body), 201)
    expect_status(await api.merge(body, {"data": {"a": "2"}}), 200)
    expect_status(await api.delete(body), 200)
    async with api.watch(_path(api), resourceVersion=listed.body["metadata"]["resourceVersion"], **_SELECTED) as events:
        seen = [await events.next() for _ in range(3)]
    expect([e["type"] for e in seen], ["ADDED", "MODIFIED", "DELETED"])
    revisions = [int(e["object"]["metadata"]["resourceVersion"]) for e in seen]
    expect(revisions, sorted(set(revisions)))
    expect(seen[2]["object"]["data"], {"a": "2"})


@case
async def watch_sees_a_stripped_label_as_deleted(api: Api) -> None:
    """An object whose label is stripped is told as deleted though it lives, and as added when it comes back."""
    body = config_map("a")
    expect_status(await api.apply(body), 201)
    listed = expect_status(await api.send("GET", _path(api)), 200)
    async with api.watch(_path(api), resourceVersion=listed.body["metadata"]["resourceVersion"], **_SELECTED) as events:
        expect_status(await api.merge(body, {"metadata": {"labels": None}}), 200)
        gone = await events.next()
        expect(gone["type"], "DELETED")
        expect(gone["object"]["metadata"]["labels"], OWN)
        alive = expect_status(await api.get(body), 200)
        expect(gone["object"]["metadata"]["resourceVersion"], alive.body["metadata"]["resourceVersion"])
        expect_status(await api.apply(body, force=True), 200)
        expect((await events.next())["type"], "ADDED")


@case
async def watch_ends_at_its_timeout(api: Api) -> None:
    """A watch with a timeout ends by itself."""
    async with api.watch(_path(api), timeoutSeconds="1") as events:
        found = [line async for line in events.lines if b"kube-root-ca.crt" not in line]
    expect(found, [])


@case
async def watch_tries_write_nothing(api: Api) -> None:
    """Neither a dry run nor an apply that changes nothing is told."""
    body = config_map("a")
    made = expect_status(await api.apply(body), 201)
    async with api.watch(_path(api), resourceVersion=made.body["metadata"]["resourceVersion"], **_SELECTED) as events:
        expect_status(await api.apply(config_map("a", {"a": "2"}), dryRun="All"), 200)
        expect_status(await api.apply(body), 200)
        expect_status(await api.apply(config_map("last")), 201)
        event = await events.next()
        expect((event["type"], event["object"]["metadata"]["name"]), ("ADDED", "last"))
