"""The languages that most documentation shows, by one regular expression each: five times as fast as a lexer.

It says what is a comment, a string, a number, a key, a name or a keyword, and no more: a page needs colours, not a
grammar. Time is linear in the text. What is not known here is `highlight`'s, by pygments.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Final

_SPECIAL: Final = re.compile(r"[&<>]")
_DOUBLE: Final = r'"(?:[^"\\\n]|\\.)*"?'
_SINGLE: Final = r"'(?:[^'\\\n]|\\.)*'?"
_NUMBER: Final = (
    r"(?<![\w.])(?:0[xXbBoO][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+)?)(?:[a-zA-Z%]{0,3})\b"
)
_WORD: Final = r"[A-Za-z_]\w*"


@dataclass(frozen=True)
class Scanner:
    """`rule`'s named groups are pygments' short classes; a `word` has the class that `words` gives it, or none."""

    rule: str
    words: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when it is needed: most sites show three languages."""
        return re.compile(self.rule, re.MULTILINE)

    def scanned(self, code: str) -> str:
        """The inner HTML of a block; its text is the code's."""
        if _SPECIAL.search(code) is None:
            return self.pattern.sub(self._span, code)
        pieces, at = list[str](), 0
        for found in self.pattern.finditer(code):
            pieces += (escape(code[at : found.start()], quote=False), self._span(found, _escaped))
            at = found.end()
        return "".join((*pieces, escape(code[at:], quote=False)))

    def _span(self, found: re.Match[str], safe: Callable[[str], str] = str) -> str:
        text, kind = safe(found[0]), found.lastgroup or ""
        if kind == "word":
            kind = self.words.get(found[0], "")
        return f'<span class="{kind}">{text}</span>' if kind else text


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def scanner_of(language: str) -> Scanner | None:
    """The scanner of a language by one of its names in small letters.

    >>> scanner_of("json").scanned('{"a": 1}')
    '{<span class="nt">"a"</span>: <span class="mi">1</span>}'
    """
    return _SCANNERS.get(language)


def _scanner(*rules: tuple[str, str], words: Mapping[str, str] | None = None) -> Scanner:
    """Rules in their order: a class, and what has it. A class may stand in several rules."""
    merged: list[list[str]] = []
    for kind, rule in rules:
        if merged and merged[-1][0] == kind:
            merged[-1].append(rule)
        else:
            assert kind not in {one[0] for one in merged}, kind
            merged.append([kind, rule])
    pattern = "|".join(f"(?P<{kind}>{'|'.join(some)})" for kind, *some in merged)
    return Scanner(pattern, words or {})


def _words(**classes: str) -> dict[str, str]:
    return {word: kind for kind, listed in classes.items() for word in listed.split()}


