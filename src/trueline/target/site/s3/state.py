"""The object beside the files that says whose they are, and with which ETags they were put. It is replaced whole.

A publish writes it twice: before the first file with all paths that it may write, so that what a broken publish left
behind is known to be ours; and after the last one. Both under the ETag that was seen, so that of two writers one loses.
"""

import msgspec

from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.target.site.body import MarkedRelease
from trueline.target.site.path import RESERVED
from trueline.target.site.platform import Published

STATE = f"{RESERVED}/site.json"
STATE_BYTES_MAX = 256 << 20
FORMAT = 1


class Damaged(Exception):
    """It cannot be read, or speaks of another place: nothing is known then, and nothing is done."""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An object as it was put. `attributes` is a digest of what a browser is told of it."""

    etag: str
    size_bytes: int
    attributes: Digest


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is ours. `place` is the bucket and prefix that it was written for: in a copy it is of no worth.

    `intended` are paths that a publish which has not ended may have written. `turn` grows with each writing, so that no
    two states have one ETag.
    """

    place: str
    format: int = FORMAT
    published: Published | None = None
    rows: dict[str, Row] = {}
    intended: tuple[str, ...] = ()
    turn: int = 0

    def body(self) -> bytes:
        """The canonical JSON."""
        return canonical(self)

    def ours(self) -> frozenset[str]:
        """Every path that may have bytes of ours."""
        holdings = (path for path, _ in self.published.holdings()) if self.published else ()
        return frozenset((*holdings, *self.intended))


def read_state(data: bytes, place: str) -> State:
    """The state of a place.

    Raises:
        Damaged: it is none, or that of another place.
    """
    try:
        state = msgspec.json.decode(data, type=State)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Damaged(f"{STATE} cannot be read ({error}); put it back, or delete it") from None
    if state.format != FORMAT:
        raise Damaged(f"{STATE} was written by another version of Trueline (format {state.format})")
    if state.place != place:
        raise Damaged(f"{STATE} was copied from {state.place}: delete it here to publish over equal files only")
    return state


def begun(after: Published) -> Published:
    """What is published before the first release: nothing, by the same application, so that the place is its own."""
    body = MarkedRelease(files={}, mark=after.body.mark)
    return Published(lineage=after.lineage, release=digest_bytes(body.body()), body=body, made_s=after.made_s)
