"""The running of `preview`: builds of a working tree and of its last commit, a listener, and a watch on the files."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from trueline.cli.answer import say, tell
from trueline.cli.folder import locate
from trueline.cli.meter import Meter
from trueline.cli.offline import NoTargets
from trueline.cli.preview import Wanted
from trueline.cli.scratch import scratch
from trueline.declare.application import Application
from trueline.loop.desire import Desirer
from trueline.loop.fleet import Look, find
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_value
from trueline.model.fault import Fault, UserError
from trueline.render.detect import detect
from trueline.render.options import Capabilities, GeneratedSite, Site
from trueline.render.protocol import RenderRequest
from trueline.runtime.folder_watch import FolderWatch
from trueline.runtime.http_listener import Bounds, HttpListener
from trueline.server.preview.build import Build
from trueline.server.preview.change import compare, lines
from trueline.server.preview.site import PreviewSite, signature_of
from trueline.target.site.listen import LOOPBACK, ListenAddress
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.committed import look_at_commit
from trueline.wiring.settings import Settings

CLOSING_S = 0.2
"""Every open page listens for the next build, and would be waited for."""
_OWNED = "TL0801"
_SITES = (Site, GeneratedSite)
_DIGEST_LENGTH = 12


async def preview_site(wanted: Wanted, environment: Mapping[str, str]) -> int:
    """Run until it is ended; with `is_check`, the exit code.

    Raises:
        UserError: TL0732 it is not clear which site is meant, TL0733 it is none, TL0734 the address cannot be had.
    """
    repository, below = locate(wanted.path, "")
    settings = Settings(
        repository=repository,
        path=below,
        is_working_tree=True,
        environment=environment,
        progress=Meter().show,
    )
    async with _assembled(settings) as assembly:
        builder = Builder(assembly, wanted)
        await builder.choose()
        if wanted.is_check:
            return await _check(builder)
        await _serve(builder, wanted)
    return 0


@asynccontextmanager
async def _assembled(settings: Settings) -> AsyncIterator[Assembly]:
    """With the pages and images of the last preview of this folder; another one that runs now has them for itself."""
    async with AsyncExitStack() as stack:
        try:
            kept = replace(settings, data_directory=_kept_path(settings))
            assembly = await stack.enter_async_context(assemble(kept))
        except UserError as error:
            if all(one.code != _OWNED for one in error.diagnostics):
                raise
            fresh = replace(settings, data_directory=stack.enter_context(scratch(None)))
            assembly = await stack.enter_async_context(assemble(fresh))
        yield assembly


def _kept_path(settings: Settings) -> Path:
    """Where caches stand: not among the data directories, for there is nothing in it that would be missed."""
    said = settings.environment.get("XDG_CACHE_HOME", "")
    root = Path(said) if said.startswith("/") else Path(settings.environment.get("HOME") or "/") / ".cache"
    return root / "trueline" / "preview" / digest_value(settings.repository)[:_DIGEST_LENGTH]


@dataclass(slots=True)
class _Head:
    """What the last commit makes; `commit` tells whether it is another one."""

    commit: str = ""
    build: Build | None = None
    doubt: str = ""


class Builder:
    """Builds one site: of the files as they stand, and of the last commit."""

    def __init__(self, assembly: Assembly, wanted: Wanted) -> None:
        self.assembly = assembly
        self._wanted = wanted
        self._desirer = Desirer(
            sources=assembly.sources,
            targets=NoTargets(Capabilities()),
            renderer=assembly.renderer,
            verifier=assembly.verifier,
        )
        self._folder = Path(assembly.settings.repository)
        self._name = wanted.application
        self._head = _Head()
        self._undeclared: Application | None = None
        self._top = next((one for one in (self._folder, *self._folder.parents) if (one / ".git").exists()), None)
        self.tree = ""

    @property
    def watch(self) -> FolderWatch:
        """What says that there may be something new: a file, or a commit."""
        logs = self._top / ".git" / "logs" if self._top else None
        beside = [logs] if logs and logs.is_dir() else []
        return FolderWatch(self._folder, self.assembly.clock, beside=beside)

    async def choose(self) -> None:
        """Find the site that is meant.

        Raises:
            UserError: TL0732, there is none or there are several; or the declarations cannot be read.
        """
        fleet = self.assembly.fleet
        look = await fleet.look(await fleet.poll())
        self._undeclared = look.applications[0] if look.is_folder else None
        if self._wanted.application:
            find(look, self._wanted.application)
            return
        sites = [one.name for one in look.applications if look.is_folder or self._is_site(one, look)]
        if len(sites) != 1:
            raise UserError([*look.declared.diagnostics, _choose(sites, len(look.applications))])
        self._name = sites[0]

    @staticmethod
    def _is_site(application: Application, look: Look) -> bool:
        if application.render is not None or any(one.url for one in application.sources):
            return isinstance(application.render, _SITES)
        try:
            request = _request_of(application)
            return isinstance(detect(request, look.ground.files), _SITES)
        except UserError:
            return False

    async def now(self) -> Build:
        """The site of the files as they stand; what is wrong with them is told by the build."""
        try:
            revision = await self.assembly.fleet.poll()
            self.tree = revision.tree
            return await self._built(await self.assembly.fleet.look(revision), "the files as they stand")
        except Fault as fault:
            return Build.failed("the files as they stand", fault.diagnostics)

    async def head(self) -> tuple[Build | None, str]:
        """The site of the last commit, or why there is none."""
        if self._top is None:
            return None, f"{self._folder} is in no Git repository"
        try:
            below = self._folder.relative_to(self._top).as_posix()
            look = await look_at_commit(self.assembly, self._top, "" if below == "." else below, self._undeclared)
            if look.revision.commit != self._head.commit or self._head.build is None:
                self._head = await self._committed(look)
        except Fault as fault:
            return None, fault.diagnostics[0].line
        return self._head.build, self._head.doubt

    async def _committed(self, look: Look) -> _Head:
        name = f"the last commit, {look.revision}"
        try:
            return _Head(look.revision.commit, await self._built(look, name))
        except UserError as error:
            return _Head(look.revision.commit, Build.failed(name, error.diagnostics))

    async def _built(self, look: Look, name: str) -> Build:
        if look.declared.broken and not look.is_folder and all(one.name != self._name for one in look.applications):
            raise UserError(look.declared.diagnostics)
        wish = await self._desirer.wish(find(look, self._name), look.ground)
        request = wish.request
        options = detect(request, wish.files)
        if look.is_folder and not isinstance(options, _SITES):
            options = Site()  # whoever asks to see a folder takes it for one
        if not isinstance(options, _SITES):
            raise UserError([_no_site(self._name)])
        if self._wanted.drafts is not None and isinstance(options, Site):
            options = replace(options, drafts=self._wanted.drafts)
        rendered = await self.assembly.renderer.render(replace(request, options=options), wish.files)
        return Build.of(name, rendered, wish.notes)


def _request_of(application: Application) -> RenderRequest:
    first = application.sources[0]
    return RenderRequest(application=application.name, path=first.path, options=application.render)


async def _check(builder: Builder) -> int:
    """Build once and say what there is to say."""
    build = await builder.now()
    if build.is_failed:
        raise UserError(build.problems)
    before, doubt = await builder.head()
    blobs = builder.assembly.blobs
    changes = compare(before, build, doubt, words=lambda blob: signature_of(blobs, blob))
    for line in lines(changes):
        say(line)
    for finding in changes.same:
        tell(f"as before: {finding.code} {finding.line}")
    return 0


async def _serve(builder: Builder, wanted: Wanted) -> None:
    """Show each build until it is ended."""
    address = ListenAddress.parse(wanted.listen)
    if address is None:
        raise UserError([_no_address(wanted.listen, "it is not HOST:PORT")])
    assembly = builder.assembly
    site = PreviewSite(assembly.blobs, assembly.clock, is_open=_is_open(address.host))
    listener = HttpListener(site.answer, Bounds(closing_s=CLOSING_S))
    with builder.watch as watch:
        build = await builder.now()
        site.show(build, None, "the last commit is not built yet")
        try:
            url = await listener.open(address.host, address.port)
        except OSError as error:
            raise UserError([_no_address(wanted.listen, error.strerror or str(error))]) from None
        try:
            say(f"preview at {url}/ · what changed: {url}/-/changes")
            await _follow(site, builder, watch, build)
        finally:
            await listener.close()


async def _follow(site: PreviewSite, builder: Builder, watch: FolderWatch, build: Build) -> None:
    """Show each build that is another one, beside the last commit's."""
    before, doubt = await builder.head()
    while True:
        _show(site, build, before, doubt)
        shown = (builder.tree, before, doubt)
        while (builder.tree, before, doubt) == shown:
            await watch.wait_changed()
            build = await builder.now()
            before, doubt = await builder.head()


