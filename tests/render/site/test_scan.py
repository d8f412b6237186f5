"""Whatever is scanned keeps its text, letter for letter; what it says of code is what a reader takes it for."""

import re
from html import unescape

import pytest
from hypothesis import given, strategies as st

from trueline.render.site.highlight import highlight
from trueline.render.site.scan import scanner_of

LANGUAGES = [*"yaml json bash python go ts rust java toml hcl dockerfile diff".split()]  # noqa: SIM905 - reads better
LETTERS = "ab1 \n\t\"'`#/*:-|><&{}[]$\\,.=@()!?+;FROM\x00é"


def text_of(html: str) -> str:
    return unescape(re.sub(r"</?span[^>]*>", "", html))


@pytest.mark.parametrize("language", LANGUAGES)
@given(code=st.text(st.sampled_from(LETTERS), max_size=80))
def test_the_text_stays(language: str, code: str) -> None:
    scanner = scanner_of(language)
    assert scanner is not None
    html = scanner.scanned(code)
    assert text_of(html) == code
    assert not re.search(r"[<>]", re.sub(r'<span class="[a-z0-9]+">|</span>', "", html))


CASES = {
    "yaml": ("a-b: it's 'x' # c\n- &k \"d: e\"\n", {"nt": ["a-b"], "l": ["it's 'x'"], "c1": ["# c"], "nl": ["&k"]}),
    "json": ('{"a": ["b", -1.5, null]}', {"nt": ['"a"'], "s2": ['"b"'], "mi": ["-1.5"], "kc": ["null"]}),
    "bash": ("if [ -n \"$A\" ]; then B='c' # d", {"k": ["if", "then"], "na": ["-n"], "nv": ["B"], "s1": ["'c'"]}),
    "python": ("@a.b\ndef f(x='#'): return 1 # c", {"nd": ["@a.b"], "nf": ["f"], "s1": ["'#'"], "c1": ["# c"]}),
    "go": ('func F(a int) { return "b" /* c */ }', {"nf": ["F"], "kt": ["int"], "s2": ['"b"'], "c1": ["/* c */"]}),
    "ts": ("const a = `b ${c}`; f(null)", {"k": ["const"], "sb": ["`b ${c}`"], "nf": ["f"], "kc": ["null"]}),
    "toml": ("[a.b]\nc = 'd' # e", {"nc": ["[a.b]"], "nt": ["c"], "s1": ["'d'"], "c1": ["# e"]}),
    "dockerfile": ("FROM a AS b\nENV C=1", {"k": ["FROM", "ENV"], "nv": ["C"]}),
    "diff": ("@@ -1 +1 @@\n-a\n+b\n c", {"gu": ["@@ -1 +1 @@"], "gd": ["-a"], "gi": ["+b"]}),
}


@pytest.mark.parametrize("language", CASES)
def test_what_stands_in_it(language: str) -> None:
    code, wanted = CASES[language]
    html = highlight(code, language)
    found = {
        kind: [unescape(one) for one in re.findall(rf'<span class="{kind}">([^<]*)</span>', html)] for kind in wanted
    }
    assert found == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("piece", ['"', "'", "/*", "* ", "a:", "- ", "`", "${", "#", "\\", " ", "a(", "0", "[", "'''"])
def test_a_long_line_is_read_once(language: str, piece: str) -> None:
    """A rule that looks back would take minutes for this; the suite's own limit of time tells."""
    code = piece * 30_000
    scanner = scanner_of(language)
    assert scanner is not None
    assert text_of(scanner.scanned(code)) == code
