"""What a person does in the demo, and what is asked of the running `trueline up` to see whether it is true."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

STEP_TIMEOUT_S = 30.0
PAUSE_S = 0.02
SETTLE_S = 0.4
"""So that what `up` says stands before the command that a person would type then."""
INTRUDER = "somebody-with-kubectl"
APPLICATIONS = {"storefront", "api", "cart", "website"}
T = TypeVar("T")


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(Exception):
    """A step is not as it claims."""


class SocketConnection(http.client.HTTPConnection):
    """HTTP over the socket in the data directory."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=STEP_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(STEP_TIMEOUT_S)
        self.sock.connect(str(self._path))


class Demo:
    """The repository, the running `trueline up`, and what can be asked of both."""

    def __init__(self, directory: Path) -> None:
        self.repository = directory / "fleet"
        self.data = directory / "data"
        self.environment = _environment()
        self.command = _command()
        self.steps = 0
        self.said: list[str] = []

    def heard(self, pattern: str) -> str:
        """What `up` said, as far as it fits; empty where it did not say so (yet)."""
        found = re.search(pattern, "".join(self.said))
        return found[1].strip() if found else ""

    def led(self, address: str) -> str:
        """Where a browser is led that asks for an address."""
        at = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=STEP_TIMEOUT_S)
        try:
            connection.request("GET", at.path or "/", headers={"Accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            return answer.getheader("Location") or f"nowhere: {answer.status}"
        finally:
            connection.close()

    # ---- what a person does -----------------------------------------------------------------------------------

    def step(self, text: str) -> None:
        """One line of explanation."""
        self.steps += 1
        print(bold(f"\n{self.steps}. {text}"), flush=True)

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        done = subprocess.run(
            ["git", "-C", str(self.repository), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, message: str, name: str, old: str, new: str) -> str:
        """Change one text of one file and commit it; the answer is the commit."""
        path = self.repository / name
        text = path.read_text()
        claim(old in text, f"{name} holds {old!r}")
        path.write_text(text.replace(old, new, 1))
        self.git("commit", "--quiet", "--all", "--message", message)
        show(self.git("show", "--unified=0", "--format=%C(auto)commit %h  %s", "--no-prefix"), "git")
        return self.git("rev-parse", "HEAD")

    def commit_files(self, message: str, files: Mapping[str, bytes]) -> str:
        """Write whole files and commit them; the answer is the commit."""
        for name, data in files.items():
            (self.repository / name).write_bytes(data)
        self.git("commit", "--quiet", "--all", "--message", message)
        show(self.git("show", "--stat", "--format=%C(auto)commit %h  %s"), "git")
        return self.git("rev-parse", "HEAD")

    def trueline(self, *arguments: str, accepted: tuple[int, ...] = (0,)) -> str:
        """Run a command beside `up` and show what it prints."""
        time.sleep(SETTLE_S)
        print(f"   $ trueline {' '.join(arguments)}", flush=True)
        done = subprocess.run(
            [*self.command, *arguments, "--data-dir", str(self.data)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=STEP_TIMEOUT_S,
        )
        show(done.stdout + done.stderr)
        claim(done.returncode in accepted, f"trueline {arguments[0]} answers {accepted}, not {done.returncode}")
        return done.stdout

    # ---- what is asked ----------------------------------------------------------------------------------------

    def ask(self, path: str) -> Any:
        """The API of `up`, over its socket."""
        connection = SocketConnection(self.data / "socket")
        try:
            connection.request("GET", f"/api/v1/{path}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def statuses(self) -> dict[str, Any]:
        """How each application stands."""
        return {status["application"]: status for status in self.ask("applications")["applications"]}

    def drifts(self, application: str = "storefront") -> list[dict[str, Any]]:
        """What drifted so far, as the journal has it."""
        records = self.ask(f"records?limit=1000&application={application}")["records"]
        return [record["body"] for record in records if record["kind"] == "drift found"]

    def live(self, path: str, patch: dict[str, Any] | None = None) -> Any:
        """An object of the embedded cluster, read or edited over its loopback port as kubectl would."""
        found = re.search(r"server: (\S+)", (self.data / "embedded.kubeconfig").read_text())
        claim(found is not None, "the kubeconfig of the embedded cluster names its server")
        assert found is not None
        request = urllib.request.Request(found[1] + path)  # noqa: S310 - the loopback address that `up` wrote
        if patch is not None:
            request = urllib.request.Request(  # noqa: S310 - see above
                f"{found[1]}{path}?fieldManager={INTRUDER}",
                data=json.dumps(patch).encode(),
                headers={"content-type": "application/merge-patch+json"},
                method="PATCH",
            )
        with _DIRECT.open(request, timeout=STEP_TIMEOUT_S) as answer:
            return json.load(answer)

    def site(self) -> str:
        """The address of the website, as `up` tells it."""
        found = self.wait(
            "the website's address",
            lambda: next((one for line in self.said if (one := re.search(r"served at (http://\S+)", line))), None),
        )
        return f"{found[1]}/"

    def fetch(self, path: str) -> tuple[int, bytes]:
        """A file of the website as a reader gets it, with the status."""
        try:
            with _DIRECT.open(self.site() + path, timeout=STEP_TIMEOUT_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def page(self, path: str = "") -> str:
        """A page of the website, which is there."""
        status, data = self.fetch(path)
        claim(status == http.HTTPStatus.OK, f"/{path} of the website is there, not {status}")
        return data.decode()

    def wait(self, what: str, look: Callable[[], T | None], timeout_s: float = STEP_TIMEOUT_S) -> T:
        """Look until there is something."""
        deadline = time.monotonic() + timeout_s  # noqa: TID251 - a script has no Clock
        while time.monotonic() < deadline:  # noqa: TID251 - see above
            try:
                if found := look():
                    return found
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(PAUSE_S)
        raise Failed(f"not seen within {timeout_s:.0f} s: {what}")

    def wait_true(self, commit: str, timeout_s: float = STEP_TIMEOUT_S) -> None:
        """Wait until every application is Synced and Healthy at a commit."""

        def look() -> bool:
            found = self.statuses()
            return found.keys() == APPLICATIONS and all(
                one["sync"] == "Synced" and one["health"] == "Healthy" and commit[:10] in one["revision"]
                for one in found.values()
            )

        self.wait(f"all applications True at {commit[:10]}", look, timeout_s)


def _environment() -> dict[str, str]:
    """The variables of this process, without what would lead to a person's own cluster, data or Git configuration."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "TRUELINE_", "KUBE")) or name in {"GIT_EXEC_PATH", "GIT_SSL_CAINFO"}
    }
    person = {"NAME": "Ada", "EMAIL": "ada@shop.example"}
    identity = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    return kept | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PYTHONUNBUFFERED": "1"}


def _command() -> list[str]:
    beside = shutil.which("trueline", path=str(Path(sys.executable).parent)) or shutil.which("trueline")
    if beside is None:
        raise Failed("the command trueline is not installed: `make demo` sets it up, or `pip install .`")
    return [beside]


def claim(holds: bool, what: str) -> None:  # noqa: FBT001 - it reads as a claim
    """Go on where it is true."""
    if not holds:
        raise Failed(f"not true: {what}")


def show(text: str, kind: str = "") -> None:
    """Print what a command said, indented; of a diff only what changed."""
    lines = [line for line in text.rstrip().splitlines() if line]
    if kind == "git":
        lines = [line for line in lines if not line.startswith(("diff ", "index ", "--- ", "@@"))]
    for line in lines:
        print(f"     {line}", flush=True)


def bold(text: str) -> str:
    """A text that stands out, on a terminal."""
    return f"\033[1m{text}\033[0m" if is_terminal() else text


def dim(text: str) -> str:
    """A text that stands back, on a terminal."""
    return f"\033[2m{text}\033[0m" if is_terminal() else text


def is_terminal() -> bool:
    """Whether a person looks on."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