def _show(site: PreviewSite, build: Build, before: Build | None, doubt: str) -> None:
    """On the pages that are open, and on the terminal."""
    site.show(build, before, doubt)
    if build.is_failed:
        for problem in build.problems:
            tell(str(problem))
        tell("this does not build; the page is as it was before")
        return
    for line in lines(site.changes):
        say(line)


def _is_open(host: str) -> bool:
    return host != LOOPBACK and host not in {"localhost", "::1"} and not host.startswith("127.")


def _choose(sites: list[str], count: int) -> Diagnostic:
    detail = (
        f"there are {len(sites)}: {', '.join(sorted(sites)[:20])}" if sites else f"none of {count} applications is one"
    )
    return Diagnostic(
        code="TL0732",
        summary="it is not clear which site is to be shown",
        detail=detail,
        remedy="name the application with --app, or a folder of Markdown as PATH",
    )


def _no_site(name: str) -> Diagnostic:
    return Diagnostic(
        code="TL0733",
        summary="the application is no site",
        detail=name,
        remedy="write `render: {site: {}}`, or name another application with --app",
    )


def _no_address(written: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL0734",
        summary="the address to show a preview at cannot be had",
        detail=f"{written}: {reason}",
        remedy="name another HOST:PORT with --listen, or leave it out for a free port",
    )
