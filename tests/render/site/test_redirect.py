"""The two files of rules: what is read of them, and what is told of the rest."""

import pytest

from trueline.render.site.file import Redirect
from trueline.render.site.redirect import read_headers, read_redirects


def test_a_status_may_be_forced() -> None:
    found, findings = read_redirects("/a /b 301!\n/c /d 302\n/e /f\n/g /h 200!\n")
    assert findings == ()
    assert found == (
        Redirect(source="/a", leads_to="/b", status=301, is_forced=True),
        Redirect(source="/c", leads_to="/d", status=302),
        Redirect(source="/e", leads_to="/f", status=301),
        Redirect(source="/g", leads_to="/h", status=200, is_forced=True),
    )


@pytest.mark.parametrize("status", ["!", "301!!", "!301", "404!", "3010!"])
def test_what_is_no_status_is_told(status: str) -> None:
    found, findings = read_redirects(f"/a /b {status}\n")
    assert (found, [one.code for one in findings]) == ((), ["TL1520"])


@pytest.mark.parametrize(
    "name", ["Content-Length", "transfer-encoding", "CONNECTION", "Set-Cookie", "ETag", "Location", "Upgrade"]
)
def test_a_header_of_the_server_is_left_out_and_told(name: str) -> None:
    found, findings = read_headers(f"/*\n  X-Fine: yes\n  {name}: 3\n")
    assert [one.headers for one in found] == [(("X-Fine", "yes"),)]
    assert [(one.code, one.line) for one in findings] == [("TL1620", 3)]


def test_what_a_server_of_files_cannot_do_is_told() -> None:
    redirects, findings = read_redirects("/api/* https://api.example/:splat 200\n/a/*/b/* /c\n")
    assert len(redirects) == 2
    assert [(one.code, one.line) for one in findings] == [("TL1621", 1), ("TL1622", 2)]
    headers, findings = read_headers("/*/x/*\n  A: b\n")
    assert len(headers) == 1
    assert [(one.code, one.line) for one in findings] == [("TL1622", 1)]
