"""What the pods of an application write, for whoever may read it: bounded, with the values of known secrets masked.

Lines of a container are text of somebody else: nothing of them is taken for anything but text. Who follows them is
asked anew, as for every stream, and a pod that is none of the application's is not looked at through us.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from trueline.loop.control import Control
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import parse
from trueline.model.fault import TargetError, Transient, UserError
from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.runtime.clock import Clock
from trueline.runtime.http import Unreachable
from trueline.runtime.task_group import TaskGroup
from trueline.server.reading import Question
from trueline.server.veil import Veil, secrets_in
from trueline.target.insight import Descendant, LogQuestion

TAIL: Final = 200
TAIL_MAX: Final = 10_000
LINE_CHARACTERS_MAX: Final = 16_000
BYTES_MAX: Final = 16 << 20
FOLLOWED_S_MAX: Final = 3_600.0
READ_S_MAX: Final = 20.0
BEAT_S: Final = 0.5
"""How often somebody who follows a silent container is asked whether they still may, and are still there."""
FOLLOWED_MAX: Final = 4
"""Streams of one person at a time."""
ALL_FOLLOWED_MAX: Final = 32
WAITING_MAX: Final = 256
CONTAINERS_MAX: Final = 500

Waiting: TypeAlias = "asyncio.Queue[bytes | None]"


class LogsQuestion(Question, frozen=True, kw_only=True):
    """Whose lines: `pod` is a name, or NAMESPACE/NAME where two have it; the first container where none is named.

    `previous`: before its last restart. `follow`: what comes, too.
    """

    pod: str = ""
    container: str = ""
    tail: Annotated[int, msgspec.Meta(ge=0, le=TAIL_MAX)] = TAIL
    previous: bool = False
    follow: bool = False


class ContainersQuestion(Question, frozen=True, kw_only=True):
    """Of which object (KIND/NAMESPACE/NAME): a pod, or what pods were made of; empty for all of the application."""

    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a pod of an application."""

    namespace: str
    pod: str
    name: str


class Logs:
    """The logs of every application; it counts who follows."""

    def __init__(self, control: Control, clock: Clock) -> None:
        self._control = control
        self._clock = clock
        self._followed: Counter[str] = Counter()

    async def containers(self, name: str, of: str = "") -> tuple[Container, ...]:
        """The containers of the pods that an application declares, or that were made of what it declares.

        `of` is the ref of one object of it: of its pods alone.

        Raises:
            UserError: TL2150, it has no such object.
            Transient: the target cannot tell.
        """
        parts = await self._parts(name)
        kept = self._control.kept(name)
        refs = [resource.ref for resource in kept.aim.resources] if kept.aim else []
        made = await parts.insight.descendants(refs)
        if isinstance(made, Unknown):
            raise Transient([_diagnostic("TL2340", "it is not known which pods there are", made.reason, "ask again")])
        entries = parts.ledger.inventory(name, parts.target.name).entries
        own = {entry.uid for entry in entries.values() if entry.uid}
        ours = _belonging(made.value, own)
        pods = [one for one in (_below(ours, entries, refs, name, of) if of else ours) if one.ref.kind == "Pod"]
        found = [found for pod in pods for found in _containers(pod.ref, pod.live)]
        declared = [ref for ref in refs if ref.kind == "Pod" and of in {"", str(ref)}]
        return (*found, *(Container(namespace=ref.namespace, pod=ref.name, name="") for ref in declared))[
            :CONTAINERS_MAX
        ]

    async def chosen(self, name: str, asked: LogsQuestion) -> Container:
        """The container that is asked for.

        Raises:
            UserError: TL2341, there is none, or several.
        """
        known = await self.containers(name)
        namespace, _, pod = asked.pod.rpartition("/")
        fitting = [one for one in known if pod in {"", one.pod} and namespace in {"", one.namespace}]
        if asked.container:
            fitting = [one for one in fitting if asked.container == one.name]
        pods = {(one.namespace, one.pod) for one in fitting}
        if len(pods) != 1:
            names = ", ".join(sorted({f"{one.namespace}/{one.pod}" for one in known})[:20]) or "none"
            detail = f"{name}: {asked.pod[:200] or 'no pod'} {asked.container[:100]}; its pods: {names}"
            raise UserError([_diagnostic("TL2341", "that is no one container of it", detail, "name a pod of it")])
        return fitting[0]

    async def veil(self, name: str) -> Veil:
        """What hides the secrets that the application has, as they are declared now and as they were applied last."""
        parts, kept = await self._parts(name), self._control.kept(name)
        bodies = {resource.digest for resource in (kept.aim.resources if kept.aim else ()) if _may_hide(resource.ref)}
        entries = parts.ledger.inventory(name, parts.target.name).entries
        bodies |= {entry.body for ref, entry in entries.items() if entry.body and _may_hide(ref)}
        texts = (parts.bodies.get(digest) for digest in sorted(bodies))
        return Veil(value for text in texts if text is not None for value in secrets_in(parse(text)))

    @asynccontextmanager
    async def lines(self, name: str, asked: LogsQuestion, who: str) -> AsyncIterator[AsyncIterator[str | None]]:
        """The lines, each masked and cut; `None` now and then where none comes. It ends at its bounds.

        Raises:
            UserError: TL2341; TL2343, too many are followed.
            TargetError: TL2342, the target does not tell.
        """
        container, veil = await self.chosen(name, asked), await self.veil(name)
        question = LogQuestion(
            namespace=container.namespace,
            pod=container.pod,
            container=container.name,
            tail=asked.tail,
            follow=asked.follow,
            previous=asked.previous,
        )
        parts = await self._parts(name)
        with _Place(self._followed, who, is_followed=asked.follow):
            async with parts.insight.logs(question) as found:
                if isinstance(found, Unknown):
                    detail = f"{container.pod}/{container.name}: {found.reason}"
                    raise TargetError(
                        [_diagnostic("TL2342", "the target does not tell what was written", detail, "see the message")]
                    )
                waiting: Waiting = asyncio.Queue(WAITING_MAX)
                limit_s = FOLLOWED_S_MAX if asked.follow else READ_S_MAX
                async with TaskGroup() as group:
                    pumping = group.create_task(_pumped(found, waiting))
                    try:
                        yield _bounded(waiting, veil, self._clock, limit_s)
                    finally:
                        pumping.cancel()

    async def _parts(self, name: str) -> Parts:
        return await self._control.parts.targets.parts(self._control.kept(name).application.target)


