"""Templates: what is put in is text, whatever it looks like; what is not there is an error."""

import subprocess
import sys

import pytest

from trueline.server.page.template import render, shown


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("plain", "plain"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("pay\u202egnp.exe", "pay\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("a\ud800b", "a\\ud800b"),
        ("naïve größe 漢字", "naïve größe 漢字"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_what_cannot_be_seen_is_written_out(value: str, said: str) -> None:
    assert shown(value) == said


def test_what_a_view_has_not_is_an_error() -> None:
    with pytest.raises(Exception, match="has no attribute 'errors'"):
        render("error.html", object(), title="x")


def test_who_never_looks_at_a_page_does_not_load_what_makes_it() -> None:
    code = "import sys, trueline.server.http; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
