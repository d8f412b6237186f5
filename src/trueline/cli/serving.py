"""The running of `up`: the engine, its two listeners, and what is told of it, as one block that ends as one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trueline.cli.answer import tell
from trueline.cli.checking import check_directory
from trueline.cli.meter import Meter
from trueline.cli.place import Purpose, check_purpose
from trueline.cli.providing import provider_of, registration_of, without_secret
from trueline.cli.question import late
from trueline.cli.standing import answer_code, say_statuses
from trueline.cli.story import Story, note_line
from trueline.cli.up import LISTEN_DEFAULT, Wanted
from trueline.declare.application import ServedTarget
from trueline.loop.control import Control, ControlParts
from trueline.loop.told import status_body
from trueline.loop.upkeep import Upkeep
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.record.journal import Record
from trueline.runtime.own_process import SystemProcess
from trueline.runtime.task_group import TaskGroup
from trueline.server.access.access import Access, access_of
from trueline.server.access.grant import grants_of
from trueline.server.access.oidc.provider import Provider
from trueline.server.access.proxy import NO_PROXIES, Proxies, read_network
from trueline.server.answer import Answers
from trueline.server.hook.aim import followed_by
from trueline.server.hook.hooks import Hooks, hooks_of
from trueline.server.hook.key import NO_KEYS, HookKeys
from trueline.server.metric.counts import Counts, Requests
from trueline.server.metric.tally import Tally
from trueline.server.notified import Notified
from trueline.server.page.pages import Pages
from trueline.server.stream import Feed
from trueline.server.verification import Verification
from trueline.source.signature.key_file import read_keys
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.notify import alerts_of
from trueline.wiring.settings import Settings
from trueline.wiring.upkeep import chores_of

if TYPE_CHECKING:
    from trueline.server.http import ServerParts

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
        environment=without_secret(environment),
        progress=Meter().show,
    )
    hook_keys = HookKeys(files=dict(wanted.hook_secrets))
    hook_keys.check()
    registration = registration_of(wanted.offer, environment, listen=wanted.listen, public_url=wanted.public_url)
    async with assemble(settings) as assembly:
        check_kept(assembly, assembly.data_directory.path)
        purpose_of(settings).write(assembly.data_directory.path)
        story = Story(tell)
        for note in assembly.notes:
            tell(note_line(note))
        known_by = provider_of(registration, assembly.clock) if registration is not None else None
        proxies = Proxies(networks=tuple(map(read_network, wanted.trusted_proxies)))
        listening = running(
            assembly,
            wanted.listen,
            story,
            public_url=wanted.public_url,
            hook_keys=hook_keys,
            provider=known_by,
            proxies=proxies,
        )
        async with listening:
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
    assembly: Assembly,
    listen: str,
    story: Story,
    *,
    only: Collection[str] | None = None,
    public_url: str = "",
    hook_keys: HookKeys = NO_KEYS,
    provider: Provider | None = None,
    proxies: Proxies = NO_PROXIES,
) -> AsyncIterator[Control]:
    """The engine with its socket and listener; ends with the block. With `only`, no pass is made of any other one."""
    from trueline.server.http import ServerParts, serve_socket  # noqa: PLC0415 - a plan imports this module, too

    control = control_of(assembly)
    directory = assembly.data_directory.path
    verification = Verification(assembly.journal, assembly.clock, lambda: check_directory(directory))
    alerts = alerts_of(assembly, lambda: access.address)
    notified = Notified(assembly.outbox, lambda: alerts.notifiers)
    answers = Answers(control, assembly.toolbox, verification, assembly.clock, notified)
    feed = Feed(assembly.journal, assembly.clock, answers.standings)
    access = access_of(
        store=assembly.store,
        journal=assembly.journal,
        clock=assembly.clock,
        grants=grants_of(assembly.engine),
        installation=assembly.data_directory.installation,
        provider=provider,
    )
    hooks, tally = _hooks(assembly, hook_keys), Tally(assembly.engine, assembly.clock)
    parts = ServerParts(
        answers=answers,
        access=access,
        feed=feed,
        counts=_counts(assembly, feed, tally, hooks, notified),
        pages=Pages(answers, feed, assembly.clock, assembly.settings.repository),
        hooks=hooks,
        is_writable=lambda: is_writable(assembly.data_directory.path),
    )
    async with AsyncExitStack() as stack:
        if provider is not None:
            stack.push_async_callback(provider.close)
        await stack.enter_async_context(serve_socket(parts, assembly.data_directory.socket))
        if listen != "none":
            address = await _listen(stack, parts, listen, public_url, proxies)
            tell(f"listening on {address}")
            _invite_first(access)
        upkeep = Upkeep(assembly.engine, assembly.clock, lambda: chores_of(assembly))
        beside = (hooks.looks.run, verification.run, upkeep.run)  # among them the looks that had to wait
        await stack.enter_async_context(_followed(assembly, feed, story, tally, beside))
        await stack.enter_async_context(alerts.running())
        await stack.enter_async_context(assembly.engine.running(only=only))
        yield control


def _hooks(assembly: Assembly, keys: HookKeys) -> Hooks:
    engine, settings = assembly.engine, assembly.settings
    return hooks_of(
        poke=engine.poke,
        keys=keys,
        followed=lambda: followed_by(engine, settings.repository, settings.revision),
        clock=assembly.clock,
    )


def _invite_first(access: Access) -> None:
    """Where nobody can sign in yet, who reads this can: once, and within a day."""
    if not access.users.is_anybody_in:
        secret = access.users.invite_first()
        tell(f"there is no user yet; the first one comes in at {access.address}/sign-in?token={secret}")


async def _listen(stack: AsyncExitStack, parts: "ServerParts", listen: str, public_url: str, proxies: Proxies) -> str:
    """The default address gives way to a free port where it is taken; one that was named does not."""
    from trueline.server.http import serve_address  # noqa: PLC0415 - see `running`

    host, port = _address(listen)
    try:
        return await stack.enter_async_context(serve_address(parts, host, port, public_url=public_url, proxies=proxies))
    except UserError as error:
        if listen != LISTEN_DEFAULT:
            raise
        tell(f"{error.diagnostics[0].detail}; taking a free port")
        return await stack.enter_async_context(serve_address(parts, host, 0, public_url=public_url, proxies=proxies))


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
async def _followed(
    assembly: Assembly,
    feed: Feed,
    story: Story,
    tally: Tally,
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]],
) -> AsyncIterator[None]:
    """What happens is told while the block runs, and once more at its end; what goes on `beside` ends with it."""

    def tell(records: Sequence[Record]) -> None:
        tally.hear(records)
        story.tell_records(records)

    async with TaskGroup() as group:
        tasks = [group.create_task(feed.run(tell)), group.create_task(_problems(assembly, story))]
        tasks += [group.create_task(run()) for run in beside]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            feed.look(tell)
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
    statuses = [msgspec.to_builtins(status_body(status)) for status in engine.statuses()]
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


def _counts(assembly: Assembly, feed: Feed, tally: Tally, hooks: Hooks, notified: Notified) -> Counts:
    def requests() -> Iterable[Requests]:
        for cluster, client in sorted(assembly.targets.clients.items()):
            sent = {(key.verb, key.resource, key.dry_run): count for key, count in client.requests.items()}
            yield Requests(cluster=cluster or "default", sent=sent, answers=client.answers)

    return Counts(
        engine=assembly.engine,
        tally=tally,
        process=SystemProcess(),
        renders=lambda: assembly.renderer.renders,
        renders_kept=lambda: assembly.renderer.kept,
        requests=requests,
        site_answers=assembly.targets.served.counts,
        deliveries=lambda: hooks.counts,
        notifiers=notified.figures,
        listeners=lambda: feed.listeners,
        events=lambda: feed.encoded,
        records=lambda: assembly.journal.head().sequence,
    )
