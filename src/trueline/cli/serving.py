"""The running of `up`: the engine, its two listeners, and what is told of it, as one block that ends as one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from trueline.cli.answer import tell
from trueline.cli.meter import Meter
from trueline.cli.place import Purpose, check_purpose
from trueline.cli.question import late
from trueline.cli.standing import answer_code, say_statuses
from trueline.cli.story import Story, note_line
from trueline.cli.up import LISTEN_DEFAULT, Wanted
from trueline.declare.application import ServedTarget
from trueline.loop.control import Control, ControlParts
from trueline.loop.register import status_body
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.server.answer import Answers
from trueline.server.http import ServerParts, serve_address, serve_socket
from trueline.server.metric import Counts, Labels
from trueline.server.stream import Feed
from trueline.source.signature.key_file import read_keys
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

PROBLEMS_PAUSE_S = 0.5
PROBE = bytes(64 << 10)


def control_of(assembly: Assembly) -> Control:
    """The engine as people speak to it."""
    return Control(
        ControlParts(
            engine=assembly.engine,
            fleet=assembly.fleet,
            desirer=assembly.desirer,
            targets=assembly.targets,
            history=assembly.history,
            holds=assembly.holds,
            approvals=assembly.approvals,
            journal=assembly.journal,
        )
    )


async def serve(wanted: Wanted, environment: Mapping[str, str]) -> int:
    """Run until it is ended; with `is_once`, the exit code."""
    settings = Settings(
        repository=wanted.repository,
        path=wanted.path,
        revision=wanted.revision,
        kubeconfig=wanted.kubeconfig,
        data_directory=wanted.data_directory,
        interval_s=wanted.interval_s,
        namespace=wanted.namespace,
        cluster=wanted.cluster,
        adopted_installation=wanted.adopted_installation,
        given_keys=read_keys(wanted.trust.read_bytes(), wanted.trust.name) if wanted.trust else (),
        is_live=True,
        is_serving=True,
        environment=environment,
        progress=Meter().show,
    )
    async with assemble(settings) as assembly:
        check_kept(assembly, assembly.data_directory.path)
        purpose_of(settings).write(assembly.data_directory.path)
        story = Story(tell)
        for note in assembly.notes:
            tell(note_line(note))
        async with running(assembly, wanted.listen, story):
            tell(f"trueline holds what runs to {wanted.repository}; its data is in {assembly.data_directory.path}")
            if not wanted.is_once:
                await asyncio.Event().wait()
            return await conclude(assembly, wanted.timeout_s, wanted.output)


def check_kept(assembly: Assembly, directory: Path) -> None:
    """Whether the applications that a data directory keeps are those of the repository that is asked for.

    Raises:
        UserError: TL0810, they are another's.
    """
    if assembly.register.statuses():
        check_purpose(directory, repository=assembly.settings.repository, path=assembly.settings.path)


def purpose_of(settings: Settings) -> Purpose:
    """What the data directory is for from now on."""
    return Purpose(
        repository=settings.repository,
        path=settings.path,
        revision=settings.revision,
        kubeconfig=str(settings.kubeconfig.resolve()) if settings.kubeconfig else "",
        is_working_tree=settings.is_working_tree,
        namespace=settings.namespace,
        cluster=settings.cluster,
    )


@asynccontextmanager
async def running(
    assembly: Assembly, listen: str, story: Story, *, only: Collection[str] | None = None
) -> AsyncIterator[Control]:
    """The engine with its socket and listener; ends with the block. With `only`, no pass is made of any other one."""
    control = control_of(assembly)
    feed = Feed(assembly.journal, assembly.clock)
    parts = ServerParts(
        answers=Answers(control),
        feed=feed,
        counts=_counts(assembly, feed),
        is_writable=lambda: is_writable(assembly.data_directory.path),
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serve_socket(parts, assembly.data_directory.socket))
        if listen != "none":
            address = await _listen(stack, parts, listen)
            tell(f"listening on {address}")
        await stack.enter_async_context(_followed(assembly, feed, story))
        await stack.enter_async_context(assembly.engine.running(only=only))
        yield control


async def _listen(stack: AsyncExitStack, parts: ServerParts, listen: str) -> str:
    """The default address gives way to a free port where it is taken; one that was named does not."""
    host, port = _address(listen)
    try:
        return await stack.enter_async_context(serve_address(parts, host, port))
    except UserError as error:
        if listen != LISTEN_DEFAULT:
            raise
        tell(f"{error.diagnostics[0].detail}; taking a free port")
        return await stack.enter_async_context(serve_address(parts, host, 0))


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) >= 1 << 16:
        raise UserError(
            [
                Diagnostic(
                    code="TL0721",
                    summary="the address to listen on cannot be had",
                    detail=f"{listen} is not HOST:PORT",
                    remedy="name one with --listen HOST:PORT, or --listen none",
                )
            ]
        )
    return host.strip("[]"), int(port)


@asynccontextmanager
async def _followed(assembly: Assembly, feed: Feed, story: Story) -> AsyncIterator[None]:
    """What happens is told while the block runs, and once more at its end."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(feed.run(story.tell_records)), group.create_task(_problems(assembly, story))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            feed.look(story.tell_records)
            _tell_problems(assembly, story)


