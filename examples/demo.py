"""The demo: a copy of `examples/fleet` becomes a Git repository, `trueline up` holds an embedded cluster to it.

It runs the installed command as a person would and checks whatever it claims: the exit code is 0 only where every step
was seen to be true. It needs no cluster, no kubectl and no network, and leaves nothing behind.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples import website
from examples.person import INTRUDER, Demo, Failed, bold, claim, dim

FLEET = Path(__file__).resolve().parent / "fleet"
START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 20.0
CONFIG = "/api/v1/namespaces/storefront/configmaps/storefront"
WEB = "/apis/apps/v1/namespaces/storefront/deployments/web"

# ---- the steps ------------------------------------------------------------------------------------------------


def start(demo: Demo) -> None:
    """A repository of four applications comes to run."""
    demo.step("A Git repository declares plain manifests, Kustomize, a Helm chart and a website. Up they come.")
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
    claim("banner" in " ".join(found["fields"]), f"the field is named: {found}")
    claim(INTRUDER in found["managers"], f"the manager is named: {found}")
    print(f'   after {healed_ms:.0f} ms it is "{declared}" again')
    print(f"   {found['drift']}: {found['ref']} {', '.join(found['fields'])} by {', '.join(found['managers'])}")
    demo.wait_true(demo.git("rev-parse", "HEAD"))


def change(demo: Demo) -> str:
    """A commit is applied."""
    demo.step("A change is committed: one more replica of the storefront. It is tried, applied, and waited for.")
    good = demo.commit("Sale begins: three storefronts", "storefront/web.yaml", "replicas: 2", "replicas: 3")
    demo.wait_true(good)
    status = demo.live(WEB)["status"]
    claim(status.get("readyReplicas") == 3, f"three replicas are ready: {status}")  # noqa: PLR2004 - as committed
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
    claim(before["generation"] == after["generation"], "the Deployment was not touched")
    others = [one for name, one in demo.statuses().items() if name != "storefront"]
    claim(all(one["sync"] == "Synced" for one in others), f"the other applications go on: {others}")


def rollback(demo: Demo) -> None:
    """The deployment before is put back, and nobody is told that Git says so."""
    demo.step("The storefront is rolled back. The earlier deployment runs; the status says openly that Git differs.")
    demo.trueline("history", "storefront")
    demo.trueline("rollback", "storefront")
    demo.wait("two replicas again", lambda: demo.live(WEB)["status"].get("readyReplicas") == 2)  # noqa: PLR2004
    demo.wait("a status that says so", lambda: "rolled back" in demo.statuses()["storefront"]["message"])
    demo.trueline("status", accepted=(2,))


def _refusal(demo: Demo) -> bool:
    problems = demo.statuses()["storefront"]["problems"]
    return any(re.search(r"storefront/web\.yaml:\d+", problem["origin"]) for problem in problems)


# ---- the frame ------------------------------------------------------------------------------------------------


@contextmanager
def running(demo: Demo) -> Iterator[subprocess.Popen[str]]:
    """`trueline up` as a child, ended by an interrupt as a person would end it."""
    arguments = ["up", str(demo.repository), "--data-dir", str(demo.data)]
    arguments += ["--listen", "127.0.0.1:0", "--interval", "1s"]
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
    reader = threading.Thread(target=_relay, args=(child, demo.said), daemon=True)
    reader.start()
    try:
        yield child
        claim(child.poll() is None, "trueline up goes on until it is ended")
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise Failed("trueline up did not end after an interrupt") from None
        reader.join(END_TIMEOUT_S)
    claim(not any("Traceback" in line for line in demo.said), "trueline up ends without a traceback")
    claim(child.returncode in {0, 130}, f"trueline up ends cleanly, not with {child.returncode}")


def _relay(child: subprocess.Popen[str], said: list[str]) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        said.append(line)
        if line.strip():
            print(dim(f"   up | {line.rstrip()}"), flush=True)


def _make_repository(demo: Demo) -> None:
    shutil.copytree(FLEET, demo.repository)
    website.prepare(demo.repository)
    demo.git("init", "--quiet", "--initial-branch", "main")
    demo.git("add", "--all")
    demo.git("commit", "--quiet", "--message", "The corner shop opens")


def page(demo: Demo) -> None:
    """The page is there for who signs in, and for nobody else."""
    demo.step("The page shows all of it to whoever signs in. Nobody has a password yet: the first one chooses it.")
    address = demo.wait("the address of the page", lambda: demo.heard(r"listening on (http://\S+)"))
    led = demo.led(address)
    claim(led == "/sign-in", f"who is not signed in is led to where one does, not {led!r}")
    print(f"   {address} leads to {led}")


def _stay(demo: Demo, child: subprocess.Popen[str]) -> None:
    print(bold("\nAll as claimed. It goes on until Ctrl-C. In a browser:"))
    print(f"   the page: {demo.heard(r'comes in at (http://.+)')}")
    print(bold("In another terminal:"))
    print(f"   the website: {demo.site()}")
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
                for act in (start, drift, change, mistake, rollback, *website.ACTS, page):
                    act(demo)
                demo.trueline("verify")
                if sys.stdin.isatty() and sys.stdout.isatty():
                    _stay(demo, child)
        except (Failed, subprocess.SubprocessError, OSError) as error:
            print(bold(f"\nThe demo failed: {error}"), file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nEnded before its last step.", file=sys.stderr)
            return 130
    print("\nAll as claimed. Nothing is left behind.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
