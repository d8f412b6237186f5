"""Renders kept under the identity of all that they depend on (D3): what did not change is not rendered again.

The key holds the parameters, never the commit nor the files: for those, the kept trace is held against the tree.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, assert_never

import msgspec

from trueline.model.digest import Digest, digest_bytes, digest_value
from trueline.render.detect import detect
from trueline.render.helm import release_name
from trueline.render.options import GeneratedSite, Helm, Jsonnet, Kustomize, Plain, RenderOptions, Site
from trueline.render.protocol import LocatingRenderer, RenderRequest
from trueline.render.remainder import render_changed
from trueline.render.resource import Rendered
from trueline.render.stored import StoredRender, from_stored, to_stored
from trueline.render.trace import Trace, TracingTree
from trueline.runtime.files import FileKind, FileTree

_FORMAT: Final = 2  # raise it whenever the same engine's answer makes other resources than before
_BY_CAPABILITIES: Final = b"by capabilities"
ANSWERS_REMEMBERED: Final = 10_000


class RenderStore(Protocol):
    """Where renders are kept. It may forget a render at any time, but a body only after every render that names it."""

    def get(self, key: str) -> bytes | None:
        """What was put last."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        ...

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep bodies under their digests."""
        ...

    def get_many(self, digests: Collection[Digest]) -> Mapping[Digest, bytes]:
        """The bodies that are there."""
        ...

    def known(self, digests: Collection[Digest]) -> Collection[Digest]:
        """Which of them are there; none is read."""
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    """What `digest` answered last to a request. `trace` holds no looks beneath its root: the root's identity tells."""

    request: RenderRequest
    trace: Trace
    digest: Digest

    def holds(self, request: RenderRequest, files: FileTree) -> bool:
        """Whether the same is asked, whatever the commit, of a folder and surroundings that are the same."""
        is_same = _asked(self.request) == _asked(request)
        return is_same and _identity(files, self.trace.root) == self.trace.root_identity and self.trace.holds(files)


