"""Tokens in every kind of place where a secret may stand; then everything that was written is searched."""

import asyncio
import base64
import json
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed.repository import Repository
from tests.canary.search import Arguments, files, forms, hits
from tests.cli.person import Person, command, somebody
from tests.cli.test_branch import Forge

SAMPLE = Path(__file__).parent.parent / "runtime" / "sops" / "sample"
KEY = next(line for line in (SAMPLE / "key.txt").read_text().splitlines() if not line.startswith("#"))
TOKENS = {
    "a value of an encrypted manifest": "hunter2-of-the-sample",
    "a value of an encrypted dotenv file": "token-of-the-sample",
    "a value of an encrypted JSON file": "json-of-the-sample",
    "the content of an encrypted binary file": "binary-of-the-sample",
    "the private key": KEY,
    "a Git password from a variable": "canary-variable-3b61f0",
    "a Git password from a file": "canary-file-9c27aa",
    "a kubeconfig's token": "canary-kubeconfig-e0714c",
    "a bucket's access key": "canary-access-key-8d02b9",
    "a bucket's secret key": "canary-secret-key-41fa63",
    "a host's private key": "canary-ssh-key-b7d9e2",
    "the fleet's own password": "canary-fleet-0f5b7c",
}
IN_GIT = {
    "a Secret in clear": "canary-secret-in-clear-6a90d4",
    "a Secret that is refused": "canary-refused-secret-c83e15",
}
"""These stand in the repository as they are: it, and what was fetched of it, is not searched for them."""
KUBECONFIG = """apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}]
clusters: [{name: a, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: a, user: {token: canary-kubeconfig-e0714c}}]
"""
APPLICATION = """---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: SOURCE
  target: {cluster: embedded, namespace: NAME, createNamespace: true}
"""
PLACES = """---
apiVersion: trueline.dev/v1
kind: Target
metadata: {name: away}
spec: {cluster: {kubeconfig: {secret: {env: AWAY_KUBECONFIG}}}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: away}
spec: {source: {path: apps/shop}, target: {cluster: away, namespace: away}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: bucket}
spec:
  source: {path: docs}
  render: {site: {}}
  target:
    site:
      s3:
        bucket: b
        region: r
        endpoint: http://127.0.0.1:9
        accessKey: {secret: {env: ACCESS_KEY}}
        secretKey: {secret: {env: SECRET_KEY}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: host}
spec:
  source: {path: docs}
  render: {site: {}}
  target:
    site:
      ssh:
        host: 127.0.0.1
        port: 9
        path: /srv/x
        key: {secret: {env: HOST_KEY}}
        knownHosts: "127.0.0.1 ssh-ed25519 AAAA"
"""
MANIFESTS = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: COLOUR}
---
apiVersion: v1
kind: Secret
metadata: {name: clear}
stringData: {password: canary-secret-in-clear-6a90d4, changes: COLOUR}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
PATHS = (
    "/",
    "/metrics",
    "/readyz",
    "/api/v1/applications",
    "/api/v1/records",
    *(
        f"/api/v1/applications/{name}{end}"
        for name in ("shop", "charted", "refused")
        for end in ("", "/plan", "/history")
    ),
)
REFUSED = """apiVersion: v1
kind: Secret
metadata: {name: refused}
stringData: {"bad key!": canary-refused-secret-c83e15}
"""
KUSTOMIZATION = """secretGenerator:
  - {name: made, files: [values.json, blob.bin], envs: [vars.env]}
"""
TEMPLATE = """apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {k: '{{ index .Values.a "b.c" }}'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: outside}
data: {k: 'x {{ index .Values.a "b.c" }}', colour: COLOUR}
"""


def sources(forge: str) -> dict[str, str]:
    """Each application's source: those of the forge with a password of each place; only `sops` has the right one."""

    def guarded(place: str) -> str:
        return f'{{url: "{forge}", auth: {{username: ci, password: {{secret: {place}}}}}}}'

    return {
        "shop": "{path: apps/shop}",
        "kustomized": "{path: apps/kustomized}",
        "charted": "{path: apps/charted}",
        "refused": "{path: apps/refused}",
        "failing": "{path: apps/failing}",
        "damaged": "{path: apps/damaged}",
        "by-sops": guarded('{sops: "ops/vars.env#TOKEN"}'),
        "by-variable": guarded("{env: FORGE_PASSWORD}"),
        "by-file": guarded("{file: FORGE_FILE}"),
        "by-cluster": guarded('{kubernetes: "shop/access#password"}'),
    }


