"""Real repositories pass their whole sequence on the real control plane: every way in which Git and a cluster part."""

from pathlib import Path

import pytest

from testbed.cloud import Cloud
from testbed.control_plane import ControlPlane
from testbed.git_server import Fault
from tests.cluster.real_input import NOT_RUN, Edit, RealInput, Scene, inputs_folder, is_required, opened
from tests.cluster.real_input_table import ISTIO, REAL_INPUTS
from trueline.health.status import Status
from trueline.loop.status import Sync

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(inputs_folder() is None and not is_required(), reason=NOT_RUN),
]

_WRONG_IMAGE = "example.test/wrong:1"


@pytest.mark.parametrize("real", REAL_INPUTS, ids=lambda real: real.name)
async def test_a_real_input_passes_its_whole_sequence(
    control_plane: ControlPlane, tmp_path: Path, real: RealInput
) -> None:
    async with Cloud.around(control_plane), opened(control_plane, tmp_path, real) as scene:
        await scene.wait_true(await scene.source.head())
        await _change_one_file(scene, real)
        await _edit_live(scene, real)
        await _delete_live(scene, real)
        await _remove_from_git(scene, real)
        await _break_a_commit(scene, real)
        await _roll_back(scene, real)
        await _remove_the_application(scene)


async def _change_one_file(scene: Scene, real: RealInput) -> None:
    """Live has it, and only what changed was written; hooks run once."""
    scene.begin()
    await scene.wait_true(await scene.commit(real.change))
    assert await scene.shown(real.changed, real.shown) == real.becomes
    await _assert_written(scene, real, {real.changed})


async def _edit_live(scene: Scene, real: RealInput) -> None:
    """A declared field is put back, in that object only; no hook runs."""
    declared = await _image(scene, real)
    uid = await scene.uid(real.edited)
    scene.begin()
    await scene.kubectl("set", "image", "/".join(real.edited), f"*={_WRONG_IMAGE}")
    await scene.until_shown(real.edited, _IMAGE, declared)
    await scene.wait_true(await scene.source.head())
    assert await scene.uid(real.edited) == uid
    assert await scene.written() == {real.edited}


_IMAGE = ".spec.template.spec.containers[0].image"


async def _image(scene: Scene, real: RealInput) -> str:
    return await scene.shown(real.edited, _IMAGE)


async def _delete_live(scene: Scene, real: RealInput) -> None:
    """It is made again, and nothing else."""
    uid = await scene.uid(real.deleted)
    scene.begin()
    await scene.kubectl("delete", "/".join(real.deleted))
    await scene.wait_made_again(real.deleted, uid)
    await scene.wait_true(await scene.source.head())
    assert await scene.written() == {real.deleted}


async def _remove_from_git(scene: Scene, real: RealInput) -> None:
    """What left Git leaves the cluster, and nothing else does."""
    before = await scene.versions()
    scene.begin()
    await scene.wait_true(await scene.commit(real.removal))
    for name in real.pruned:
        assert await scene.uid(name) == ""
    await _assert_written(scene, real, real.pruned)
    assert len(before) > len(real.pruned)


async def _break_a_commit(scene: Scene, real: RealInput) -> None:
    """Nothing is applied, what runs is untouched, and the file and line are told."""
    before = await scene.versions()
    scene.begin()
    await scene.commit(Edit(path=real.broken, pattern=r"\Z", text="\nbroken: [\n"))
    status = await scene.wait_sync(Sync.BLOCKED)
    origins = [problem.origin for problem in status.problems]
    assert [origin.path for origin in origins if origin is not None] == [real.broken], status
    assert all(origin.line for origin in origins if origin is not None), status
    assert status.health is Status.HEALTHY
    assert await scene.written() == frozenset()
    assert await scene.versions() == before


async def _roll_back(scene: Scene, real: RealInput) -> None:
    """Reverts in Git bring back the first state: of the broken commit, of the removal, of the change."""
    await scene.wait_true(await scene.revert("HEAD"))
    await scene.revert("HEAD~2")
    await scene.wait_true(await scene.revert("HEAD~4"))
    assert await scene.shown(real.changed, real.shown) != real.becomes
    for name in real.pruned:
        assert await scene.uid(name) != ""


