"""How files are rendered where a declaration does not say: found from the names that stand at the path."""

import difflib
import posixpath
from typing import Final

from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render import refusal
from trueline.render.kustomization import KUSTOMIZATIONS
from trueline.render.options import GeneratedSite, Helm, Jsonnet, Kustomize, Plain, RenderOptions, Site
from trueline.render.plain import EXTENSIONS
from trueline.render.protocol import RenderRequest
from trueline.runtime.files import FileKind, FileTree

CHART: Final = "Chart.yaml"
JSONNET: Final = ".jsonnet"
MARKDOWN: Final = (".md", ".markdown")
README: Final = "readme.md"
DOCUMENTS: Final = "docs"
MKDOCS: Final = ("mkdocs.yml", "mkdocs.yaml")
LOOKED_MAX: Final = 10_000
"""How many names are looked at before a folder of Markdown is taken for one that may hold manifests too."""


def detect(request: RenderRequest, files: FileTree) -> RenderOptions:
    """The request's options, else those that the files ask for.

    Raises:
        UserError: nothing stands at the path, or nothing in it: an empty folder is not an empty wish.
    """
    entry = files.entry(request.path)
    if entry is None:
        raise UserError([refusal.PATH_MISSING.about(_missing(request.path, files), _here(request))])
    if request.options is not None:
        return request.options
    if entry.kind is FileKind.FILE:
        return Jsonnet() if request.path.endswith(JSONNET) else Plain()
    if _has(files, request.path, CHART):
        return Helm()
    if any(_has(files, request.path, name) for name in KUSTOMIZATIONS):
        return Kustomize()
    return _of_names(request, files)


def _of_names(request: RenderRequest, files: FileTree) -> RenderOptions:
    """By the names in a folder that is neither a chart nor an overlay."""
    if configuration := next((name for name in MKDOCS if _has(files, request.path, name)), ""):
        return GeneratedSite(mkdocs=configuration)
    names = files.names(request.path)
    if not names:
        raise UserError([refusal.NOTHING.about(f"{request.path or '/'} is empty", _here(request))])
    if any(name.endswith(JSONNET) for name in names) and not any(name.endswith(EXTENSIONS) for name in names):
        return Jsonnet()
    return Site() if _is_prose(files, request.path) else Plain()


def _is_prose(files: FileTree, path: str) -> bool:
    """Markdown beside a README at the top, or any in the folder of documents, and nowhere a manifest."""
    documents = files.names(f"{path}/{DOCUMENTS}" if path else DOCUMENTS)
    pages = [name.lower() for name in (*files.names(path), *documents) if name.lower().endswith(MARKDOWN)]
    return pages != [README] and bool(pages) and not _has_manifest(files, path)


def _has_manifest(files: FileTree, root: str) -> bool:
    folders, looked = [root], 0
    while folders and looked < LOOKED_MAX:
        folder = folders.pop()
        for name in files.names(folder):
            looked += 1
            if name.startswith(".") or name in MKDOCS:
                continue
            path = f"{folder}/{name}" if folder else name
            entry = files.entry(path)
            if entry is not None and entry.kind is FileKind.DIRECTORY:
                folders.append(path)
            elif name.endswith(EXTENSIONS):
                return True
    return bool(folders)


def _missing(path: str, files: FileTree) -> str:
    """A path that is not there, with what stands beside it."""
    folder, _, name = path.rpartition("/")
    beside = files.names(folder)
    if name in beside:
        return f"{path} is a link that leads out of the repository, in a circle or nowhere, or a submodule"
    near = difflib.get_close_matches(name, beside, n=1)
    return f"{path}; did you mean {posixpath.join(folder, near[0])}?" if near else path or "/"


def _has(files: FileTree, path: str, name: str) -> bool:
    entry = files.entry(f"{path}/{name}" if path else name)
    return entry is not None and entry.kind is FileKind.FILE


def _here(request: RenderRequest) -> Origin | None:
    return Origin(path=request.path, commit=request.commit) if request.path else None
