"""Manifests → resources: lists taken apart, bodies made normal, order read; every error of all of them at once.

What every renderer shares after its engine has spoken. It reads no file and asks nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, canonical, digest_bytes, digest_value
from trueline.model.fault import UserError
from trueline.model.field_path import Path, has
from trueline.model.origin import Origin
from trueline.model.pointer import text
from trueline.model.ref import Ref
from trueline.render import refusal
from trueline.render.annotation import Timing, timing
from trueline.render.body import applied_pointer, normal
from trueline.render.misfit import Misfit
from trueline.render.resource import Phase, Position, Rendered, Resource

LIST_DEPTH_MAX: Final = 8
_DECLARATION: Final = "trueline.dev/"
_KUSTOMIZATION: Final = "kustomize.config.k8s.io/"
_NAME_LENGTH_MAX: Final = 63  # of a Job: its pods carry it in a label
_DIGEST_LENGTH: Final = 10
_NAME: Final = re.compile(r"[^/%]{1,253}")
_NAMESPACE: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One document as an engine gave it. `unstable` are JSON pointers of what a chart makes up anew.

    `precedes_hooks`: it is there before the first hook runs, as Helm has it with what a chart keeps in `crds/`.
    """

    value: Any
    origin: Origin
    unstable: tuple[str, ...] = ()
    precedes_hooks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A resource whose name may not be settled."""

    resource: Resource
    body: dict[str, Any]
    prefix: str = ""
    precedes_hooks: bool = False


class ManifestsRefused(UserError):
    """Manifests that are no resources; the lines of their fields are not looked up yet."""

    def __init__(self, misfits: Iterable[Misfit]) -> None:
        self.misfits = tuple(misfits)
        super().__init__(one.diagnostic for one in self.misfits)


@dataclass(slots=True)
class _Assembly:
    """What was found so far."""

    drafts: list[_Draft] = field(default_factory=list)
    errors: list[Misfit] = field(default_factory=list)
    notes: list[Diagnostic] = field(default_factory=list)


def assemble(
    manifests: Iterable[Manifest], notes: Iterable[Diagnostic] = (), *, uses_capabilities: bool = False
) -> Rendered:
    """Make resources, in the order of the manifests.

    Raises:
        ManifestsRefused: a manifest is no resource; every diagnostic of all of them.
    """
    found = _Assembly(notes=list(notes))
    for manifest in manifests:
        for one in _flat(manifest, found.errors):
            _add(one, found)
    if found.errors:
        raise ManifestsRefused(found.errors)
    named = _named(_before_hooks(found.drafts))
    bodies = {resource.digest: body for resource, body in named}
    return Rendered(
        resources=tuple(resource for resource, _ in named),
        bodies=bodies,
        notes=tuple(found.notes),
        uses_capabilities=uses_capabilities,
    )


def is_list(value: Any) -> bool:
    """Whether a document is a list of resources, which has no existence of its own."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and value["kind"].endswith("List")
        and (value["kind"] == "List" or "items" in value)
        and not (isinstance(value.get("metadata"), dict) and value["metadata"].get("name"))
    )


def _flat(manifest: Manifest, errors: list[Misfit], depth: int = 0) -> Iterator[Manifest]:
    value = manifest.value
    if not is_list(value):
        yield manifest
        return
    items = value.get("items")
    if depth == LIST_DEPTH_MAX:
        errors.append(_misfit(refusal.LIST, f"lists within lists, more than {LIST_DEPTH_MAX} deep", manifest))
        return
    if not isinstance(items, list):
        if items is not None:
            errors.append(_misfit(refusal.LIST, "`items` is not a list", manifest, ("items",)))
        return
    for index, item in enumerate(items):
        one = replace(manifest, value=_typed(item, value), unstable=_beneath(manifest.unstable, index))
        yield from _flat(one, errors, depth + 1)


def _typed(item: Any, whole: Mapping[str, Any]) -> Any:
    """An item of a `ConfigMapList` may leave its kind to the list."""
    if not isinstance(item, dict) or whole["kind"] == "List":
        return item
    head = {"apiVersion": whole.get("apiVersion"), "kind": whole["kind"].removesuffix("List")}
    return {**head, **item}


def _beneath(pointers: tuple[str, ...], index: int) -> tuple[str, ...]:
    head = f"/items/{index}"
    return tuple(pointer.removeprefix(head) for pointer in pointers if f"{pointer}/".startswith(f"{head}/"))


def _add(manifest: Manifest, found: _Assembly) -> None:
    value = manifest.value
    if isinstance(value, dict) and str(value.get("apiVersion", "")).startswith(_DECLARATION):
        return
    if other := _something_else(value):
        found.errors.append(_misfit(refusal.NO_RESOURCE, other, manifest))
        return
    if lacks := tuple(_lacks(value)):
        there = next((at for at, _ in lacks if has(value, at)), ())
        detail = f"it has no {', '.join(lack for _, lack in lacks)}"
        found.errors.append(_misfit(refusal.NO_RESOURCE, detail, manifest, there))
        return
    when = timing(value["metadata"].get("annotations") or {})
    body, not_strings = normal(value)
    found.errors += [_misfit(refusal.ANNOTATION, one, manifest, _annotation(one)) for one in when.problems]
    found.errors += [_misfit(refusal.STRING_DATA, text(at), manifest, at) for at in not_strings]
    found.notes += [refusal.NOT_RUN.about(f"{_title(value)}: {word}", manifest.origin) for word in when.unused]
    if not value["metadata"].get("name") and not when.is_hook:
        at = ("metadata", "generateName")
        found.errors.append(_misfit(refusal.GENERATED_NAME, _title(value), manifest, at))
        return
    found.drafts += [_draft(manifest, body, when, position) for position in when.positions]