class _Place:
    """One of the streams that a person may have at a time; who owns the data directory has no name here."""

    def __init__(self, followed: Counter[str], who: str, *, is_followed: bool) -> None:
        self._followed = followed
        self._who = who
        self._is_followed = is_followed

    def __enter__(self) -> None:
        if not self._is_followed:
            return
        is_one_too_many = bool(self._who) and self._followed[self._who] >= FOLLOWED_MAX
        if is_one_too_many or self._followed.total() >= ALL_FOLLOWED_MAX:
            detail = f"{FOLLOWED_MAX} of one person, {ALL_FOLLOWED_MAX} of all"
            raise UserError([_diagnostic("TL2343", "too many logs are followed", detail, "close one of them")])
        self._followed[self._who] += 1

    def __exit__(self, *_: object) -> None:
        if self._is_followed:
            self._followed[self._who] -= 1
            self._followed += Counter()  # who follows none is not kept


async def _pumped(found: AsyncIterator[bytes], waiting: Waiting) -> None:
    """Only so many lines wait: a slow reader holds the target back. A stream that broke off is at its end."""
    with suppress(Unreachable):
        async for line in found:
            await waiting.put(line)
    await waiting.put(None)


async def _bounded(waiting: Waiting, veil: Veil, clock: Clock, limit_s: float) -> AsyncIterator[str | None]:
    """INV-31: so many bytes, and so many seconds."""
    left, until_s = BYTES_MAX, clock.monotonic_s() + limit_s
    while left > 0 and (rest_s := until_s - clock.monotonic_s()) > 0:
        try:
            async with asyncio.timeout(min(BEAT_S, rest_s)):
                line = await waiting.get()
        except TimeoutError:
            yield None
            continue
        if line is None:
            return
        left -= len(line) + 1
        yield _shown(line, veil)


def _shown(line: bytes, veil: Veil) -> str:
    text = veil.over(line.decode(errors="backslashreplace"))
    return text if len(text) <= LINE_CHARACTERS_MAX else f"{text[:LINE_CHARACTERS_MAX]}…"


def _belonging(made: Sequence[Descendant], own: set[str]) -> list[Descendant]:
    """What was made of what we own, however far down: others' pods in the same namespace are none of ours (INV-25)."""
    known, left = set(own), list(made)
    found: list[Descendant] = []
    while grown := [one for one in left if one.owner in known]:
        found += grown
        left = [one for one in left if one.owner not in known]
        known |= {one.uid for one in grown}
    return sorted(found, key=lambda one: one.ref)


def _below(
    ours: Sequence[Descendant], entries: Mapping[Ref, Any], refs: Sequence[Ref], name: str, of: str
) -> list[Descendant]:
    """What was made of one object, and itself where it was made too. Only of our own is asked (INV-25)."""
    itself = [one for one in ours if str(one.ref) == of]
    written = {entry.uid for ref, entry in entries.items() if str(ref) == of and entry.uid}
    if not itself and not written and of not in map(str, refs):
        pods = ", ".join(sorted(str(one.ref) for one in ours if one.ref.kind == "Pod")[:20]) or "none"
        detail = f"{name}: {of[:200]}; its pods: {pods}"
        remedy = "name an object of the application, as KIND/NAMESPACE/NAME"
        raise UserError([_diagnostic("TL2150", "the application has no such object", detail, remedy)])
    return [*itself, *_belonging(ours, written | {one.uid for one in itself})]


def _containers(ref: Ref, live: Mapping[str, Any]) -> Iterator[Container]:
    spec = live.get("spec") or {}
    for one in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        yield Container(namespace=ref.namespace, pod=ref.name, name=str(one.get("name", "")))


def _may_hide(ref: Ref) -> bool:
    return ref.kind == "Secret"


def _diagnostic(code: str, summary: str, detail: str, remedy: str) -> Diagnostic:
    return Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy)
