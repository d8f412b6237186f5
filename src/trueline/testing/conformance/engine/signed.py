"""Signed revisions through the engine: what does not verify is never rendered, and what runs stays and is healed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from trueline.loop.status import Sync
from trueline.model.digest import Digest
from trueline.record.journal import Kind
from trueline.record.trust import TrustBook
from trueline.testing.conformance.api import Json
from trueline.testing.conformance.case import expect, expect_in, expect_that
from trueline.testing.conformance.engine.case import engine_case
from trueline.testing.conformance.engine.declaration import fleet_files
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.world import World
from trueline.testing.signature import SshSigner

_ADA, _BO, _CY, _EVE, _MALLORY = (SshSigner(name, name.encode()) for name in ("ada", "bo", "cy", "eve", "mallory"))
_CHARTS = "https://example.test/charts.git"


def _key(signer: SshSigner, **more: str) -> Json:
    return {"owner": signer.owner, "ssh": signer.line, **more}


_KEYS = (_key(_ADA), _key(_BO, until="2026-01-31"), _key(_CY, revoked="laptop stolen"))


def _project(*keys: Json, name: str = "platform") -> bytes:
    return _document("Project", name, {"trustedKeys": list(keys)})


def _source(name: str = "fleet", mode: str = "head", **spec: Any) -> bytes:
    return _document("Source", name, {"verify": {"mode": mode, "keys": ["platform"]}, **spec})


def _document(kind: str, name: str, spec: Json) -> bytes:
    metadata = {"name": name}
    return msgspec.json.encode({"apiVersion": "trueline.dev/v1", "kind": kind, "metadata": metadata, "spec": spec})


def _fleet(*keys: Json, mode: str = "head") -> dict[str, bytes]:
    return {"fleet/keys.yaml": _project(*(keys or _KEYS)), "fleet/source.yaml": _source(mode=mode)}


def _codes(world: World) -> list[str]:
    return [problem.code for problem in world.now.engine.problems]


async def _refused(world: World, code: str, runs: Json) -> None:
    """The newest commit is refused with this code; what runs is what ran, also when somebody changes it."""
    before = len(world.records("shop", Kind.DEPLOYMENT_BEGUN))
    await world.now.engine.follow_once()
    await world.settle()
    expect(_codes(world), [code], world.now.engine.problems)
    expect((await world.live(runs))["data"], runs["data"])
    await world.api.merge(runs, {"data": {"a": "by hand"}})
    await world.api.until(runs, lambda answer: answer.body.get("data") == runs["data"], "healed")
    await world.settle()
    expect(len(world.records("shop", Kind.DEPLOYMENT_BEGUN)), before)
    expect_that(world.records(kind=Kind.REVISION_REFUSED)[-1].body["commit"] == world.repository.head)


async def _followed(world: World, runs: Json) -> None:
    await world.follow()
    await world.until_sync(Sync.SYNCED)
    expect(_codes(world), [])
    expect((await world.live(runs))["data"], runs["data"])


@asynccontextmanager
async def _signed(world: World, mode: str = "head") -> AsyncIterator[Json]:
    """A fleet that demands signatures is followed: ada signed its first commit, whose one object is given."""
    world.more, world.repository.sign = _fleet(mode=mode), _ADA.sign
    good = config_map("one", {"a": "good"})
    world.declare("shop", good)
    async with world.synced():
        yield good


def _signed_by_another_commit(signer: SshSigner) -> Callable[[bytes], bytes]:
    return lambda payload: signer.sign(payload + b"of another commit")


@engine_case
async def signed_fleet_follows_only_what_verifies(world: World) -> None:
    """INV-11: unsigned, unknown, expired, revoked, copied: each is refused by its name, and a good commit goes on."""
    async with _signed(world) as good:
        begun = world.records("shop", Kind.DEPLOYMENT_BEGUN)[-1].body
        expect(begun["signed"]["(fleet)"]["owner"], "ada")
        ways = {
            "TL0136": None,
            "TL0138": _MALLORY.sign,
            "TL0139": _BO.sign,
            "TL0140": _CY.sign,
            "TL0142": _signed_by_another_commit(_ADA),
        }
        for code, sign in ways.items():
            world.repository.sign = sign
            world.declare("shop", config_map("one", {"a": code}), config_map(f"bad-{code.lower()}"))
            world.commit()
            await _refused(world, code, good)
            expect(await world.live(config_map(f"bad-{code.lower()}")), {})
        world.repository.sign = _ADA.sign
        better = config_map("one", {"a": "better"})
        world.declare("shop", better)
        world.commit()
        await _followed(world, better)


@engine_case
async def signed_fleet_starts_again_with_what_was_verified(world: World) -> None:
    """INV-11: a start that finds a refused revision keeps and heals the one before it."""
    async with _signed(world) as good:
        pass
    world.repository.sign = None
    world.declare("shop", config_map("one", {"a": "unsigned"}))
    world.commit()
    async with world.started():
        await world.until(lambda: world.now.engine.problems, "refused")
        await world.until(lambda: "shop" in world.now.engine.kept, "kept")
        await world.settle()
        await _refused(world, "TL0136", good)


@engine_case
async def signed_fleet_is_not_rewritten_without_a_word(world: World) -> None:
    """INV-11, INV-12: no approval lets history be rewritten under a verified branch, only a signed word in Git."""
    world.more, world.repository.sign = _fleet(), _ADA.sign
    world.declare("shop", config_map("one", {"a": "first"}))
    async with world.synced():
        first = world.repository.head
        good = config_map("one", {"a": "second"})
        world.declare("shop", good)
        await world.push()
        await world.until_sync(Sync.SYNCED)
        second = world.repository.head
        other = config_map("one", {"a": "rewritten"})
        world.declare("shop", other)
        files = {**_files(world), **world.more}
        world.approvals.approve("", Digest(_rewritten(world, first, files)), who="ada")
        await _refused(world, "TL0145", good)
        world.repository.head = first
        world.approvals.approve("", Digest(first), who="ada")
        await _refused(world, "TL0145", good)
        world.repository.is_unrelated, world.repository.head = True, second
        world.repository.commit(files)
        await _refused(world, "TL0145", good)
        world.repository.is_unrelated = False
        world.repository.message = f"anew\n\nTrueline-Replaces: {first}"
        _rewritten(world, first, files)
        await _refused(world, "TL0145", good)
        world.repository.message = f"anew\n\nTrueline-Replaces: {second}"
        _rewritten(world, first, files)
        await _followed(world, other)


@engine_case
async def signed_range_checks_every_commit(world: World) -> None:
    """INV-11: an unsigned commit below a signed one is found; where the head alone is asked, its signer answers."""
    async with _signed(world, mode="range") as good:
        verified = world.repository.head
        world.repository.sign = None
        world.commit()
        world.repository.sign = _ADA.sign
        better = config_map("one", {"a": "better"})
        world.declare("shop", better)
        world.commit()
        await _refused(world, "TL0136", good)
        world.repository.message = f"signed anew\n\nTrueline-Replaces: {verified}"
        _rewritten(world, verified, {**_files(world), **world.more})
        await _followed(world, better)
        world.more = _fleet(mode="head")
        await world.push()
        world.repository.sign = None
        world.commit()
        world.repository.sign = _ADA.sign
        world.declare("shop", good)
        world.commit()
        await _followed(world, good)


@engine_case
async def signed_source_stops_only_its_application(world: World) -> None:
    """INV-11, INV-33: a source's bad revision is not rendered, its application says so, and others go on."""
    charts = MemoryRepository()
    world.repository.others[_CHARTS] = charts
    good, bad = config_map("one", {"a": "good"}), config_map("one", {"a": "bad"})
    charts.sign = _ADA.sign
    charts.commit(_chart(good))
    world.more = {"fleet/keys.yaml": _project(*_KEYS), "fleet/charts.yaml": _source("charts", url=_CHARTS)}
    world.declare("shop", source={"from": "charts", "path": "shop"})
    world.declare("blog", config_map("blog", {"a": "1"}))
    async with world.synced():
        await world.until_sync(Sync.SYNCED, "blog")
        begun = world.records("shop", Kind.DEPLOYMENT_BEGUN)[-1].body
        expect(begun["signed"][""]["owner"], "ada")
        charts.sign = _MALLORY.sign
        charts.commit(_chart(bad))
        other = config_map("blog", {"a": "2"})
        world.declare("blog", other)
        await world.push()
        await world.until_sync(Sync.SYNCED, "blog")
        expect((await world.live(other))["data"], {"a": "2"})
        expect([one.code for one in world.status().problems], ["TL0138"], world.status())
        expect((await world.live(good))["data"], {"a": "good"})
        await world.api.merge(good, {"data": {"a": "by hand"}})
        await world.api.until(good, lambda answer: answer.body.get("data") == {"a": "good"}, "healed")
        charts.sign = _ADA.sign
        charts.commit(_chart(config_map("one", {"a": "better"})))
        await world.follow()
        await world.until_sync(Sync.SYNCED)
        expect((await world.live(good))["data"], {"a": "better"})


