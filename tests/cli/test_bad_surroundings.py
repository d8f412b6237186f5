"""What is bad around a fleet: Git servers, kubeconfigs, clusters, the data directory, the disk. The rest goes on."""

import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.bad_input_case import CANARY, Fleet, Ran, config_map, declared

NOWHERE = "http://127.0.0.1:1"
PATIENCE_S = 180.0
END_S_MAX = 5.0
"""How long an end may take (INV-34); the server that hangs is waited for half a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """Something that goes bad, how the application stands then, and a part of what is told."""

    name: str
    code: str
    sync: str
    part: str


SOURCES = (
    Bad(name="commit", code="TL0108", sync="Blocked", part="1111111111"),
    Bad(name="branch", code="TL0105", sync="Blocked", part="relase; there is"),
    Bad(name="absent", code="TL0115", sync="Blocked", part="nowhere.git"),
    Bad(name="page", code="TL0110", sync="Blocked", part="not in Git's protocol"),
    Bad(name="away", code="TL0112", sync="Unknown", part="127.0.0.1"),
    Bad(name="hanging", code="TL0111", sync="Unknown", part="no end after 30 s"),
)
KUBECONFIGS = (
    Bad(name="unparsed", code="TL0601", sync="Blocked", part="did not find expected"),
    Bad(name="another", code="TL0602", sync="Blocked", part=""),
    Bad(name="context", code="TL0603", sync="Blocked", part="context 'elsewhere'; there are: x"),
    Bad(name="server", code="TL0604", sync="Blocked", part="ftp://x"),
    Bad(name="unchecked", code="TL0605", sync="Blocked", part="cluster 'c'"),
    Bad(name="program", code="TL0606", sync="Blocked", part=""),
    Bad(name="certificate", code="TL0609", sync="Blocked", part="not base64"),
    Bad(name="missing", code="TL0152", sync="Blocked", part="missing.kubeconfig: No such file"),
    Bad(name="cut", code="TL0507", sync="Unknown", part="127.0.0.1:1"),
)


class _Page(BaseHTTPRequestHandler):
    """Answers everything with a web page, and below `/hang` with nothing."""

    released = threading.Event()

    def do_GET(self) -> None:
        if self.path.startswith("/hang"):
            self.released.wait(60)
        body = f"<html><body>please log in, {CANARY}</body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """A test says nothing."""


@contextmanager
def _pages() -> Iterator[str]:
    _Page.released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        _Page.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    with _pages() as address:
        yield address


def _from(name: str, url: str, revision: str = "main") -> str:
    source = f'source: {{path: ".", url: "{url}", revision: "{revision}"}}'
    return declared(name).replace(f"source: {{path: apps/{name}}}", source)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What `up --once` said after everything went bad, and what the embedded cluster held."""

    ran: Ran
    before: Mapping[str, Mapping[str, bytes]]
    after: Mapping[str, Mapping[str, bytes]]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory, pages: str) -> World:
    fleet = Fleet(home=tmp_path_factory.mktemp("sources"))
    names = [one.name for one in SOURCES]
    library = fleet.home / "library"
    library.mkdir()
    fleet.git("init", "-q", "-b", "main", at=library)
    (library / "a.yaml").write_text(config_map())
    fleet.git("add", "-A", at=library)
    fleet.git("commit", "-q", "-m", "a library", at=library)
    fleet.commit(
        {"good.yaml": declared("good"), "apps/good/a.yaml": config_map()}
        | {f"{name}.yaml": _from(name, str(library)) for name in names}
    )
    assert fleet.up().code == 0
    before = {name: fleet.objects(name) for name in names}
    fleet.commit(
        {
            "apps/good/a.yaml": config_map(colour="green"),
            "commit.yaml": _from("commit", str(library), "1" * 40),
            "branch.yaml": _from("branch", str(library), "relase"),
            "absent.yaml": _from("absent", str(fleet.home / "nowhere.git")),
            "page.yaml": _from("page", f"{pages}/a.git"),
            "away.yaml": _from("away", f"{NOWHERE}/a.git"),
            "hanging.yaml": _from("hanging", f"{pages}/hang/a.git"),
        }
    )
    ran = fleet.up()
    return World(ran=ran, before=before, after={name: fleet.objects(name) for name in names})