async def _remove_the_application(scene: Scene) -> None:
    """Everything goes, after somebody agreed where it is much (promise 3)."""
    await scene.fleet.commit(files={"real.yaml": None})
    await scene.fleet.push()
    scene.assembly.engine.poke()
    await scene.agree_until_gone()
    await scene.wait_namespace_gone()


async def _assert_written(
    scene: Scene, real: RealInput, names: frozenset[tuple[str, str]] | set[tuple[str, str]]
) -> None:
    writes = await scene.writes()
    jobs = [r.name for r in writes if r.resource == "jobs" and r.verb == "patch"]
    assert {(r.resource, r.name) for r in writes if r.resource != "jobs"} == names
    assert len(jobs) == len(real.hooks), jobs
    assert {hook for hook in real.hooks if any(job.startswith(hook) for job in jobs)} == real.hooks, jobs


async def test_what_the_cluster_lacks_is_one_error_and_nothing_is_applied(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    async with opened(control_plane, tmp_path, ISTIO) as scene:
        status = await scene.wait_sync(Sync.BLOCKED)
        (problem,) = status.problems
        for group in ("networking.istio.io/v1alpha3", "gateway.networking.k8s.io/v1beta1"):
            assert group in problem.detail
        applied = [r for r in await scene.writes() if r.resource != "leases" and r.name != "trueline-system"]
        assert {r.namespace for r in applied} <= {scene.bystander}
        assert await scene.versions() == {}


async def test_what_waits_for_the_cloud_is_progressing(control_plane: ControlPlane, tmp_path: Path) -> None:
    """A LoadBalancer Service and an Ingress without an address are; an autoscaler without metrics is worse off."""
    for name, kind, health in (
        ("jsonnet-guestbook", "Service", Status.PROGRESSING),
        ("sock-shop", "Ingress.networking.k8s.io", Status.PROGRESSING),
        ("podinfo-kustomize", "HorizontalPodAutoscaler.autoscaling", Status.PROGRESSING),
    ):
        real = next(real for real in REAL_INPUTS if real.name == name)
        async with opened(control_plane, tmp_path / name, real) as scene:
            await scene.wait_held_up(kind, health)
            async with Cloud.around(control_plane):
                await scene.wait_true(await scene.source.head())


async def test_waves_and_hooks_run_in_their_order(control_plane: ControlPlane, tmp_path: Path) -> None:
    real = next(real for real in REAL_INPUTS if real.name == "sync-waves")
    async with opened(control_plane, tmp_path, real) as scene:
        await scene.wait_true(await scene.source.head())
        names = [r.name for r in await scene.writes() if r.resource in {"jobs", "replicasets", "services"}]
        first, rest = names[0], names[1:]
        assert first.startswith("upgrade-sql-schema")
        assert set(rest[:2]) == {"backend"}
        assert rest[2] == "maint-page-up"
        assert set(rest[3:5]) == {"frontend"}
        assert rest[5:] == ["maint-page-down"]


@pytest.mark.parametrize("name", ["guestbook", "podinfo-chart", "podinfo-kustomize"])
async def test_a_rollback_is_put_back_while_git_is_away_and_holds(
    control_plane: ControlPlane, tmp_path: Path, name: str
) -> None:
    real = next(real for real in REAL_INPUTS if real.name == name)
    async with Cloud.around(control_plane), opened(control_plane, tmp_path, real, is_pinned=True) as scene:
        first = await scene.source.head()
        await scene.wait_true(first)
        good = await scene.shown(real.changed, real.shown)
        second = await scene.commit(real.change)
        await scene.pin(real, second)
        await scene.wait_true(second)
        await scene.server.fail(Fault.GONE)
        scene.begin()
        await scene.control.rollback(real.name, "", who="ada")
        await scene.until_shown(real.changed, real.shown, good)
        assert (await scene.wait_sync(Sync.HELD)).wanted in second
        assert await scene.written() == {real.changed}
        await scene.server.fail(Fault.NONE)
        await scene.pin(real, first)
        await scene.wait_true(first)
        assert await scene.written() == {real.changed}
