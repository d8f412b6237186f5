"""A socket is reached whatever the length of its path, and by its owner alone."""

from pathlib import Path

import pytest

from trueline.runtime.unix_socket import bind, connect


@pytest.mark.parametrize("depth", [1, 40])
def test_a_path_of_any_length(tmp_path: Path, depth: int) -> None:
    path = tmp_path.joinpath(*["deeper"] * depth) / "socket"
    path.parent.mkdir(parents=True)
    with bind(path) as listening:
        listening.listen()
        assert path.stat().st_mode & 0o777 == 0o600
        with connect(path, 1.0) as asking:
            asking.sendall(b"?")
            listening.setblocking(True)
            answering, _ = listening.accept()
            with answering:
                assert answering.recv(1) == b"?"


def test_where_nobody_listens_nothing_is_left_open(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        connect(tmp_path / "socket", 1.0)