@dataclass
class Run:
    """A person who planted tokens, and everything that was printed since."""

    person: Person
    arguments: Arguments
    printed: list[tuple[str, bytes]] = field(default_factory=list)
    standing: list[dict[str, str]] = field(default_factory=list)

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
        places = [*files(self.person.home, without=planted), *self.printed, *self.arguments.places()]
        return hits(tokens, places)


def plant(person: Person, forge: str) -> None:
    """Files and variables with tokens, and a fleet that uses each."""
    planted = person.home / "planted"
    planted.mkdir()
    (planted / "forge").write_text(TOKENS["a Git password from a file"])
    person.environment |= {
        "TMPDIR": str(person.home / "tmp"),
        "SOPS_AGE_KEY": KEY,
        "FORGE_PASSWORD": TOKENS["a Git password from a variable"],
        "AWAY_KUBECONFIG": KUBECONFIG,
        "ACCESS_KEY": TOKENS["a bucket's access key"],
        "SECRET_KEY": TOKENS["a bucket's secret key"],
        "HOST_KEY": "-----BEGIN OPENSSH PRIVATE KEY-----\n" + TOKENS["a host's private key"] + "\n",
        "TRUELINE_GIT_USERNAME": "ci",
        "TRUELINE_GIT_PASSWORD": TOKENS["the fleet's own password"],
    }
    (person.home / "tmp").mkdir()
    shutil.rmtree(person.fleet)
    names = {
        "kustomized": ("values.json", "blob.bin", "vars.env"),
        "charted": ("values.json",),
        "shop": ("secret.yaml",),
    }
    for name, samples in names.items():
        (person.fleet / "apps" / name).mkdir(parents=True)
        for sample in samples:
            shutil.copyfile(SAMPLE / sample, person.fleet / "apps" / name / sample)
    write(person, "blue")
    (person.fleet / "fleet.yaml").write_text(declared(person, forge))


def write(person: Person, colour: str) -> None:
    """The parts of the fleet that are not encrypted."""
    damaged = (SAMPLE / "secret.yaml").read_text().replace("name: access", "name: other")
    for name, text in {
        "apps/shop/all.yaml": MANIFESTS.replace("COLOUR", colour),
        "apps/kustomized/kustomization.yaml": KUSTOMIZATION,
        "apps/charted/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "apps/charted/templates/a.yaml": TEMPLATE.replace("COLOUR", colour),
        "apps/refused/a.yaml": REFUSED,
        "apps/failing/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "apps/failing/templates/a.yaml": '{{ fail (index .Values.a "b.c") }}',
        "apps/damaged/secret.yaml": damaged,
        "docs/index.md": "# Home\n",
    }.items():
        (person.fleet / name).parent.mkdir(parents=True, exist_ok=True)
        (person.fleet / name).write_text(text)
    shutil.copyfile(SAMPLE / "values.json", person.fleet / "apps/failing/values.json")
    (person.fleet / "ops").mkdir(exist_ok=True)
    shutil.copyfile(SAMPLE / "vars.env", person.fleet / "ops/vars.env")


def declared(person: Person, forge: str) -> str:
    """The declarations."""
    every = []
    for name, source in sources(forge).items():
        text = APPLICATION.replace("NAME", name).replace("SOURCE", source)
        every.append(text.replace("FORGE_FILE", str(person.home / "planted" / "forge")))
        if name in {"charted", "failing"}:
            every[-1] += "  render: {helm: {valueFiles: [values.json]}}\n"
    return "".join(every) + PLACES


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Commands of every kind, on the real engine with its embedded cluster: good ones and failing ones."""
    person = somebody(tmp_path_factory.mktemp("canary"))
    forge = Forge(person.home / "forge", TOKENS["a value of an encrypted dotenv file"])
    with forge, Arguments() as arguments:
        address = forge.create("app")
        asyncio.run(pushed(person.home / "work", forge.server.path("app")))
        plant(person, address)
        person.commit("one")
        made = Run(person, arguments)
        data = ("--data-dir", str(person.home / "data"))
        fleet = str(person.fleet)
        made.types("up", fleet, *data, "--once", "--timeout", "20s")
        write(person, "green")
        person.commit("two")
        for words in (
            ("plan", fleet, *data),
            ("plan", fleet, *data, "-o", "json", "--save", str(person.home / "saved.plan")),
            ("plan", fleet, *data, "-o", "markdown"),
            ("up", fleet, *data, "--once", "--timeout", "20s", "-o", "json"),
            ("render", fleet),
            ("render", fleet, "-o", "json"),
            ("diff", *data),
            ("drift", *data, "-o", "json"),
            ("status", *data),
            ("status", *data, "-o", "json"),
            ("history", "shop", *data),
            ("verify", *data),
        ):
            made.types(*words)
        made.standing = json.loads(made.types("status", *data, "-o", "json"))
        del person.environment["SOPS_AGE_KEY"]
        made.types("plan", fleet, *data)
        serve(made, fleet, data)
        yield made


def asked(address: str) -> bytes:
    """The answer, that of a failure too."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - loopback
            return bytes(answer.read())
    except urllib.error.HTTPError as failure:
        return failure.read()


