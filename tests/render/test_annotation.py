"""Every dialect's words for order, hooks and keeping."""

import pytest

from trueline.render.annotation import WAVE_FIRST, Timing, timing
from trueline.render.resource import HookDelete, Phase, Position

ARGO = "argocd.argoproj.io/"
NEXT = (HookDelete.BEFORE_NEXT,)


def at(*phases: Phase, wave: int = 0) -> tuple[Position, ...]:
    return tuple(Position(phase=phase, wave=wave) for phase in phases)


CASES: dict[str, tuple[dict[str, object], Timing]] = {
    "nothing": ({}, Timing()),
    "wave": ({"trueline.dev/wave": "-3"}, Timing(positions=(Position(wave=-3),))),
    "argo wave": ({f"{ARGO}sync-wave": "5"}, Timing(positions=(Position(wave=5),))),
    "own wins": ({"trueline.dev/wave": "1", f"{ARGO}sync-wave": "5"}, Timing(positions=(Position(wave=1),))),
    "weight of no hook": ({"helm.sh/hook-weight": "5"}, Timing()),
    "own hook": (
        {"trueline.dev/hook": "failed", "trueline.dev/hook-delete": "on-success,on-failure"},
        Timing(positions=at(Phase.FAILED), is_hook=True, hook_delete=(HookDelete.ON_SUCCESS, HookDelete.ON_FAILURE)),
    ),
    "two phases": (
        {f"{ARGO}hook": "PostSync, PreSync", f"{ARGO}sync-wave": "2"},
        Timing(positions=at(Phase.BEFORE, Phase.AFTER, wave=2), is_hook=True, hook_delete=NEXT),
    ),
    "sync": ({f"{ARGO}hook": "Sync"}, Timing(positions=at(Phase.DURING), is_hook=True, hook_delete=NEXT)),
    "sync fail": ({f"{ARGO}hook": "SyncFail"}, Timing(positions=at(Phase.FAILED), is_hook=True, hook_delete=NEXT)),
    "skip": ({f"{ARGO}hook": "Skip"}, Timing(positions=(), is_hook=True, hook_delete=NEXT)),
    "argo delete": (
        {f"{ARGO}hook": "PostDelete"},
        Timing(positions=(), is_hook=True, hook_delete=NEXT, unused=("PostDelete",)),
    ),
    "helm": (
        {"helm.sh/hook": "pre-install,pre-upgrade,post-upgrade", "helm.sh/hook-weight": "-5"},
        Timing(positions=at(Phase.BEFORE, Phase.AFTER, wave=-5), is_hook=True, hook_delete=NEXT),
    ),
    "helm policy": (
        {"helm.sh/hook": "post-install", "helm.sh/hook-delete-policy": "before-hook-creation,hook-failed"},
        Timing(positions=at(Phase.AFTER), is_hook=True, hook_delete=(HookDelete.BEFORE_NEXT, HookDelete.ON_FAILURE)),
    ),
    "helm rollback": (
        {"helm.sh/hook": "pre-rollback"},
        Timing(positions=(), is_hook=True, hook_delete=NEXT, unused=("pre-rollback",)),
    ),
    "helm test": ({"helm.sh/hook": "test"}, Timing(positions=(), is_hook=True, hook_delete=NEXT)),
    "helm crd": ({"helm.sh/hook": "crd-install"}, Timing(positions=(Position(wave=WAVE_FIRST),))),
    "argo over helm": (
        {f"{ARGO}hook": "PreSync", "helm.sh/hook": "post-install", "helm.sh/hook-weight": "9"},
        Timing(positions=at(Phase.BEFORE), is_hook=True, hook_delete=NEXT),
    ),
    "argo keep": ({f"{ARGO}sync-options": "Validate=false, Prune=false"}, Timing(keep=True)),
    "argo delete false": ({f"{ARGO}sync-options": "Delete=false"}, Timing(keep=True)),
    "argo others": ({f"{ARGO}sync-options": "Replace=true"}, Timing()),
    "helm keep": ({"helm.sh/resource-policy": "keep"}, Timing(keep=True)),
    "flux keep": ({"kustomize.toolkit.fluxcd.io/prune": "disabled"}, Timing(keep=True)),
    "own keep": ({"trueline.dev/prune": "false"}, Timing(keep=True)),
    "own prune wins": ({"trueline.dev/prune": "true", "helm.sh/resource-policy": "keep"}, Timing()),
}


@pytest.mark.parametrize("name", CASES)
def test_timing(name: str) -> None:
    annotations, expected = CASES[name]
    assert timing(annotations) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trueline.dev/wave", "first"),
        ("trueline.dev/wave", "1.5"),
        ("trueline.dev/wave", 1),
        ("trueline.dev/wave", "99999999999"),
        ("trueline.dev/hook", "PreSync"),
        ("trueline.dev/hook", ""),
        ("trueline.dev/hook-delete", "never"),
        ("trueline.dev/prune", "no"),
        (f"{ARGO}hook", "Presync"),
        (f"{ARGO}hook-delete-policy", "hook-succeeded"),
        ("helm.sh/hook", "before"),
        ("helm.sh/hook-delete-policy", "HookFailed"),
        (f"{ARGO}sync-options", ["Prune=false"]),
    ],
)
def test_a_wrong_value_is_told(name: str, value: object) -> None:
    (problem,) = timing({name: value}).problems
    assert problem.startswith(f"{name}: ")