@pytest.mark.parametrize("bad", SOURCES, ids=lambda bad: bad.name)
def test_a_bad_source_is_told_and_what_ran_is_untouched(sources: World, bad: Bad) -> None:
    assert sources.ran.code == 1
    statuses = sources.ran.statuses()
    status = statuses[bad.name]
    [problem] = status["problems"]
    assert (status["sync"], problem["code"], problem["origin"]) == (bad.sync, bad.code, f"{bad.name}.yaml:5")
    assert bad.part in problem["detail"]
    assert problem["remedy"]
    assert "settings" in "".join(sources.before[bad.name])
    assert sources.after[bad.name] == sources.before[bad.name]
    assert statuses["good"]["sync"] == "Synced"
    assert statuses["good"]["revision"] == status["wanted"] or bad.sync == "Unknown"


@pytest.mark.parametrize(("path", "code"), [("", "TL0110"), (None, "TL0112")], ids=["a page", "away"])
def test_a_fleet_that_cannot_be_asked_for(pages: str, tmp_path: Path, path: str | None, code: str) -> None:
    fleet = Fleet(home=tmp_path)
    address = f"{NOWHERE if path is None else pages}/fleet.git"
    ran = fleet.run("up", address, "--once", "--listen", "none", "--data-dir", str(fleet.data))
    assert (ran.code, [one.code for one in ran.told()]) == (1, [code])


@pytest.mark.parametrize(("revision", "code"), [("1" * 40, "TL0108"), ("nain", "TL0105"), (">9", "TL0109")])
def test_a_revision_that_is_not_there(tmp_path: Path, revision: str, code: str) -> None:
    fleet = Fleet(home=tmp_path)
    fleet.commit({"good.yaml": declared("good"), "apps/good/a.yaml": config_map()})
    ran = fleet.plan("--revision", revision)
    assert (ran.code, {one.code for one in ran.told()}) == (1, {code})


def _kubeconfig(*, cluster: str = "", user: str = "", current: str = "x", server: str = "https://127.0.0.1:1") -> str:
    return (
        f'apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: "{server}"{cluster}}}}}]\n'
        f"users: [{{name: u, user: {{token: {CANARY}{user}}}}}]\n"
        f"contexts: [{{name: x, context: {{cluster: c, user: u}}}}]\ncurrent-context: {current}\n"
    )


PLUGIN = ", exec: {apiVersion: client.authentication.k8s.io/v1, command: id}"
TEXTS = {
    "unparsed": "clusters: [\n",
    "another": "apiVersion: v1\nkind: Pod\n",
    "context": _kubeconfig(current="elsewhere"),
    "server": _kubeconfig(server="ftp://x"),
    "unchecked": _kubeconfig(cluster=", insecure-skip-tls-verify: true"),
    "program": _kubeconfig(user=PLUGIN),
    "certificate": _kubeconfig(cluster=', certificate-authority-data: "!!"'),
    "cut": _kubeconfig(),
}


def _on(name: str, kubeconfig: Path) -> str:
    target = f"""apiVersion: trueline.dev/v1
kind: Target
metadata: {{name: {name}}}
spec:
  cluster:
    kubeconfig: {{secret: {{file: {kubeconfig}}}}}
---
"""
    return target + declared(name).replace("cluster: embedded", f"cluster: {name}")


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    fleet = Fleet(home=tmp_path_factory.mktemp("clusters"))
    for name, text in TEXTS.items():
        (fleet.home / f"{name}.kubeconfig").write_text(text)
    names = [one.name for one in KUBECONFIGS]
    fleet.commit(
        {"good.yaml": declared("good"), "apps/good/a.yaml": config_map()}
        | {f"{name}.yaml": _on(name, fleet.home / f"{name}.kubeconfig") for name in names}
        | {f"apps/{name}/a.yaml": config_map() for name in names}
    )
    return fleet.up()


@pytest.mark.parametrize("bad", KUBECONFIGS, ids=lambda bad: bad.name)
def test_a_bad_kubeconfig_is_told_and_the_others_go_on(clusters: Ran, bad: Bad) -> None:
    assert clusters.code == 1
    statuses = clusters.statuses()
    [problem] = statuses[bad.name]["problems"]
    assert (statuses[bad.name]["sync"], problem["code"]) == (bad.sync, bad.code)
    assert bad.part in problem["detail"]
    assert problem["remedy"]
    assert statuses["good"]["sync"] == "Synced"
    if bad.code == "TL0152":
        assert problem["origin"] == "missing.yaml:6"


