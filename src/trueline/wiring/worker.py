"""The pools of workers that are interpreters of their own; none starts before it is asked.

Their modules are named here and not imported: only the workers load them.
"""

import sys
from pathlib import Path
from typing import Final

from trueline.runtime.clock import Clock
from trueline.runtime.toolbox_process import ProcessToolbox
from trueline.runtime.worker_process import arguments_of

PAGES: Final = "trueline.render.site.worker"
IMAGES: Final = "trueline.render.site.image.worker"
OUTLINES: Final = "trueline.render.generated.worker"

READER_IDLE_S: Final = 300.0
"""Who writes saves again soon, and a new interpreter takes longer than all else that one changed page costs."""
IMAGES_AT_ONCE: Final = 2
IMAGE_TIMEOUT_S: Final = 180.0
"""For all sizes and formats of one image: a photograph of 100 megapixels on a machine that has other work."""


def readers(clock: Clock) -> ProcessToolbox:
    """Those that read the pages of sites."""
    return ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(PAGES), clock=clock, idle_s=READER_IDLE_S)


def encoders(clock: Clock) -> ProcessToolbox:
    """Those that encode images."""
    return ProcessToolbox(
        path=Path(sys.executable),
        arguments=arguments_of(IMAGES),
        clock=clock,
        workers_max=IMAGES_AT_ONCE,
        timeout_s=IMAGE_TIMEOUT_S,
    )


def outliners(clock: Clock) -> ProcessToolbox:
    """Those that read the pages which another program made."""
    return ProcessToolbox(path=Path(sys.executable), arguments=arguments_of(OUTLINES), clock=clock)
