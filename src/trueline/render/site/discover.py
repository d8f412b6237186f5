"""Which files a site is made of, and where each is published: pages, files that are copied, redirects, headers.

Two files for one address, names that some disks take for one, and names that cannot be published are found here.
"""

import posixpath
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from trueline.render.site.finding import BAD_NAME, LINK_ASTRAY, NAMES_COLLIDE, TOO_MANY, TWO_FILES
from trueline.render.site.parsed import Finding
from trueline.render.trace import Looks, TracingTree
from trueline.runtime.files import FileKind, FileTree

MARKDOWN: Final = (".md", ".markdown")
NOT_FOUND: Final = "404.html"
REDIRECTS, HEADERS = "_redirects", "_headers"
FILES_MAX: Final = 100_000
PAGES_MAX: Final = 20_000
DEPTH_MAX: Final = 32
SITES_REMEMBERED: Final = 8
FOLDERS_REMEMBERED: Final = 5_000
NAME_BYTES_MAX: Final = 255
_NOTHING: Final = "nothing of the repository stands there; a submodule is not read either"
_INDEXES: Final = ("index", "readme")
_NOT_PUBLISHED: Final = frozenset({REDIRECTS, HEADERS, "mkdocs.yml", "mkdocs.yaml"})
_ABOUT_REPOSITORY: Final = frozenset(
    [
        "readme",
        "changelog",
        "contributing",
        "license",
        "security",
        "code_of_conduct",
        "support",
        "authors",
        "maintainers",
        "owners",
        "agents",
        "claude",
        "releasing",
        "development",
        "governance",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A Markdown file. `source` is its path in the tree, `name` that from the site's folder, in composed letters.

    `address` is what it is served under, from the site's root, not encoded: empty for the home page.
    """

    source: str
    name: str
    address: str

    @property
    def path(self) -> str:
        """The published file."""
        return self.address if self.address == NOT_FOUND else f"{self.address}index.html"

    @property
    def root(self) -> str:
        """The way from the page to the site's root."""
        return "../" * self.address.count("/")

    @property
    def is_index(self) -> bool:
        """It stands for its folder."""
        return _stem(posixpath.basename(self.name)).lower() in _INDEXES

    @property
    def is_not_found(self) -> bool:
        """It is shown for an address that leads nowhere."""
        return self.address == NOT_FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFile:
    """Another file, copied as it is. `name` is its path from the site's folder and its published one."""

    source: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The files of a site. `root` is its folder in the tree; `findings` are by path in the tree."""

    root: str
    pages: tuple[PageFile, ...] = ()
    assets: tuple[AssetFile, ...] = ()
    redirects: str = ""
    headers: str = ""
    findings: tuple[tuple[str, Finding], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A folder with nothing wrong in it, as it was walked through: its files, and what was looked at on the way."""

    identity: str
    depth: int
    files: tuple[str, ...]
    looks: Looks


@dataclass(slots=True)
class _Walk:
    files: FileTree
    walked: dict[str, Walked]
    found: list[str] = field(default_factory=list)
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    """The identities of the folders that the walk stands in: none of them is met again but by a link."""

    def under(self, folder: str, depth: int = 0) -> None:
        """Every file, folder by folder."""
        for name in self.files.names(folder):
            path = posixpath.join(folder, name)
            if len(self.found) > FILES_MAX or depth > DEPTH_MAX:
                limit = f"more than {FILES_MAX} files, or folders {DEPTH_MAX} deep"
                self.findings.append((path, Finding(TOO_MANY, limit)))
                return
            if not name.startswith(".") or name == ".well-known":
                self._entry(path, name, depth)

    def _entry(self, path: str, name: str, depth: int) -> None:
        entry = self.files.entry(path)
        if entry is not None and entry.kind is FileKind.DIRECTORY:
            self._folder(path, entry.identity, depth + 1)
        elif entry is None:
            self.findings.append((_shown(path), Finding(LINK_ASTRAY, _NOTHING)))
        elif wrong := wrong_name(name):
            self.findings.append((_shown(path), Finding(BAD_NAME, wrong)))
        else:
            self.found.append(path)

    def _folder(self, path: str, identity: str, depth: int) -> None:
        """A folder that is the same as at an earlier walk is not walked through again: below it, everything is."""
        if identity and identity in self.above:
            self.findings.append((_shown(path), Finding(LINK_ASTRAY, "it leads back to a folder that it is in")))
            return
        self.above.append(identity)
        self._walk_through(path, identity, depth)
        self.above.pop()

    def _walk_through(self, path: str, identity: str, depth: int) -> None:
        if not identity or not isinstance(self.files, TracingTree):
            self.under(path, depth)
            return
        known = self.walked.get(path)
        is_same = known is not None and (known.identity, known.depth) == (identity, depth)
        if known is not None and is_same and len(self.found) + len(known.files) <= FILES_MAX:
            self.files.recall(known.looks)
            self.found += known.files
            return
        mark, found, wrong = self.files.count, len(self.found), len(self.findings)
        self.under(path, depth)
        self.walked.pop(path, None)
        if len(self.findings) == wrong:
            looks = self.files.since(mark)
            self.walked[path] = Walked(identity=identity, depth=depth, files=tuple(self.found[found:]), looks=looks)


def discover(files: FileTree, path: str, walked: dict[str, Walked] | None = None) -> Found:
    """The site's files, sorted by where they are published; `walked` is what is remembered of an earlier walk."""
    root = site_folder(files, path)
    walked = {} if walked is None else walked
    entry = files.entry(root)
    walk = _Walk(files, walked, above=[entry.identity] if entry is not None else [])
    walk.under(root)
    while len(walked) > FOLDERS_REMEMBERED:
        del walked[next(iter(walked))]
    return _placed(root, tuple(walk.found), tuple(walk.findings))


@lru_cache(maxsize=SITES_REMEMBERED)
def _placed(root: str, files: tuple[str, ...], findings: tuple[tuple[str, Finding], ...]) -> Found:
    """The files of a folder by where they are published: the same names, the same places."""
    prefix = f"{root}/" if root else ""
    named = [(one, unicodedata.normalize("NFC", one.removeprefix(prefix))) for one in files]
    pages = sorted((_page(*one) for one in named if is_markdown(one[1])), key=lambda page: page.address)
    assets = [AssetFile(source=one, name=name) for one, name in named if not is_markdown(name)]
    special = {one.name: one.source for one in assets if one.name in {REDIRECTS, HEADERS}}
    assets = sorted((one for one in assets if one.name not in _NOT_PUBLISHED), key=lambda asset: asset.name)
    if len(pages) > PAGES_MAX:
        findings = (*findings, (root, Finding(TOO_MANY, f"{len(pages)} pages, allowed are {PAGES_MAX}")))
    published = [*((one.path, one.source) for one in pages), *((one.name, one.source) for one in assets)]
    return Found(
        root=root,
        pages=tuple(pages),
        assets=tuple(assets),
        redirects=special.get(REDIRECTS, ""),
        headers=special.get(HEADERS, ""),
        findings=(*findings, *collisions(published)),
    )


def site_folder(files: FileTree, path: str) -> str:
    """The path itself, or its `docs` where that has an index and all Markdown beside it is about the repository."""
    docs = posixpath.join(path, "docs")
    has_index = any(_stem(name).lower() in _INDEXES and is_markdown(name) for name in files.names(docs))
    beside = [_stem(name).lower() for name in files.names(path) if is_markdown(name)]
    return docs if has_index and _ABOUT_REPOSITORY.issuperset(beside) else path


def _shown(path: str) -> str:
    return path.encode(errors="replace").decode()


def is_markdown(name: str) -> bool:
    """Whether a file is a page."""
    return name.lower().endswith(MARKDOWN)


def _stem(name: str) -> str:
    return name.rsplit(".", 1)[0]


def _page(source: str, name: str) -> PageFile:
    folder, stem = posixpath.split(_stem(name))
    if name.lower() in {"404.md", "404.markdown"}:
        address = NOT_FOUND
    elif stem.lower() in _INDEXES:
        address = f"{folder}/" if folder else ""
    else:
        address = f"{posixpath.join(folder, stem)}/"
    return PageFile(source=source, name=name, address=address)


def wrong_name(name: str) -> str:
    """Why a name cannot be published; empty where it can."""
    is_plain = name.isascii() and name.isprintable()
    if not is_plain and any(unicodedata.category(one) in {"Cc", "Cs"} for one in name):
        return "it has control characters, or is not UTF-8"
    if "\\" in name:
        return "it has a backslash"
    if len(name.encode()) > NAME_BYTES_MAX:
        return f"it has more than {NAME_BYTES_MAX} bytes"
    return ""


def collisions(published: list[tuple[str, str]]) -> Iterator[tuple[str, Finding]]:
    """Told at the later one of two files, by their sources."""
    exact: dict[str, str] = {}
    folded: dict[str, str] = {}
    for path, source in sorted(published, key=lambda one: one[1]):
        key = unicodedata.normalize("NFC", path.casefold())
        if path in exact:
            yield source, Finding(TWO_FILES, f"/{path} is also {exact[path]}")
        elif key in folded:
            yield source, Finding(NAMES_COLLIDE, f"/{path} and {folded[key]}")
        exact.setdefault(path, source)
        folded.setdefault(key, source)
    for path, source in published:
        parts = path.split("/")
        for depth in range(1, len(parts)):
            if (other := exact.get("/".join(parts[:depth]))) is not None:
                yield source, Finding(TWO_FILES, f"/{path} is beneath {other}, which is a file")
