"""The file on the branch that says what of it is ours. It is public where the site is: no secret stands in it."""

from collections.abc import Iterator

import msgspec

from trueline.model.digest import canonical, digest_bytes
from trueline.target.site.body import is_blob
from trueline.target.site.branch.place import NO_JEKYLL, hostile_to_git
from trueline.target.site.path import hostility
from trueline.target.site.platform import Published

FORMAT = 1
STATE_BYTES_MAX = 128 << 20
_ABOUT = "Trueline publishes this site: it keeps here which files are its own. Edit the source, not these."


class Damaged(ValueError):
    """The file is there and cannot be what we wrote: it is never taken for absent."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is ours: what was published, and files that we put beside it (`.nojekyll`)."""

    published: Published
    extras: tuple[str, ...] = ()
    format: int = FORMAT
    about: str = _ABOUT

    def encode(self) -> bytes:
        """The file's bytes: equal states have equal ones."""
        return canonical(msgspec.to_builtins(self)) + b"\n"


def read_state(data: bytes) -> State:
    """The state of a file's bytes.

    Raises:
        Damaged: it is none, or says what cannot be.
    """
    if len(data) > STATE_BYTES_MAX:
        raise Damaged(f"it has {len(data)} bytes")
    try:
        state = msgspec.json.decode(data, type=State)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Damaged(str(error)) from None
    if why := next(_faults(state), ""):
        raise Damaged(why)
    return state


def _faults(state: State) -> Iterator[str]:
    published = state.published
    if state.format != FORMAT:
        yield f"its format is {state.format}, and this version knows {FORMAT}"
    if digest_bytes(published.body.body()) != published.release:
        yield "the release is not the one that it names"
    if why := published.body.fault:
        yield why
    if state.extras not in {(), (NO_JEKYLL,)}:
        yield "it names files beside the site that are not ours"
    for path, kept in published.kept.items():
        if why := hostility(path) or ("" if is_blob(kept.blob) else "it has no digest"):
            yield f"{path[:200]!r}: {why}"
    if any(hostile_to_git(path) for path, _ in published.holdings()):
        yield "it names a file that Git takes nowhere"
