"""The first page that a writer reads: its three steps are done as they stand there, in an empty folder."""

import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.person import Person, command, somebody
from tests.cli.test_served import ask, free_port

pytest.importorskip("comrak", reason="the extra `site` is not installed: NOT RUN")

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "sites.md"
STEP = re.compile(r"^   ```sh\n(.*?)^   ```$", re.DOTALL | re.MULTILINE)
PORT = "8080"
PATIENCE_S = 90.0


@pytest.fixture
def writer(tmp_path: Path) -> Person:
    """Somebody new, who has nothing but the command."""
    person = somebody(tmp_path)
    shutil.rmtree(person.fleet)
    person.fleet.mkdir()
    place = tmp_path / "bin"
    place.mkdir()
    arguments = " ".join(f"'{one}'" for one in command())
    (place / "trueline").write_text(f'#!/bin/sh\nexec {arguments} "$@"\n')
    (place / "trueline").chmod(0o755)
    names = [f"GIT_{role}_{key}" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")]
    person.environment |= {"PATH": f"{place}:{person.environment['PATH']}", **dict.fromkeys(names, "ana@example.com")}
    return person


def steps(port: int) -> list[str]:
    found = [re.sub("^   ", "", text, flags=re.MULTILINE) for text in STEP.findall(PAGE.read_text())]
    assert len(found) == 3
    assert PORT in found[1]
    return [text.replace(PORT, str(port)) for text in found]


def until_served(port: int, words: str, told: Path) -> None:
    end_s = time.perf_counter() + PATIENCE_S
    while words not in ask(port)[1]:
        assert time.perf_counter() < end_s, told.read_text()
        time.sleep(0.05)


def test_three_steps_publish_a_folder(writer: Person) -> None:
    port = free_port()
    told = writer.home / "told"
    *before, last = steps(port)
    with told.open("w") as file:
        for text in before:
            subprocess.run(["sh", "-euc", text], cwd=writer.fleet, env=writer.environment, check=True, stderr=file)
        assert last.endswith("\ntrueline up .\n")
        text = last.replace("\ntrueline", "\nexec trueline")
        process = subprocess.Popen(
            ["sh", "-euc", text], cwd=writer.fleet, env=writer.environment, stdout=file, stderr=file
        )
        try:
            until_served(port, "Welcome", told)
            status, page, _ = ask(port, "/begin/")
            assert (status, "come in" in page) == (200, True)
            (writer.fleet / "docs" / "index.md").write_text("# Handbook\n\nCome back soon.\n")
            writer.commit("More")
            until_served(port, "Come back soon", told)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0, told.read_text()
