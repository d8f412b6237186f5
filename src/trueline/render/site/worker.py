"""The worker that reads Markdown: started by `python -I`, confined, asked over a pipe. It knows no site."""

from importlib.metadata import version
from typing import Final

import msgspec

from trueline.render.site import highlight, markdown
from trueline.render.site.markdown import Source
from trueline.render.site.parsed import ParsedPage
from trueline.render.site.search import fragment
from trueline.runtime.worker_process import serve

MODULE: Final = "trueline.render.site.worker"
PACKAGES: Final = ("comrak", "pygments")
WARM: Final = 'x `y` [z](w)\n\n```python\nprint("x")\n```\n'


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Pages to be read, and cut for the search where `places` are given: addresses, and titles for want of others."""

    pages: tuple[Source, ...]
    places: tuple[tuple[str, str], ...] = ()
    allow_html: bool = False


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What they say, in the same order, and what the search's index needs of each."""

    pages: tuple[ParsedPage, ...]
    fragments: tuple[msgspec.Raw, ...] = ()


_BATCH: Final = msgspec.json.Decoder(Batch)


def read(arguments: bytes) -> bytes:
    """The operation `markdown`."""
    batch = _BATCH.decode(arguments)
    pages = tuple(markdown.parse(one, allow_html=batch.allow_html) for one in batch.pages)
    cut = tuple(msgspec.Raw(_cut(page, *place)) for page, place in zip(pages, batch.places, strict=False))
    light = tuple(msgspec.structs.replace(page, sections=()) for page in pages)  # the text is for the search alone
    return msgspec.json.encode(Parsed(pages=light, fragments=cut))


def _cut(page: ParsedPage, address: str, title: str) -> bytes:
    return fragment(address, page if page.title else msgspec.structs.replace(page, title=title))


def main() -> None:
    """Import all that will be needed, then serve."""
    highlight.load()
    markdown.parse(Source(path="", text=WARM), allow_html=False)
    serve({"markdown": read}, {name: version(name) for name in PACKAGES})
