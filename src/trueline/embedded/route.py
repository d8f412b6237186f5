"""What a path means: the resource, namespace, name and subresource that a request is about. It looks nothing up."""

from dataclasses import dataclass

_CLUSTER_OF_NAMESPACES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One path of the API; `name` is empty for a collection."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def parse(path: str) -> Route | None:
    """The meaning of a path; `None` where it is about no resource.

    >>> parse("/apis/apps/v1/namespaces/shop/deployments/web/status")
    Route(group='apps', version='v1', plural='deployments', namespace='shop', name='web', subresource='status')
    >>> parse("/api/v1/namespaces/shop/finalize").subresource
    'finalize'
    >>> parse("/apis/apps/v1") is None
    True
    """
    parts = [part for part in path.split("/") if part]
    match parts:
        case ["api", "v1", *rest] if rest:
            group, version = "", "v1"
        case ["apis", group, version, *rest] if rest:
            pass
        case _:
            return None
    match rest:
        case ["namespaces", namespace, inner, *more] if inner not in _CLUSTER_OF_NAMESPACES:
            return _route(group, version, namespace, [inner, *more])
        case _:
            return _route(group, version, "", rest)


def _route(group: str, version: str, namespace: str, rest: list[str]) -> Route:
    plural, name, subresource = (*rest, "", "")[:3]
    if plural == "namespaces":
        namespace = ""
    return Route(group=group, version=version, plural=plural, namespace=namespace, name=name, subresource=subresource)
