"""Order, hooks and keeping, read from a resource's annotations in every dialect (D11). It reads; it orders nothing.

Trueline's own annotation wins over Argo CD's, that over Helm's, each thing by itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from trueline.render.resource import HookDelete, Phase, Position

WAVE_FIRST: Final = -(2**31)  # before every wave that can be written
_WAVE = re.compile(r"[+-]?[0-9]{1,9}")

_OWN_HOOKS: Final[Mapping[str, Phase]] = {phase.value: phase for phase in Phase}
_OWN_DELETES: Final[Mapping[str, HookDelete]] = {one.value: one for one in HookDelete}

_ARGO: Final = "argocd.argoproj.io/"
_ARGO_HOOKS: Final[Mapping[str, Phase]] = {
    "PreSync": Phase.BEFORE,
    "Sync": Phase.DURING,
    "PostSync": Phase.AFTER,
    "SyncFail": Phase.FAILED,
}
_ARGO_UNUSED: Final = ("PreDelete", "PostDelete")
_ARGO_SKIP: Final = "Skip"
_ARGO_DELETES: Final[Mapping[str, HookDelete]] = {
    "BeforeHookCreation": HookDelete.BEFORE_NEXT,
    "HookSucceeded": HookDelete.ON_SUCCESS,
    "HookFailed": HookDelete.ON_FAILURE,
}

_HELM_HOOKS: Final[Mapping[str, Phase]] = {
    "pre-install": Phase.BEFORE,
    "pre-upgrade": Phase.BEFORE,
    "post-install": Phase.AFTER,
    "post-upgrade": Phase.AFTER,
}
_HELM_UNUSED: Final = ("pre-delete", "post-delete", "pre-rollback", "post-rollback")
_HELM_TESTS: Final = ("test", "test-success", "test-failure")
_HELM_CRD: Final = "crd-install"
_HELM_DELETES: Final[Mapping[str, HookDelete]] = {
    "before-hook-creation": HookDelete.BEFORE_NEXT,
    "hook-succeeded": HookDelete.ON_SUCCESS,
    "hook-failed": HookDelete.ON_FAILURE,
}

_ARGO_KEEPS: Final = frozenset({"Prune=false", "Delete=false", "Prune=confirm", "Delete=confirm"})
_FLUX_PRUNE: Final = "kustomize.toolkit.fluxcd.io/prune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a resource is applied: once for each position, never where there is none. `unused` names hooks never run."""

    positions: tuple[Position, ...] = (Position(),)
    is_hook: bool = False
    hook_delete: tuple[HookDelete, ...] = ()
    keep: bool = False
    unused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hooks:
    """What one dialect says of hooks."""

    phases: tuple[Phase, ...]
    unused: tuple[str, ...] = ()
    is_first: bool = False


