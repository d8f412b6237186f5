"""What can be wrong with a render that only the cluster's types tell, as diagnostics."""

from collections import defaultdict
from collections.abc import Iterable

from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Resource

_EXAMPLES = 3


def kinds_missing(missing: Iterable[tuple[Resource, tuple[str, str], Origin]]) -> Diagnostic:
    """All kinds that the cluster lacks, by API group, in one problem; with each the place where it is written."""
    wanted = list(missing)
    groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for _, (api_version, kind), origin in wanted:
        groups[api_version][kind].append(str(origin))
    lines = [f"{api_version}: {_kinds(kinds)}" for api_version, kinds in sorted(groups.items())]
    return Diagnostic(
        code="TL0501",
        summary="the cluster lacks kinds that are declared",
        detail="; ".join(lines),
        remedy="install what defines them, put their CustomResourceDefinitions beside them, or correct `apiVersion`",
        origin=wanted[0][2],
    )


def no_namespace(resource: Resource) -> Diagnostic:
    """Nobody says where it belongs."""
    return Diagnostic(
        code="TL0502",
        summary="a namespaced resource has no namespace",
        detail=str(resource.ref),
        remedy="write `metadata.namespace`, or `namespace` in the application's target",
        origin=resource.origin,
    )


def foreign_mark(ref: Ref, said: str, origin: Origin) -> Diagnostic:
    """It claims to be another application's."""
    return Diagnostic(
        code="TL0503",
        summary="a manifest carries the mark of another application",
        detail=f"{ref}: trueline.dev/application is {said!r}",
        remedy="delete the label: it is set by Trueline",
        origin=origin,
    )


def declared_twice(ref: Ref, first: Origin, second: Origin) -> Diagnostic:
    """Two manifests are one object."""
    return Diagnostic(
        code="TL0504",
        summary="a resource is declared twice",
        detail=f"{ref}: at {first} and at {second}",
        remedy="delete one of the manifests, or give it another name or namespace",
        origin=second,
    )


def port_twice(port: str, first: Ref, second: Ref, origin: Origin) -> Diagnostic:
    """Each alone would pass its dry run."""
    return Diagnostic(
        code="TL0508",
        summary="a nodePort is declared twice",
        detail=f"{port} by {first} and by {second}",
        remedy="give one of the Services another nodePort, or none",
        origin=origin,
    )


def not_answered(reason: str) -> Diagnostic:
    """The cluster could not be asked."""
    return Diagnostic(
        code="TL0507",
        summary="the cluster does not answer",
        detail=reason,
        remedy="nothing to do where it passes; else look at the cluster's API server",
    )


def _kinds(kinds: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{kind} ({', '.join(origins[:_EXAMPLES])}{' and more' if len(origins) > _EXAMPLES else ''})"
        for kind, origins in sorted(kinds.items())
    )
