"""The room of a cell: namespaces of its own with a small file system in memory, or a folder where there are none.

In the namespaces there are the programs of this machine, read-only, and nothing else: no network, no other processes,
no file of anybody. They vanish with the last process in them. It runs in the launcher, which has one thread.
"""

import ctypes
import os
import platform
import signal
import stat
import struct
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

INNER_ID: Final = 1000
NOBODY: Final = 65534
SITE, TEMPORARY = "site", "tmp"
_NEW_ROOT: Final = "/tmp"  # noqa: S108 - in a mount namespace of its own: a place that every machine has
_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 1 << 17, 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 1 << 12, 1 << 14, 1 << 18
_MNT_DETACH: Final = 2
_ATTR_READ_ONLY, _ATTR_NOSUID, _ATTR_NODEV, _AT_RECURSIVE, _AT_HERE = 1, 2, 4, 0x8000, -100
_MOUNT_SETATTR: Final = 442
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SUBREAPER = 1, 4, 36
_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
DEVICES: Final = tuple(f"/dev/{name}" for name in _DEVICES)
_SLACK_BYTES, _SLACK_FILES = 64 << 20, 20_000
_READY: Final = b"r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a program runs: its files, its temporary folder, and whether it is alone with them."""

    site: str
    temporary: str
    is_own: bool
    has_processes: bool
    """Whether `/proc` shows the program's processes: without it their memory cannot be seen."""


def die_with_parent() -> None:
    """Nothing of a cell outlives who asked for it."""
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _control(what: int, value: int) -> None:
    """Ask it of Linux; elsewhere it is not there, and `CellConfinement` says what is missing."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


def in_folder(place: str, then: Callable[[Room], None]) -> None:
    """Call `then` with a room that is only a folder, in a process that outlives this one for as long as it has to end.

    Whoever kills this process kills none of what a program started. So another one, out of that reach, takes in every
    process that loses its parent, and is told by the kernel when this one is gone.
    """
    watcher = os.fork()
    if watcher == 0:
        _never_return(lambda: _watched(place, then))
    os.waitpid(watcher, 0)


def _watched(place: str, then: Callable[[Room], None]) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, _give_up)
    before = os.getppid()
    _control(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _control(_PR_SET_SUBREAPER, 1)
    room = Room(
        site=f"{place}/{SITE}",
        temporary=f"{place}/{TEMPORARY}",
        is_own=False,
        has_processes=Path("/proc/self").exists(),
    )
    for path in (room.site, room.temporary):
        Path(path).mkdir(mode=0o700, parents=True)
    if before != 1:
        then(room)


def _give_up(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit


def in_namespaces(readable: Sequence[str], tree_bytes: int, files: int, then: Callable[[Room], None]) -> bool:
    """Call `then` as the first process of namespaces of its own, and wait for its end.

    `False`: the kernel does not give them, and `then` was not called. `readable` is all of this machine that can be
    seen there; what is written is held in memory, at most so many bytes and files.
    """
    wants, told = os.pipe(), os.pipe()
    inside = os.fork()
    if inside == 0:
        os.close(wants[0])
        os.close(told[1])
        _never_return(lambda: _inside(wants[1], told[0], lambda: then(_room(readable, tree_bytes, files, wants[1]))))
    os.close(wants[1])
    os.close(told[0])
    if os.read(wants[0], 1) == _READY and _map_ids(inside):
        os.write(told[1], _READY)
    os.close(told[1])
    has_begun = os.read(wants[0], 1) == _READY
    os.waitpid(inside, 0)
    os.close(wants[0])
    return has_begun


def _never_return(run: Callable[[], None]) -> NoReturn:
    """In a child of a fork: whatever happens, it ends here."""
    code = 1
    try:
        run()
        code = 0
    except BaseException:  # noqa: BLE001 - there is nobody above whom it concerns
        traceback.print_exc(limit=8)
    finally:
        os._exit(code)


def _map_ids(process: int) -> bool:
    """Give the namespace one user. Root gives it nobody's id, so that the kernel counts its processes."""
    user, group = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    try:
        Path(f"/proc/{process}/setgroups").write_text("deny", encoding="ascii")
        Path(f"/proc/{process}/uid_map").write_text(f"{INNER_ID} {user} 1", encoding="ascii")
        Path(f"/proc/{process}/gid_map").write_text(f"{INNER_ID} {group} 1", encoding="ascii")
    except OSError:
        return False
    return True


