"""How an application's files become resources, as a declaration says it. Values only; each renderer reads its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Manifests as they stand. Patterns are globs relative to the path; an empty `include` means every manifest."""

    recursive: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomize:
    """A folder with a kustomization."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Helm:
    """A chart. Later wins: value files in their order, `values`, then `parameters` (as `--set` reads them)."""

    release_name: str = ""
    value_files: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    include_crds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonnetVariable:
    """An external variable or a top-level argument; `code` is evaluated, a value is a string."""

    value: str
    code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Jsonnet:
    """Jsonnet files: `file`, or every `*.jsonnet` of the path."""

    file: str = ""
    external_variables: Mapping[str, JsonnetVariable] = field(default_factory=dict)
    arguments: Mapping[str, JsonnetVariable] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationEntry:
    """One entry of a declared navigation: a page by its path, or an address, or a group of others."""

    title: str
    path: str = ""
    address: str = ""
    items: tuple["NavigationEntry", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site from Markdown. An empty `title` is the first page's; `url` is the site's own address, where it is known.

    An empty `navigation` is found from the folders. `broken_links` is `error` or `warn`. `page_bytes_max` bounds what a
    page may be when it is published.
    """

    title: str = ""
    url: str = ""
    language: str = "en"
    navigation: tuple[NavigationEntry, ...] = ()
    allow_html: bool = False
    broken_links: str = "error"
    drafts: bool = False
    feed: bool = True
    search: bool = True
    page_bytes_max: int = 5 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSite:
    """A site that another program builds: MkDocs by its configuration `mkdocs`, or a `command` that writes `output`.

    Both paths are seen from the application's path. `variables` are of the process. `url` is the site's own address,
    where it is known. `broken_links` is `error` or `warn`.
    """

    mkdocs: str = ""
    command: tuple[str, ...] = ()
    output: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int = 300
    memory_bytes_max: int = 2 << 30
    url: str = ""
    broken_links: str = "warn"


RenderOptions: TypeAlias = Plain | Kustomize | Helm | Jsonnet | Site | GeneratedSite


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a chart may ask of the target: its version (`v1.35.0`) and API versions (`apps/v1`, `apps/v1/Deployment`).

    `is_whole` tells that the list is all that the target has; else it is added to what every cluster has.
    """

    kube_version: str = "v1.35.0"
    api_versions: tuple[str, ...] = ()
    is_whole: bool = False
