"""A fleet that uses a secret of every kind there is, each with a token of its own; nothing here looks for them."""

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncssh
import pyrage
import pysequoia

from tests.cli.person import Person

SAMPLE: Final = Path(__file__).parent.parent / "runtime" / "sops" / "sample"
KEY: Final = next(line for line in (SAMPLE / "key.txt").read_text().splitlines() if not line.startswith("#"))
WORDS: Final[Mapping[str, str]] = {
    "a value of an encrypted manifest": "hunter2-of-the-sample",
    "a value of an encrypted dotenv file": "token-of-the-sample",
    "a value of an encrypted JSON file": "json-of-the-sample",
    "the content of an encrypted binary file": "binary-of-the-sample",
    "the private key": KEY,
    "a private key that cannot be read": "AGE-SECRET-KEY-1CANARYBAD6F2A0UNREADABLE4C1",
    "a Git password from a variable": "canary-variable-3b61f0",
    "a Git password from a file": "canary-file-9c27aa",
    "a Git bearer token": "canary-bearer-5d20e8",
    "the password of a published branch": "canary-branch-77c1d3",
    "a kubeconfig's token": "canary-kubeconfig-e0714c",
    "a kubeconfig's password": "canary-basic-19f3b8",
    "a kubeconfig's client key": "canary-client-key-c55e01",
    "the token of a kubeconfig that does not parse": "canary-unparsed-2ad9f4",
    "a kubeconfig's variable of a plugin": "canary-plugin-90ab61",
    "a password in a cluster's address": "canary-address-e3f7d2",
    "what a plugin prints": "canary-printed-4be8c0",
    "a variable of a plugin that is run": "canary-ran-plugin-a7d105",
    "a bucket's access key": "canary-access-key-8d02b9",
    "a bucket's secret key": "canary-secret-key-41fa63",
    "a host's private key": "canary-ssh-key-b7d9e2",
    "the fleet's own password": "canary-fleet-0f5b7c",
    "the fleet's own bearer token": "canary-fleet-token-6e19da",
    "a variable that is nobody's": "canary-unrelated-d48a17",
}
IN_GIT: Final[Mapping[str, str]] = {
    "a Secret in clear": "canary-secret-in-clear-6a90d4",
    "a Secret's data": "canary-secret-data-f1b603",
    "a Secret that is refused": "canary-refused-secret-c83e15",
    "a Secret that another has made": "canary-taken-secret-0e62b7",
}
"""These stand in the repository as they are: it, and what was fetched of it, is not searched for them."""
LIVE: Final[Mapping[str, str]] = {
    "a live Secret of somebody else": "canary-live-secret-3cd840",
    "an edit of a live Secret": "canary-edited-secret-b95fe2",
    "a live Secret's copy in an annotation": "canary-last-applied-17a2cf",
}
"""These stand in the cluster alone."""
APPLICATION = """---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: SOURCE
  target: {cluster: embedded, namespace: NAME, createNamespace: true}
"""
AWAY = """---
apiVersion: trueline.dev/v1
kind: Target
metadata: {name: NAME}
spec: {cluster: {kubeconfig: {secret: {env: VARIABLE}}}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec: {source: {path: apps/shop}, target: {cluster: NAME, namespace: away}}
"""
SITE = """---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: {path: docs}
  render: {site: {}}
  target:
    site:
"""
BUCKET = """      s3:
        bucket: b
        region: r
        endpoint: http://127.0.0.1:9
        accessKey: {secret: {env: ACCESS_KEY}}
        secretKey: {secret: {env: SECRET_KEY}}
"""
HOST = """      ssh:
        host: 127.0.0.1
        port: 9
        path: /srv/x
        key: {secret: {env: VARIABLE}}
        knownHosts: "127.0.0.1 ssh-ed25519 AAAA"
"""
BRANCH = """      branch:
        url: URL
        name: pages
        auth: {username: ci, password: {secret: {env: PAGES_TOKEN}}}
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
---
apiVersion: v1
kind: Secret
metadata: {name: encoded}
data: {password: ENCODED}
"""
TAKEN = """---
apiVersion: v1
kind: Secret
metadata: {name: taken}
stringData: {password: canary-taken-secret-0e62b7}
"""
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"
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
JSONNET = """local values = import 'values.json';
{apiVersion: 'v1', kind: 'Secret', metadata: {name: 'made'}, stringData: {k: values.a['b.c']}}
"""
PLUGIN = """#!/bin/sh
echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "TOKEN"}}'
echo "I had $PLUGIN_KEY" >&2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Private keys that were made for this run: of a Git host that knows one, and of those that open files."""

    git: str
    other: str
    locked: str
    pgp: str
    age: str
    ssh_age: str

    def tokens(self) -> dict[str, str]:
        """Of each the part that is secret."""
        return {
            "a Git host's key": _secret_line(self.git, 3),
            "a key that a Git host refuses": _secret_line(self.other, 3),
            "a key with a passphrase": _secret_line(self.locked, 3),
            "an OpenPGP private key": _secret_line(self.pgp, 3),
            "a private key that does not fit": self.age,
            "an SSH key that opens files": _secret_line(self.ssh_age, 3),
        }


