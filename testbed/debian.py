"""Programs of Debian's packages that tests start: nginx, openssh-server, chromium. Installed where they are missing.

A machine that has nothing gets them by `apt-get`, once; several test processes wait for each other. Where that is not
possible the test fails with the command that a person would type: a test that cannot run has not passed.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.build import cache_folder

PLACES = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"
TIMEOUT_S = 900.0
POLICY = Path("/usr/sbin/policy-rc.d")


class NotInstalled(Exception):
    """A package is missing, and cannot be installed from here."""


def program(name: str, package: str) -> Path:
    """The path of a program, its package installed where it is not there yet.

    Raises:
        NotInstalled: it is not there, and `apt-get` could not bring it.
    """
    if (found := _find(name)) is not None:
        return found
    lock = cache_folder() / "debian.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if (found := _find(name)) is None:
            _install(package)
            found = _find(name)
    if found is None:
        raise NotInstalled(f"{package} was installed and brought no {name}")
    return found


def _find(name: str) -> Path | None:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PLACES}")
    return Path(found) if found else None


def _install(package: str) -> None:
    before = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install = [*before, "apt-get", "install", "--yes", "--no-install-recommends", package]
    try:
        with _nothing_started():
            if _run(install):
                return
            _run([*before, "apt-get", "update"])
            if _run(install):
                return
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{package} is missing: {error}; install it: {' '.join(install)}") from error
    raise NotInstalled(f"{package} is missing and could not be installed: {' '.join(install)}")


@contextmanager
def _nothing_started() -> Iterator[None]:
    """A package that brings a server would start it, on all addresses: Debian asks this file first."""
    if POLICY.exists() or os.geteuid() != 0:
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _run(command: list[str]) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=quiet, capture_output=True, timeout=TIMEOUT_S, check=False)
    return done.returncode == 0
