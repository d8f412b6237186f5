"""A plan's copy of a data directory: it reads what the original has, and leaves the original as it is."""

from pathlib import Path

from trueline.cli.scratch import scratch
from trueline.runtime.blob import BlobDirectory


def test_a_plan_finds_the_images_that_were_encoded_before(tmp_path: Path) -> None:
    (tmp_path / "installation").write_text("here")
    encoded = BlobDirectory(tmp_path / "blobs").put(b"encoded")
    with scratch(tmp_path) as copy:
        blobs = BlobDirectory(copy / "blobs")
        assert blobs.get(encoded) == b"encoded"
        made = blobs.put(b"made by the plan")
    assert not BlobDirectory(tmp_path / "blobs").has(made)
