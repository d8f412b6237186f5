"""The data directory: one owner, one id for ever, and files that are old or new, never between."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trueline.model.fault import UserError
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import (
    SYSTEM,
    DataDirectory,
    FileCalls,
    Owner,
    default_path,
    owner_of,
    write_atomic,
)
from trueline.runtime.layout import LAYOUT


class _Noon(SystemClock):
    def now(self) -> datetime:
        return datetime(2026, 7, 1, 12, tzinfo=UTC)


def _claim(path: Path, **more: Any) -> DataDirectory:
    return DataDirectory.claim(path, _Noon(), **more)


def _refusal(path: Path) -> tuple[str, str]:
    with pytest.raises(UserError) as raised:
        _claim(path)
    (diagnostic,) = raised.value.diagnostics
    return diagnostic.code, diagnostic.detail


def test_it_is_private_and_has_an_id_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "state" / "trueline"
    with _claim(path, random=lambda count: bytes(range(count))) as first:
        assert first.installation == "bcdfghjk"
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.iterdir()} == {0o600}
    with _claim(path, random=lambda count: bytes([9] * count)) as second:
        assert second.installation == first.installation
    assert (first.store.name, first.git.name, first.socket.name) == ("trueline.sqlite", "git", "socket")
    assert first.embedded_kubeconfig.name == "embedded.kubeconfig"
    assert len({first.store, first.embedded, first.anchors}) == 3


def test_a_second_owner_is_told_who_is_first(tmp_path: Path) -> None:
    """INV-13: two engines never share one store."""
    with _claim(tmp_path, pid=4711):
        code, detail = _refusal(tmp_path)
        assert code == "TL0801"
        assert detail.endswith("is owned by process 4711 since 2026-07-01T12:00:00+00:00")
        assert owner_of(tmp_path) == Owner(pid=4711, since="2026-07-01T12:00:00+00:00")
    assert owner_of(tmp_path) is None
    assert owner_of(tmp_path / "nowhere") is None
    _claim(tmp_path).release()


_OWNER = """
import sys, os
from pathlib import Path
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import DataDirectory
held = DataDirectory.claim(Path(sys.argv[1]), SystemClock())
print(os.getpid(), flush=True)
sys.stdin.read()
"""


def test_a_dead_process_owns_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _OWNER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        owner = owner_of(tmp_path)
        assert owner is not None
        assert owner.pid == pid
        assert _refusal(tmp_path)[0] == "TL0801"
        child.kill()
    assert (tmp_path / "lock").read_bytes()
    assert owner_of(tmp_path) is None
    _claim(tmp_path).release()


@pytest.mark.parametrize(("text", "code"), [("2\n", "TL0805"), ("two", "TL0806"), ("", "TL0806")])
def test_a_layout_that_is_not_known_is_refused_before_anything_is_touched(tmp_path: Path, text: str, code: str) -> None:
    """INV-27: not even the lock is made."""
    (tmp_path / "layout").write_text(text)
    assert _refusal(tmp_path)[0] == code
    assert [file.name for file in tmp_path.iterdir()] == ["layout"]


def test_it_says_its_layout(tmp_path: Path) -> None:
    _claim(tmp_path).release()
    assert (tmp_path / "layout").read_text() == f"{LAYOUT}\n"
    _claim(tmp_path).release()


def test_an_id_that_cannot_be_read_is_not_made_anew(tmp_path: Path) -> None:
    """INV-26: a new one would make everything a stranger's."""
    (tmp_path / "installation").write_bytes(b"")
    assert _refusal(tmp_path)[0] == "TL0807"
    (tmp_path / "installation").write_bytes(b"bcdfghjk\n")
    _claim(tmp_path).release()


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert _refusal(tmp_path / "file")[0] == "TL0806"


def test_what_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "something").touch()
    (tmp_path / "shared").chmod(0o777)
    assert _refusal(tmp_path / "shared")[0] == "TL0806"


def test_where_it_stands_by_default() -> None:
    short = default_path("https://git.example.com/fleet", {"HOME": "/people/ada", "XDG_STATE_HOME": "relative"})
    assert short.parent == Path("/people/ada/.local/state/trueline")
    assert short.name != default_path("https://git.example.com/other", {}).name


_CALLS_BEFORE = 5
"""Open, write, fsync, close, rename; then the directory is made durable."""


class _Death(BaseException):
    pass


def _failing(counter: list[int], fail_at: int, error: BaseException) -> FileCalls:
    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*values: Any) -> Any:
            counter[0] += 1
            if counter[0] == fail_at:
                raise error
            return call(*values)

        return called

    return replace(SYSTEM, **{field.name: wrap(getattr(SYSTEM, field.name)) for field in fields(FileCalls)})


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), _Death()], ids=["full", "dead"])
def test_a_file_is_old_or_new_whatever_call_fails(tmp_path: Path, error: BaseException) -> None:
    """INV-24: at each call in turn, full or dead."""
    path = tmp_path / "file"
    for n in range(1, 50):
        path.write_bytes(b"old")
        counter = [0]
        try:
            write_atomic(path, b"new", _failing(counter, n, error))
        except type(error):
            assert path.read_bytes() == (b"old" if n <= _CALLS_BEFORE else b"new")
        else:
            assert path.read_bytes() == b"new"
            assert n == _CALLS_BEFORE + 4
            return
    raise AssertionError("it never passes")


def test_a_short_write_goes_on(tmp_path: Path) -> None:
    calls = replace(SYSTEM, write=lambda descriptor, data: os.write(descriptor, data[:2]))
    write_atomic(tmp_path / "file", b"in many parts", calls)
    assert (tmp_path / "file").read_bytes() == b"in many parts"


def test_a_file_is_synced_before_it_is_put_in_place_and_its_folder_after(tmp_path: Path) -> None:
    """INV-24: at a power cut the old one or the new one stands there, whole."""
    done: list[str] = []

    def told(name: str) -> Callable[..., Any]:
        def called(*values: Any) -> Any:
            kind = ("folder" if stat.S_ISDIR(os.fstat(values[0]).st_mode) else "file") if name == "fsync" else ""
            done.append(f"{name} {kind}".strip())
            return getattr(SYSTEM, name)(*values)

        return called

    write_atomic(tmp_path / "file", b"new", replace(SYSTEM, **{n: told(n) for n in ("write", "fsync", "rename")}))
    assert done == ["write", "fsync file", "rename", "fsync folder"]
