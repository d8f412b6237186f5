"""Each page made once for all who may read the same, for as long as what it is made of stays the same.

A rendering is kept under its facts. Where they are others, it is made anew, but not before ten times as long has
passed as it took to make: so pages take at most a tenth of a core for each address, however fast a fleet changes. What
is shown in between says as of when it is, and a page that is live hears what came after that and asks again.

Who looks is told so in the one place that is marked for it: nothing else of a page is of one person alone.
"""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Final

from trueline.runtime.clock import Clock

KEPT_MAX: Final = 32
PAUSE_PER_COST: Final = 10.0
PAUSE_S_MAX: Final = 2.0
_TAG_BYTES: Final = 16
_LEVEL: Final = 4
VISITOR: Final = b"<!--visitor-->"
"""Where it is told who looks; no text that is put into a page can read so, for it is escaped."""
_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """One page as bytes, with the mark where who looks is told so; `tag` names them."""

    body: bytes
    tag: str

    def tag_for(self, visitor: bytes, *, is_packed: bool) -> str:
        """The name of what somebody is sent: other bytes have another one (RFC 9110)."""
        own = blake2b(visitor, digest_size=_TAG_BYTES).hexdigest() if visitor else ""
        return "-".join(filter(None, (self.tag, own, "gzip" if is_packed else "")))

    def plain(self, visitor: bytes) -> bytes:
        """What somebody is sent."""
        return self.body.replace(VISITOR, visitor, 1)

    def packed(self, visitor: bytes) -> bytes:
        """The same by gzip, a sixth or less: what is everybody's is packed once, and put together (RFC 1951)."""
        before, after = self._pieces
        whole = self.plain(visitor)
        end = struct.pack("<LL", zlib.crc32(whole), len(whole) & 0xFFFFFFFF)
        return b"".join((_GZIP_HEAD, before, _deflated(visitor, zlib.Z_FULL_FLUSH), after, end))

    @cached_property
    def _pieces(self) -> tuple[bytes, bytes]:
        before, _, after = self.body.partition(VISITOR)
        return _deflated(before, zlib.Z_FULL_FLUSH), _deflated(after, zlib.Z_FINISH)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    facts: Hashable
    until_s: float
    rendering: Rendering


class Renderings:
    """`made` counts the pages that were made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self.made = 0

    def get(self, address: Hashable, facts: Hashable, make: Callable[[], bytes]) -> Rendering:
        """The page at an address, made of these facts or of those that were so just now."""
        began_s = self._clock.monotonic_s()
        kept = self._kept.get(address)
        if kept is None or (kept.facts != facts and began_s >= kept.until_s):
            body = make()
            self.made += 1
            ended_s = self._clock.monotonic_s()
            pause_s = min((ended_s - began_s) * PAUSE_PER_COST, PAUSE_S_MAX)
            tag = blake2b(body, digest_size=_TAG_BYTES).hexdigest()
            kept = _Kept(facts=facts, until_s=ended_s + pause_s, rendering=Rendering(body=body, tag=tag))
            self._kept[address] = kept
        self._kept.move_to_end(address)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return kept.rendering


def _deflated(data: bytes, end: int) -> bytes:
    """One piece that needs nothing of those before it."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(end)
