"""What the kernel tells of changes below a few folders (inotify, through `ctypes`). Where it cannot be had, nothing.

It says where to look and never what is there; what it loses is said as `lost`, and a poll finds it.
"""

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

WATCHES_MAX = 8_192
PENDING_MAX = 10_000
_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
_OVERFLOW, _IGNORED, _IS_FOLDER = 0x4000, 0x8000, 0x40000000
_ONLY_FOLDERS = 0x01000000
NAMES = _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
CONTENTS = NAMES | _MODIFY | _ATTRIB | _CLOSE_WRITE
_UNSETTLING = _IGNORED | _DELETE_SELF | _MOVE_SELF
_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something happened to `name` in the folder that is watched as `label`.

    `is_unsettling`: a folder came, went or moved, so that other folders have to be watched now.
    """

    label: str
    name: str
    is_unsettling: bool = False


class Notices:
    """A queue of the kernel's. Without one, `is_there` is false and nothing is ever noticed."""

    def __init__(self) -> None:
        self._labels: dict[int, str] = {}
        self._some = asyncio.Event()
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        self._queue = -1 if self._libc is None else self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.is_there:
            asyncio.get_running_loop().add_reader(self._queue, self._some.set)

    @property
    def is_there(self) -> bool:
        """Whether anything is noticed."""
        return self._queue >= 0

    def close(self) -> None:
        """Notice nothing any more."""
        if self.is_there:
            asyncio.get_running_loop().remove_reader(self._queue)
            os.close(self._queue)
            self._queue = -1

    def watch(self, folder: int, label: str, mask: int) -> bool:
        """Watch an open folder; false where the kernel refuses."""
        if not self.is_there or self._libc is None or len(self._labels) >= WATCHES_MAX:
            return False
        path = f"/proc/self/fd/{folder}".encode()
        watch = self._libc.inotify_add_watch(self._queue, path, ctypes.c_uint32(mask | _ONLY_FOLDERS))
        if watch < 0:
            return False
        self._labels[watch] = label
        return True

    def forget(self, labels: Iterable[str]) -> None:
        """Watch these no more."""
        gone = set(labels)
        for watch, label in list(self._labels.items()):
            if label in gone and self._libc is not None:
                self._libc.inotify_rm_watch(self._queue, watch)
                del self._labels[watch]

    async def wait(self) -> None:
        """Until there is something to take."""
        await self._some.wait()

    def take(self) -> tuple[list[Notice], bool]:
        """What was noticed since, and whether some of it was lost."""
        self._some.clear()
        found: dict[Notice, None] = {}
        is_lost = False
        with suppress(BlockingIOError):
            while self.is_there and (data := os.read(self._queue, _READ_BYTES)):
                is_lost = self._read(data, found) or is_lost
                if len(found) > PENDING_MAX:
                    found.clear()
                    is_lost = True
        return list(found), is_lost

    def _read(self, data: bytes, found: dict[Notice, None]) -> bool:
        at, is_lost = 0, False
        while at < len(data):
            watch, mask, _, length = _EVENT.unpack_from(data, at)
            name = data[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
            at += _EVENT.size + length
            if mask & _OVERFLOW:
                is_lost = True
            elif (label := self._labels.get(watch)) is not None:
                is_unsettling = bool(mask & _UNSETTLING) or bool(mask & _IS_FOLDER and mask & NAMES)
                found[Notice(label=label, name=os.fsdecode(name), is_unsettling=is_unsettling)] = None
            if mask & _IGNORED:
                self._labels.pop(watch, None)
        return is_lost
