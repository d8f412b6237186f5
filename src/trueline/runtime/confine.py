"""Takes from this process, for good, files, network, other programs and more memory than it needs. Linux; else: limits.

For workers in Python, whose imports are done. What a kernel cannot do is left out, and said (`Confinement`).
"""

import ctypes
import os
import platform
import resource
import signal
import stat
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from trueline.runtime.toolbox import Confinement

ADDRESS_BYTES_MAX: Final = 3 << 29
CPU_SECONDS_MAX: Final = 600
OPEN_FILES_MAX: Final = 32
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 1, 22, 38, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION, _LANDLOCK_BENEATH = 444, 445, 446, 1, 1
_LANDLOCK_FILES, _LANDLOCK_NETWORK_SINCE = {1: 13, 2: 14, 3: 15, 5: 16}, 4
_LANDLOCK_SCOPE_SINCE: Final = 6
_READ, _OF_FILES, _DEVICES = 0b1101, 1 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15, 1 << 6 | 1 << 11
_ALLOW, _REFUSE, _PRETEND = 0x7FFF0000, 0x00050001, 0x00050000  # the second one answers EPERM, the third one success
_LOAD, _EQUAL, _AT_LEAST, _GIVE = 0x20, 0x15, 0x35, 0x06
_X32: Final = 0x40000000
_FIRST_ARGUMENT, _AF_UNIX = 16, 1

# socket, socketpair, connect, bind, listen, execve, execveat, ptrace, process_vm_readv, process_vm_writev, pidfd_getfd,
# io_uring_setup, unshare, setns, mount, bpf, keyctl, add_key, request_key, userfaultfd, perf_event_open,
# open_by_handle_at, openat, openat2; and on x86-64 open, creat, fork, vfork.
_X86_64: Final = """
    41 53 42 49 50 59 322 101 310 311 438 425 272 308 165 321 250 248 249 323 298 304 257 437 2 85 57 58
"""
_AARCH64: Final = """
    198 199 203 200 201 221 281 117 270 271 438 425 97 268 40 280 219 217 218 282 241 265 56 437
"""
_SYSCALLS: Final[Mapping[str, tuple[int, tuple[int, ...]]]] = {
    "x86_64": (0xC000003E, tuple(map(int, _X86_64.split()))),
    "aarch64": (0xC00000B7, tuple(map(int, _AARCH64.split()))),
}


_CELL_X86_64: Final = """
    101 310 311 438 425 272 308 165 166 155 428 429 430 431 432 442 321 250 248 249 323 298 304
"""
_CELL_AARCH64: Final = """
    117 270 271 438 425 97 268 40 39 41 428 429 430 431 432 442 280 219 217 218 282 241 265
"""
_CELL_SYSCALLS: Final[Mapping[str, tuple[tuple[int, ...], int, tuple[int, ...]]]] = {
    "x86_64": (tuple(map(int, _CELL_X86_64.split())), 41, (42, 49, 50)),
    "aarch64": (tuple(map(int, _CELL_AARCH64.split())), 198, (203, 200, 201)),
}
"""For a program that may start others: all above but files, programs and sockets, and every way to mount; then
`socket` itself, which is held to one family; then connect, bind and listen, for where no namespace is its own."""
_MARKS: Final[Mapping[str, tuple[int, ...]]] = {
    "x86_64": (90, 92, 94, 260, 268, 452, 132, 235, 261, 280, 188, 189, 197, 198),
    "aarch64": (53, 54, 452, 88, 5, 6, 14, 15),
}
"""Modes, owners, times and attributes by path, which Landlock knows nothing of: without a file system of its own, a
program could change those of every file of its user. Most programs that set one could do without: they are told that
it is done."""


def confine(address_bytes_max: int = ADDRESS_BYTES_MAX) -> Confinement:
    """Confine this process, which must have one thread; what was opened stays open, nothing else can be."""
    limits = _limit(address_bytes_max)
    if not sys.platform.startswith("linux"):
        return Confinement(landlock=0, seccomp=False, limits=limits)
    libc = ctypes.CDLL(None, use_errno=True)
    # A worker does not outlive the process that started it, not even in the middle of a question.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return Confinement(landlock=0, seccomp=False, limits=limits)
    return Confinement(landlock=_deny_files(libc), seccomp=_deny_calls(libc), limits=limits)


