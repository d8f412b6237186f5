"""How applications stand, as a person reads it."""

import pytest

from trueline.cli.standing import say_statuses

STATUS = {
    "application": "shop",
    "sync": "Unknown",
    "health": "Unknown",
    "message": "the cluster does not answer",
    "healthMessage": "",
    "revision": "",
    "wanted": "main@1",
    "since": "2026-01-02T03:04:05.678+00:00",
    "true": False,
}


def test_what_is_unknown_says_since_when(capsys: pytest.CaptureFixture[str]) -> None:
    say_statuses([STATUS], "text")
    line = capsys.readouterr().out.splitlines()[1]
    assert line.endswith("the cluster does not answer (since 2026-01-02T03:04:05Z)")
    assert "- (Git: main@1)" in line
    added = {**STATUS, "sync": "Synced", "message": "", "revision": "main@1"}
    for count, said in ((0, "-"), (1, "1 object holds fields that others added: trueline drift")):
        say_statuses([{**added, "added": count}], "text")
        assert capsys.readouterr().out.splitlines()[1].endswith(f"  {said}")
    say_statuses([{**added, "added": 2, "healthMessage": "it crashes"}], "text")
    assert capsys.readouterr().out.splitlines()[1].endswith("  it crashes")
    say_statuses([{**STATUS, "sync": "Blocked", "message": "a\nb"}], "text")
    assert capsys.readouterr().out.splitlines()[1].endswith("  a b")