@pytest.mark.parametrize(("name", "code"), [("unparsed", "TL0601"), ("missing", "TL0600"), ("cut", "TL0507")])
def test_a_bad_kubeconfig_of_the_command_line(tmp_path: Path, name: str, code: str) -> None:
    fleet = Fleet(home=tmp_path)
    fleet.commit({"a.yaml": declared("a").replace("cluster: embedded, ", ""), "apps/a/a.yaml": config_map()})
    if name in TEXTS:
        (tmp_path / "kubeconfig").write_text(TEXTS[name])
    ran = fleet.plan("--kubeconfig", str(tmp_path / "kubeconfig"))
    assert (ran.code, {one.code for one in ran.told()}) == (1, {code})


def test_the_loop_goes_on_beside_a_cluster_that_is_away_and_owns_its_directory(tmp_path: Path) -> None:
    fleet = Fleet(home=tmp_path)
    (tmp_path / "cut.kubeconfig").write_text(TEXTS["cut"])
    good = {"good.yaml": declared("good"), "apps/good/a.yaml": config_map()}
    fleet.commit(good | {"cut.yaml": _on("cut", tmp_path / "cut.kubeconfig"), "apps/cut/a.yaml": config_map()})
    with _running(fleet) as running:
        assert running.stderr is not None
        _read_until(running.stderr, "TL0507")
        first = _status(fleet, "cut")
        fleet.commit({"apps/good/a.yaml": config_map(colour="green")})
        _read_until(running.stderr, "updated ConfigMap/good/settings")
        later = _status(fleet, "cut")
        assert (later["sync"], later["since"]) == ("Unknown", first["since"])
        assert [problem["code"] for problem in later["problems"]] == ["TL0507"]
        second = fleet.up()
        assert (second.code, [one.code for one in second.told()]) == (1, ["TL0801"])
        assert str(running.pid) in second.told()[0].detail
        running.send_signal(signal.SIGTERM)
        assert "Traceback" not in running.stderr.read()
        assert running.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("more", "code"), [((), 0), (("--once",), 130)], ids=["goes on", "once"])
def test_an_end_that_was_asked_for_comes_soon_also_beside_a_git_server_that_hangs(
    tmp_path: Path, pages: str, number: signal.Signals, more: tuple[str, ...], code: int
) -> None:
    """INV-34: within five seconds, and without a traceback."""
    with _running(Fleet(home=tmp_path), f"{pages}/hang/fleet.git", *more) as running:
        assert running.stderr is not None
        _read_until(running.stderr, "trueline holds")
        running.send_signal(number)
        assert running.wait(timeout=END_S_MAX) == code
        assert "Traceback" not in running.stderr.read()


@contextmanager
def _running(fleet: Fleet, repository: str = "fleet", *more: str) -> Iterator["subprocess.Popen[str]"]:
    """`up` until the block ends, or until nobody can be waiting for it any more."""
    argv = fleet.argv("up", repository, "--listen", "none", "--interval", "1s", "--data-dir", str(fleet.data), *more)
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=fleet.environment, cwd=fleet.home) as running:
        watch = threading.Timer(PATIENCE_S, running.kill)
        watch.start()
        try:
            yield running
        finally:
            watch.cancel()
            running.kill()


def _read_until(lines: Iterator[str], part: str) -> None:
    for line in lines:
        if part in line:
            return
    raise AssertionError(f"{part} was never said")


def _status(fleet: Fleet, name: str) -> dict[str, Any]:
    ran = fleet.run("status", "--data-dir", str(fleet.data), "-o", "json")
    [found] = [one for one in json.loads(ran.out) if one["application"] == name]
    status: dict[str, Any] = found
    return status


FULL = """
set -eu
mount -t tmpfs -o size=6m none "$DISK"
up() { code=0; "$@" >"$OUT/$step.out" 2>"$OUT/$step.err" || code=$?; echo "$code" >"$OUT/$step.code"; }
step=first; up "$@"
cp "$DISK/data/embedded.sqlite" "$OUT/before"
dd if=/dev/zero of="$DISK/filler" bs=4096 2>/dev/null || true
sed -i s/blue/green/ "$FLEET/apps/good/a.yaml"
git -C "$FLEET" -c user.name=Ada -c user.email=ada@example.com commit -qam "a change"
step=full; up "$@"
cp "$DISK/data/embedded.sqlite" "$OUT/after"
rm "$DISK/filler"
step=room; up "$@"
"""


