"""What npm brings is held against its digest, each time."""

from pathlib import Path

import pytest

from testbed.npm import AXE, NotTheFileError, text_of


def test_a_file_that_is_another_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kept = tmp_path / "trueline" / "testbed" / "npm" / AXE.digest
    kept.parent.mkdir(parents=True)
    kept.write_text("alert(1)")
    with pytest.raises(NotTheFileError, match="has the digest"):
        text_of(AXE)
