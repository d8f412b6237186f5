"""The demo: a copy of `examples/fleet` becomes a Git repository, `trueline up` holds an embedded cluster to it.

It runs the installed command as a person would and checks whatever it claims: the exit code is 0 only where every step
was seen to be true. It needs no cluster, no kubectl and no network, and leaves nothing behind.
"""

# ruff: noqa: INP001, S603, S607, T201 - a script: it prints, and it runs git and trueline by their names

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

FLEET = Path(__file__).resolve().parent / "fleet"
START_TIMEOUT_S = 120.0
STEP_TIMEOUT_S = 30.0
END_TIMEOUT_S = 20.0
PAUSE_S = 0.02
SETTLE_S = 0.4
"""So that what `up` says stands before the command that a person would type then."""
INTRUDER = "somebody-with-kubectl"
CONFIG = "/api/v1/namespaces/storefront/configmaps/storefront"
WEB = "/apis/apps/v1/namespaces/storefront/deployments/web"
APPLICATIONS = {"storefront", "api", "cart"}
T = TypeVar("T")


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

    # ---- what a person does -----------------------------------------------------------------------------------

    def step(self, text: str) -> None:
        """One line of explanation."""
        self.steps += 1
        print(_bold(f"\n{self.steps}. {text}"), flush=True)

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
        _claim(old in text, f"{name} holds {old!r}")
        path.write_text(text.replace(old, new, 1))
        self.git("commit", "--quiet", "--all", "--message", message)
        _show(self.git("show", "--unified=0", "--format=%C(auto)commit %h  %s", "--no-prefix"), "git")
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
        _show(done.stdout + done.stderr)
        _claim(done.returncode in accepted, f"trueline {arguments[0]} answers {accepted}, not {done.returncode}")
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

    def drifts(self) -> list[dict[str, Any]]:
        """What drifted so far, as the journal has it."""
        records = self.ask("records?limit=1000&application=storefront")["records"]
        return [record["body"] for record in records if record["kind"] == "drift found"]

    def live(self, path: str, patch: dict[str, Any] | None = None) -> Any:
        """An object of the embedded cluster, read or edited over its loopback port as kubectl would."""
        found = re.search(r"server: (\S+)", (self.data / "embedded.kubeconfig").read_text())
        _claim(found is not None, "the kubeconfig of the embedded cluster names its server")
        assert found is not None
        request = urllib.request.Request(found[1] + path)  # noqa: S310 - the loopback address that `up` wrote
        if patch is not None:
            request = urllib.request.Request(  # noqa: S310 - see above
                f"{found[1]}{path}?fieldManager={INTRUDER}",
                data=json.dumps(patch).encode(),
                headers={"content-type": "application/merge-patch+json"},
                method="PATCH",
            )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=STEP_TIMEOUT_S) as answer:
            return json.load(answer)

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

        self.wait(f"all three applications True at {commit[:10]}", look, timeout_s)


# ---- the steps ------------------------------------------------------------------------------------------------


def start(demo: Demo) -> None:
    """A repository of three applications comes to run."""
    demo.step("A Git repository declares three applications: plain manifests, Kustomize, a Helm chart. Up it comes.")
    demo.wait_true(demo.git("rev-parse", "HEAD"), START_TIMEOUT_S)
    demo.trueline("status")


def drift(demo: Demo) -> None:
    """An edit behind Trueline's back is put right."""
    declared = demo.live(CONFIG)["data"]["banner"]
    demo.step("Somebody edits a live object behind Git's back. It is healed, and the journal says what and who.")
    began = time.perf_counter()
    demo.live(CONFIG, {"data": {"banner": "Everything is free today!"}})
    print(f'   PATCH {CONFIG}\n     as {INTRUDER}: data.banner = "Everything is free today!"', flush=True)
    demo.wait("the banner as Git has it", lambda: demo.live(CONFIG)["data"]["banner"] == declared)
    healed_ms = (time.perf_counter() - began) * 1000
    found = demo.wait("the drift in the journal", demo.drifts)[-1]
    _claim("banner" in " ".join(found["fields"]), f"the field is named: {found}")
    _claim(INTRUDER in found["managers"], f"the manager is named: {found}")
    print(f'   after {healed_ms:.0f} ms it is "{declared}" again')
    print(f"   {found['drift']}: {found['ref']} {', '.join(found['fields'])} by {', '.join(found['managers'])}")
    demo.wait_true(demo.git("rev-parse", "HEAD"))


def change(demo: Demo) -> str:
    """A commit is applied."""
    demo.step("A change is committed: one more replica of the storefront. It is tried, applied, and waited for.")
    good = demo.commit("Sale begins: three storefronts", "storefront/web.yaml", "replicas: 2", "replicas: 3")
    demo.wait_true(good)
    status = demo.live(WEB)["status"]
    _claim(status.get("readyReplicas") == 3, f"three replicas are ready: {status}")  # noqa: PLR2004 - as committed
    demo.trueline("status")
    return good


