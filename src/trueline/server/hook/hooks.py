"""The parts of webhooks together: one for each `up`, whatever listener a delivery comes in by."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from trueline.runtime.clock import Clock
from trueline.server.hook.aim import Aim, Followed, aim
from trueline.server.hook.event import Heard
from trueline.server.hook.key import HookKeys
from trueline.server.hook.pace import Listening, Looks
from trueline.server.hook.replay import Replays


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the routes work with. `counts` are deliveries by forge and what became of them."""

    keys: HookKeys
    looks: Looks
    listening: Listening
    followed: Callable[[], Iterable[Followed]]
    clock: Clock
    replays: Replays = field(default_factory=Replays)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def look(self, heard: Heard) -> bool:
        """Look again at what a push is about; whether it is about anything."""
        found = aim(heard, self.followed())
        self.looks.ask(found)
        return found is None or bool(found)


def hooks_of(
    *, poke: Callable[[Aim], None], keys: HookKeys, followed: Callable[[], Iterable[Followed]], clock: Clock
) -> Hooks:
    """Those of one engine."""
    return Hooks(keys=keys, looks=Looks(poke, clock), listening=Listening(clock), followed=followed, clock=clock)
