"""The worker that encodes images: started by `python -I`, confined, asked over a pipe. It knows no site.

It is apart from the one that reads Markdown, so that a page never waits behind a photograph.
"""

import ctypes
import sys
from typing import Final

from trueline.render.site.image.operation import OPERATIONS, load, versions
from trueline.runtime.worker_process import serve

MODULE: Final = "trueline.render.site.image.worker"
ADDRESS_BYTES_MAX: Final = 2 << 30
"""Of one worker; of that, an image of the largest size takes less than 1 GiB."""
KEPT_BYTES_MAX: Final = 256 << 20
"""What was freed and is not given back: the next photograph needs the same again, and clearing pages takes time."""
_APART_BYTES: Final = 32 << 20  # the most that glibc allows: what is larger is given back as soon as it is freed
_M_TRIM_THRESHOLD: Final = -1  # malloc.h of glibc
_M_MMAP_THRESHOLD: Final = -3


def main() -> None:
    """Load all that will be needed, then serve."""
    keep_memory()
    load()
    serve(OPERATIONS, versions(), ADDRESS_BYTES_MAX)


def keep_memory() -> bool:
    """Have the allocator keep what an encoder gives back; false where it is none that can be told so."""
    if not sys.platform.startswith("linux"):
        return False
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(tell and tell(_M_MMAP_THRESHOLD, _APART_BYTES) and tell(_M_TRIM_THRESHOLD, KEPT_BYTES_MAX))
