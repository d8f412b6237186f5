"""Sockets of the file system, at paths of any length: the kernel takes 107 bytes, a data directory may be deeper.

A long path is reached through an open descriptor of its directory, which is short whatever the directory is called.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATH_BYTES_MAX = 100


def bind(path: Path) -> socket.socket:
    """A socket bound to a path that its owner alone can open; nothing may stand there."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _reachable(path) as short:
            bound.bind(short)
        path.chmod(0o600)
        bound.setblocking(False)  # noqa: FBT003 - the name of the call says what it is
    except OSError:
        bound.close()
        raise
    return bound


def connect(path: Path, timeout_s: float) -> socket.socket:
    """A socket connected to a path.

    Raises:
        OSError: nobody answers there.
    """
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.settimeout(timeout_s)
        with _reachable(path) as short:
            connected.connect(short)
    except OSError:
        connected.close()
        raise
    return connected


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= PATH_BYTES_MAX:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
