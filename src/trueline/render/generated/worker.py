"""The worker that reads HTML that others made: confined, asked over a pipe. It knows no site."""

from typing import Final

import msgspec

from trueline.render.generated.outline import Outline
from trueline.render.generated.page import outline
from trueline.runtime.worker_process import serve

MODULE: Final = "trueline.render.generated.worker"


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The text of HTML files."""

    pages: tuple[str, ...]


class Outlines(msgspec.Struct, frozen=True, kw_only=True):
    """What they say, in the same order."""

    pages: tuple[Outline, ...]


_BATCH: Final = msgspec.json.Decoder(Batch)


def read(arguments: bytes) -> bytes:
    """The operation `html`."""
    return msgspec.json.encode(Outlines(pages=tuple(map(outline, _BATCH.decode(arguments).pages))))


def main() -> None:
    """Serve."""
    serve({"html": read}, {})