async def _problems(assembly: Assembly, story: Story) -> None:
    while True:
        _tell_problems(assembly, story)
        await assembly.targets.served.keep(list(_wanted(assembly)))
        await assembly.clock.sleep(PROBLEMS_PAUSE_S)


def _wanted(assembly: Assembly) -> Iterator[ServedTarget]:
    """The addresses of sites that are to be served now: of what Git says, and of what a rollback put back."""
    known = assembly.engine.kept
    if not known.keys() >= assembly.targets.served.addresses.keys():  # Git is not read yet, or cannot be
        lost = (one for one in assembly.register.applications() if one.name not in known)
        yield from (one.target for one in lost if isinstance(one.target, ServedTarget))
    for kept in known.values():
        aims = (kept.application, kept.aim.application if kept.aim else None)
        yield from (aim.target for aim in aims if aim is not None and isinstance(aim.target, ServedTarget))


def _tell_problems(assembly: Assembly, story: Story) -> None:
    story.tell_problems(assembly.engine.problems)
    story.tell_served(assembly.targets.served.addresses)
    story.tell_notes("", assembly.engine.notes)
    for status in assembly.engine.statuses():
        story.tell_refusals(status.application, status.problems)
        story.tell_notes(status.application, status.notes)


async def conclude(assembly: Assembly, timeout_s: float, output: str) -> int:
    """Wait until all is settled, and answer with how everything stands."""
    engine = assembly.engine
    is_late = False
    try:
        async with asyncio.timeout(timeout_s):
            await engine.wait_settled()
    except TimeoutError:
        is_late = True
    statuses = [status_body(status) for status in engine.statuses()]
    say_statuses(statuses, output)
    if is_late:
        raise late(timeout_s)
    return 1 if engine.problems or answer_code(statuses) else 0


def is_writable(directory: Path) -> bool:
    """Whether the disk beside the store takes more; the file that is tried has no name, so that none is ever left."""
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            return file.write(PROBE) == len(PROBE)
    except OSError:
        return False


def _counts(assembly: Assembly, feed: Feed) -> Counts:
    def requests() -> Iterable[tuple[Labels, int]]:
        for cluster, client in assembly.targets.clients.items():
            for key, count in client.requests.items():
                labels = (
                    ("cluster", cluster or "default"),
                    ("verb", key.verb),
                    ("resource", key.resource),
                    ("dry_run", str(key.dry_run).lower()),
                )
                yield labels, count

    return Counts(
        renders=lambda: assembly.renderer.renders,
        requests=requests,
        drifts_healed=lambda: feed.healed,
        answers=assembly.targets.served.counts,
    )