def _misfit(rule: refusal.Rule, detail: str, manifest: Manifest, at: Path = ()) -> Misfit:
    return Misfit(diagnostic=rule.about(detail, manifest.origin), body=manifest.value, at=at)


def _annotation(problem: str) -> Path:
    """The annotation that a problem of order begins with."""
    return ("metadata", "annotations", problem.partition(": ")[0])


def _something_else(value: Any) -> str:
    """What a document is that nobody meant as a resource."""
    if not isinstance(value, dict):
        return f"it is a {type(value).__name__}, not a mapping"
    if str(value.get("apiVersion", "")).startswith(_KUSTOMIZATION):
        return "it is a kustomization: render its folder with `render.kustomize`"
    return ""


def _lacks(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What a document lacks to be a resource, with its place; nothing where it is one."""
    metadata = value.get("metadata")
    for name in ("apiVersion", "kind"):
        if lack := _lack(name, value.get(name)):
            yield (name,), lack
    if not isinstance(metadata, dict):
        yield ("metadata",), "metadata.name"
        return
    yield from _lacks_of_metadata(metadata)


def _lacks_of_metadata(metadata: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    name = metadata.get("name")
    if name is not None or not metadata.get("generateName"):
        yield from _unfit("name", name, _NAME, "without `/` or `%` or anything invisible")
    for part, form, such in (
        ("namespace", _NAMESPACE, "of small letters, digits and hyphens"),
        ("generateName", _NAME, "without `/` or `%` or anything invisible"),
    ):
        if metadata.get(part) is not None and metadata[part] != "":
            yield from _unfit(part, metadata[part], form, such)
    for part in ("annotations", "labels"):
        if not isinstance(metadata.get(part) or {}, dict):
            yield ("metadata", part), f"metadata.{part} as a mapping"


def _unfit(part: str, value: Any, form: re.Pattern[str], such: str) -> Iterator[tuple[Path, str]]:
    """What every API server refuses in a name, whatever the kind: it would be more than one step of an address."""
    at = ("metadata", part)
    if lack := _lack(f"metadata.{part}", value):
        yield at, lack
    elif not form.fullmatch(value) or not value.isprintable() or value in {".", ".."}:
        yield at, f"metadata.{part} {such} (it reads {value[:_NAME_LENGTH_MAX]!r})"


def _lack(name: str, value: Any) -> str:
    """What is missing where a string must stand: YAML reads `n` and `5` as something else."""
    if isinstance(value, str) and value:
        return ""
    return name if value is None or value == "" else f"{name} as a string (it reads {value!r}: put it in quotes)"


def _title(value: Mapping[str, Any]) -> str:
    metadata = value["metadata"]
    return f"{value['kind']}/{metadata.get('name') or metadata.get('generateName')}"


def _draft(manifest: Manifest, body: dict[str, Any], when: Timing, position: Position) -> _Draft:
    metadata = body["metadata"]
    group, slash, _ = body["apiVersion"].rpartition("/")
    kind = f"{body['kind']}.{group}" if slash else body["kind"]
    name = metadata.get("name", "")
    resource = Resource(
        ref=Ref(kind, metadata.get("namespace", ""), name),
        digest=Digest(""),
        origin=manifest.origin,
        position=position,
        is_hook=when.is_hook,
        hook_delete=when.hook_delete,
        keep=when.keep,
        unstable=tuple(applied_pointer(body, pointer) for pointer in manifest.unstable),
    )
    prefix = "" if name else metadata["generateName"]
    return _Draft(resource=resource, body=body, prefix=prefix, precedes_hooks=manifest.precedes_hooks)


def _before_hooks(drafts: list[_Draft]) -> list[_Draft]:
    """Where hooks run before the rest, what precedes them has a wave before theirs, so that they wait for it."""
    hooks = [one.resource.position.wave for one in drafts if one.resource.position.phase is Phase.BEFORE]
    if not hooks:
        return drafts
    first = Position(phase=Phase.BEFORE, wave=min(hooks) - 1)
    return [
        replace(one, resource=msgspec.structs.replace(one.resource, position=first))
        if one.precedes_hooks and one.resource.position == Position()
        else one
        for one in drafts
    ]


def _named(drafts: list[_Draft]) -> list[tuple[Resource, bytes]]:
    """Settle the names of generated ones: the same content has the same names, other content runs its hooks anew."""
    content = digest_value([one.body for one in drafts]) if any(one.prefix for one in drafts) else ""
    named = []
    for place, one in enumerate(drafts):
        body, ref = one.body, one.resource.ref
        if one.prefix:
            suffix = digest_value([content, place, one.resource.position.phase.value])[:_DIGEST_LENGTH]
            ref = Ref(ref.kind, ref.namespace, one.prefix[: _NAME_LENGTH_MAX - _DIGEST_LENGTH] + suffix)
            rest = {name: part for name, part in body["metadata"].items() if name != "generateName"}
            body = {**body, "metadata": {**rest, "name": ref.name}}
        content_text = canonical(body)
        named.append((msgspec.structs.replace(one.resource, ref=ref, digest=digest_bytes(content_text)), content_text))
    return named