def made_keys(git: str) -> Keys:
    """Keys; `git` is the one that the Git host lets in."""

    def generated() -> str:
        return asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()

    return Keys(
        git=git,
        other=generated(),
        locked=_locked(),
        pgp=str(pysequoia.Tsk.generate("Ops <ops@example.com>")),
        age=str(pyrage.x25519.Identity.generate()),
        ssh_age=generated(),
    )


def _locked() -> str:
    """A key with a passphrase that nobody gives."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "locked")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "nobody gives it", "-f", file], check=True)
        return file.read_text()


def _secret_line(text: str, index: int) -> str:
    """One whole line of a key: of an Ed25519 key of OpenSSH the one with the seed."""
    return [line for line in text.splitlines() if line and not line.startswith("--")][index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a fleet's sources stand, and what opens them."""

    forge: str
    ssh: str
    known_hosts: str
    keys: Keys


def plant(person: Person, ground: Ground) -> None:
    """Files and variables with tokens, and a fleet that uses each."""
    planted = person.home / "planted"
    planted.mkdir()
    for name, text in {
        "forge": WORDS["a Git password from a file"],
        "git_key": ground.keys.git,
        "other_key": ground.keys.other,
        "ops.asc": ground.keys.pgp,
        "ssh_age": ground.keys.ssh_age,
        "plugin": PLUGIN.replace("TOKEN", WORDS["what a plugin prints"]),
        "kubeconfig": kubeconfig("exec: " + _plugin(str(planted / "plugin"), "a variable of a plugin that is run")),
        "known_hosts": f"{ground.known_hosts}\n",
    }.items():
        (planted / name).touch(mode=0o700)
        (planted / name).write_text(text)
    (person.home / "tmp").mkdir()
    person.environment |= environment(ground.keys, planted) | {"TMPDIR": str(person.home / "tmp")}
    shutil.rmtree(person.fleet)
    names = {
        "kustomized": ("values.json", "blob.bin", "vars.env"),
        "charted": ("values.json",),
        "failing": ("values.json",),
        "jsonneted": ("values.json",),
        "shop": ("secret.yaml",),
        "keyed": ("secret.yaml",),
    }
    for name, samples in names.items():
        (person.fleet / "apps" / name).mkdir(parents=True)
        for sample in samples:
            shutil.copyfile(SAMPLE / sample, person.fleet / "apps" / name / sample)
    (person.fleet / "ops").mkdir()
    shutil.copyfile(SAMPLE / "vars.env", person.fleet / "ops/vars.env")
    write(person, "blue")
    (person.fleet / "fleet.yaml").write_text(declared(planted, ground))


def environment(keys: Keys, planted: Path) -> dict[str, str]:
    """The variables of whoever runs Trueline."""
    token, password = WORDS["a kubeconfig's token"], WORDS["a kubeconfig's password"]
    unparsed, host_key = WORDS["the token of a kubeconfig that does not parse"], WORDS["a host's private key"]
    inner = "-----BEGIN PRIVATE KEY-----\n" + WORDS["a kubeconfig's client key"] + "\n"
    key = base64.b64encode(inner.encode()).decode()
    certificate = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAAAA\n").decode()
    address = "https://ci:" + WORDS["a password in a cluster's address"] + "@127.0.0.1:9"
    return {
        "SOPS_AGE_KEY": KEY,
        "SOPS_AGE_SSH_PRIVATE_KEY_FILE": str(planted / "ssh_age"),
        "TRUELINE_PGP_KEY_FILE": str(planted / "ops.asc"),
        "TEAM_KEY": keys.age,
        "BAD_KEY": WORDS["a private key that cannot be read"],
        "FORGE_PASSWORD": WORDS["a Git password from a variable"],
        "FORGE_TOKEN": WORDS["a Git bearer token"],
        "PAGES_TOKEN": WORDS["the password of a published branch"],
        "AWAY": kubeconfig(f"token: {token}"),
        "AWAY_BASIC": kubeconfig(f"username: ci, password: {password}"),
        "AWAY_KEY": kubeconfig(f"client-certificate-data: {certificate}, client-key-data: {key}"),
        "AWAY_BROKEN": f"users: [{{name: a, user: {{token: {unparsed}",
        "AWAY_EXEC": kubeconfig("exec: " + _plugin("plugin", "a kubeconfig's variable of a plugin")),
        "AWAY_ADDRESS": kubeconfig("", server=address),
        "ACCESS_KEY": WORDS["a bucket's access key"],
        "SECRET_KEY": WORDS["a bucket's secret key"],
        "HOST_KEY": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{host_key}\n",
        "LOCKED_KEY": keys.locked,
        "TRUELINE_GIT_USERNAME": "ci",
        "TRUELINE_GIT_PASSWORD": WORDS["the fleet's own password"],
        "AWS_SECRET_ACCESS_KEY": WORDS["a variable that is nobody's"],
    }


