"""Takes from this process, for good, files, network, other programs and more memory than it needs. Linux; else: limits.

For workers in Python, whose imports are done. What a kernel cannot do is left out, and said (`Confinement`).
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from typing import Final

from trueline.runtime.toolbox import Confinement

ADDRESS_BYTES_MAX: Final = 3 << 29
CPU_SECONDS_MAX: Final = 600
OPEN_FILES_MAX: Final = 32
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 1, 22, 38, 2
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT, _LANDLOCK_VERSION = 444, 446, 1
_LANDLOCK_FILES, _LANDLOCK_NETWORK_SINCE = {1: 13, 2: 14, 3: 15, 5: 16}, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # the second one answers EPERM
_LOAD, _EQUAL, _AT_LEAST, _GIVE = 0x20, 0x15, 0x35, 0x06
_X32: Final = 0x40000000

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
    bits = max(count for since, count in _LANDLOCK_FILES.items() if since <= abi)
    rules = struct.pack("=Q", (1 << bits) - 1)
    if abi >= _LANDLOCK_NETWORK_SINCE:
        rules += struct.pack("=Q", 0b11)
    descriptor: int = libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(len(rules)), 0)
    if descriptor < 0:
        return 0
    try:
        return abi if libc.syscall(_LANDLOCK_RESTRICT, descriptor, 0) == 0 else 0
    finally:
        os.close(descriptor)


class _Program(ctypes.Structure):
    """The kernel's `sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _deny_calls(libc: ctypes.CDLL) -> bool:
    """Denied system calls answer EPERM: UDP and Unix sockets, and older kernels' files, are out of Landlock's reach."""
    known = _SYSCALLS.get(platform.machine())
    if known is None:
        return False
    architecture, numbers = known
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_GIVE, 0, 0, _REFUSE), (_LOAD, 0, 0, 0)]
    steps += [(_AT_LEAST, 0, 1, _X32), (_GIVE, 0, 0, _REFUSE)]
    for number in numbers:
        steps += [(_EQUAL, 0, 1, number), (_GIVE, 0, 0, _REFUSE)]
    steps.append((_GIVE, 0, 0, _ALLOW))
    text = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), text)
    outcome: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    return outcome == 0
