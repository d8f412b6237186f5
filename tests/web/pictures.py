"""The pictures of the page in the guide: `python -m tests.web.pictures` takes them anew, of a made fleet.

Each page once in each theme, as one sees it without scrolling. They are looked at in review, and no test compares them.
"""

import io
from pathlib import Path
from typing import Final

from PIL import Image

from testbed.browser import Browser, Screen, browser
from tests.web.furnished import furnish
from tests.web.paged import Served

PLACE: Final = Path(__file__).parents[2] / "docs/guides/page"
BYTES_MAX: Final = 60_000
WIDTH: Final = 1280
PAGES: Final = {
    "fleet": ("/", 860),
    "application": ("/applications/checkout", 860),
    "resource": ("/applications/checkout/resource?ref=Deployment.apps%2Fcheckout%2Fweb", 860),
    "dependencies": ("/dependencies", 720),
    "notifiers": ("/notifiers", 560),
    "journal": ("/journal", 720),
}
"""What is shown, and how much of it, in CSS pixels."""
LIVE: Final = "return document.getElementById('live').dataset.state === 'live'"


def take(window: Browser, served: Served, name: str, *, is_dark: bool) -> bytes:
    """One picture."""
    address, height = PAGES[name]
    screen = Screen(width=WIDTH, height=height, is_dark=is_dark, is_still=True)
    served.show(window, f"{served.address}{address}", screen)
    window.wait(LIVE)
    shot = Image.open(io.BytesIO(window.picture())).convert("RGB")
    kept = io.BytesIO()
    shot.save(kept, "WEBP", quality=72, method=6)
    return kept.getvalue()


def main() -> None:
    """Write all of them."""
    PLACE.mkdir(exist_ok=True)
    with browser() as window, Served().running() as served:
        served.tell(furnish)
        for name in PAGES:
            for theme in ("light", "dark"):
                data = take(window, served, name, is_dark=theme == "dark")
                assert len(data) < BYTES_MAX, f"{name}-{theme} has {len(data)} bytes"
                (PLACE / f"{name}-{theme}.webp").write_bytes(data)
        window.command("Page.navigate", url="about:blank")


if __name__ == "__main__":
    main()
