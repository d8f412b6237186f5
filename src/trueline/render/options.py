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
class Versions:
    """Which branches and tags of its source a site shows beside its own revision, each as a version.

    Patterns are globs over names, `!` before one takes away. `default` is what the site's root leads to: `latest`,
    `stable`, or a name; empty is `stable` where there is one, else `latest`. `latest` names a branch in the place of
    the source's own revision. At most `keep` tags are taken, newest first; 0 is all. `broken_tags`: `error` or `skip`.
    """

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    default: str = ""
    latest: str = ""
    keep: int = 0
    broken_tags: str = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVersion:
    """What the pages of one version know of it; never declared. It holds nothing that a new version changes.

    `home` is the folder that its canonical addresses begin with. `default` is the canonical folder of the default
    version, and `shared` are the published paths that both have. `is_own`: it is what the declaration was written for.
    """

    name: str
    home: str
    default: str
    shared: frozenset[str] = frozenset()
    is_own: bool = False

    @property
    def is_default(self) -> bool:
        """It is what the site's root leads to."""
        return self.home == self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site from Markdown. An empty `title` is the first page's; `url` is the site's own address, where it is known.

    An empty `navigation` is found from the folders. `broken_links` is `error` or `warn`, `removed_pages` `redirect` (a
    page that leaves the site needs one) or `allow`, `external_links` `ignore` or `warn` (they are asked).
    `page_bytes_max` and `image_bytes_max` bound what one page or image file may be when it is published.
    `keep_assets_s` is how long files that are named by their content stay after they left the site.
    `version` is that of the pages where they are those of one of several versions.
    """

    title: str = ""
    url: str = ""
    language: str = "en"
    navigation: tuple[NavigationEntry, ...] = ()
    allow_html: bool = False
    broken_links: str = "error"
    removed_pages: str = "redirect"
    external_links: str = "ignore"
    drafts: bool = False
    feed: bool = True
    search: bool = True
    page_bytes_max: int = 5 << 20
    image_bytes_max: int = 20 << 20
    keep_assets_s: int = 7 * 86_400
    versions: Versions | None = None
    version: PageVersion | None = None

    @property
    def is_past(self) -> bool:
        """The files are another version's than the one that this was declared for."""
        return self.version is not None and not self.version.is_own


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSite:
    """A site that another program builds: MkDocs by its configuration `mkdocs`, or a `command` that writes `output`.

    Both paths are seen from the application's path. `variables` are of the process. `url` is the site's own address,
    where it is known. `broken_links` is `error` or `warn`; the rest is as `Site` has it.
    """

    mkdocs: str = ""
    command: tuple[str, ...] = ()
    output: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int = 300
    memory_bytes_max: int = 2 << 30
    url: str = ""
    broken_links: str = "warn"
    removed_pages: str = "redirect"
    keep_assets_s: int = 7 * 86_400


RenderOptions: TypeAlias = Plain | Kustomize | Helm | Jsonnet | Site | GeneratedSite


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a chart may ask of the target: its version (`v1.35.0`) and API versions (`apps/v1`, `apps/v1/Deployment`).

    `is_whole` tells that the list is all that the target has; else it is added to what every cluster has.
    """

    kube_version: str = "v1.35.0"
    api_versions: tuple[str, ...] = ()
    is_whole: bool = False
