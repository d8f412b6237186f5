"""The data directory: who owns it, the installation's id, and where its parts stand. It never looks into a part."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.clock import Clock
from trueline.runtime.layout import LAYOUT, check_layout, is_told, layout_file

INSTALLATION = "installation"
"""The file that holds the installation's id."""
INSTALLATION_LENGTH = 8
_FIRST = "bcdfghjklmnpqrstvwxz"
_REST = _FIRST + "2456789"
_INSTALLATION = re.compile(r"[a-z][a-z0-9]{7}")
_SHORT = 12
_LOCK_BYTES_MAX = 512


@dataclass(frozen=True, slots=True)
class FileCalls:
    """What writing a file asks of the system, so that a test can let each call fail."""

    open: Callable[[str, int, int], int] = os.open
    write: Callable[[int, bytes], int] = os.write
    fsync: Callable[[int], None] = os.fsync
    close: Callable[[int], None] = os.close
    rename: Callable[[str, str], None] = os.rename
    unlink: Callable[[str], None] = os.unlink


SYSTEM = FileCalls()


def write_atomic(path: Path, data: bytes, calls: FileCalls = SYSTEM) -> None:
    """Replace a file's content: whatever happens, the old one or the new one stands there, whole (INV-24). Mode 0600.

    Raises:
        OSError: it could not be written; the old one stands.
    """
    temporary = f"{path}.new"
    try:
        _write_whole(temporary, data, calls)
        calls.rename(temporary, str(path))
    except BaseException:
        with suppress(OSError):
            calls.unlink(temporary)
        raise
    _sync_directory(path.parent, calls)


def _write_whole(path: str, data: bytes, calls: FileCalls) -> None:
    descriptor = calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        rest = data
        while rest:
            rest = rest[calls.write(descriptor, rest) :]
        calls.fsync(descriptor)
    finally:
        calls.close(descriptor)


