"""The website of the demo: what is put into the repository, and the steps that show how it is published and kept."""

import re
import shutil
import time
from pathlib import Path

from examples.person import Demo, claim
from examples.photograph import CAMERA, EVENING, MORNING, SHOP, photograph

HERE = Path(__file__).resolve().parent / "website"
PHOTOGRAPH = "website/photographs/harbour.jpg"
IMAGE = re.compile(r"[\w./-]*assets/img/([\w.-]+)")
VANDALISM = "<h1>Closed for ever</h1>"


def prepare(repository: Path) -> None:
    """Declare the website, and put its pages and photographs into the repository."""
    shutil.copytree(HERE / "pages", repository / "website")
    shutil.copy(HERE / "application.yaml", repository / "applications" / "website.yaml")
    (repository / "website" / "photographs").mkdir()
    for name, scene in (("harbour", MORNING), ("shop", SHOP)):
        (repository / "website" / "photographs" / f"{name}.jpg").write_bytes(photograph(scene))


def look(demo: Demo) -> None:
    """A reader's telephone gets small photographs, and nobody gets what the camera wrote into them."""
    demo.step(
        "The website is an application like the others: Markdown and photographs, whole releases, served by `up`."
    )
    print(f"   {demo.site()}", flush=True)
    taken = (demo.repository / PHOTOGRAPH).read_bytes()
    claim(CAMERA.encode() in taken, "the photograph says which camera took it")
    names = _images(demo.page("harbour/"))
    files = {name: demo.fetch(f"assets/img/{name}")[1] for name in names}
    claim(len(names) > 6, f"the photograph is there in several formats and widths: {names}")  # noqa: PLR2004 - of two formats
    claim(all(CAMERA.encode() not in data for data in files.values()), "no published file says so")
    smallest = min((name for name in names if name.endswith(".avif")), key=lambda name: len(files[name]))
    claim(len(files[smallest]) * 10 < len(taken), f"{smallest} is small: {len(files[smallest])} bytes")
    print(f"   harbour.jpg: {_kb(taken)} from the camera, with the place where it was taken")
    print(
        f"   {len(names)} files of it are published, without; a telephone loads {smallest}, {_kb(files[smallest])}",
        flush=True,
    )


def photograph_again(demo: Demo) -> None:
    """One photograph is replaced: its own files are new, everything else stays as it is."""
    demo.step("A photograph is taken again, in the evening. Only its own files and its page are made anew.")
    before, shop = demo.page("harbour/"), demo.page()
    began = time.perf_counter()
    commit = demo.commit_files("The harbour in the evening", {PHOTOGRAPH: photograph(EVENING)})
    demo.wait("the new page", lambda: demo.page("harbour/") != before)
    _wait_published(demo, commit)
    after = demo.page("harbour/")
    print(f"   published {time.perf_counter() - began:.1f} s after the commit was begun", flush=True)
    old, new = set(_images(before)), set(_images(after))
    claim(bool(new) and not old & new, "every file of the photograph has another name")
    claim(demo.page() == shop, "the page with the other photograph is the same, byte for byte")
    statuses = {demo.fetch(f"assets/img/{name}")[0] for name in old | new}
    claim(statuses == {200}, "a page that is open still finds its files")


def tamper(demo: Demo) -> None:
    """A published file is written into: readers do not see it, and it is back within milliseconds."""
    demo.step("Somebody writes into a published page on the server. No reader ever sees it; the file is put back.")
    right, file = demo.page("visit/"), demo.data / "sites" / "website" / "visit" / "index.html"
    claim(file.read_text() == right, "what is served is what stands on the disk")
    drifts = len(demo.drifts("website"))
    began = time.perf_counter()
    file.write_text(VANDALISM)
    seen = demo.page("visit/")
    claim(seen == right, "a reader gets the page as it was published")
    demo.wait("the file as it was published", lambda: file.read_text() == right)
    print(f'   "{VANDALISM}" stood in {file.name} for {(time.perf_counter() - began) * 1000:.0f} ms', flush=True)
    found = demo.wait("the drift in the journal", lambda: demo.drifts("website")[drifts:])[-1]
    claim("visit/index.html" in str(found), f"the journal names the file: {found}")
    print(f"   {found['drift']}: {found['ref']}", flush=True)


def roll_back(demo: Demo) -> None:
    """The release before is live again: one pointer."""
    demo.step(
        "The morning was better after all: the website is rolled back. One pointer is switched, nothing is built."
    )
    evening = demo.page("harbour/")
    demo.trueline("rollback", "website")
    demo.wait("the harbour in the morning", lambda: demo.page("harbour/") != evening)
    claim(not set(_images(demo.page("harbour/"))) & set(_images(evening)), "it shows the photograph of before")
    demo.wait("a status that says so", lambda: "rolled back" in demo.statuses()["website"]["message"])
    demo.trueline("status", accepted=(2,))


ACTS = (look, photograph_again, tamper, roll_back)


def _images(page: str) -> list[str]:
    return sorted(set(IMAGE.findall(page)))


def _wait_published(demo: Demo, commit: str) -> None:
    def look() -> bool:
        one = demo.statuses()["website"]
        return bool(one["sync"] == "Synced" and one["health"] == "Healthy" and commit[:10] in one["revision"])

    demo.wait(f"the website True at {commit[:10]}", look)


def _kb(data: bytes) -> str:
    return f"{len(data) / 1000:.0f} kB"
