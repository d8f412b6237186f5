"""A preview in a browser: it follows each save, says what stops a build, and shows a page beside itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.browser import Browser
from tests.cli.person import somebody
from tests.cli.previewed import FIRST, Preview, committed, previewed

LONG = "\n\n".join(f"Paragraph {number}." for number in range(200))
FRAMES = """return [...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument)"""
LOADED = f"{FRAMES}.every((page) => page && page.readyState === 'complete' && page.querySelector('main'))"


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    person = somebody(tmp_path_factory.mktemp("writer"))
    docs = committed(person)
    (docs / "first.md").write_text(FIRST + LONG)
    person.commit("two")
    return docs


@pytest.fixture(scope="module")
def running(docs: Path) -> Iterator[Preview]:
    person = somebody(docs.parent / "home")
    with previewed(person, str(docs)) as running:
        yield running


@pytest.fixture
def place(running: Preview, docs: Path) -> Iterator[str]:
    yield f"http://127.0.0.1:{running.port}"
    (docs / "first.md").write_text(FIRST + LONG)


def test_a_save_is_seen_and_a_fault_is_told_over_the_page(window: Browser, place: str, docs: Path) -> None:
    window.show(f"{place}/first/")
    (docs / "first.md").write_text(FIRST.replace("care", "joy"))
    window.wait("return document.body?.innerText?.includes('with joy')")
    (docs / "first.md").write_text(FIRST.replace("care", "[grace](none.md)"))
    told = window.wait("return document.querySelector('#trueline-preview-problems')?.innerText")
    assert "TL1510" in told
    assert "first.md:3" in told
    assert window.run("return document.body?.innerText?.includes('with joy')")
    (docs / "first.md").write_text(FIRST.replace("care", "grace"))
    window.wait("return document.body?.innerText?.includes('with grace')")
    assert window.run("return document.querySelector('#trueline-preview-problems')") is None
    assert window.complaints() == []


def test_a_page_beside_itself(window: Browser, place: str, docs: Path) -> None:
    (docs / "first.md").write_text(FIRST.replace("care", "joy") + LONG)
    window.show(f"{place}/first/")
    window.wait("return document.body?.innerText?.includes('with joy')")
    window.wait("return document.querySelector('#trueline-preview-badge')?.textContent === 'preview: 1 page changed'")
    window.follow("#trueline-preview-badge")
    window.follow("li.changed a")
    window.wait(LOADED)
    texts = window.run(f"{FRAMES}.map((page) => page.querySelector('main').innerText)")
    assert ["care" in texts[0], "joy" in texts[0], "care" in texts[1], "joy" in texts[1]] == [True, False, False, True]
    assert window.run("return [...document.querySelectorAll('del, ins')].map((one) => one.textContent)") == [
        "care",
        "joy",
    ]
    window.run("document.querySelectorAll('iframe')[1].contentWindow.scrollTo(0, 1e6)")
    window.wait(f"{FRAMES}[0].scrollingElement.scrollTop > 1000")
    assert window.run(f"{FRAMES}.map((page) => page.querySelector('#trueline-preview-badge'))") == [None, None]
    assert window.complaints() == []