def _sync_directory(path: Path, calls: FileCalls) -> None:
    descriptor = calls.open(str(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, 0)
    try:
        calls.fsync(descriptor)
    finally:
        calls.close(descriptor)


def default_path(address: str, environment: Mapping[str, str]) -> Path:
    """Where a repository's data directory stands if nobody says otherwise; `address` holds no secret.

    >>> default_path("https://git.example.com/fleet", {"XDG_STATE_HOME": "/state"}).parent.as_posix()
    '/state/trueline'
    """
    state = environment.get("XDG_STATE_HOME", "")
    root = Path(state) if state.startswith("/") else Path(environment.get("HOME") or "/") / ".local" / "state"
    return root / "trueline" / hashlib.sha256(address.encode()).hexdigest()[:_SHORT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that owns a data directory; `pid` is 0 where it has not said so yet."""

    pid: int
    since: str


def owner_of(path: Path) -> Owner | None:
    """Who owns a data directory at this moment; `None` where nobody does. A dead process owns nothing.

    Only where a name stands is the lock tried, and a dead one's name is wiped then: to ask never hinders a claim.
    """
    try:
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        owner = _read_owner(descriptor)
        if owner is None or not _takes_lock(descriptor):
            return owner
        os.ftruncate(descriptor, 0)
        return None
    finally:
        os.close(descriptor)


class DataDirectory:
    """One process's hold on a data directory (INV-13); a context. The kernel lets go of it when the process ends."""

    def __init__(self, path: Path, installation: str, lock: int, *, is_new: bool = False) -> None:
        self.path = path
        self.installation = installation
        self.is_new = is_new
        """Whether the installation's id was made just now: an earlier one may be known elsewhere."""
        self._lock: int | None = lock

    @classmethod
    def claim(
        cls,
        path: Path,
        clock: Clock,
        *,
        pid: int | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> "DataDirectory":
        """Make the directory where there is none, take hold of it, and find or make the installation's id.

        Raises:
            UserError: TL0801 another process owns it, TL0805 a newer Trueline made it, TL0806 it cannot be used,
                TL0807 its id cannot be read.
        """
        check_layout(path)
        try:
            _make(path)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from error
        try:
            _lock(path, lock)
            _write_owner(lock, os.getpid() if pid is None else pid, clock.now())
            if not is_told(path):
                write_atomic(layout_file(path), f"{LAYOUT}\n".encode())
            is_new = not (path / INSTALLATION).exists()
            return cls(path, _installation(path, random), lock, is_new=is_new)
        except OSError as error:
            os.close(lock)
            raise _unusable(path, error.strerror or str(error)) from error
        except BaseException:
            os.close(lock)
            raise

    def adopt(self, installation: str) -> None:
        """Be the data of an installation that was known before; where the directory owned nothing yet.

        Raises:
            UserError: TL0807, that is no id of one.
            OSError: it cannot be written; the id before stands.
        """
        if not _INSTALLATION.fullmatch(installation):
            raise _no_installation(self.path / INSTALLATION)
        write_atomic(self.path / INSTALLATION, f"{installation}\n".encode())
        self.installation, self.is_new = installation, False

    def renounce(self) -> None:
        """Take a new id back: the next start is a first one again."""
        if self.is_new:
            (self.path / INSTALLATION).unlink(missing_ok=True)

    @property
    def store(self) -> Path:
        """The database."""
        return self.path / "trueline.sqlite"

    @property
    def anchors(self) -> Path:
        """Where the journal's chain ended, told outside the database."""
        return self.path / "trueline.anchors"

    @property
    def git(self) -> Path:
        """The object database of the sources."""
        return self.path / "git"

    @property
    def socket(self) -> Path:
        """Where the owner answers the other commands."""
        return self.path / "socket"

    @property
    def embedded_kubeconfig(self) -> Path:
        """How `kubectl` reaches the embedded cluster."""
        return self.path / "embedded.kubeconfig"

    @property
    def embedded(self) -> Path:
        """The objects of the embedded cluster."""
        return self.path / "embedded.sqlite"

    def release(self) -> None:
        """Let go of it; the second time does nothing."""
        if self._lock is not None:
            lock, self._lock = self._lock, None
            os.ftruncate(lock, 0)
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _make(path: Path) -> None:
    """A directory that stood there before keeps its mode unless it is empty: it may serve others too."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not any(path.iterdir()):
        with suppress(PermissionError):
            path.chmod(0o700)
    if path.stat().st_mode & stat.S_IWOTH:
        raise PermissionError(0, "everybody may write to it")


def _lock(path: Path, descriptor: int) -> None:
    if not _takes_lock(descriptor):
        raise _is_owned(path, _read_owner(descriptor) or Owner(pid=0, since="just now"))


def _takes_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_owner(descriptor: int, pid: int, since: datetime) -> None:
    data = json.dumps({"pid": pid, "since": since.isoformat(timespec="seconds")}).encode() + b"\n"
    os.pwrite(descriptor, data, 0)
    os.ftruncate(descriptor, len(data))


def _read_owner(descriptor: int) -> Owner | None:
    try:
        value = json.loads(os.pread(descriptor, _LOCK_BYTES_MAX, 0))
        return Owner(pid=int(value["pid"]), since=str(value["since"]))
    except (ValueError, KeyError, TypeError):
        return None


def _installation(path: Path, random: Callable[[int], bytes]) -> str:
    """INV-26: an id that cannot be read is not made anew, for then everything would be a stranger's."""
    file = path / INSTALLATION
    try:
        text = file.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        text = _new_installation(random(INSTALLATION_LENGTH))
        write_atomic(file, f"{text}\n".encode())
    if not _INSTALLATION.fullmatch(text):
        raise _no_installation(file)
    return text


def _new_installation(random: bytes) -> str:
    """A DNS label without vowels, so that it spells nothing."""
    return _FIRST[random[0] % len(_FIRST)] + "".join(_REST[byte % len(_REST)] for byte in random[1:])


def _is_owned(path: Path, owner: Owner) -> UserError:
    who = f"process {owner.pid} since {owner.since}" if owner.pid else f"another process since {owner.since}"
    return UserError(
        [
            Diagnostic(
                code="TL0801",
                summary="the data directory is in use",
                detail=f"{path} is owned by {who}",
                remedy="end that process, or name another directory with --data-dir",
            ),
        ],
    )


def _unusable(path: Path, reason: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0806",
                summary="the data directory cannot be used",
                detail=f"{path}: {reason}",
                remedy="name a directory with --data-dir that this user alone may write to",
            ),
        ],
    )


def _no_installation(file: Path) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0807",
                summary="the installation's id cannot be read",
                detail=f"{file} does not hold one; a new one would make every object that we applied a stranger's",
                remedy="write the id back: it stands before the dot in the label trueline.dev/application of objects",
            ),
        ],
    )