def _c_like(keywords: str, types: str, constants: str, *more: tuple[str, str]) -> Scanner:
    """A language whose comments are those of C. What stands before `(` is a function, unless it is a keyword."""
    return _scanner(
        ("c1", r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?"),
        *more,
        ("s2", _DOUBLE),
        ("mi", _NUMBER),
        ("nf", rf"\b(?!(?:{'|'.join(keywords.split())})\b){_WORD}(?=\()"),
        ("word", _WORD),
        words=_words(k=keywords, kt=types, kc=constants),
    )


_YAML: Final = _scanner(
    ("c1", r"(?:^|(?<=[ \t]))#[^\n]*"),
    ("gh", r"^(?:---|\.\.\.)(?=\s|\Z)"),
    ("nt", (r"\"[^\"\n]*\"(?=[ \t]*:(?:\s|\Z))|'[^'\n]*'(?=[ \t]*:(?:\s|\Z))"
           r"|(?:[^\s\-?:,\[\]{}#&*!|>%@`\"']|[-?](?=[^\s,\[\]{}]))[^\n:,\[\]{}#]*?(?=[ \t]*:(?:\s|\Z))")),
    ("s2", r'"(?:[^"\\]|\\.)*"?'),
    ("s1", r"'(?:[^']|'')*'?"),
    ("nl", r"[&*!][^\s,\[\]{}]+"),
    ("k", r"[|>][-+0-9]{0,2}(?=[ \t]*(?:#[^\n]*)?$)"),
    ("l", r"(?:[^\s\-?:,\[\]{}#]|[-?:](?=[^\s,\[\]{}]))(?:[^\s,\[\]{}#:]|[ \t]+(?=[^\s,\[\]{}#:])|(?<=\S)#|:(?=\S))*"),
)  # fmt: skip

_JSON: Final = _scanner(
    ("c1", r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?"),
    ("nt", r'"(?:[^"\\\n]|\\.)*"(?=\s{0,9}:)'),
    ("s2", _DOUBLE),
    ("mi", r"-?(?<![\w.])[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
    ("word", _WORD),
    words=_words(kc="true false null"),
)

_SHELL: Final = _scanner(
    ("c1", r"(?:^|(?<=\s))#[^\n]*"),
    ("gp", r"^[ \t]*\$(?= )"),
    ("s2", r'"(?:[^"\\]|\\[\s\S])*"?'),
    ("s1", r"\$?'[^']*'?"),
    ("nv", r"\$\{[^}\n]*\}?|\$(?:\w+|[@*#?!$-])|\b[A-Za-z_]\w*(?==)"),
    ("na", r"(?<=\s)--?[A-Za-z][\w-]*"),
    ("mi", r"(?<![\w./:=-])[0-9]+(?![\w./:-])"),
    ("word", r"[A-Za-z_][\w-]*"),
    words=_words(
        k="if then else elif fi for while until do done case esac in function select return exit break continue",
        nb=(
            "alias cd command echo eval exec export local printf pwd read set shift source test trap type ulimit umask"
            " unset wait sudo"
        ),
    ),
)

_PYTHON: Final = _scanner(
    ("c1", r"#[^\n]*"),
    ("s2", (rf'[rbufRBUF]{{0,2}}(?:"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:""")?|{_DOUBLE})')),
    ("s1", (rf"[rbufRBUF]{{0,2}}(?:'''(?:[^'\\]|\\[\s\S]|'(?!''))*(?:''')?|{_SINGLE})")),
    ("nd", r"^[ \t]*@[\w.]+"),
    ("nf", r"(?<=\bdef )\w+"),
    ("nc", r"(?<=\bclass )\w+"),
    ("mi", _NUMBER),
    ("word", _WORD),
    words=_words(
        k=(
            "and as assert async await break case class continue def del elif else except finally for from global if"
            " import in is lambda match nonlocal not or pass raise return try while with yield"
        ),
        kc="True False None",
        nb=(
            "bool bytes dict enumerate float frozenset int isinstance len list map max min object open print range set"
            " sorted str sum super tuple type zip self cls"
        ),
    ),
)

_GO: Final = _c_like(
    "break case chan const continue default defer else fallthrough for func go goto if import interface map package"
    " range return select struct switch type var",
    "any bool byte error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64",
    "true false nil iota",
    ("sb", r"`[^`]*`?|'(?:[^'\\\n]|\\.)'"),
)

_SCRIPT: Final = _c_like(
    "as async await break case catch class const continue debugger default delete do else enum export extends finally"
    " for from function get if implements import in instanceof interface let new of private protected public readonly"
    " return set static super switch this throw try type typeof var void while with yield",
    "any boolean never number object string symbol unknown",
    "true false null undefined NaN Infinity",
    ("sb", r"`(?:[^`\\]|\\[\s\S])*`?"),
    ("s1", _SINGLE),
)

_RUST: Final = _c_like(
    "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut pub"
    " ref return self Self static struct super trait type unsafe use where while",
    "bool char f32 f64 i8 i16 i32 i64 i128 isize str String u8 u16 u32 u64 u128 usize Vec Option Result Box",
    "true false None Some Ok Err",
    ("nd", r"#!?\[[^\]\n]*\]?"),
    ("s1", r"'(?:[^'\\\n]|\\.)'"),
)

_C: Final = _c_like(
    "abstract assert auto break case catch class const constexpr continue default delete do else enum explicit extends"
    " extern final finally for friend goto if implements import inline instanceof interface namespace new operator"
    " override package private protected public record register return sealed sizeof static struct super switch"
    " template this throw throws try typedef typename union using var virtual volatile while",
    "bool boolean byte char double float int int32_t int64_t long short signed size_t String uint32_t uint64_t uint8_t"
    " unsigned void",
    "true false null nullptr NULL",
    ("cp", r"^[ \t]*#[^\n]*"),
    ("nd", r"@[A-Za-z]\w*"),
    ("s1", _SINGLE),
)

_SETTINGS: Final = _scanner(
    ("c1", r"(?:^[ \t]*;|(?:^|(?<=\s))#)[^\n]*"),
    ("nc", r"^[ \t]*\[[^\n\]]*\]{1,2}"),
    ("nt", r"^[ \t]*[\w.\"'-]+(?=[ \t]*=)"),
    ("s2", r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*(?:""")?|' + _DOUBLE),
    ("s1", r"'''(?:[^']|'(?!''))*(?:''')?|'[^'\n]*'?"),
    ("mi", _NUMBER),
    ("word", _WORD),
    words=_words(kc="true false yes no on off"),
)

_TERRAFORM: Final = _c_like(
    "resource variable output module provider data locals terraform for in if dynamic",
    "string number bool list map object any set tuple",
    "true false null",
    ("cm", r"#[^\n]*"),
    ("nt", r"^[ \t]*[\w-]+(?=[ \t]*=[^=])"),
)

_DOCKERFILE: Final = _scanner(
    ("c1", r"^[ \t]*#[^\n]*"),
    (
        "k",
        (
            r"^[ \t]*(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|ONBUILD|RUN|SHELL|STOPSIGNAL|USER"
            r"|VOLUME|WORKDIR)\b"
        ),
    ),
    ("s2", _DOUBLE),
    ("s1", r"'[^'\n]*'?"),
    ("nv", r"\$\{[^}\n]*\}?|\$\w+|\b[A-Za-z_]\w*(?==)"),
    ("na", r"(?<=\s)--?[A-Za-z][\w-]*"),
)

_DIFF: Final = _scanner(
    ("gh", r"^(?:diff |index |--- |\+\+\+ )[^\n]*"),
    ("gu", r"^@@[^\n]*"),
    ("gi", r"^\+[^\n]*"),
    ("gd", r"^-[^\n]*"),
)

_SCANNERS: Final = {
    name: scanner
    for names, scanner in (
        ("yaml yml", _YAML),
        ("json jsonc json5", _JSON),
        ("bash sh shell zsh ksh", _SHELL),
        ("python py python3 py3", _PYTHON),
        ("go golang", _GO),
        ("javascript js jsx typescript ts tsx mjs", _SCRIPT),
        ("rust rs", _RUST),
        ("c h cpp c++ java", _C),
        ("toml ini cfg", _SETTINGS),
        ("hcl terraform tf", _TERRAFORM),
        ("dockerfile docker", _DOCKERFILE),
        ("diff patch udiff", _DIFF),
    )
    for name in names.split()
}
