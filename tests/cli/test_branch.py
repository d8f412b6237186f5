"""A folder of Markdown published to a branch over HTTP, as somebody with Pages meets it."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import pytest

from testbed.git_server import GitServer
from testbed.repository import Repository
from tests.cli.person import Person

DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: {title: Handbook}}
  target:
    site:
      branch:
        url: URL
        name: BRANCH
        auth: {username: ci, password: {secret: {env: PAGES_TOKEN}}}
"""
HOME = "# Handbook\n\nWelcome. See [how to begin](guide/first.md#install).\n"
FIRST = "# First steps\n\n## Install\n\nRun it.\n"
TOKEN = "correct-horse"  # a person never finds it in what a command writes


class Forge:
    """A Git server in a thread of its own, for command lines that are waited for."""

    def __init__(self, folder: Path, password: str = TOKEN) -> None:
        self.server = GitServer(folder, user="ci", password=password)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.__aenter__(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self.server.__aexit__(None, None, None), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def create(self, name: str) -> str:
        """An empty repository's address."""
        return asyncio.run_coroutine_threadsafe(self.server.create(name), self._loop).result(30)

    def git(self, name: str, *arguments: str) -> str:
        """Ask the repository itself."""
        return asyncio.run(Repository(self.server.path(name)).git(*arguments))

    def names(self, name: str, branch: str = "pages") -> set[str]:
        """What stands on a branch."""
        return set(self.git(name, "ls-tree", "-r", "--name-only", branch).split())

    def count(self, name: str, branch: str = "pages") -> int:
        """Its commits."""
        return int(self.git(name, "rev-list", "--count", branch))


@pytest.fixture
def forge(person: Person) -> Iterator[Forge]:
    with Forge(person.home / "forge") as forge:
        yield forge


@pytest.fixture
def writer(person: Person, forge: Forge) -> Person:
    """Somebody whose fleet is one folder of Markdown, published to the branch `pages` of the repository `site`."""
    shutil.rmtree(person.fleet)
    (person.fleet / "docs" / "guide").mkdir(parents=True)
    (person.fleet / "fleet.yaml").write_text(DECLARED.replace("URL", forge.create("site")).replace("BRANCH", "pages"))
    (person.fleet / "docs" / "index.md").write_text(HOME)
    (person.fleet / "docs" / "guide" / "first.md").write_text(FIRST)
    person.environment["PAGES_TOKEN"] = TOKEN
    person.commit("one")
    return person


def pushed(forge: Forge, folder: Path, files: Mapping[str, str | bytes | None]) -> None:
    """Somebody else pushes to the branch."""

    async def push() -> None:
        clone = await Repository.create(folder, remote=str(forge.server.path("site")))
        await clone.git("fetch", "--quiet", "origin")
        await clone.git("switch", "--quiet", "--create", "pages", "origin/pages")
        await clone.commit("by hand", files)
        await clone.push("pages:pages")

    asyncio.run(push())


def test_a_site_is_published_to_a_branch_healed_rolled_back_and_removed(writer: Person, forge: Forge) -> None:
    assert "+ File/guide/first/index.html" in writer.types("plan", "fleet", code=2)
    assert forge.git("site", "for-each-ref") == ""
    writer.types("up", "fleet", "--once")
    assert {"index.html", "guide/first/index.html", ".trueline.json"} <= forge.names("site")
    page = forge.git("site", "show", "pages:guide/first/index.html")
    assert '<h1 id="first-steps">' in page
    assert forge.git("site", "log", "-1", "--format=%s", "pages").startswith("handbook: release ")
    status = writer.status()
    assert (status["sync"], status["target"]) == ("Synced", f"{forge.server.url('site')}#pages")

    (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
    writer.commit("two")
    writer.types("up", "fleet", "--once")
    assert "And then some" in forge.git("site", "show", "pages:guide/first/index.html")
    assert forge.count("site") == 2
    writer.types("up", "fleet", "--once")
    assert forge.count("site") == 2

    pushed(forge, writer.home / "somebody", {"guide/first/index.html": "tampered", "CNAME": "docs.example.com\n"})
    writer.types("up", "fleet", "--once")
    assert "And then some" in forge.git("site", "show", "pages:guide/first/index.html")
    assert "CNAME" in forge.names("site")
    assert forge.count("site") == 4

    writer.types("rollback", "handbook")
    writer.types("up", "fleet", "--once", code=1)  # held, and Git says more
    assert forge.git("site", "show", "pages:guide/first/index.html") == page
    assert "CNAME" in forge.names("site")

    declared = (writer.fleet / "fleet.yaml").read_text()
    other = declared.replace("{name: handbook}", "{name: other}").replace(
        "name: pages", "name: pages\n        folder: other"
    )
    (writer.fleet / "fleet.yaml").write_text(other)
    writer.commit("gone")
    writer.types("resume", "handbook")
    writer.types("up", "fleet", "--once", code=1)  # so large a removal waits
    assert "index.html" in forge.names("site")
    writer.types("approve", "handbook")
    writer.types("up", "fleet", "--once")
    left = forge.names("site")
    assert {"CNAME", "other/index.html"} <= left
    assert {path for path in left if not path.startswith("other/")} == {"CNAME"}


def test_a_site_is_not_published_to_the_branch_that_it_is_read_from(writer: Person, forge: Forge) -> None:
    url = forge.create("fleet")
    (writer.fleet / "fleet.yaml").write_text(
        DECLARED.replace("URL", url.removesuffix(".git")).replace("BRANCH", "main")
    )
    writer.commit("a circle")
    writer.git("push", "--quiet", str(forge.server.path("fleet")), "main")
    writer.environment |= {"TRUELINE_GIT_USERNAME": "ci", "TRUELINE_GIT_PASSWORD": TOKEN}
    writer.types("up", url, "--once", code=1)
    assert "TL1596" in writer.stderr
    assert "fleet.yaml:" in writer.stderr
    assert forge.count("fleet", "main") == 2


def test_a_branch_that_is_published_to_is_no_version_of_the_site(writer: Person, forge: Forge) -> None:
    url = forge.create("fleet")
    versions = "{site: {title: Handbook, versions: {branches: ['*']}}}"
    declared = DECLARED.replace("URL", url).replace("BRANCH", "pages\n        folder: docs")
    declared = declared.replace("{site: {title: Handbook}}", versions)
    (writer.fleet / "fleet.yaml").write_text(declared)
    writer.commit("every branch is a version")
    writer.git("push", "--quiet", str(forge.server.path("fleet")), "main")
    writer.environment |= {"TRUELINE_GIT_USERNAME": "ci", "TRUELINE_GIT_PASSWORD": TOKEN}
    writer.types("up", url, "--once")
    assert forge.count("fleet") == 1
    writer.types("up", url, "--once", code=1)
    assert "TL1596" in writer.stderr
    assert forge.count("fleet") == 1


def test_a_forge_that_refuses_the_push_is_quoted_and_what_was_live_stays(writer: Person, forge: Forge) -> None:
    writer.types("up", "fleet", "--once")
    live = forge.git("site", "rev-parse", "pages")
    hook = forge.server.path("site") / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'pages is a protected branch' >&2; exit 1\n")
    hook.chmod(0o755)
    (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
    writer.commit("two")
    writer.types("up", "fleet", "--once", code=1)
    status = writer.status(code=2)
    assert "pages is a protected branch" in str(status)
    assert forge.git("site", "rev-parse", "pages") == live
    hook.unlink()
    writer.types("up", "fleet", "--once")
    assert "And then some" in forge.git("site", "show", "pages:guide/first/index.html")


def test_a_wrong_token_is_said_and_nothing_is_published(writer: Person, forge: Forge) -> None:
    writer.environment["PAGES_TOKEN"] = "another"
    writer.types("up", "fleet", "--once", code=1)
    assert "the Git server refuses the credential" in writer.stderr
    assert forge.git("site", "for-each-ref") == ""
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(("grep", "-rq", "another", str(writer.home / ".local")), check=True)
