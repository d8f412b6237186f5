"""Attempts to sign in: after a few that fail come pauses that grow, by name and by address, in bounded memory."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

FREE: Final = 5
"""So many may fail before the first pause."""
PAUSE_S_MAX: Final = 60.0
"""Whoever knows a name can make its owner wait so long, and no longer."""
FORGOTTEN_S: Final = 900.0
KEYS_MAX: Final = 10_000
_DOUBLINGS_MAX: Final = 10


@dataclass(slots=True)
class _Tries:
    failed: int = 0
    last_s: float = 0.0

    def until_s(self) -> float:
        over = self.failed - FREE
        return self.last_s + min(PAUSE_S_MAX, 2.0 ** min(over, _DOUBLINGS_MAX)) if over >= 0 else 0.0


class Attempts:
    """Each attempt counts as failed from its beginning, so that many at once are no way around."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Tries] = OrderedDict()

    def wait_s(self, keys: Iterable[str], now_s: float) -> float:
        """How long nothing more is tried; 0 where it may be now."""
        found = (self._known[key] for key in keys if key in self._known)
        return max(0.0, *(one.until_s() - now_s for one in found), 0.0)

    def begin(self, keys: Iterable[str], now_s: float) -> None:
        """One attempt is made."""
        for key in keys:
            tries = self._known.pop(key, None)
            if tries is None or now_s - tries.last_s > FORGOTTEN_S:
                tries = _Tries()
            tries.failed, tries.last_s = tries.failed + 1, now_s
            self._known[key] = tries
        while len(self._known) > KEYS_MAX:
            self._known.popitem(last=False)

    def succeed(self, name: str, address: str) -> None:
        """The attempt was right: the name is free again, the address as it was before."""
        self._known.pop(name, None)
        if (tries := self._known.get(address)) is not None:
            tries.failed -= 1

    def __len__(self) -> int:
        return len(self._known)


def name_key(name: str) -> str:
    """What attempts on a name are counted under."""
    return f"name {name[:200]}"


def address_key(address: str) -> str:
    """What attempts from an address are counted under: of IPv6, the network that one customer has.

    >>> address_key("192.0.2.7"), address_key("2001:db8:1:2:3::4"), address_key("")
    ('address 192.0.2.7', 'address 2001:db8:1:2::', 'address ')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return "address "
    if isinstance(found, IPv6Address):
        return f"address {IPv6Address(int(found) >> 64 << 64)}"
    return f"address {found}"