def kubeconfig(user: str, *, server: str = "https://127.0.0.1:9") -> str:
    """One cluster that nobody serves."""
    return (
        "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n"
        f'clusters: [{{name: a, cluster: {{server: "{server}"}}}}]\nusers: [{{name: a, user: {{{user}}}}}]\n'
    )


def _plugin(program: str, word: str) -> str:
    env = f"[{{name: PLUGIN_KEY, value: {WORDS[word]}}}]"
    return f"{{apiVersion: client.authentication.k8s.io/v1, command: {program}, env: {env}}}"


def write(person: Person, colour: str, *, more: str = "") -> None:
    """The parts of the fleet that are not encrypted; `more` manifests of the shop."""
    damaged = (SAMPLE / "secret.yaml").read_text().replace("name: access", "name: other")
    encoded = base64.b64encode(IN_GIT["a Secret's data"].encode()).decode()
    for name, text in {
        "apps/shop/all.yaml": MANIFESTS.replace("COLOUR", colour).replace("ENCODED", encoded) + more,
        "apps/kustomized/kustomization.yaml": KUSTOMIZATION,
        "apps/charted/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "apps/charted/templates/a.yaml": TEMPLATE.replace("COLOUR", colour),
        "apps/jsonneted/main.jsonnet": JSONNET,
        "apps/refused/a.yaml": REFUSED,
        "apps/failing/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "apps/failing/templates/a.yaml": '{{ fail (index .Values.a "b.c") }}',
        "apps/damaged/secret.yaml": damaged,
        "docs/index.md": "# Home\n",
    }.items():
        (person.fleet / name).parent.mkdir(parents=True, exist_ok=True)
        (person.fleet / name).write_text(text)


def sources(planted: Path, ground: Ground) -> dict[str, str]:
    """Each application's source: `by-sops` and `by-ssh` have what opens theirs, the others do not."""

    def guarded(place: str, what: str = "username: ci, password") -> str:
        return f'{{url: "{ground.forge}", auth: {{{what}: {{secret: {place}}}}}}}'

    def by_key(name: str) -> str:
        key = f"{{sshKey: {{secret: {{file: {planted / name}}}}}}}"
        return f'{{url: "{ground.ssh}", auth: {key}, knownHosts: "{ground.known_hosts}"}}'

    paths = ("shop", "kustomized", "charted", "jsonneted", "refused", "failing", "damaged")
    return {
        **{name: f"{{path: apps/{name}}}" for name in paths},
        "teamed": "{path: apps/keyed}",
        "misread": "{path: apps/keyed}",
        "misplaced": "{path: apps/keyed}",
        "by-sops": guarded('{sops: "ops/vars.env#TOKEN"}'),
        "by-variable": guarded("{env: FORGE_PASSWORD}"),
        "by-file": guarded(f"{{file: {planted / 'forge'}}}"),
        "by-cluster": guarded('{kubernetes: "shop/access#password"}'),
        "by-token": guarded("{env: FORGE_TOKEN}", "bearer"),
        "by-ssh": by_key("git_key"),
        "by-other-ssh": by_key("other_key"),
    }


AWAY_KINDS: Final = ("AWAY", "AWAY_BASIC", "AWAY_KEY", "AWAY_BROKEN", "AWAY_EXEC", "AWAY_ADDRESS")
MORE: Final[Mapping[str, str]] = {
    "charted": "  render: {helm: {valueFiles: [values.json]}}\n",
    "failing": "  render: {helm: {valueFiles: [values.json]}}\n",
    "jsonneted": "  render: {jsonnet: {}}\n",
    "teamed": "  decryption: {keys: [{secret: {env: TEAM_KEY}}]}\n",
    "misread": "  decryption: {keys: [{secret: {env: BAD_KEY}}]}\n",
    "misplaced": '  decryption: {keys: [{secret: {kubernetes: "shop/clear#password"}}]}\n',
}


def declared(planted: Path, ground: Ground) -> str:
    """The declarations."""
    every = [
        APPLICATION.replace("NAME", name).replace("SOURCE", source) + MORE.get(name, "")
        for name, source in sources(planted, ground).items()
    ]
    every += [
        *(AWAY.replace("NAME", one.lower().replace("_", "-")).replace("VARIABLE", one) for one in AWAY_KINDS),
        SITE.replace("NAME", "bucket") + BUCKET,
        SITE.replace("NAME", "host") + HOST.replace("VARIABLE", "HOST_KEY"),
        SITE.replace("NAME", "locked") + HOST.replace("VARIABLE", "LOCKED_KEY"),
        SITE.replace("NAME", "branch") + BRANCH.replace("URL", ground.forge),
    ]
    return "".join(every)
