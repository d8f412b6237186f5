"""What a run counts, on the real API server: requests by verb and kind, renders, processes. Never a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.audit import Requests
from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.cluster.following import asked_since, settings_for, until
from trueline.loop.review import review
from trueline.wiring.assembly import Assembly, assemble

OBJECTS = 60
TOLD = ("update", "leases", False)
"""A commit is told at the fence before it is applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A running engine whose application `shop` has `OBJECTS` ConfigMaps, applied and at rest."""

    control_plane: ControlPlane
    git: GitServer
    repository: Repository
    assembly: Assembly
    namespace: str

    async def follow(self, files: dict[str, str | None]) -> None:
        """Push, tell the engine, and wait until it rests at the new commit."""
        commit = await self.repository.commit("change", files)
        await self.repository.push("main")
        self.assembly.engine.poke()
        await until(lambda: self.is_followed(commit))

    def is_followed(self, commit: str) -> bool:
        """Whether it rests there."""
        engine = self.assembly.engine
        kept = engine.kept.get("shop")
        if kept is None or kept.desired is None or kept.desired.commit != commit:
            return False
        return kept.last is not None and kept.last.is_complete and engine.is_settled

    async def asked(self, mark: int) -> Requests:
        """What the engine asked since the mark, watches left out."""
        asked = await asked_since(self.control_plane, mark)
        return Requests(all=tuple(each for each in asked.all if each.verb != "watch"))


def config_map(number: int, value: str = "1") -> str:
    return f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number:03}}}\ndata: {{value: "{value}"}}\n'


def fleet(namespace: str) -> dict[str, str | None]:
    declared = (
        "apiVersion: trueline.dev/v1\nkind: Application\nmetadata: {name: shop}\n"
        f"spec: {{source: {{path: apps/shop}}, target: {{namespace: {namespace}}}}}\n"
    )
    return {"fleet/shop.yaml": declared}


@asynccontextmanager
async def opened(control_plane: ControlPlane, git: GitServer, folder: Path, namespace: str) -> AsyncIterator[Case]:
    repository = await Repository.create(folder / "work", remote=await git.create("fleet"))
    await repository.commit("begin", fleet(namespace) | {"apps/shop/c000.yaml": config_map(0)})
    await repository.push("main")
    settings = settings_for(git.url("fleet"), control_plane, folder)
    async with assemble(settings) as assembly, assembly.engine.running():
        case = Case(control_plane=control_plane, git=git, repository=repository, assembly=assembly, namespace=namespace)
        await until(lambda: assembly.engine.is_settled)
        yield case


async def test_what_each_change_costs(
    control_plane: ControlPlane, git_server: GitServer, tmp_path: Path, namespace: str
) -> None:
    async with opened(control_plane, git_server, tmp_path, namespace) as case:
        await _many_new(case)
        await _one_changed(case)
        await _nothing_changed(case)
        await _edited(case)
        await _deleted(case)
        await _previewed(case)


async def _many_new(case: Case) -> None:
    """One dry run and one apply for each; one list tells that none of them stands there unmarked."""
    mark = case.control_plane.mark()
    renders, processes = case.assembly.renderer.renders.total(), case.git.count(service="git-upload-pack")
    await case.follow({f"apps/shop/c{number:03}.yaml": config_map(number) for number in range(1, OBJECTS)})
    counts = (await case.asked(mark)).counts()
    assert counts.pop(("list", "configmaps", False), 0) <= 1
    assert counts.pop(TOLD) == 1
    assert counts == {("patch", "configmaps", True): OBJECTS - 1, ("patch", "configmaps", False): OBJECTS - 1}
    assert case.assembly.renderer.renders.total() - renders == 1
    assert case.git.count(service="git-upload-pack") > processes


async def _one_changed(case: Case) -> None:
    mark, renders = case.control_plane.mark(), case.assembly.renderer.renders.total()
    await case.follow({"apps/shop/c007.yaml": config_map(7, "2")})
    asked = await case.asked(mark)
    assert asked.counts() == {("patch", "configmaps", True): 1, ("patch", "configmaps", False): 1, TOLD: 1}
    assert {each.name for each in asked.where(resource="configmaps").all} == {"c007"}
    assert case.assembly.renderer.renders.total() - renders == 1


async def _nothing_changed(case: Case) -> None:
    mark, renders = case.control_plane.mark(), case.assembly.renderer.renders.total()
    await case.follow({"README.md": "no application reads this\n"})
    assert not (await case.asked(mark)).counts()
    assert case.assembly.renderer.renders.total() == renders


async def _edited(case: Case) -> None:
    """Only the object that was edited is looked at and written; what the look asks is bounded, not fixed."""
    mark = case.control_plane.mark()
    patch = '{"data":{"value":"harm"}}'
    arguments = ("patch", "configmap", "c009", "--type=merge", "-p", patch)
    await case.control_plane.kubectl("-n", case.namespace, *arguments)
    asked = await _healed(case, mark, "c009")
    assert len(asked.where(verb="patch", dry_run=False)) == 1
    assert len(asked) <= 6, asked.counts()


async def _deleted(case: Case) -> None:
    mark = case.control_plane.mark()
    await case.control_plane.kubectl("-n", case.namespace, "delete", "configmap", "c011")
    asked = await _healed(case, mark, "c011")
    assert len(asked.where(verb="patch", dry_run=False)) == 1
    assert len(asked) <= 6, asked.counts()


async def _healed(case: Case, mark: int, name: str) -> Requests:
    """Until the heal was written and everything rests; nothing but that object was asked for by name.

    Where a commit has come since that changed nothing of the application, it is told at the fence with this write.
    """

    def is_written() -> bool:
        asked = case.control_plane.requests(since=mark).where(user_agent="trueline", verb="patch", dry_run=False)
        return len(asked) > 0 and case.assembly.engine.is_settled

    await until(is_written)
    asked = await case.asked(mark)
    told = asked.where(resource="leases")
    assert {each.verb for each in told.all} <= {"update"}
    assert {each.name for each in asked.all if each.name and each not in told.all} == {name}
    return asked


async def _previewed(case: Case) -> None:
    """A preview of what is watched asks nothing."""
    mark = case.control_plane.mark()
    desired = case.assembly.engine.kept["shop"].desired
    assert desired is not None
    parts = await case.assembly.targets.parts(desired.application.target)
    found = await review(parts, desired, completed_run=desired.run)
    assert not any(change.action.is_write for change in found.plan.changes)
    assert not (await case.asked(mark)).counts()
