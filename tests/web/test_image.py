"""Which file of an image a screen loads, and that it has its place before it comes."""

import re

import pytest

from testbed.browser import Browser, Screen
from tests.web.host import Host

LOADED = """
const image = document.images[arguments[0]];
image.scrollIntoView();
return image.complete && image.naturalWidth > 0 ? [image.currentSrc, image.clientWidth, image.naturalWidth] : null;
"""


@pytest.mark.parametrize(
    ("width", "density", "widest"), [(360, 1, 640), (360, 2, 960), (768, 1, 960), (1280, 1, 960), (1280, 2, 1920)]
)
def test_a_screen_loads_no_more_than_it_shows(
    window: Browser, host: Host, width: int, density: int, widest: int
) -> None:
    window.show(host.page(), Screen(width=width, density=density))
    for number in (0, 1):
        source, shown, _ = window.wait(LOADED, number)
        assert source.endswith(".avif")
        asked = {int(found[1]) for path in host.asked if (found := re.search(r"-(\d+)\.avif$", path))}
        assert asked, host.asked
        assert shown * density <= max(asked) <= widest
        assert shown <= width


def test_an_image_below_the_first_screen_waits(window: Browser, host: Host, files: dict[str, bytes]) -> None:
    window.show(host.page(), Screen(width=360))
    window.wait(LOADED, 0)
    assert len([path for path in host.asked if "/assets/img/" in path]) < len(window.run("return [...document.images]"))
    assert window.run("return [...document.images].map((one) => one.loading)") == ["auto", "lazy", "lazy"]


def test_a_drawing_is_not_stretched(window: Browser, host: Host) -> None:
    window.show(host.page())
    _, shown, _ = window.wait(LOADED, 2)
    assert shown == 120


def test_a_title_is_a_caption(window: Browser, host: Host) -> None:
    window.show(host.page())
    assert window.run("return document.querySelector('figure figcaption').textContent").startswith("The lighthouse")
