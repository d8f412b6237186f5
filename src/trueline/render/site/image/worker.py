"""The worker that encodes images: started by `python -I`, confined, asked over a pipe. It knows no site.

It is apart from the one that reads Markdown, so that a page never waits behind a photograph.
"""

from typing import Final

from trueline.render.site.image.operation import OPERATIONS, load, versions
from trueline.runtime.worker_process import serve

MODULE: Final = "trueline.render.site.image.worker"
ADDRESS_BYTES_MAX: Final = 2 << 30
"""Of one worker; of that, an image of the largest size takes less than 1 GiB."""


def main() -> None:
    """Load all that will be needed, then serve."""
    load()
    serve(OPERATIONS, versions(), ADDRESS_BYTES_MAX)