@engine_case
async def signed_keys_are_changed_only_by_the_trusted(world: World) -> None:
    """INV-11: whose keys count is read from what was verified before, and never from the commit that brings them."""
    async with _signed(world) as good:
        world.more, world.repository.sign = _fleet(*_KEYS, _key(_EVE)), _EVE.sign
        world.declare("shop", config_map("one", {"a": "eve's"}))
        world.commit()
        await _refused(world, "TL0138", good)
        world.repository.sign = _ADA.sign
        world.declare("shop", good)
        await world.push()
        await world.until_sync(Sync.SYNCED)
        world.repository.sign = _EVE.sign
        better = config_map("one", {"a": "eve's, and she may"})
        world.declare("shop", better)
        world.commit()
        await _followed(world, better)
        world.more = _fleet(_key(_ADA), _key(_EVE, revoked="left"))
        world.declare("shop", config_map("one", {"a": "she may not say that herself"}))
        world.commit()
        await _refused(world, "TL0140", better)
        world.repository.sign, last = _ADA.sign, config_map("one", {"a": "last"})
        world.declare("shop", last)
        world.commit()
        await _followed(world, last)
        world.repository.sign = _EVE.sign
        world.declare("shop", config_map("one", {"a": "eve's"}))
        world.commit()
        await _refused(world, "TL0140", last)