def _mounts(disk: Path) -> bool:
    """Whether this machine lets us mount a small disk in a namespace of our own."""
    if not shutil.which("unshare"):
        return False
    argv = ["unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


def test_a_full_disk_is_told_and_nothing_is_applied_until_there_is_room(tmp_path: Path) -> None:
    fleet, disk, out = Fleet(home=tmp_path / "home"), tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    if not _mounts(disk):
        pytest.skip("no disk can be mounted here")
    fleet.commit({"good.yaml": declared("good"), "apps/good/a.yaml": config_map()})
    argv = fleet.argv("up", str(fleet.root), "--once", "--listen", "none", "--data-dir", str(disk / "data"))
    environment = {**fleet.environment, "DISK": str(disk), "OUT": str(out), "FLEET": str(fleet.root)}
    subprocess.run(["unshare", "-Urm", "sh", "-c", FULL, "sh", *argv], check=True, env=environment, timeout=120)
    codes = {step: int((out / f"{step}.code").read_text()) for step in ("first", "full", "room")}
    full = Ran(code=1, out="", err=(out / "full.err").read_text())
    assert codes == {"first": 0, "full": 1, "room": 0}, full.err
    assert "Traceback" not in full.err
    assert {one.code for one in full.told()} <= {"TL0802", "TL0806", "TL0120"}
    assert "No space left on device" in full.told()[0].detail
    assert (out / "after").read_bytes() == (out / "before").read_bytes()
    assert "updated ConfigMap/good/settings" in (out / "room.err").read_text()


FILLING = """
set -eu
mount -t tmpfs -o size=8m none "$DISK"
until_said() { i=0; until grep -qE "$1" "$OUT/err"; do i=$((i+1)); test $i -lt 300; sleep 0.1; done; }
"$@" 2>"$OUT/err" & pid=$!
trap 'kill -KILL $pid' EXIT
until_said "good: Healthy"
until_said "site: Healthy"
dd if=/dev/zero of="$DISK/filler" bs=4096 2>/dev/null || true
sed -i s/blue/green/ "$FLEET/apps/good/a.yaml"
echo "more words" >>"$FLEET/apps/site/index.md"
git -C "$FLEET" -c user.name=Ada -c user.email=ada@example.com commit -qam "a change"
until_said "TL0120|TL0802"
rm "$DISK/filler"
until_said "updated ConfigMap/good/settings"
until_said "site: updated File/index.html"
until_said "good: Synced at main"
dd if=/dev/zero of="$DISK/filler" bs=4096 2>/dev/null || true
kill -TERM $pid
code=0; wait $pid || code=$?
trap - EXIT
echo $code >"$OUT/code"
"""


def test_a_disk_that_fills_is_told_and_the_loop_goes_on_when_there_is_room(tmp_path: Path) -> None:
    fleet, disk, out = Fleet(home=tmp_path / "home"), tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    if not _mounts(disk):
        pytest.skip("no disk can be mounted here")
    in_cluster = "cluster: embedded, namespace: site, createNamespace: true"
    site = declared("site").replace(in_cluster, f"directory: {out}/www")
    fleet.commit({"good.yaml": declared("good"), "apps/good/a.yaml": config_map()})
    fleet.commit({"site.yaml": site, "apps/site/index.md": "# Hello\n"})
    argv = fleet.argv("up", str(fleet.root), "--listen", "none", "--interval", "1s", "--data-dir", str(disk / "data"))
    environment = {**fleet.environment, "DISK": str(disk), "OUT": str(out), "FLEET": str(fleet.root)}
    subprocess.run(["unshare", "-Urm", "sh", "-c", FILLING, "sh", *argv], check=True, env=environment, timeout=120)
    told = (out / "err").read_text()
    assert "Traceback" not in told, told
    assert "TL0999" not in told, told
    assert told.rstrip().splitlines()[-3].startswith("TL0802 the disk is full"), told
    assert (out / "code").read_text() == "1\n"
