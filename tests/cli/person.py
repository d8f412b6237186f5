"""Somebody with a fleet repository and a terminal: command lines as processes, with a home of their own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

FLEET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec:
  source: {path: apps/shop}
  target: {cluster: embedded, namespace: shop, createNamespace: true}
"""
MANIFESTS = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: COLOUR}
---
apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {password: correct-horse}
"""
TIMEOUT_S = 90.0


@dataclass
class Person:
    """Somebody with a fleet repository and a terminal."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def fleet(self) -> Path:
        """The repository."""
        return self.home / "fleet"

    def write(self, colour: str, *, declaration: str = FLEET) -> None:
        """Put files into the working tree."""
        (self.fleet / "apps" / "shop").mkdir(parents=True, exist_ok=True)
        (self.fleet / "fleet.yaml").write_text(declaration)
        (self.fleet / "apps" / "shop" / "all.yaml").write_text(MANIFESTS.replace("COLOUR", colour))

    def commit(self, message: str) -> None:
        """Commit the working tree."""
        if not (self.fleet / ".git").exists():
            self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def rewrite(self, colour: str) -> None:
        """Put another commit in the place of the newest one."""
        self.write(colour)
        self.git("add", "-A")
        self.git("commit", "-q", "--amend", "-m", "rewritten")

    @property
    def head(self) -> str:
        """The newest commit."""
        asked = ["git", "-C", str(self.fleet), "rev-parse", "HEAD"]
        done = subprocess.run(asked, check=True, env=self.environment, capture_output=True, text=True)
        return str(done.stdout).strip()

    def git(self, *arguments: str) -> None:
        """Run Git in the repository."""
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", "-C", self.fleet, *identity, *arguments], check=True, env=self.environment)

    def types(self, *arguments: str, code: int | None = 0) -> str:
        """Run a command line and expect its exit code, or any; the answer is stdout."""
        done = subprocess.run(
            command(*arguments),
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.home,
            timeout=TIMEOUT_S,
        )
        with (self.home / ".typed").open("a") as typed:  # searched with all else that a run of the tests leaves
            typed.write(done.stderr if "--reveal" in arguments else done.stdout + done.stderr)
        assert code in {None, done.returncode}, done.stdout + done.stderr
        assert "correct-horse" not in done.stderr
        self.stderr = done.stderr
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> object:
        """The same, with a JSON answer."""
        return json.loads(self.types(*arguments, "-o", "json", code=code))

    def status(self, code: int = 0) -> dict[str, str]:
        """The one application's status."""
        found = self.json("status", code=code)
        assert isinstance(found, list)
        one: dict[str, str] = found[0]
        return one


def command(*arguments: str) -> list[str]:
    """A command line as a process."""
    return [sys.executable, "-c", "from trueline.cli.main import main; main()", *arguments]


def somebody(home: Path) -> Person:
    """A person whose home is empty but for a fleet that is not committed yet."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    made = Person(home=home, environment=environment)
    made.write("blue")
    return made
