"""A folder of Markdown that is published to a host over SSH, as its writers meet it: a real `sshd`, real processes."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from testbed.sshd import Account, Sshd
from tests.cli.person import Person

DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: {title: Handbook}}
  target:
    site:
      ssh:
        host: 127.0.0.1
        port: PORT
        user: USER
        path: PLACE
        key: {secret: {file: KEY}}
        knownHosts: "KNOWN"
"""
HOME = "# Handbook\n\nWelcome. See [how to begin](guide/first.md#install).\n"
FIRST = "# First steps\n\n## Install\n\nRun it.\n"


@pytest.fixture(params=["shell", "files"])
async def sshd(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Sshd]:
    async with Sshd(tmp_path / "sshd", Account(only_files=request.param == "files")) as made:
        yield made


@pytest.fixture
def writer(person: Person, sshd: Sshd) -> Person:
    """Somebody whose fleet is one folder of Markdown, published to `/…/srv/handbook` of the host."""
    shutil.rmtree(person.fleet)
    (person.fleet / "docs" / "guide").mkdir(parents=True)
    (person.home / "srv").mkdir()
    key = person.home / "site_key"
    key.touch(mode=0o600)
    key.write_text(sshd.key)
    (person.fleet / "fleet.yaml").write_text(declared(person, sshd))
    (person.fleet / "docs" / "index.md").write_text(HOME)
    (person.fleet / "docs" / "guide" / "first.md").write_text(FIRST)
    return person


def declared(person: Person, sshd: Sshd, **other: str) -> str:
    """The declaration."""
    words = {
        "PORT": str(sshd.port),
        "USER": sshd.user,
        "PLACE": str(served(person)),
        "KEY": str(person.home / "site_key"),
        "KNOWN": sshd.known_hosts.strip(),
        **other,
    }
    text = DECLARED
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def served(person: Person) -> Path:
    """What a web server of the host serves."""
    return person.home / "srv" / "handbook"


async def types(person: Person, *arguments: str, code: int = 0) -> str:
    """While it runs, the host answers."""
    return await asyncio.to_thread(partial(person.types, *arguments, code=code))


async def shown(person: Person) -> dict[str, Any]:
    """How the application stands."""
    asked: Any
    try:
        asked = await asyncio.to_thread(partial(person.json, "status"))
    except AssertionError:
        asked = await asyncio.to_thread(partial(person.json, "status", code=2))
    (found,) = asked
    return dict(found)


async def test_a_site_is_published_changed_healed_and_rolled_back(writer: Person, sshd: Sshd) -> None:
    first = served(writer) / "guide" / "first" / "index.html"
    writer.commit("one")
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    page, release = first.read_text(), served(writer).readlink()
    assert '<h1 id="first-steps">' in page
    assert (await shown(writer))["target"] == f"ssh://{sshd.user}@127.0.0.1:{sshd.port}{served(writer)}"
    first.write_text("tampered")
    (served(writer) / "index.html").unlink()
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    assert first.read_text() == page
    assert (served(writer) / "index.html").exists()
    (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
    writer.commit("two")
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    assert "And then some" in first.read_text()
    assert served(writer).readlink() != release
    await types(writer, "rollback", "handbook")
    await types(writer, "up", "fleet", "--listen", "none", "--once", code=1)  # held
    assert served(writer).readlink() == release


async def test_a_site_that_leaves_git_leaves_the_host(writer: Person, sshd: Sshd) -> None:
    writer.commit("one")
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    (writer.home / "srv" / "other.html").write_text("theirs")
    (writer.fleet / "fleet.yaml").write_text("")
    (writer.fleet / "other.yaml").write_text(
        declared(writer, sshd, PLACE=str(writer.home / "srv" / "another")).replace("handbook}", "another}")
    )
    writer.commit("gone")
    await types(writer, "up", "fleet", "--listen", "none", "--once", code=1)  # waits for somebody who agrees
    await types(writer, "approve", "handbook")
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    assert not served(writer).is_symlink()
    assert sorted(path.name for path in (writer.home / "srv").iterdir()) == [
        ".another.trueline",
        "another",
        "other.html",
    ]
    assert sshd.key.splitlines()[1] not in writer.stderr


async def test_what_is_wrong_with_a_host_has_its_code(writer: Person, sshd: Sshd) -> None:
    if sshd.account.only_files:
        return  # whom one trusts is the same for both
    fleet = writer.fleet / "fleet.yaml"
    other = "[127.0.0.1]:22 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    wrong = {
        "TL1590": declared(writer, sshd, KNOWN=other),
        "TL1591": declared(writer, sshd).replace("        key: {secret", "        # {secret"),
        "TL1592": declared(writer, sshd, PLACE="srv/handbook"),
        "TL0152": declared(writer, sshd, KEY=str(writer.home / "nothing")),
    }
    for code, text in wrong.items():
        fleet.write_text(text)
        writer.commit(code)
        await types(writer, "up", "fleet", "--listen", "none", "--once", code=1)
        assert code in writer.stderr
        if code == "TL1590":
            assert sshd.fingerprint in writer.stderr
    assert not served(writer).exists()
    assert "Accepted" not in sshd.log


async def test_a_host_that_is_away_is_unknown_and_keeps_what_it_serves(writer: Person, sshd: Sshd) -> None:
    writer.commit("one")
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    await sshd.stop()
    (writer.fleet / "docs" / "index.md").write_text("# Changed\n")
    writer.commit("two")
    await types(writer, "up", "fleet", "--listen", "none", "--once", code=1)
    status = await shown(writer)
    assert status["sync"] == "Unknown"
    assert "it cannot be reached" in status["message"]
    assert "Welcome" in (served(writer) / "index.html").read_text()
    await sshd.start()
    await types(writer, "up", "fleet", "--listen", "none", "--once")
    assert "Changed" in (served(writer) / "index.html").read_text()
