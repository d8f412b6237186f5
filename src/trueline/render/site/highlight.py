"""Code → HTML with a class for each kind of token, as pygments names them. In the worker only; no inline style.

The languages of `scan` are its own; pygments has the rest.
"""

import importlib
from functools import cache, lru_cache
from html import escape
from typing import Any, Final

from trueline.render.site.scan import scanner_of

CODE_LENGTH_MAX: Final = 100_000
BLOCKS_REMEMBERED: Final = 2_000
# What is not loaded before a worker confines itself cannot be loaded after; these take 0.04 s.
_MODULES: Final = """
    asm c_cpp c_like configs console css d dalvik data devops diff dotnet dsls elixir elm erlang fortran functional go
    graphql graphviz groovy haskell html javascript json5 jsonnet julia jvm lua make markup matlab nix ocaml objective
    pascal perl php prolog promql python r rego ruby rust scripting shell smithy solidity sql swift templates textfmts
    testing textedit thrift webidl webmisc yang zig _cocoa_builtins _lua_builtins _php_builtins _vim_builtins
"""
_NOT_CODE: Final = frozenset({"text", "txt", "plain", "plaintext", "none", "raw"})


_ALIASES: Final = {"jsonc": "json", "jsx": "javascript", "svelte": "html", "tsx": "typescript"}


def load() -> None:
    """Import what can be imported of pygments' lexers, before the door is shut."""
    for name in _MODULES.split():
        try:
            importlib.import_module(f"pygments.lexers.{name}")
        except ImportError:
            continue


def highlight(code: str, language: str) -> str:
    """The inner HTML of a code block; plain where the language is not known or the block is too long.

    >>> highlight("a: <1>", "nonsense")
    'a: &lt;1&gt;'
    """
    if not language or language.lower() in _NOT_CODE or len(code) > CODE_LENGTH_MAX:
        return escape(code, quote=False)
    return _highlighted(code, _ALIASES.get(language.lower(), language.lower()))


@lru_cache(maxsize=BLOCKS_REMEMBERED)
def _highlighted(code: str, language: str) -> str:
    if (scanner := scanner_of(language)) is not None:
        return scanner.scanned(code)
    lexer = _lexer(language)
    if lexer is None:
        return escape(code, quote=False)
    try:
        return "".join(_span(kind, text) for kind, text in _joined(lexer.get_tokens(code)))
    except OSError:  # a lexer that loads more as it goes, in a worker that may open nothing
        return escape(code, quote=False)


def _joined(tokens: Any) -> Any:
    """Tokens of one class after the other as one."""
    last, texts = "", list[str]()
    for token, text in tokens:
        found = _class(token)
        if found != last and texts:
            yield last, "".join(texts)
            texts = []
        last = found
        texts.append(text)
    if texts:
        yield last, "".join(texts)


def _span(kind: str, text: str) -> str:
    safe = escape(text, quote=False)
    return f'<span class="{kind}">{safe}</span>' if kind and not text.isspace() else safe


@cache
def _class(token: Any) -> str:
    known = importlib.import_module("pygments.token").STANDARD_TYPES
    while token not in known:
        token = token.parent
    name: str = known[token]
    return "" if name == "w" else name


@lru_cache(maxsize=500)
def _lexer(language: str) -> Any:
    lexers, util = importlib.import_module("pygments.lexers"), importlib.import_module("pygments.util")

    try:
        return lexers.get_lexer_by_name(language, stripnl=False)
    except (util.ClassNotFound, ImportError, OSError):
        return None
