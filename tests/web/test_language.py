"""A site in another language, and one that is read from the right."""

from pathlib import Path

import pytest

from testbed.browser import Browser, Screen
from tests.web.host import Host, built, serving
from tests.web.test_page import OVERFLOWS, SOUND
from trueline.render.options import Site

PAGES = {
    "index.md": "# مرحبا\n\n> [!TIP]\n> نصيحة\n\n```sh\necho left\n```\n\n## أولا\n\nنص\n\n## ثانيا\n\nنص\n",
    "guide/index.md": "# الدليل\n\nكلمة واحدة: سنجاب\n",
    "guide/more.md": "# المزيد\n\nنص\n",
}


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    options = Site(title="كتاب", language="ar", url="https://x.example/docs/")
    return built(dict(PAGES), options, Path(tmp_path_factory.mktemp("arabic")))


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_that_is_read_from_the_right(window: Browser, arabic: dict[str, bytes], width: int) -> None:
    with serving(arabic) as host:
        window.show(host.page("guide/more/"), Screen(width=width))
        assert window.complaints() == []
        assert window.run(OVERFLOWS) == [0, []]
        assert window.run(SOUND) == []
        home, search = window.run(
            "return ['.home', '.find'].map((one) => document.querySelector(one).getBoundingClientRect().left)"
        )
        assert home > search
        assert_found(window, host)


def assert_found(window: Browser, host: Host) -> None:
    """The search answers in its language."""
    window.press("/", *"سنجاب")
    window.wait("return document.querySelector('[role=status]').textContent === 'عدد النتائج: 1'")
    assert window.run("return document.querySelector('[role=option] a').href").startswith(host.page("guide/"))


def test_code_stays_as_it_is_read(window: Browser, arabic: dict[str, bytes]) -> None:
    with serving(arabic) as host:
        window.show(host.page())
        code, frame = window.run(
            "return ['pre code span', 'pre'].map((one) => document.querySelector(one).getBoundingClientRect().left)"
        )
        assert 0 < code - frame < 30
        assert window.run("return document.querySelector('.markdown-alert-title').textContent") == "نصيحة"