def mistake(demo: Demo) -> None:
    """A broken commit changes nothing."""
    before = demo.live(WEB)["metadata"]
    demo.step("A broken change is committed. It is refused with file and line; what runs is not touched.")
    demo.commit("Sale goes on", "storefront/web.yaml", "replicas: 3", "replicas: three")
    demo.wait("the refusal with its file and line", lambda: _refusal(demo))
    demo.trueline("status", accepted=(2,))
    after = demo.live(WEB)["metadata"]
    _claim(before["generation"] == after["generation"], "the Deployment was not touched")
    others = [one for name, one in demo.statuses().items() if name != "storefront"]
    _claim(all(one["sync"] == "Synced" for one in others), f"the other applications go on: {others}")


def rollback(demo: Demo) -> None:
    """The deployment before is put back, and nobody is told that Git says so."""
    demo.step("The storefront is rolled back. The earlier deployment runs; the status says openly that Git differs.")
    demo.trueline("history", "storefront")
    demo.trueline("rollback", "storefront")
    demo.wait("two replicas again", lambda: demo.live(WEB)["status"].get("readyReplicas") == 2)  # noqa: PLR2004
    demo.wait("a status that says so", lambda: "rolled back" in demo.statuses()["storefront"]["message"])
    demo.trueline("status", accepted=(2,))
    demo.trueline("verify")


def _refusal(demo: Demo) -> bool:
    problems = demo.statuses()["storefront"]["problems"]
    return any(re.search(r"storefront/web\.yaml:\d+", problem["origin"]) for problem in problems)


# ---- the frame ------------------------------------------------------------------------------------------------


@contextmanager
def running(demo: Demo) -> Iterator[subprocess.Popen[str]]:
    """`trueline up` as a child, ended by an interrupt as a person would end it."""
    arguments = ["up", str(demo.repository), "--data-dir", str(demo.data), "--listen", "none", "--interval", "1s"]
    print(f"   $ trueline {' '.join(arguments)}", flush=True)
    child = subprocess.Popen(
        [*demo.command, *arguments],
        env=demo.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    reader = threading.Thread(target=_relay, args=(child, said), daemon=True)
    reader.start()
    try:
        yield child
        _claim(child.poll() is None, "trueline up goes on until it is ended")
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise Failed("trueline up did not end after an interrupt") from None
        reader.join(END_TIMEOUT_S)
    _claim(not any("Traceback" in line for line in said), "trueline up ends without a traceback")
    _claim(child.returncode in {0, 130}, f"trueline up ends cleanly, not with {child.returncode}")


def _relay(child: subprocess.Popen[str], said: list[str]) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        said.append(line)
        if line.strip():
            print(_dim(f"   up | {line.rstrip()}"), flush=True)


def _make_repository(demo: Demo) -> None:
    shutil.copytree(FLEET, demo.repository)
    demo.git("init", "--quiet", "--initial-branch", "main")
    demo.git("add", "--all")
    demo.git("commit", "--quiet", "--message", "The corner shop opens")


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


def _claim(holds: bool, what: str) -> None:  # noqa: FBT001 - it reads as a claim
    if not holds:
        raise Failed(f"not true: {what}")


def _show(text: str, kind: str = "") -> None:
    lines = [line for line in text.rstrip().splitlines() if line]
    if kind == "git":
        lines = [line for line in lines if not line.startswith(("diff ", "index ", "--- ", "@@"))]
    for line in lines:
        print(f"     {line}", flush=True)


def _bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if _is_terminal() else text


def _dim(text: str) -> str:
    return f"\033[2m{text}\033[0m" if _is_terminal() else text


def _is_terminal() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _stay(demo: Demo, child: subprocess.Popen[str]) -> None:
    print(_bold("\nAll as claimed. It goes on until Ctrl-C. In another terminal:"))
    print(f"   kubectl --kubeconfig {demo.data}/embedded.kubeconfig get deployments -A")
    print(f"   edit and commit in {demo.repository}")
    print(f"   {demo.command[0]} status --data-dir {demo.data}", flush=True)
    try:
        child.wait()
    except KeyboardInterrupt:
        print("\nEnding.", flush=True)
    else:
        raise Failed(f"trueline up ended by itself with {child.returncode}")


def main() -> int:
    """Run every step; the exit code says whether all of it was true."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores interrupts, and so would `up`
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="trueline-demo-", ignore_cleanup_errors=False) as name:
        try:
            demo = Demo(Path(name))
            _make_repository(demo)
            with running(demo) as child:
                for act in (start, drift, change, mistake, rollback):
                    act(demo)
                if sys.stdin.isatty() and sys.stdout.isatty():
                    _stay(demo, child)
        except (Failed, subprocess.SubprocessError, OSError) as error:
            print(_bold(f"\nThe demo failed: {error}"), file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nEnded before its last step.", file=sys.stderr)
            return 130
    print("\nAll as claimed. Nothing is left behind.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