async def pushed(work: Path, remote: Path) -> None:
    """Something stands on the forge."""
    repository = await Repository.create(work, remote=str(remote))
    await repository.commit("one", {"a.yaml": MAP})
    await repository.push("main")


def serve(run: Run, fleet: str, data: tuple[str, ...]) -> None:
    """The server while it runs: its page, its API, its metrics."""
    words = command("up", fleet, *data, "--listen", "127.0.0.1:0")
    log = run.person.home / "server.log"
    with (
        log.open("wb") as told,
        subprocess.Popen(words, stdout=told, stderr=told, env=run.person.environment) as process,
    ):
        try:
            address = until_told(log, process)
            for path in PATHS:
                run.printed.append((path, asked(f"{address}{path}")))
        finally:
            process.terminate()
            process.wait(60)


def until_told(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The address that the server says it listens on, after its first pass."""
    for _ in range(900):
        if process.poll() is not None:
            break
        said = re.search(r"listening on (http://\S+)", log.read_text())
        if said:
            time.sleep(3)
            return said[1].rstrip("/")
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_no_token_is_anywhere(run: Run) -> None:
    """INV-25: files, databases, blobs, Git objects, stdout, stderr, HTTP, arguments of processes."""
    assert run.found(TOKENS) == []


def test_what_stands_in_git_in_clear_is_nowhere_else(run: Run) -> None:
    """INV-25: a Secret in clear, and one that is refused, stand in the repository and what was fetched of it alone."""
    spared = (run.person.fleet, run.person.home / "data" / "git")
    assert run.found(IN_GIT, spared=spared) == []


def test_the_run_did_what_it_was_to_do(run: Run) -> None:
    """What was encrypted reached the cluster, and each failing run failed as it should."""
    said = b"".join(data for _, data in run.printed).decode()
    assert "ConfigMap/charted/outside" in said
    for code in ("TL0113", "TL0177", "TL0163", "TL0167", "TL0306", "TL1591"):
        assert code in said, code
    assert re.search(r"\*\*\* \([0-9a-f]{8}\)", said), "the changed Secret has its values' names in a plan"
    standing = {one["application"]: one["sync"] for one in run.standing}
    reached = ("shop", "kustomized", "charted", "by-sops")
    refused = ("refused", "failing", "damaged", "by-variable", "by-file", "host")
    assert {name: standing[name] for name in (*reached, *refused)} == {
        **dict.fromkeys(reached, "Synced"),
        **dict.fromkeys(refused, "Blocked"),
    }


@pytest.mark.parametrize("name", TOKENS)
def test_a_leak_is_seen(run: Run, name: str, tmp_path: Path) -> None:
    """INV-25: the search itself. A token in any of its forms, wherever it is put, is found."""
    token = TOKENS[name]
    leaks = run.person.home / "leaked"
    leaks.mkdir()
    try:
        (leaks / "log").write_text(f"x {token} y")
        assert run.found({name: token}) != []
        for form in forms(token):
            (leaks / "log").write_bytes(b"x" + form + b"y")
            assert run.found({name: token}) != []
        (leaks / "log").write_bytes(zlib.compress(f"a {token}".encode()))
        assert run.found({name: token}) != []
    finally:
        shutil.rmtree(leaks)
    run.printed.append(("stderr", token.encode()))
    assert run.found({name: token}) == [f"{name} in stderr"]
    run.printed.pop()


def test_a_leak_into_a_database_is_seen(run: Run) -> None:
    """INV-25: what the store would hold without its seal."""
    database = sqlite3.connect(run.person.home / "leak.sqlite")
    database.execute("CREATE TABLE kept_body (data BLOB)")
    token = TOKENS["a value of an encrypted manifest"]
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
        subprocess.run(["python3", "-c", "import time; time.sleep(0.3)", "canary-argument"], check=True)
    assert hits({"it": "canary-argument"}, arguments.places()) != []
