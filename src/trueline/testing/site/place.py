"""A place that serves a site, in memory: it outlives the processes that publish to it.

Each effect is counted, may fail, and is followed by a look of whoever observes. It decides nothing.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trueline.target.answer import Refusal
from trueline.target.site.platform import Order, PlatformRefused

Observer = Callable[[Mapping[str, bytes]], None]


class Crash(Exception):
    """The process ends here; the place stays."""


@dataclass(slots=True, kw_only=True)
class MemoryPlace:
    """`trees` and `pointer` are what an atomic place serves, `files` what an ordered one does; `beside` are others'.

    The `fails_at`-th effect from now is refused, or is where the process crashes: then every effect after it fails too.
    """

    order: Order
    trees: dict[str, dict[str, bytes]] = field(default_factory=dict)
    pointer: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    beside: dict[str, bytes] = field(default_factory=dict)
    document: bytes | None = None
    observer: Observer | None = None
    effects: int = 0
    uploads: int = 0
    looks: int = 0
    is_cut: bool = False
    fails_at: int = 0
    crashes: bool = False
    has_failed: bool = False

    def served(self) -> Mapping[str, bytes]:
        """What a reader finds now."""
        return self.trees.get(self.pointer, {}) if self.order is Order.ATOMIC else self.files

    async def ask(self) -> None:
        """One question.

        Raises:
            PlatformRefused: contact is lost.
        """
        await asyncio.sleep(0)
        if self.is_cut:
            raise PlatformRefused(Refusal.BUSY, "the connection was refused")

    async def do(self, effect: Callable[[], object], *, uploads: int = 0) -> None:
        """One effect.

        Raises:
            PlatformRefused: contact is lost, or it was to fail.
            Crash: the process was to end.
        """
        await self.ask()
        self.effects += 1
        if self.fails_at:
            self.fails_at -= 1
            if not self.fails_at:
                self.fails_at, self.has_failed = int(self.crashes), True
                if self.crashes:
                    raise Crash
                raise PlatformRefused(Refusal.BUSY, "it answered 500")
        effect()
        self.uploads += uploads
        if self.observer is not None:
            self.observer(dict(self.served()))
