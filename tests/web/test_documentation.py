"""The project's own documentation, as `make docs` has it: built without a finding, served, whole, fit to be read."""

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest

from testbed.browser import Browser, Screen
from tests.cli.person import Person, command, somebody
from tests.web.test_page import OVERFLOWS, SOUND

ROOT = Path(__file__).parents[2]
DECLARED = "examples/docs"
PAGES = sorted(path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md"))
PATIENCE_S = 120.0
LINK = re.compile(r'<a [^>]*href="([^"]*)"')


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """The documentation as it stands now, committed to a repository of its own."""
    person = somebody(tmp_path_factory.mktemp("documentation"))
    shutil.rmtree(person.fleet)
    shutil.copytree(ROOT / "docs", person.fleet / "docs")
    shutil.copytree(ROOT / DECLARED, person.fleet / DECLARED)
    person.commit("The documentation")
    return person


@pytest.fixture(scope="module")
def home(copy: Person) -> Iterator[str]:
    """The address of the documentation, served as long as the tests of this module run."""
    argv = command("up", "fleet", "--path", DECLARED, "--listen", "none", "--data-dir", "data")
    told = copy.home / "told"
    with told.open("w") as file:
        process = subprocess.Popen(argv, stdout=file, stderr=file, env=copy.environment, cwd=copy.home)
        try:
            yield served(told)
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0, told.read_text()


def served(told: Path) -> str:
    """The address that `up` tells, as soon as the first release is there."""
    end_s = time.perf_counter() + PATIENCE_S
    while "documentation: Healthy" not in told.read_text():
        assert time.perf_counter() < end_s, told.read_text()
        time.sleep(0.05)
    found = re.search(r"served at (http://127\.0\.0\.1:\d+)", told.read_text())
    assert found is not None, told.read_text()
    return f"{found[1]}/"


def fetch(address: str) -> tuple[int, str]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def address_of(page: Path) -> str:
    """Where a page is served."""
    folder = page.parent if page.stem in {"index", "README"} else page.with_suffix("")
    return "" if folder == Path() else f"{folder}/"


def test_it_has_no_finding_and_every_page(copy: Person) -> None:
    resources = json.loads(copy.types("render", "fleet", "--path", DECLARED, "-o", "json"))
    assert [line for line in copy.stderr.splitlines() if not line.startswith("encoding images")] == []
    (release,) = [one for one in resources if one["kind"] == "Release"]
    made = {path for path in release["files"] if path.endswith("index.html")}
    assert made == {f"{address_of(page)}index.html" for page in PAGES}


def test_every_page_stands_in_the_navigation() -> None:
    listed = re.findall(r"path: ([\w/-]+\.md)", (ROOT / DECLARED / "application.yaml").read_text())
    assert {str(page) for page in PAGES if page.parent.name != "decisions"} <= set(listed)
    assert len(listed) == len(set(listed))


def test_every_page_is_reached_and_every_link_leads_somewhere(home: str) -> None:
    seen: dict[str, int] = {}
    waiting = [home]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen[address], text = fetch(address)
        links = [urldefrag(urljoin(address, link))[0] for link in LINK.findall(text)]
        waiting += [link for link in links if link.startswith(home)]
    assert {address for address, status in seen.items() if status != 200} == set()
    assert set(seen) == {home + address_of(page) for page in PAGES}
    assert fetch(f"{home}nothing/here")[0] == 404


@pytest.mark.parametrize("width", [360, 1280])
def test_its_longest_pages_fit(window: Browser, home: str, width: int) -> None:
    for page in ("", "reference/declarations/", "reference/diagnostics/", "performance/", "guides/sites/"):
        window.show(home + page, Screen(width=width))
        assert window.complaints() == [], page
        assert window.run(OVERFLOWS) == [0, []], page
        assert window.run(SOUND) == [], page


def test_a_diagnostic_is_found_by_its_code(window: Browser, home: str) -> None:
    window.show(home)
    window.press("/", *"TL0213")
    window.wait("return document.querySelectorAll('[role=option]').length")
    window.follow("[role=option] a")
    assert window.address.startswith(f"{home}reference/diagnostics/#")


def test_make_docs_shows_it(copy: Person) -> None:
    recipe = (ROOT / "Makefile").read_text().split("\ndocs:", 1)[1].split("\n\n")[0]
    assert "trueline preview . --app documentation" in recipe
    copy.types("preview", "fleet", "--app", "documentation", "--check")
    assert "TL" not in copy.stderr