@engine_case
async def signed_keys_of_a_fleet_that_is_not_signed(world: World) -> None:
    """INV-11: there, too, a project's keys are changed by its own keys alone: not added, not replaced, not removed."""
    world.more = {"fleet/keys.yaml": _project(_key(_ADA))}
    good = config_map("one", {"a": "good"})
    world.declare("shop", good)
    async with world.synced():
        book = TrustBook(world.store, world.journal)

        def owners() -> list[str]:
            return [key["owner"] for key in (book.trusted("platform") or {"keys": ()})["keys"]]

        expect(owners(), ["ada"])
        for more in (
            {"fleet/keys.yaml": _project(_key(_ADA), _key(_EVE))},
            {"fleet/keys.yaml": _project(_key(_EVE))},
            {},
        ):
            world.more = more
            await world.push()
            expect((_codes(world), owners()), (["TL0149"], ["ada"]))
        world.more, world.repository.sign = {"fleet/keys.yaml": _project(_key(_ADA), _key(_EVE))}, _ADA.sign
        await world.push()
        expect((_codes(world), owners()), ([], ["ada", "eve"]))


@engine_case
async def signed_demand_locks_nobody_out(world: World) -> None:
    """INV-11: a commit that demands signatures has to hold what it demands; else it is refused, and nothing changes."""
    good = config_map("one", {"a": "good"})
    world.declare("shop", good)
    async with world.synced():
        world.more = _fleet(_key(_ADA))
        world.declare("shop", config_map("one", {"a": "unsigned"}))
        world.commit()
        await _refused(world, "TL0136", good)
        world.repository.sign, better = _ADA.sign, config_map("one", {"a": "signed"})
        world.declare("shop", better)
        world.commit()
        await _followed(world, better)
        world.more = _fleet(_key(_EVE))
        world.declare("shop", config_map("one", {"a": "ada takes her own key away"}))
        world.commit()
        await _refused(world, "TL0138", better)


@engine_case
async def signed_demand_outlives_a_broken_declaration(world: World) -> None:
    """INV-11: a declaration that cannot be read any more takes neither a demand nor a key away."""
    async with _signed(world) as good:
        world.more = {"fleet/keys.yaml": _project(*_KEYS), "fleet/source.yaml": _source(mode="nonsense")}
        await world.push()
        expect_in("TL0207", _codes(world))
        world.repository.sign = None
        world.declare("shop", config_map("one", {"a": "unsigned"}))
        world.commit()
        await _refused(world, "TL0136", good)


def _rewritten(world: World, at: str, files: dict[str, bytes]) -> str:
    """A commit that follows another one than the head."""
    world.repository.fork(at)
    return world.repository.commit(files)


def _files(world: World) -> dict[str, bytes]:
    return fleet_files(world.applications, world.api.namespace)


def _chart(body: Json) -> dict[str, bytes]:
    return {"shop/one.yaml": msgspec.json.encode(body)}
