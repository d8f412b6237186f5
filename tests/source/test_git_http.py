"""A repository over HTTP, from the real `git http-backend`: its faults, its credentials, what is never sent or said."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source.git_remote import Remote, hosting, reading
from trueline.model.fault import Fault, Transient, UserError
from trueline.model.known import Known
from trueline.model.masked import Masked
from trueline.runtime.process import Command, Completed, SystemProcesses
from trueline.source.address import Address
from trueline.source.git_command import Bounds, Credentials, GitCommand

PASSWORD = "correct horse battery"


async def test_fetch_over_http(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "root/fleet")
    first = remote.commit({"a": "1"})
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/fleet/.git", tmp_path) as reader:
        source = reader.source("main")
        await source.artifact(await source.poll())
        asked = len(host.requests)
        before = reader.processes.started
        await source.artifact(await source.poll())
        assert (reader.processes.started - before, len(host.requests) - asked) == (1, 2)
        second = remote.commit({"a": "2"})
        revision = await source.poll()
        assert revision.commit == second
        artifact = await source.artifact(revision)
        assert await source.files(artifact).read("a") == b"2"
        assert await reader.repository.is_ancestor(first, second) == Known(value=True)
        assert artifact.source == f"{host.url}/fleet/.git"


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        ("html", "TL0110", UserError),
        ("html in lines", "TL0110", UserError),
        ("hang", "TL0111", Transient),
        ("cut", "TL0112", Transient),
        ("503", "TL0112", Transient),
        ("429", "TL0112", Transient),
        ("401", "TL0113", UserError),
        ("403", "TL0113", UserError),
        ("404", "TL0115", UserError),
    ],
)
async def test_each_fault_has_its_diagnostic(tmp_path: Path, fault: str, code: str, kind: type[Fault]) -> None:
    bounds = Bounds(poll_timeout_s=1.0) if fault == "hang" else Bounds()
    async with hosting(tmp_path) as host, reading(host.url, tmp_path, bounds=bounds) as reader:
        host.fault = fault
        with pytest.raises(kind) as caught:
            await reader.source("main").poll()
        assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]
        assert host.url in caught.value.diagnostics[0].detail


async def test_a_server_that_is_gone(tmp_path: Path) -> None:
    async with hosting(tmp_path) as host:
        url = host.url
    async with reading(url, tmp_path) as reader:
        with pytest.raises(Transient, match="TL0112"):
            await reader.source("main").poll()


async def test_a_server_that_breaks_between_the_question_and_the_fetch_changes_nothing(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "root/fleet")
    remote.commit({"a": "1"})
    async with hosting(tmp_path / "root") as host, reading(f"{host.url}/fleet/.git", tmp_path) as reader:
        source = reader.source("main")
        revision = await source.poll()
        remote.commit({"a": "2"})
        host.fault = "503"
        with pytest.raises(Transient):
            await source.poll()
        assert (await source.artifact(revision)).revision == revision
        host.fault = ""
        assert (await source.poll()).parents == (revision.commit,)


@pytest.mark.parametrize("is_right", [True, False])
async def test_credentials(tmp_path: Path, *, is_right: bool) -> None:
    Remote(tmp_path / "root/fleet").commit({"a": "1"})
    given = Credentials(username="ci", password=Masked(PASSWORD if is_right else "wrong-" + PASSWORD))
    async with (
        hosting(tmp_path / "root") as host,
        reading(f"{host.url}/fleet/.git", tmp_path, credentials=given) as reader,
    ):
        host.password = Masked(PASSWORD)
        if is_right:
            await reader.source().artifact(await reader.source().poll())
        else:
            with pytest.raises(UserError, match="TL0113") as caught:
                await reader.source().poll()
            assert PASSWORD not in str(caught.value)
        assert all(header.startswith("Basic ") for _, header in host.requests)
    assert not list(holders(tmp_path)), "the secret is in a file"


def holders(directory: Path) -> Iterator[Path]:
    """Files with the password in them."""
    return (path for path in directory.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes())


async def test_a_credential_is_not_sent_on(tmp_path: Path) -> None:
    Remote(tmp_path / "root/fleet").commit({"a": "1"})
    async with hosting(tmp_path / "root") as other, hosting(tmp_path / "root") as host:
        host.fault, host.other_url = "redirect", other.url
        async with reading(
            f"{host.url}/fleet/.git", tmp_path, credentials=Credentials(bearer=Masked(PASSWORD))
        ) as reader:
            with pytest.raises(UserError, match="TL0117"):
                await reader.source().poll()
        assert host.requests
        assert other.requests == []
        async with reading(f"{host.url}/fleet/.git", tmp_path) as reader:
            await reader.source().poll()
        assert {header for _, header in other.requests} == {""}


class Watching(SystemProcesses):
    """Remembers every command that it ran."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Command] = []

    async def run(self, command: Command) -> Completed:
        """Remember it first."""
        self.commands.append(command)
        return await super().run(command)


async def test_what_a_child_is_given(tmp_path: Path) -> None:
    async def give() -> Credentials:
        return Credentials(username="ci", password=Masked(PASSWORD))

    watching = Watching()
    git = GitCommand(
        processes=watching,
        address=Address.parse("http://127.0.0.1:9/x"),
        repository=tmp_path / "git/x.git",
        environment={
            **os.environ,
            "AWS_SECRET_ACCESS_KEY": "x",
            "GIT_SSL_NO_VERIFY": "1",
            "GIT_CONFIG_PARAMETERS": "x",
        },
        credentials=give,
    )
    git.repository.parent.mkdir()
    with pytest.raises(Transient):
        await git.remote("ls-remote", "--", str(git.address), timeout_s=10)
    (command,) = watching.commands
    assert PASSWORD not in str(command.argv)
    given = command.environment
    assert {"AWS_SECRET_ACCESS_KEY", "GIT_SSL_NO_VERIFY", "GIT_CONFIG_PARAMETERS"}.isdisjoint(given)
    count = int(given["GIT_CONFIG_COUNT"])
    config = {given[f"GIT_CONFIG_KEY_{n}"]: given[f"GIT_CONFIG_VALUE_{n}"] for n in range(count)}
    assert config["protocol.allow"] == "never"
    assert config["protocol.http.allow"] == "always"
    assert "protocol.file.allow" not in config
    assert config["http.followRedirects"] == "false"
    assert [key for key, value in config.items() if "Authorization" in value] == [
        "http.http://127.0.0.1:9/.extraHeader"
    ]
