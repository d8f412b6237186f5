"""Whether the data directory can be written, as `/readyz` asks it."""

import resource
from pathlib import Path

from trueline.cli.serving import is_writable


def test_the_probe_leaves_no_file_and_tells_a_full_disk(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mtime_ns
    assert is_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert tmp_path.stat().st_mtime_ns == before
    assert not is_writable(tmp_path / "gone")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        assert not is_writable(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert is_writable(tmp_path)
