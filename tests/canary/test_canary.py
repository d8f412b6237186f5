"""Tokens in every kind of place where a secret may stand; then everything that was written is searched."""

import asyncio
import base64
import http.client
import json
import re
import shutil
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from testbed.repository import Repository
from testbed.ssh_server import SshServer
from tests.canary.plant import IN_GIT, LIVE, MAP, TAKEN, WORDS, Ground, made_keys, plant, write
from tests.canary.search import Arguments, files, forms, hits, pieces
from tests.cli.person import Person, command, somebody
from tests.cli.test_branch import Forge
from trueline.runtime import unix_socket
from trueline.runtime.clock import SystemClock

PATHS = (
    "/",
    "/metrics",
    "/readyz",
    "/api/v1/applications",
    "/api/v1/records",
    "/api/v1/events",
    *(
        f"/api/v1/applications/{name}{end}"
        for name in ("shop", "charted", "refused", "jsonneted", "away-broken")
        for end in ("", "/plan", "/history", "/resources")
    ),
)
EVERY = {**WORDS, **IN_GIT, **LIVE}
EVENTS_S = 3.0
PATIENCE = 120
CONTENT = "application/json"


@dataclass
class Run:
    """A person who planted tokens, and everything that was printed since."""

    person: Person
    arguments: Arguments
    printed: list[tuple[str, bytes]] = field(default_factory=list)
    standing: list[dict[str, str]] = field(default_factory=list)
    keys: Mapping[str, str] = field(default_factory=dict)

    def types(self, *words: str) -> str:
        """Run a command line, whatever its exit code, and remember what it said."""
        done = subprocess.run(
            command(*words),
            capture_output=True,
            check=False,
            env=self.person.environment,
            cwd=self.person.home,
            timeout=240,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        self.printed += [(f"stdout of {words[0]}", done.stdout), (f"stderr of {words[0]}", done.stderr)]
        return done.stdout.decode()

    def found(self, tokens: Mapping[str, str], *, spared: tuple[Path, ...] = ()) -> list[str]:
        """Where tokens are, but for the files that the test itself planted."""
        planted = (self.person.home / "planted", *spared)
        places = [*files(self.person.home, without=planted), *self.arguments.places()]
        logged = [("server.log", log.read_bytes()) for log in self.person.home.glob("server*.log")]
        return hits(tokens, places) + hits(tokens, [*self.printed, *logged], is_partial=True)


class GitHost:
    """Git over SSH in a thread of its own, for command lines that are waited for."""

    def __init__(self, folder: Path) -> None:
        self.server = SshServer(folder)
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


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Commands of every kind, on the real engine with its embedded cluster: good ones and failing ones."""
    person = somebody(tmp_path_factory.mktemp("canary"))
    forge = Forge(person.home / "forge", WORDS["a value of an encrypted dotenv file"])
    with forge, GitHost(person.home / "planted-host") as host, Arguments() as arguments:
        ground = grounded(person, forge, host)
        plant(person, ground)
        person.commit("one")
        made = Run(person, arguments, keys=ground.keys.tokens())
        data = ("--data-dir", str(person.home / "data"))
        fleet = str(person.fleet)
        made.types("up", fleet, *data, "--once", "--timeout", "10s")
        write(person, "green")
        person.commit("two")
        asks(made, fleet, data)
        with serving(made, fleet, data, "first"):
            live(made)
            write(person, "green", more=TAKEN)
            person.commit("three")
            until_logged(made, "server-first.log", "Secret/shop/taken: data.password is left to ")
            listens(made, "first")
        for words in (("plan", fleet, *data), ("diff", *data), ("drift", *data, "-o", "json"), ("verify", *data)):
            made.types(*words)
        made.standing = json.loads(made.types("status", *data, "-o", "json"))
        fails(made, ground, data)
        yield made


def grounded(person: Person, forge: Forge, host: GitHost) -> Ground:
    """Something stands on the forge and on the Git host."""
    address, ssh = forge.create("app"), host.create("app")
    asyncio.run(pushed(person.home / "work", forge.server.path("app"), person.home / "planted-host" / "app.git"))
    keys = made_keys(host.server.client_key.read_text())
    return Ground(forge=address, ssh=ssh, known_hosts=host.server.known_hosts_line(), keys=keys)


async def pushed(work: Path, *remotes: Path) -> None:
    """One commit, in each of them."""
    repository = await Repository.create(work)
    await repository.commit("one", {"a.yaml": MAP})
    for remote in remotes:
        await repository.git("push", "--quiet", str(remote), "main")


def asks(run: Run, fleet: str, data: tuple[str, ...]) -> None:
    """All that a person may ask."""
    for words in (
        ("plan", fleet, *data),
        ("plan", fleet, *data, "-o", "json", "--save", str(run.person.home / "saved.plan")),
        ("plan", fleet, *data, "-o", "markdown"),
        ("up", fleet, *data, "--once", "--timeout", "10s", "-o", "json"),
        ("render", fleet),
        ("diff", *data),
        ("drift", *data, "-o", "json"),
        ("status", *data),
        ("history", "shop", *data),
        ("why", "Secret/shop/access", *data),
        ("logs", *data),
        ("rotate", fleet),
        ("verify", *data),
        ("rollback", "shop", *data),
    ):
        run.types(*words)


def fails(run: Run, ground: Ground, data: tuple[str, ...]) -> None:
    """What goes wrong where what opens something is another one, or is missing."""
    person, home = run.person, run.person.home
    other = ("--data-dir", str(home / "other"))
    kubeconfig = ("--kubeconfig", str(home / "planted" / "kubeconfig"))
    run.types("plan", str(person.fleet), *other, *kubeconfig)
    run.types("plan", ground.forge, *other)
    person.environment["TRUELINE_GIT_TOKEN"] = WORDS["the fleet's own bearer token"]
    run.types("plan", ground.forge, *other)
    person.environment["TRUELINE_GIT_SSH_KEY_FILE"] = str(home / "planted" / "other_key")
    person.environment["TRUELINE_GIT_KNOWN_HOSTS_FILE"] = str(home / "planted" / "known_hosts")
    run.types("up", ground.ssh, *other, "--once", "--timeout", "10s")
    del person.environment["SOPS_AGE_KEY"]
    run.types("plan", str(person.fleet), *data)
    for variable in ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "TRUELINE_PGP_KEY_FILE"):
        del person.environment[variable]
    run.types("plan", str(person.fleet), *data)
    with serving(run, str(person.fleet), data, "second"):
        until_logged(run, "server-second.log", "TL0163")


def live(run: Run) -> None:
    """Somebody else writes into the cluster: Secrets of their own, and into one of ours."""
    secrets = f"{cluster(run)}/api/v1/namespaces/shop/secrets"
    until_answered(f"{secrets}/access")
    copy = {"kubectl.kubernetes.io/last-applied-configuration": LIVE["a live Secret's copy in an annotation"]}
    for name, annotations in (("taken", copy), ("nobodys", {})):
        value = base64.b64encode(LIVE["a live Secret of somebody else"].encode()).decode()
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "annotations": annotations}}
        sent("POST", f"{secrets}?fieldManager=somebody", {**body, "data": {"password": value}}, CONTENT)
    edit = base64.b64encode(LIVE["an edit of a live Secret"].encode()).decode()
    patch = {"metadata": {"annotations": copy}, "data": {"password": edit}}
    sent("PATCH", f"{secrets}/access?fieldManager=kubectl-edit", patch, "application/merge-patch+json")


def cluster(run: Run) -> str:
    """The address of the embedded cluster, as soon as it answers at it."""
    for _ in range(PATIENCE * 10):
        address = re.search(r"server: (\S+)", (run.person.home / "data" / "embedded.kubeconfig").read_text())
        assert address is not None
        if is_answered(f"{address[1]}/readyz"):
            return address[1]
        time.sleep(0.1)
    raise AssertionError("the embedded cluster is not served")


def until_answered(address: str) -> None:
    """On a busy machine what `up --once` had no time for is applied by the one that runs."""
    for _ in range(PATIENCE * 10):
        if is_answered(address):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing is at {address}")


def is_answered(address: str) -> bool:
    """Whether something is there now."""
    with suppress(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=EVENTS_S).close()  # noqa: S310 - loopback
        return True
    return False


def sent(method: str, address: str, body: object, content: str) -> None:
    """A write that the cluster takes."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        address, data=json.dumps(body).encode(), method=method, headers={"Content-Type": content}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        assert answer.status in {200, 201}


class _Connection(http.client.HTTPConnection):
    """To the server's socket, whose owner is told everything."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=EVENTS_S)
        self._path = path

    def connect(self) -> None:
        """To the path in the place of a host."""
        self.sock = unix_socket.connect(self._path, EVENTS_S)


def asked(connection: http.client.HTTPConnection, path: str) -> bytes:
    """The answer, that of a failure too; of one that keeps coming what came within some seconds."""
    clock = SystemClock()
    read, end_s = b"", clock.monotonic_s() + EVENTS_S
    with closing(connection), suppress(TimeoutError):
        connection.request("GET", path)
        answer = connection.getresponse()
        while clock.monotonic_s() < end_s and (piece := answer.read1(1 << 16)):
            read += piece
    return read


@contextmanager
def serving(run: Run, fleet: str, data: tuple[str, ...], name: str) -> Iterator[None]:
    """The server while it runs."""
    words = command("up", fleet, *data, "--listen", "127.0.0.1:0", "--interval", "1s")
    log = run.person.home / f"server-{name}.log"
    with (
        log.open("wb") as told,
        subprocess.Popen(words, stdout=told, stderr=told, env=run.person.environment) as process,
    ):
        try:
            until_logged(run, log.name, "listening on http://")
            yield
        finally:
            process.terminate()
            process.wait(60)


def listens(run: Run, name: str) -> None:
    """The page, the API, the metrics, the events: as an administrator hears them, and as somebody unknown does."""
    said = re.search(r"listening on http://([^\s:]+):(\d+)", (run.person.home / f"server-{name}.log").read_text())
    assert said is not None
    socket = run.person.home / "data" / "socket"
    for path in PATHS:
        answer = asked(_Connection(socket), path)
        assert b"TL0746" not in answer
        run.printed.append((path, answer))
        run.printed.append((path, asked(http.client.HTTPConnection(said[1], int(said[2]), timeout=EVENTS_S), path)))


def until_logged(run: Run, name: str, words: str) -> None:
    """A server has said something."""
    log = run.person.home / name
    for _ in range(PATIENCE * 10):
        if words in log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_no_token_is_anywhere(run: Run) -> None:
    """INV-25: files, databases, blobs, Git objects, stdout, stderr, HTTP, arguments of processes."""
    found = run.found({**WORDS, **run.keys}, spared=(run.person.home / "planted-host",))
    assert found == []


def test_what_stands_in_git_in_clear_is_nowhere_else(run: Run) -> None:
    """INV-25: a Secret in clear, and one that is refused, stand in the repository and what was fetched of it alone."""
    spared = (run.person.fleet, run.person.home / "data" / "git", run.person.home / "other" / "git")
    assert run.found(IN_GIT, spared=spared) == []


def test_what_stands_in_the_cluster_alone_is_nowhere_else(run: Run) -> None:
    """INV-25: a live Secret of somebody else, an edit of one of ours, and the copy that `kubectl apply` leaves."""
    assert run.found(LIVE) == []


def test_the_run_did_what_it_was_to_do(run: Run) -> None:
    """What was encrypted reached the cluster, and each failing run failed as it should."""
    said = b"".join(data for _, data in run.printed).decode()
    logged = (run.person.home / "server-first.log").read_text()
    assert "ConfigMap/charted/outside" in said
    codes = ("TL0113", "TL0163", "TL0164", "TL0167", "TL0169", "TL0177", "TL0306", "TL1591")
    for code in (*codes, "TL0601", "TL0604", "TL0606", "TL0610"):
        assert code in said, code
    assert re.search(r"\*\*\* \([0-9a-f]{8}\)", said), "the changed Secret has its values' names in a plan"
    assert "Secret/shop/access" in logged, "what was edited was healed, and told"
    standing = {one["application"]: one["sync"] for one in run.standing}
    reached = ("kustomized", "charted", "jsonneted", "by-sops", "by-ssh", "teamed")
    refused = ("refused", "failing", "damaged", "by-variable", "by-file", "by-token", "by-other-ssh", "by-cluster")
    shut = ("away-key", "away-broken", "away-exec", "away-address", "host", "locked", "misread")
    assert {name: standing[name] for name in (*reached, *refused, *shut)} == {
        **dict.fromkeys(reached, "Synced"),
        **dict.fromkeys((*refused, *shut), "Blocked"),
    }


@pytest.mark.parametrize("name", [*WORDS, *IN_GIT, *LIVE])
def test_a_leak_is_seen(name: str, tmp_path: Path) -> None:
    """INV-25: the search itself. A token in any of its forms, wherever it is put, is found; printed, in halves too."""
    token = EVERY[name]
    places = [b"x" + form + b"y" for form in sorted(forms(token))] + [zlib.compress(f"a {token}".encode())]
    for index, place in enumerate(places):
        (tmp_path / f"{index}").write_bytes(place)
    found = hits({name: token}, files(tmp_path))
    shutil.rmtree(tmp_path)
    assert {one.removeprefix(f"{name} in ").removesuffix(", unpacked") for one in found} == set(
        map(str, range(len(places)))
    )
    for told in (token, *(piece.decode() for piece in pieces(token))):
        assert hits({name: token}, [("stderr", told.encode())], is_partial=True) == [f"{name} in stderr"]


@pytest.mark.parametrize("place", ["leaked", "data/blobs/leaked", "tmp/leaked", "server-third.log"])
def test_a_leak_of_the_run_is_seen(run: Run, place: str) -> None:
    """INV-25: in a file of the run, in its temporary files, in a log."""
    token = {"it": WORDS["a bucket's access key"]}
    leaked = run.person.home / place
    leaked.parent.mkdir(parents=True, exist_ok=True)
    leaked.write_text(f"a {token['it']}")
    found = run.found(token)
    leaked.unlink()
    assert f"it in {place}" in found
    run.printed.append(("stderr", f"… {token['it'][:12]}".encode()))
    found = run.found(token)
    run.printed.pop()
    assert found == ["it in stderr"]


def test_a_leak_into_a_database_is_seen(run: Run) -> None:
    """INV-25: what the store would hold without its seal."""
    database = sqlite3.connect(run.person.home / "leak.sqlite")
    database.execute("CREATE TABLE kept_body (data BLOB)")
    token = WORDS["a value of an encrypted manifest"]
    body = b'{"data":{"password":"' + base64.b64encode(token.encode()) + b'"}}'
    database.execute("INSERT INTO kept_body VALUES (?)", (zlib.compress(body),))
    database.commit()
    database.close()
    assert run.found({"it": token}) == ["it in leak.sqlite: kept_body, unpacked"]
    (run.person.home / "leak.sqlite").unlink()


def test_a_leak_into_arguments_is_seen() -> None:
    """INV-25: a process that lived for a moment."""
    with Arguments() as arguments:
        subprocess.run(["sleep", "0.3", "--", "0.0"], check=False, capture_output=True)
        subprocess.run(["python3", "-c", "import time; time.sleep(0.3)", "seen-argument"], check=True)
    assert hits({"it": "seen-argument"}, arguments.places()) != []