@dataclass(slots=True)
class _Reader:
    """The annotations, and what is wrong with them."""

    annotations: Mapping[str, Any]
    problems: list[str] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        value = self.annotations.get(name)
        if value is None or isinstance(value, str):
            return value
        self.problems.append(f"{name}: {value!r} is not a string")
        return None

    def words(self, name: str, known: tuple[str, ...]) -> tuple[str, ...] | None:
        """The comma-separated words of an annotation; `None` where it is not there."""
        text = self.text(name)
        if text is None:
            return None
        words = tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
        wrong = [word for word in words if word not in known] or ([] if words else [""])
        self.problems += [f"{name}: {word!r} is not one of {', '.join(known)}" for word in wrong]
        return tuple(word for word in words if word in known)

    def wave(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not _WAVE.fullmatch(text.strip()):
            self.problems.append(f"{name}: {text!r} is not a whole number")
            return None
        return int(text)

    def deletes(self, name: str, known: Mapping[str, HookDelete]) -> tuple[HookDelete, ...] | None:
        words = self.words(name, tuple(known))
        return None if words is None else tuple(known[word] for word in words)


def timing(annotations: Mapping[str, Any]) -> Timing:
    """Read all that annotations say of order.

    >>> timing({"argocd.argoproj.io/hook": "PreSync,PostSync", "argocd.argoproj.io/sync-wave": "2"}).positions
    (Position(phase=<Phase.BEFORE: 'before'>, wave=2, stage=0), Position(phase=<Phase.AFTER: 'after'>, wave=2, stage=0))
    """
    reader = _Reader(annotations)
    own, argo, helm = _own_hooks(reader), _argo_hooks(reader), _helm_hooks(reader)
    hooks = next((one for one in (own, argo, helm) if one is not None), None)
    wave = _wave(reader, is_helm_hook=hooks is not None and hooks is helm)
    deletes = _deletes(reader)
    keep = _keep(reader)
    problems = tuple(reader.problems)
    if hooks is None:
        return Timing(positions=(Position(wave=wave),), keep=keep, problems=problems)
    if hooks.is_first:
        return Timing(positions=(Position(wave=WAVE_FIRST),), keep=keep, unused=hooks.unused, problems=problems)
    return Timing(
        positions=tuple(Position(phase=phase, wave=wave) for phase in hooks.phases),
        is_hook=True,
        hook_delete=deletes or (HookDelete.BEFORE_NEXT,),
        keep=keep,
        unused=hooks.unused,
        problems=problems,
    )


def _own_hooks(reader: _Reader) -> _Hooks | None:
    words = reader.words("trueline.dev/hook", tuple(_OWN_HOOKS))
    return None if words is None else _Hooks(phases=_phases(words, _OWN_HOOKS))


def _argo_hooks(reader: _Reader) -> _Hooks | None:
    words = reader.words(f"{_ARGO}hook", (*_ARGO_HOOKS, _ARGO_SKIP, *_ARGO_UNUSED))
    if words is None:
        return None
    unused = tuple(word for word in words if word in _ARGO_UNUSED)
    return _Hooks(phases=() if _ARGO_SKIP in words else _phases(words, _ARGO_HOOKS), unused=unused)


def _helm_hooks(reader: _Reader) -> _Hooks | None:
    words = reader.words("helm.sh/hook", (*_HELM_HOOKS, *_HELM_UNUSED, *_HELM_TESTS, _HELM_CRD))
    if words is None:
        return None
    unused = tuple(word for word in words if word in _HELM_UNUSED)
    return _Hooks(phases=_phases(words, _HELM_HOOKS), unused=unused, is_first=_HELM_CRD in words)


def _phases(words: tuple[str, ...], known: Mapping[str, Phase]) -> tuple[Phase, ...]:
    phases = {known[word] for word in words if word in known}
    return tuple(sorted(phases, key=lambda phase: phase.rank))


def _wave(reader: _Reader, *, is_helm_hook: bool) -> int:
    waves = [reader.wave("trueline.dev/wave"), reader.wave(f"{_ARGO}sync-wave")]
    waves += [reader.wave("helm.sh/hook-weight")] if is_helm_hook else []
    return next((wave for wave in waves if wave is not None), 0)


def _deletes(reader: _Reader) -> tuple[HookDelete, ...]:
    said = (
        reader.deletes("trueline.dev/hook-delete", _OWN_DELETES),
        reader.deletes(f"{_ARGO}hook-delete-policy", _ARGO_DELETES),
        reader.deletes("helm.sh/hook-delete-policy", _HELM_DELETES),
    )
    return next((one for one in said if one is not None), ())


def _keep(reader: _Reader) -> bool:
    own = reader.words("trueline.dev/prune", ("true", "false"))
    if own:
        return own == ("false",)
    options = (reader.text(f"{_ARGO}sync-options") or "").split(",")
    return (
        any(option.strip() in _ARGO_KEEPS for option in options)
        or (reader.text("helm.sh/resource-policy") or "").strip().lower() == "keep"
        or (reader.text(_FLUX_PRUNE) or "").strip().lower() == "disabled"
    )
