"""The files of secrets: what cannot be used stops the start, and no message has a secret."""

from pathlib import Path

import pytest

from tests.server.hook.sent import OTHER, SECRET
from trueline.model.fault import UserError
from trueline.server.hook.forge import Forge
from trueline.server.hook.key import NO_KEYS, HookKeys


def test_a_secret_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    keys = HookKeys(files={Forge.GITHUB: path})
    path.write_text(f"{SECRET}\n")
    assert [key.reveal() for key in keys.read(Forge.GITHUB)] == [SECRET]
    path.write_text(f"\n{SECRET}\r\n  {OTHER}\n\n")
    assert [key.reveal() for key in keys.read(Forge.GITHUB)] == [SECRET, OTHER]
    assert keys.read(Forge.GITLAB) == NO_KEYS.read(Forge.GITHUB) == ()


@pytest.mark.parametrize(
    "text",
    [b"", b"\n\n", b"hunter2\n", b"\xff" * 40, b"\n".join([SECRET.encode()] * 5), f"{SECRET}\nshort\n".encode()],
    ids=["empty", "blank", "short", "bytes", "five", "one short"],
)
def test_a_file_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, text: bytes) -> None:
    """INV-11 An empty secret is none: whoever signs with nothing would be let in."""
    path = tmp_path / "secret"
    path.write_bytes(text)
    with pytest.raises(UserError) as caught:
        HookKeys(files={Forge.GITHUB: path}).check()
    [told] = caught.value.diagnostics
    assert told.code == "TL2010"
    assert "hunter2" not in str(told)


def test_a_file_that_everybody_can_write_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(0o666)
    with pytest.raises(UserError, match="TL2010"):
        HookKeys(files={Forge.GITHUB: path}).check()
    with pytest.raises(UserError, match="TL2010"):
        HookKeys(files={Forge.GITHUB: tmp_path / "away"}).check()