def confine_program(readable: Sequence[str], writable: Sequence[str], *, is_alone: bool) -> tuple[int, bool]:
    """Confine this process before it becomes a program of somebody else's; answers Landlock's ABI and the filter.

    It may read and run what is `readable`, do all but make devices in what is `writable`, and has no way to the
    network: `is_alone` says that it has namespaces of its own, so that sockets between its processes are left to it.
    """
    if not sys.platform.startswith("linux"):
        return 0, False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return 0, False
    landlock = _allow_files(libc, readable, writable)
    known = _CELL_SYSCALLS.get(platform.machine())
    if known is None:
        return landlock, False
    denied, socket, network = known
    if is_alone:
        return landlock, _filter(libc, denied, _sockets(socket))
    return landlock, _filter(libc, (*denied, socket, *network), _given(_MARKS[platform.machine()], _PRETEND))


def _limit(address_bytes_max: int) -> bool:
    held = True
    for what, most in (
        (resource.RLIMIT_AS, address_bytes_max),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, now = resource.getrlimit(what)
        bound = most if now == resource.RLIM_INFINITY else min(most, now)
        try:
            resource.setrlimit(what, (bound, bound))
        except (OSError, ValueError):
            held = False
    return held


def _deny_files(libc: ctypes.CDLL) -> int:
    """An empty set of Landlock's rules: every path is denied, and TCP where the kernel knows how. Answers the ABI."""
    abi: int = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if abi < 1:
        return 0
    rules = struct.pack("=Q", _rights(abi))
    if abi >= _LANDLOCK_NETWORK_SINCE:
        rules += struct.pack("=Q", 0b11)
    descriptor: int = libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), 0)
    if descriptor < 0:
        return 0
    try:
        return abi if libc.syscall(_LANDLOCK_RESTRICT, descriptor, 0) == 0 else 0
    finally:
        os.close(descriptor)


def _rights(abi: int) -> int:
    """All that a kernel of this ABI can deny."""
    return (1 << max(count for since, count in _LANDLOCK_FILES.items() if since <= abi)) - 1


def _allow_files(libc: ctypes.CDLL, readable: Sequence[str], writable: Sequence[str]) -> int:
    """Landlock's rules for a program. Where the kernel knows how, it can signal nobody outside either."""
    abi: int = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    if abi < 1:
        return 0
    every = _rights(abi)
    rules = struct.pack("=Q", every)
    if abi >= _LANDLOCK_NETWORK_SINCE:
        rules += struct.pack("=Q", 0b11)
    if abi >= _LANDLOCK_SCOPE_SINCE:
        rules += struct.pack("=Q", 0b11)
    descriptor: int = libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), 0)
    if descriptor < 0:
        return 0
    try:
        allowed = [(path, _READ) for path in readable] + [(path, every & ~_DEVICES) for path in writable]
        held = all(_allow(libc, descriptor, path, rights) for path, rights in allowed)
        return abi if held and libc.syscall(_LANDLOCK_RESTRICT, descriptor, 0) == 0 else 0
    finally:
        os.close(descriptor)


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> bool:
    """Allow something beneath a path; what is not there needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, place)
        return bool(libc.syscall(_LANDLOCK_ADD, rules, _LANDLOCK_BENEATH, rule, 0) == 0)
    finally:
        os.close(place)


class _Program(ctypes.Structure):
    """The kernel's `sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _deny_calls(libc: ctypes.CDLL) -> bool:
    """Denied system calls answer EPERM: UDP and Unix sockets, and older kernels' files, are out of Landlock's reach."""
    known = _SYSCALLS.get(platform.machine())
    return known is not None and _filter(libc, known[1], [])


def _sockets(number: int) -> list[tuple[int, int, int, int]]:
    """Of all families only `AF_UNIX`: programs speak with their children over it."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 1, 0, _AF_UNIX),
        (_GIVE, 0, 0, _REFUSE),
        (_GIVE, 0, 0, _ALLOW),
    ]


def _given(numbers: Sequence[int], answer: int) -> list[tuple[int, int, int, int]]:
    return [step for number in numbers for step in ((_EQUAL, 0, 1, number), (_GIVE, 0, 0, answer))]


def _filter(libc: ctypes.CDLL, numbers: Sequence[int], last: list[tuple[int, int, int, int]]) -> bool:
    """Refuse some calls; `last` are steps for the others."""
    architecture, _ = _SYSCALLS[platform.machine()]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_GIVE, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    steps += [(_AT_LEAST, 0, 1, _X32), (_GIVE, 0, 0, _REFUSE)]
    steps += [*_given(numbers, _REFUSE), *last, (_GIVE, 0, 0, _ALLOW)]
    text = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), text)
    outcome: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return outcome == 0
