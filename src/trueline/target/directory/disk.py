"""Every write to the file system that this target makes, each relative to an open folder; it decides nothing.

No link is followed: a name is one component below a folder that was opened component by component.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

FOLDER_MODE = 0o755
FILE_MODE = 0o644
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_WAY_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_APPEND_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Disk(Protocol):
    """What is done to files. `at` is an open folder; each raises `OSError`."""

    def make_folder(self, name: str, at: int) -> None:
        """Make a folder that everybody may read."""
        ...

    def remove_folder(self, name: str, at: int) -> None:
        """Remove an empty folder."""
        ...

    def remove(self, name: str, at: int) -> None:
        """Remove a file or a link, never what a link leads to."""
        ...

    def link(self, source: str, source_at: int, name: str, at: int) -> None:
        """Give a file a second name."""
        ...

    def rename(self, source: str, source_at: int, name: str, at: int) -> None:
        """Move within the file system, over what stands there."""
        ...

    def point(self, text: str, name: str, at: int) -> None:
        """Make a symbolic link."""
        ...

    def create(self, name: str, at: int) -> int:
        """Open a new file for writing; the caller closes it."""
        ...

    def append(self, name: str, at: int, data: bytes) -> None:
        """Add to a file, or make it."""
        ...

    def write(self, file: int, data: bytes) -> None:
        """Write all of it."""
        ...

    def finish(self, file: int, modified_ns: int | None = None) -> None:
        """Set the mode that everybody may read, and when it was modified."""
        ...

    def correct(self, name: str, at: int) -> None:
        """Set a folder's mode back, even that of one which cannot be read."""
        ...

    def sync(self, file: int) -> None:
        """Wait until it is on the disk."""
        ...

    def sync_all(self, file: int) -> None:
        """Wait until everything on its file system is on the disk: one wait where there are many files."""
        ...


class SystemDisk:
    """The machine's file system."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def make_folder(self, name: str, at: int) -> None:
        """Make a folder that everybody may read."""
        os.mkdir(name, FOLDER_MODE, dir_fd=at)
        with folder(name, at) as made:
            os.fchmod(made, FOLDER_MODE)

    def remove_folder(self, name: str, at: int) -> None:
        """Remove an empty folder."""
        os.rmdir(name, dir_fd=at)

    def remove(self, name: str, at: int) -> None:
        """Remove a file or a link."""
        os.unlink(name, dir_fd=at)

    def link(self, source: str, source_at: int, name: str, at: int) -> None:
        """Give a file a second name."""
        os.link(source, name, src_dir_fd=source_at, dst_dir_fd=at, follow_symlinks=False)

    def rename(self, source: str, source_at: int, name: str, at: int) -> None:
        """Move, over what stands there."""
        os.replace(source, name, src_dir_fd=source_at, dst_dir_fd=at)

    def point(self, text: str, name: str, at: int) -> None:
        """Make a symbolic link."""
        os.symlink(text, name, dir_fd=at)

    def create(self, name: str, at: int) -> int:
        """Open a new file."""
        return os.open(name, _NEW_FLAGS, 0o600, dir_fd=at)

    def append(self, name: str, at: int, data: bytes) -> None:
        """Add to a file."""
        file = os.open(name, _APPEND_FLAGS, 0o600, dir_fd=at)
        try:
            self.write(file, data)
        finally:
            os.close(file)

    def write(self, file: int, data: bytes) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]

    def finish(self, file: int, modified_ns: int | None = None) -> None:
        """Set mode and time."""
        os.fchmod(file, FILE_MODE)
        if modified_ns is not None:
            os.utime(file, ns=(modified_ns, modified_ns))

    def correct(self, name: str, at: int) -> None:
        """Set a folder's mode back."""
        opened = os.open(name, _WAY_FLAGS, dir_fd=at)
        try:
            os.chmod(f"/proc/self/fd/{opened}" if self._libc else opened, FOLDER_MODE)  # noqa: PTH101 - it may be a number
        finally:
            os.close(opened)

    def sync(self, file: int) -> None:
        """Wait until it is on the disk."""
        os.fsync(file)

    def sync_all(self, file: int) -> None:
        """Wait for the whole file system."""
        if self._libc is None:
            os.sync()
        elif self._libc.syncfs(file) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


@contextmanager
def opened_from_root(path: Path) -> Iterator[int]:
    """Open a folder by its absolute path; a link in the place of any part of it is refused."""
    at = os.open(path.anchor or "/", _WAY_FLAGS)
    try:
        for name in path.parts[1:]:
            below = os.open(name, _WAY_FLAGS, dir_fd=at)
            os.close(at)
            at = below
        with folder(".", at) as opened:
            yield opened
    finally:
        os.close(at)


@contextmanager
def folder(name: str, at: int | None = None) -> Iterator[int]:
    """Open a folder; a link in its place is refused."""
    opened = open_folder(name, at)
    try:
        yield opened
    finally:
        os.close(opened)


def open_folder(name: str, at: int | None) -> int:
    """Open a folder; a link in its place is refused. The caller closes it."""
    return os.open(name, _FOLDER_FLAGS, dir_fd=at)


def names(at: int) -> list[str]:
    """What stands in an open folder, sorted."""
    return sorted(os.listdir(at))


def make_if_absent(disk: Disk, name: str, at: int) -> None:
    """Make a folder where there is none."""
    with suppress(FileExistsError):
        disk.make_folder(name, at)


def remove_if_there(disk: Disk, name: str, at: int) -> None:
    """Remove a file or a link where there is one."""
    with suppress(FileNotFoundError):
        disk.remove(name, at)
