"""A preview that runs as a process: what it says, and what answers at its address."""

import http.client
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cli.person import Person, command

PATIENCE_S = 120.0
HOME = "# Handbook\n\nWelcome. See [how to begin](first.md).\n"
FIRST = "# First steps\n\nRun it with care.\n"


class Preview:
    """A preview that runs, and what it said so far."""

    def __init__(self, process: subprocess.Popen[str], out: Path, err: Path) -> None:
        self.process = process
        self._out = out
        self._err = err

    @property
    def said(self) -> str:
        """Standard output."""
        return self._out.read_text()

    @property
    def told(self) -> str:
        """Standard error."""
        return self._err.read_text()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.said.split("preview at http://127.0.0.1:")[1].split("/")[0])

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait for something."""
        end_s = time.perf_counter() + PATIENCE_S
        while not holds():
            assert self.process.poll() is None, self.told
            assert time.perf_counter() < end_s, f"still not {what}: {self.said}{self.told}"
            time.sleep(0.02)

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    @contextmanager
    def events(self) -> Iterator[Iterator[dict[str, object]]]:
        """What an open page is told."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("GET", "/-/events")
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/event-stream"

        def told() -> Iterator[dict[str, object]]:
            while line := answer.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

        try:
            yield told()
        finally:
            connection.close()


def committed(person: Person) -> Path:
    """A committed folder of Markdown, without any declaration."""
    shutil.rmtree(person.fleet)
    person.fleet.mkdir()
    (person.fleet / "index.md").write_text(HOME)
    (person.fleet / "first.md").write_text(FIRST)
    (person.fleet / "old.md").write_text("# Old\n")
    person.commit("one")
    return person.fleet


@contextmanager
def previewed(person: Person, *arguments: str) -> Iterator[Preview]:
    """`preview` runs inside the block, and ends by Ctrl-C with 0."""
    out, err = person.home / "said", person.home / "told"
    with out.open("w") as said, err.open("w") as told:
        argv = command("preview", *(arguments or ("fleet",)))
        process = subprocess.Popen(argv, stdout=said, stderr=told, env=person.environment, cwd=person.home, text=True)
        running = Preview(process, out, err)
        try:
            running.until(lambda: "pages: " in running.said or "as it was before" in running.told, "built")
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0, running.told
    assert "Traceback" not in running.told
