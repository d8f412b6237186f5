"""The real engine on the embedded cluster, a real sink: drift is one message, its end one more, a restart none."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from testbed.repository import Repository
from tests.notify.sink import Sink, sink, until
from trueline.cli.call import call
from trueline.cli.place import find_place
from trueline.cli.serving import running
from trueline.cli.status import statuses_of
from trueline.cli.story import Story
from trueline.loop.control import Control
from trueline.runtime.http import Request
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

APPLICATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop, labels: {team: web}}
spec:
  source: {path: apps/shop}
  target: {cluster: embedded, namespace: shop, createNamespace: true}
  sync: {drift: warn}
"""
HEALING = APPLICATION.replace("  sync: {drift: warn}\n", "")
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: blue}\n"
NOTIFIER = """apiVersion: trueline.dev/v1
kind: Notifier
metadata: {name: ops}
spec:
  groupSeconds: 1
  events: EVENTS
  to:
    - webhook: {url: "URL/in", key: {secret: {env: HOOK_KEY}}}
"""
QUIET_S = 4.0


class World:
    """A fleet in a folder, a sink, and the data directory that outlives a process."""

    def __init__(self, path: Path, hooks: Sink, repository: Repository) -> None:
        self.path = path
        self.hooks = hooks
        self.repository = repository

    async def commit(self, **files: str | None) -> None:
        """Write files, whose names stand for paths, and commit them."""
        await self.repository.commit(
            "A change", {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
        )

    def notifier(self, events: str) -> str:
        """One that tells the sink."""
        return NOTIFIER.replace("URL", self.hooks.url).replace("EVENTS", events)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[tuple[Assembly, Control]]:
        """A process, until the block ends."""
        settings = Settings(
            repository=str(self.repository.path),
            data_directory=self.path / "data",
            environment={"PATH": os.environ["PATH"], "HOME": str(self.path), "HOOK_KEY": "canary-hook-key"},
            interval_s=0.5,
            is_live=True,
        )
        async with assemble(settings) as assembly, running(assembly, "none", Story(lambda _: None)) as control:
            async with asyncio.timeout(60):
                await assembly.engine.wait_settled()
            await until(lambda: "ops" in assembly.outbox.names())  # what was before a Notifier is not told by it
            yield assembly, control


@asynccontextmanager
async def world(path: Path, events: str = "[drifted, healed]") -> AsyncIterator[World]:
    async with sink() as hooks:
        made = World(path, hooks, await Repository.create(path / "fleet"))
        await made.commit(shop=APPLICATION, apps__shop__map=MAP, ops=made.notifier(events))
        yield made


async def edit(assembly: Assembly, colour: str) -> None:
    """Somebody changes the live object, as `kubectl edit` does."""
    assert assembly.targets.embedded is not None
    request = Request(
        method="PATCH",
        path="/api/v1/namespaces/shop/configmaps/settings",
        query={"fieldManager": "kubectl-edit"},
        headers={"Content-Type": "application/merge-patch+json"},
        body=json.dumps({"data": {"colour": colour}}).encode(),
    )
    answer = await assembly.targets.embedded.transport().send(request)
    assert answer.status == 200, answer.body


def phases(hooks: Sink) -> list[tuple[str, str]]:
    return [(one.json["event"], one.json["phase"]) for one in hooks.sent]


async def test_drift_is_one_message_its_end_is_one_more_and_a_restart_none(tmp_path: Path) -> None:
    """INV-14: what was told before a restart is not told again after it."""
    async with world(tmp_path, "[drifted]") as made:
        async with made.up() as (assembly, _):
            await asyncio.sleep(QUIET_S)
            assert made.hooks.sent == []
            await edit(assembly, "red")
            (opened,) = await made.hooks.wait(1)
            assert opened.json["title"] == "shop is drifted"
            assert "ConfigMap/shop/settings changed by kubectl-edit: data.colour" in opened.json["text"]
            assert opened.json["applications"][0]["name"] == "shop"
            await asyncio.sleep(QUIET_S)
        async with made.up() as (assembly, _):
            await asyncio.sleep(QUIET_S)
            assert phases(made.hooks) == [("drifted", "opened")]
            await made.commit(shop=HEALING)
            assembly.engine.poke()
            _, resolved = await made.hooks.wait(2)
            assert resolved.json["incident"] == opened.json["id"]
            assert resolved.json["title"] == "shop is no longer drifted"
            await asyncio.sleep(QUIET_S)
        async with made.up():
            await asyncio.sleep(QUIET_S)
        assert phases(made.hooks) == [("drifted", "opened"), ("drifted", "resolved")]


async def test_what_was_not_delivered_before_a_restart_is_after_it_with_the_same_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """INV-14: at least once; who gets it twice tells that by the id. Meanwhile `trueline status` says so."""
    async with world(tmp_path) as made:
        made.hooks.answers = [(500, {})]
        async with made.up() as (assembly, _):
            await edit(assembly, "red")
            await made.hooks.wait(1)
            await until(lambda: "TL2110" in {note.code for note in assembly.engine.notes})
            (note,) = [note for note in assembly.engine.notes if note.code == "TL2110"]
            assert "ops, webhook-" in note.detail
            assert "the service answered 500; 1 attempt, 1 waiting" in note.detail
            place = find_place(made.path / "data", "", {})
            _, is_followed = await asyncio.to_thread(statuses_of, place)
            assert is_followed
            assert "note: TL2110 a message could not be delivered yet: ops, webhook-" in capsys.readouterr().err
            assert place.line is not None
            told = await asyncio.to_thread(call, place.line, "GET", "/api/v1/notifiers")
            [service] = told["notifiers"][0]["services"]
            assert (told["failing"], service["failing"]["why"]) == (1, "the service answered 500")
            assert service["delivered"] is None
        made.hooks.answers = [(200, {})]
        async with made.up() as (assembly, _):
            await made.hooks.wait(2)
            await until(lambda: not assembly.engine.notes)
        assert len({one.headers["Trueline-Id"] for one in made.hooks.sent}) == 1


async def test_a_service_that_never_answers_holds_up_nothing(tmp_path: Path) -> None:
    """INV-30: the loop heals and deploys as if nobody were told."""
    async with world(tmp_path, "[drifted, applied]") as made:
        made.hooks.answers = [(0, {})]
        async with made.up() as (assembly, _):
            await edit(assembly, "red")
            await made.hooks.wait(1)
            await made.commit(apps__shop__map=MAP.replace("blue", "green"))
            assembly.engine.poke()
            wanted = await made.repository.git("rev-parse", "HEAD")
            await until(lambda: wanted[:10] in assembly.engine.kept["shop"].status.revision)
            assert assembly.engine.kept["shop"].status.is_true


async def test_a_notifier_that_breaks_goes_on_with_what_it_said_and_the_fleet_is_told_of(tmp_path: Path) -> None:
    async with world(tmp_path, "[drifted, fleet-blocked]") as made, made.up() as (assembly, _):
        await made.commit(ops=made.notifier("[drifted, fleet-blocked]").replace("groupSeconds: 1", "groupSeconds: no"))
        assembly.engine.poke()
        (told,) = await made.hooks.wait(1)
        assert told.json["title"] == "the fleet repository is not followed as it stands"
        assert "TL" not in told.json["title"]
        await edit(assembly, "red")
        await made.hooks.wait(2)
        await made.commit(ops=None)
        assembly.engine.poke()
        await until(lambda: assembly.outbox.names() == ())
        count = len(made.hooks.sent)
        await edit(assembly, "blue")
        await asyncio.sleep(QUIET_S)
        assert len(made.hooks.sent) == count


async def test_drift_that_is_healed_at_once_is_one_message_that_says_so(tmp_path: Path) -> None:
    async with world(tmp_path) as made:
        await made.commit(shop=HEALING)
        async with made.up() as (assembly, _):
            await edit(assembly, "red")
            (told,) = await made.hooks.wait(1)
            await asyncio.sleep(QUIET_S)
        assert phases(made.hooks) == [("healed", "happened")]
        assert "ConfigMap/shop/settings was changed by kubectl-edit: data.colour" in told.json["text"]