class CachedRenderer:
    """A `Renderer` that asks another one only for what is not kept.

    `renders` counts by kind, failed ones too; `kept` counts those that were kept already.

    The last answer of `digest` is remembered by application, for `ANSWERS_REMEMBERED` of them: a commit that touches
    none of its files costs an application some looks at the listing, and no read of the store. `engines` is the digest
    of what renders; `is_whole` says whether what a kept render refers to, beside its bodies, is still there;
    `installed` is the digest of what renders such options beside that. A program that builds a site may change at any
    time, so what `digest` answers for such a site is not remembered.
    """

    def __init__(
        self,
        renderer: LocatingRenderer,
        store: RenderStore,
        engines: str,
        *,
        is_whole: Callable[[Rendered], bool] = lambda _: True,
        installed: Callable[[RenderOptions], str] = lambda _: "",
    ) -> None:
        self._renderer = renderer
        self._store = store
        self._engines = engines
        self._is_whole = is_whole
        self._installed = installed
        self._answers: dict[str, _Answer] = {}
        self._read: tuple[str, StoredRender] | None = None
        self.renders: Counter[str] = Counter()
        self.kept = 0

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render, or take what is kept; see `Renderer.render`."""
        options = detect(request, files)
        request = replace(request, options=options)
        return replace(await self._rendered(request, options, files), locate=self._renderer.locator(files))

    async def _rendered(self, request: RenderRequest, options: RenderOptions, files: FileTree) -> Rendered:
        older = self._stored(request, options)
        if older is not None and older.trace.holds(files):
            kept = from_stored(older, request.commit, self._store.get_many)
            if len(self._store.known(kept.bodies)) == len(kept.bodies) and self._is_whole(kept):
                self.kept += 1
                return kept
        self.renders[kind_of(options)] += 1
        tracing, rendered = TracingTree(files, request.path), None
        if older is not None and isinstance(options, Plain):
            rendered = await render_changed(self._renderer, request, tracing, older, self._store)
        rendered = rendered or await self._renderer.render(request, tracing)
        self._keep(request, options, rendered, tracing)
        return rendered

    def digest(self, request: RenderRequest, files: FileTree) -> Digest | None:
        """The digest of the kept render of these files, `None` where none is kept; nothing is rendered or decoded.

        Two equal digests are two equal renders: resources, bodies, origins but for the commit, notes.

        Raises:
            UserError: the path is not there, or is empty.
        """
        known = self._answers.get(request.application)
        if known is not None and known.holds(request, files):
            return known.digest
        options = detect(request, files)
        stored = self._stored(replace(request, options=options), options)
        if stored is None or not stored.trace.holds(files):
            return None
        digest = digest_bytes(bytes(stored.content))
        if not isinstance(options, GeneratedSite):
            self._remember(request, _outside(stored.trace, files), digest)
        return digest

    def _remember(self, request: RenderRequest, trace: Trace, digest: Digest) -> None:
        """Only of a folder that has an identity: of another one nothing can be told without looking at all of it."""
        self._answers.pop(request.application, None)
        if trace.root_identity:
            self._answers[request.application] = _Answer(request, trace, digest)
        if len(self._answers) > ANSWERS_REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def _stored(self, request: RenderRequest, options: RenderOptions) -> StoredRender | None:
        """The last render of these parameters, whatever files it was made of."""
        key = self._key(request, options)
        if self._read is not None and self._read[0] == key:
            return self._read[1]
        text = self._store.get(key)
        if text == _BY_CAPABILITIES:
            text = self._store.get(self._key(request, options, by_capabilities=True))
        if text is None:
            return None
        stored = msgspec.json.decode(text, type=StoredRender)
        self._remember_read(key, options, stored)
        return stored

    def _remember_read(self, key: str, options: RenderOptions, stored: StoredRender) -> None:
        """A site's is large, and asked for three times by each commit that changes it."""
        if isinstance(options, Site):
            self._read = (key, stored)

    def _keep(self, request: RenderRequest, options: RenderOptions, rendered: Rendered, tracing: TracingTree) -> None:
        self._answers.pop(request.application, None)
        stored = to_stored(rendered, tracing.trace(), request.commit)
        text = msgspec.json.encode(stored)
        self._store.put_many(rendered.bodies)
        self._remember_read(self._key(request, options), options, stored)
        if rendered.uses_capabilities:
            self._store.put(self._key(request, options, by_capabilities=True), text)
            text = _BY_CAPABILITIES
        self._store.put(self._key(request, options), text)

    def _key(self, request: RenderRequest, options: RenderOptions, *, by_capabilities: bool = False) -> str:
        """All that may change the result (INV-20) and nothing else: what does not matter does not cost a render."""
        parts: dict[str, Any] = {
            "format": _FORMAT,
            "toolbox": self._engines,
            "source": request.source,
            "path": request.path,
            "options": {kind_of(options): options},
        }
        if request.versions:  # no trace tells of their files, so their identities do
            parts["versions"] = [(one.version, one.identity) for one in request.versions]
        if request.decryption:  # who may open an encrypted file does not open it for others
            parts["decryption"] = [str(one) for one in request.decryption]
        if isinstance(options, Helm):
            parts["release"] = release_name(request, options)
            parts["namespace"] = request.namespace
        if installed := self._installed(options):
            parts["installed"] = installed
        if by_capabilities:
            parts["capabilities"] = request.capabilities
        return f"render/{digest_value(parts)}"


def _asked(request: RenderRequest) -> tuple[object, ...]:
    """All of a request that `digest` reads; the application is the name under which the answer is remembered."""
    return (
        request.source,
        request.path,
        request.options,
        request.namespace,
        request.capabilities,
        request.versions,
        request.decryption,
    )


def _outside(trace: Trace, files: FileTree) -> Trace:
    """Of a trace that holds: the root as it is now, and the looks that its identity says nothing of."""
    prefix = f"{trace.root}/" if trace.root else ""
    looks = tuple(one for one in trace.looks if one.path != trace.root and not one.path.startswith(prefix))
    return Trace(root=trace.root, root_identity=_identity(files, trace.root), looks=looks)


def _identity(files: FileTree, path: str) -> str:
    """That of a directory; empty where there is none."""
    entry = files.entry(path)
    return entry.identity if entry is not None and entry.kind is FileKind.DIRECTORY else ""


def kind_of(options: RenderOptions) -> str:
    """How a way to render is written in a declaration."""
    match options:
        case Plain():
            return "plain"
        case Kustomize():
            return "kustomize"
        case Helm():
            return "helm"
        case Jsonnet():
            return "jsonnet"
        case Site():
            return "site"
        case GeneratedSite():
            return "generated site"
        case _:
            assert_never(options)
