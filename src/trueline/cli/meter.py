"""How far the encoding of images is: a line that moves on a terminal, else one now and then. It decides nothing."""

import sys
from typing import Final, TextIO

from trueline.runtime.clock import Clock, SystemClock

EACH_S: Final = 10.0
EACH_MOVING_S: Final = 0.1
CLEAR: Final = "\r\x1b[K"


class Meter:
    """Shows `encoding images: 12 of 142` on standard error; a build that has nothing to encode shows nothing."""

    def __init__(self, stream: TextIO | None = None, clock: Clock | None = None) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock or SystemClock()
        self._is_moving = self._stream.isatty()
        self._last_s = self._clock.monotonic_s()

    def show(self, done: int, wanted: int) -> None:
        """So many are done, of so many as far as is known."""
        if done >= wanted:
            if self._is_moving:
                self._write(CLEAR)
            return
        now_s = self._clock.monotonic_s()
        if now_s - self._last_s < (EACH_MOVING_S if self._is_moving else EACH_S):
            return
        self._last_s = now_s
        text = f"encoding images: {done} of {wanted}"
        self._write(f"{CLEAR}{text}" if self._is_moving else f"{text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
