"""A resource type: a kind of a server, how it is asked for, and what may be done to it."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ResourceType:
    """One kind in one version.

    >>> deployment = ResourceType(group="apps", version="v1", kind="Deployment", plural="deployments", namespaced=True)
    >>> deployment.api_version, deployment.kind_name, deployment.path("shop", "web")
    ('apps/v1', 'Deployment.apps', '/apis/apps/v1/namespaces/shop/deployments/web')
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    subresources: frozenset[str] = frozenset()

    @property
    def api_version(self) -> str:
        """As a manifest writes it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def kind_name(self) -> str:
        """As a `Ref` writes it: the kind with its group."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def resource(self) -> str:
        """As counters and rules write it: the plural with its group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def is_secret(self) -> bool:
        """Its bodies hold what must not be shown."""
        return self.kind == "Secret" and not self.group

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Where it stands on the server; without a name the collection, without a namespace that of all namespaces.

        A name can never lead out of its segment.

        >>> ResourceType(group="", version="v1", kind="Pod", plural="pods", namespaced=True).path("a", "../b")
        '/api/v1/namespaces/a/pods/..%2Fb'
        """
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural, name, subresource]
        return "".join(f"/{_segment(part)}" for part in parts if part)


@lru_cache(maxsize=4096)
def _segment(text: str) -> str:
    quoted = quote(text, safe=":")
    return quoted.replace(".", "%2E") if quoted.strip(".") == "" else quoted
