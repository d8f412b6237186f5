"""What the tests of bad input share: a fleet, a person who types commands, and what the commands say."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trueline.runtime.seal import SEAL, Seal

CANARY = "correct-horse"
TIMEOUT_S = 120.0

_TOLD = re.compile(r"^(?:\S+: )?(TL\d{4}) (.+?)(?: \((\S+)\))?\n  (.*)\n  remedy: (.+)$", re.MULTILINE)
_OWN = re.compile(r"/kube-root-ca\.crt$|/serviceaccounts/[^/]+/default$")
_DECLARATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: NAME}
spec:
  source: {path: apps/NAME}
  target: {cluster: embedded, namespace: NAME, createNamespace: true}
"""


def config_map(name: str = "settings", colour: str = "blue") -> str:
    """A manifest with which nothing is wrong."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{colour: {colour}}}\n"


def declared(name: str, more: str = "") -> str:
    """The declaration of an application in a folder and a namespace of its name; its `spec` ends on line 6."""
    return _DECLARATION.replace("NAME", name) + more


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One diagnostic, as a command showed it."""

    code: str
    origin: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def told(self) -> tuple[Said, ...]:
        """Every diagnostic, of the text and of the JSON, each once."""
        found = [
            Said(code=code, origin=origin or "", detail=detail, remedy=remedy)
            for code, _, origin, detail, remedy in _TOLD.findall(self.err)
        ]
        if self.out[:1] in {"[", "{"}:
            found += _in_json(json.loads(self.out))
        return tuple(dict.fromkeys(found))

    def statuses(self) -> dict[str, dict[str, Any]]:
        """The statuses that `up -o json` answers with, by application."""
        return {status["application"]: status for status in json.loads(self.out)}


def _in_json(value: Any) -> Iterator[Said]:
    match value:
        case {"code": str(code), "origin": str(origin), "detail": str(detail), "remedy": str(remedy)}:
            yield Said(code=code, origin=origin, detail=detail, remedy=remedy)
        case dict():
            for below in value.values():
                yield from _in_json(below)
        case list():
            for below in value:
                yield from _in_json(below)
        case _:
            return


@dataclass
class Fleet:
    """A fleet repository with its data directory, and a person who types commands."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **self.environment,
        }
        self.root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    @property
    def root(self) -> Path:
        """The working tree."""
        return self.home / "fleet"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """What Git says."""
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        argv = ["git", "-C", str(at or self.root), *identity, *arguments]
        return subprocess.run(argv, check=True, env=self.environment, capture_output=True, text=True).stdout.strip()

    def commit(self, files: Mapping[str, str], gone: Sequence[str] = (), *, more: Sequence[str] = ()) -> None:
        """Take paths away, write files, and commit the tree."""
        if gone:
            self.git("rm", "-rq", "--", *gone)
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                path.symlink_to(text.removeprefix("-> "))
            else:
                path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "a change", *more)

    def argv(self, *arguments: str) -> list[str]:
        """The command line of a command."""
        return [sys.executable, "-c", "from trueline.cli.main import main; main()", *arguments]

    def run(self, *arguments: str) -> Ran:
        """Type a command and wait for its end; whatever it says, it is no traceback and holds no secret."""
        done = subprocess.run(
            self.argv(*arguments),
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.home,
            timeout=TIMEOUT_S,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "TL0999" not in done.stderr + done.stdout, done.stderr
        assert CANARY not in done.stderr, done.stderr
        assert arguments[0] == "render" or CANARY not in done.stdout, done.stdout
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def up(self, *more: str) -> Ran:
        """`up --once`."""
        fixed = ("--once", "--listen", "none", "--timeout", "60s", "-o", "json", "--data-dir", str(self.data))
        return self.run("up", "fleet", *fixed, *more)

    def plan(self, *more: str) -> Ran:
        """`plan` of the working tree, as JSON."""
        return self.run("plan", "fleet", "--data-dir", str(self.data), "-o", "json", *more)

    def objects(self, namespace: str) -> dict[str, bytes]:
        """What the embedded cluster holds of a namespace, with every version: equal is untouched.

        Without what its controllers put into each namespace, be it after the process that made the namespace has ended.
        """
        database = sqlite3.connect(self.data / "embedded.sqlite")
        try:
            rows = dict(database.execute("SELECT key, body FROM object").fetchall())
        finally:
            database.close()
        seal = Seal(self.data / SEAL)
        own = {key: body for key, body in rows.items() if namespace in key.split("/") and not _OWN.search(key)}
        return {key: seal.unseal(body, key) or b"" for key, body in own.items()}
