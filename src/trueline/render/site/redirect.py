"""`_redirects` and `_headers` as people know them from other platforms → the rules of a release. Pure.

`/from /to [status]` a line, with `!` behind the status where it goes before a file; a header rule is an address, then
indented lines `Name: value`. `#` begins a comment. What a server can do with a rule is told here, when it is read.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from trueline.render.site.file import HeaderRule, Redirect
from trueline.render.site.finding import (
    HEADER_OF_SERVER,
    HEADER_WRONG,
    REDIRECT_TWICE,
    REDIRECT_WRONG,
    REWRITE_AWAY,
    STAR_TWICE,
    TOO_MANY,
)
from trueline.render.site.parsed import Finding
from trueline.render.site.pattern import normal

RULES_MAX: Final = 10_000
LINE_LENGTH_MAX: Final = 2_000
_STATUSES: Final = frozenset({200, 301, 302, 303, 307, 308})
_STATUS: Final = re.compile(r"(\d{3})(!?)")
_ADDRESS: Final = re.compile(r"/[^\s\x00-\x1f\x7f\\\"<>]*")
_AWAY: Final = re.compile(r"https?://[^\s\x00-\x1f\x7f\\\"<>]+")
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\uffff]*")
_DEFAULT_STATUS: Final = 301
_REWRITE: Final = 200
_OF_SERVER: Final = frozenset(
    {"accept-ranges", "age", "allow", "alt-svc", "content-encoding", "content-length", "content-range", "date", "etag"}
    | {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
    | {"last-modified", "location", "proxy-authenticate", "proxy-authorization", "server", "set-cookie"}
)
"""What says how an answer is sent, or is true of one answer only; with these a site could break the connection."""


def read_redirects(text: str) -> tuple[tuple[Redirect, ...], tuple[Finding, ...]]:
    """The redirects in their order, and what is wrong with the rest."""
    found: dict[str, Redirect] = {}
    lines: dict[str, int] = {}
    findings = list[Finding]()
    for number, line in _lines(text):
        redirect = _redirect(line)
        if isinstance(redirect, str):
            findings.append(Finding(REDIRECT_WRONG, f"{redirect}: {line.strip():.200}", number))
        elif redirect.source in found:
            findings.append(
                Finding(REDIRECT_TWICE, f"{redirect.source}, first in line {lines[redirect.source]}", number)
            )
        elif len(found) >= RULES_MAX:
            findings.append(Finding(TOO_MANY, f"more than {RULES_MAX} redirects", number))
            break
        else:
            found[redirect.source], lines[redirect.source] = redirect, number
            findings += _doubts(redirect, number)
    return tuple(found.values()), tuple(findings)


def redirect_lines(text: str) -> dict[str, int]:
    """The lines of the redirects, by their `normal` first addresses; of several, the first, which holds."""
    found: dict[str, int] = {}
    for number, line in _lines(text):
        redirect = _redirect(line)
        if not isinstance(redirect, str):
            found.setdefault(normal(redirect.source), number)
    return found


def with_aliases(
    redirects: Sequence[Redirect], aliases: Iterable[tuple[str, str, str]]
) -> tuple[tuple[Redirect, ...], tuple[tuple[str, Finding], ...]]:
    """Redirects with those of pages that had other addresses; `aliases` are (file, old address, new address)."""
    found = {redirect.source.rstrip("/"): redirect for redirect in redirects}
    findings = list[tuple[str, Finding]]()
    for file, source, leads_to in aliases:
        known = found.setdefault(source.rstrip("/"), Redirect(source=source, leads_to=leads_to))
        if known.leads_to != leads_to:
            findings.append((file, Finding(REDIRECT_TWICE, f"{source} leads to {known.leads_to} already", 1)))
    return tuple(found.values()), tuple(findings)


def read_headers(text: str) -> tuple[tuple[HeaderRule, ...], tuple[Finding, ...]]:
    """The header rules in their order, and what is wrong with the rest."""
    rules: list[tuple[str, list[tuple[str, str]]]] = []
    findings = list[Finding]()
    for number, line in _lines(text):
        if len(rules) > RULES_MAX:
            findings.append(Finding(TOO_MANY, f"more than {RULES_MAX} header rules", number))
            break
        if not line[0].isspace():
            if _ADDRESS.fullmatch(line.strip()):
                rules.append((line.strip(), []))
                findings += _stars(line.strip(), number)
                continue
            wrong = "no address from the site's root"
        else:
            wrong = _take_header(line, rules)
        if wrong in _OF_SERVER:
            findings.append(Finding(HEADER_OF_SERVER, f"{wrong}: it is left out", number))
        elif wrong:
            findings.append(Finding(HEADER_WRONG, f"{wrong}: {line.strip():.200}", number))
    return tuple(HeaderRule(pattern=at, headers=tuple(headers)) for at, headers in rules if headers), tuple(findings)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _redirect(line: str) -> Redirect | str:
    """A redirect, or what is wrong with the line."""
    if len(line) > LINE_LENGTH_MAX:
        return f"it is longer than {LINE_LENGTH_MAX} letters"
    words = line.split(" #", 1)[0].split()
    if len(words) not in {2, 3}:
        return "it has other parts than two addresses and a status"
    source, leads_to = words[:2]
    status = _STATUS.fullmatch(words[2]) if len(words) == 3 else None  # noqa: PLR2004 - the parts of a line
    if len(words) == 3 and (status is None or int(status[1]) not in _STATUSES):  # noqa: PLR2004
        return f"the status is none of {', '.join(map(str, sorted(_STATUSES)))}"
    if not _ADDRESS.fullmatch(source):
        return "the first address does not begin at the site's root"
    if not _ADDRESS.fullmatch(leads_to) and not _AWAY.fullmatch(leads_to):
        return "the second address is neither of this site nor of http or https"
    code = int(status[1]) if status else _DEFAULT_STATUS
    return Redirect(source=source, leads_to=leads_to, status=code, is_forced=bool(status and status[2]))


def _doubts(redirect: Redirect, line: int) -> Iterator[Finding]:
    yield from _stars(redirect.source, line)
    if redirect.status == _REWRITE and not redirect.leads_to.startswith("/"):
        yield Finding(REWRITE_AWAY, f"{redirect.source} → {redirect.leads_to}", line)


def _stars(address: str, line: int) -> Iterator[Finding]:
    if address.count("*") > 1:
        yield Finding(STAR_TWICE, f"{address:.200}", line)


def _take_header(line: str, rules: list[tuple[str, list[tuple[str, str]]]]) -> str:
    """What is wrong with the line: a sentence, or the name of a header that a site cannot set."""
    name, colon, value = line.strip().partition(":")
    if not rules:
        return "no address stands before it"
    if not colon or not _NAME.fullmatch(name.strip()) or not _VALUE.fullmatch(value):
        return "no header"
    if name.strip().lower() in _OF_SERVER:
        return name.strip().lower()
    rules[-1][1].append((name.strip(), value.strip()))
    return ""
