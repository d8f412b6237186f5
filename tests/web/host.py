"""The gallery: built by our own builder with its real workers, and served on loopback below a folder."""

import asyncio
import io
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageDraw

from tests.render.site.case import Bench, Files
from tests.render.site_image.rig import MemoryCache
from trueline.render.options import Site
from trueline.render.site import worker as pages
from trueline.render.site.image import worker as images
from trueline.render.site.image.stage import ImageStage
from trueline.render.site.media import media_of
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.runtime.worker_process import arguments_of

GALLERY = Path(__file__).parent / "gallery"
FOLDER = "/docs/"
OPTIONS = Site(title="Gallery", url=f"https://gallery.example{FOLDER}")
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60" width="120" height="60">'
    '<circle cx="30" cy="30" r="24" fill="#0f766e"/><path d="M60 54L90 6l30 48z" fill="#b45309"/></svg>'
)


@dataclass(slots=True)
class Host:
    """A site that is served. `asked` are the paths that were asked for, in their order.

    `late_s`: how much later than others an answer comes, by a part of its path.
    """

    address: str
    asked: list[str] = field(default_factory=list)
    late_s: dict[str, float] = field(default_factory=dict)

    def page(self, path: str = "") -> str:
        """The address of a page from the site's root."""
        return f"{self.address}{FOLDER}{path}"


def gallery() -> Files:
    """The files of the gallery, its images drawn."""
    found: Files = {str(path.relative_to(GALLERY)): path.read_text() for path in sorted(GALLERY.rglob("*.md"))}
    return found | {
        "images/lighthouse.jpg": photograph((1600, 1000), 3),
        "images/lake.jpg": photograph((2000, 1300), 7),
        "images/drawing.svg": DRAWING,
    }


def photograph(size: tuple[int, int], seed: int) -> bytes:
    """A JPEG that is no single colour anywhere, so that its widths have different sizes."""
    width, height = size
    image = Image.linear_gradient("L").resize(size)
    waves = Image.effect_mandelbrot(size, (-2.2, -1.2, 1.0, 1.2), 20 + seed)
    picture = Image.merge("RGB", (image, waves, image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)))
    ImageDraw.Draw(picture).ellipse(
        (width // 2, height // 4, width // 2 + 200, height // 4 + 200), fill=(250, 220, 120)
    )
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=88)
    return data.getvalue()


async def build(files: Files, options: Site, place: Path) -> dict[str, bytes]:
    """What is published, by path."""
    clock, program = SystemClock(), Path(sys.executable)
    async with AsyncExitStack() as stack:
        reading = ProcessToolbox(path=program, arguments=arguments_of(pages.MODULE), clock=clock, timeout_s=60)
        encoding = ProcessToolbox(path=program, arguments=arguments_of(images.MODULE), clock=clock, timeout_s=180)
        yaml = ProcessToolbox(path=find_toolbox().path, clock=clock)
        for one in (reading, encoding, yaml):
            await stack.enter_async_context(one)
        stage = ImageStage(worker=encoding, blobs=BlobDirectory(place), cache=MemoryCache())
        return await Bench(worker=reading, toolbox=yaml, place=place, images=stage).files(files, options)


def built(files: Files, options: Site, place: Path) -> dict[str, bytes]:
    """The same, for who has no event loop."""
    return asyncio.run(build(files, options, place))


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[Host]:
    """Serve files below `FOLDER` on a free port, the page for no page for all others."""
    host = Host(address="")

    class Handler(BaseHTTPRequestHandler):
        """Answers from memory."""

        def do_GET(self) -> None:
            """One file."""
            path = unquote(urlsplit(self.path).path)
            host.asked.append(path)
            for part, late_s in host.late_s.items():
                if part in path:
                    time.sleep(late_s)
            name = path.removeprefix(FOLDER) if path.startswith(FOLDER) else "outside"
            name = f"{name}index.html" if not name or name.endswith("/") else name
            status, shown = (200, name) if name in files else (404, "404.html")
            self.send_response(status)
            self.send_header("content-type", media_of(shown))
            self.send_header("content-length", str(len(files[shown])))
            self.end_headers()
            self.wfile.write(files[shown])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()