def _inside(wants: int, told: int, then: Callable[[], None]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    die_with_parent()
    if libc.unshare(_NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS) != 0:
        return
    os.write(wants, _READY)
    if os.read(told, 1) != _READY:
        return
    first = os.fork()
    if first == 0:
        _never_return(then)
    os.close(wants)
    os.waitpid(first, 0)


def _room(readable: Sequence[str], tree_bytes: int, files: int, begun: int) -> Room:
    """The file system, made in the new mount namespace; then there is no way back to the old one."""
    libc = ctypes.CDLL(None, use_errno=True)
    _no_more_users()
    _held(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None))
    places = {path: os.open(path, os.O_PATH) for path in (*readable, *DEVICES) if Path(path).exists()}
    links = {path: str(Path(path).readlink()) for path in readable if Path(path).is_symlink()}
    os.setresgid(INNER_ID, INNER_ID, INNER_ID)
    os.setresuid(INNER_ID, INNER_ID, INNER_ID)
    _control(_PR_SET_DUMPABLE, 1)
    die_with_parent()  # to change the user has undone it
    bounds = f"size={tree_bytes + _SLACK_BYTES},nr_inodes={files + _SLACK_FILES},mode=755,uid={INNER_ID},gid={INNER_ID}"
    _held(libc.mount(b"cell", _NEW_ROOT.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, bounds.encode()))
    for path, place in places.items():
        if path in links:
            Path(f"{_NEW_ROOT}{path}").symlink_to(links[path])
        else:
            _show(libc, path, place)
        os.close(place)
    has_processes = _show_processes(libc)
    os.chdir(_NEW_ROOT)
    _held(libc.syscall(_PIVOT_ROOT[platform.machine()], b".", b"."))
    _held(libc.umount2(b".", _MNT_DETACH))
    os.chdir("/")
    room = Room(site=f"/{SITE}", temporary=f"/{TEMPORARY}", is_own=True, has_processes=has_processes)
    for folder_path in (room.site, room.temporary):
        Path(folder_path).mkdir(mode=0o700, exist_ok=True)  # what can be read may stand beneath it
    os.write(begun, _READY)
    os.close(begun)
    return room


def _no_more_users() -> None:
    """No namespace within this one: whoever makes one has rights in it that few kernels were tried with."""
    with suppress(OSError):
        Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")


def _show(libc: ctypes.CDLL, path: str, place: int) -> None:
    """Let one place of the machine be seen, read-only."""
    target = Path(f"{_NEW_ROOT}{path}")
    is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_folder:
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    _held(libc.mount(f"/proc/self/fd/{place}".encode(), bytes(target), None, _MS_BIND | _MS_REC, None))
    wanted = _ATTR_NOSUID if path in DEVICES else _ATTR_READ_ONLY | _ATTR_NOSUID | _ATTR_NODEV
    attributes = struct.pack("=QQQQ", wanted, 0, 0, 0)
    size = ctypes.c_size_t(len(attributes))
    _held(libc.syscall(_MOUNT_SETATTR, _AT_HERE, bytes(target), _AT_RECURSIVE, attributes, size))


def _show_processes(libc: ctypes.CDLL) -> bool:
    """Some containers hide parts of `/proc`; the kernel then gives no new one."""
    Path(f"{_NEW_ROOT}/proc").mkdir()
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    if libc.mount(b"proc", f"{_NEW_ROOT}/proc".encode(), b"proc", flags, None) != 0:
        return False
    for name, descriptor in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path(f"{_NEW_ROOT}/dev/{name}").symlink_to(f"/proc/self/{descriptor}")
    return True


def _held(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
