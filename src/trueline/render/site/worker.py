"""The worker that reads Markdown: started by `python -I`, confined, asked over a pipe. It knows no site."""

from importlib.metadata import version
from typing import Final

import msgspec

from trueline.render.site import highlight, markdown
from trueline.render.site.markdown import Source
from trueline.render.site.parsed import ParsedPage
from trueline.runtime.worker_process import serve

MODULE: Final = "trueline.render.site.worker"
PACKAGES: Final = ("comrak", "pygments")
WARM: Final = 'x `y` [z](w)\n\n```python\nprint("x")\n```\n'


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Pages to be read."""

    pages: tuple[Source, ...]
    allow_html: bool = False


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What they say, in the same order."""

    pages: tuple[ParsedPage, ...]


_BATCH: Final = msgspec.json.Decoder(Batch)


def read(arguments: bytes) -> bytes:
    """The operation `markdown`."""
    batch = _BATCH.decode(arguments)
    pages = tuple(markdown.parse(one, allow_html=batch.allow_html) for one in batch.pages)
    return msgspec.json.encode(Parsed(pages=pages))


def main() -> None:
    """Import all that will be needed, then serve."""
    highlight.load()
    markdown.parse(Source(path="", text=WARM), allow_html=False)
    serve({"markdown": read}, {name: version(name) for name in PACKAGES})
