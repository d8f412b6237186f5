"""What stops us at a host, as the platform says it."""

from collections.abc import Iterator
from contextlib import contextmanager

from trueline.model.fault import Fault
from trueline.target.answer import Refusal
from trueline.target.site.platform import PlatformRefused
from trueline.target.site.ssh.blob import BlobGone
from trueline.target.site.ssh.host import Cause, HostRefused

_REFUSALS = {
    Cause.GONE: Refusal.BUSY,
    Cause.FORBIDDEN: Refusal.FORBIDDEN,
    Cause.FULL: Refusal.DENIED,
    Cause.AWAY: Refusal.BUSY,
    Cause.UNTRUSTED: Refusal.FORBIDDEN,
    Cause.CLOSED: Refusal.FORBIDDEN,
    Cause.UNABLE: Refusal.DENIED,
    Cause.FAILED: Refusal.BUSY,
}


@contextmanager
def refusing() -> Iterator[None]:
    """Faults of the host and of blobs become the platform's refusal.

    Raises:
        PlatformRefused: something was refused inside the block.
    """
    try:
        yield
    except HostRefused as refused:
        raise PlatformRefused(_REFUSALS[refused.cause], refused.message) from refused
    except BlobGone as gone:
        raise PlatformRefused(Refusal.BUSY, f"{gone}; the next render makes them again") from gone
    except Fault as fault:  # the key is read anew with each connection
        raise PlatformRefused(Refusal.FORBIDDEN, str(fault)) from fault
