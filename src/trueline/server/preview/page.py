"""The preview's own pages as HTML: what changed, one page beside itself, and why there is nothing to show yet. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

from trueline.model.diagnostic import Diagnostic
from trueline.render.site.theme.escape import text
from trueline.server.preview.build import address_of
from trueline.server.preview.change import LOST, Changes, Sign
from trueline.server.preview.word import Kind, Piece

ROOT: Final = "/-/"
BEFORE: Final = f"{ROOT}before/"
COMPARE: Final = f"{ROOT}compare/"
_WORDS: Final = {Sign.ADDED: "added", Sign.CHANGED: "changed", Sign.REMOVED: "removed"}
_FINDINGS_MAX: Final = 500
_PAGES_MAX: Final = 5_000


def script(build: int, badge: str, *, is_own: bool = False) -> str:
    """What a page has at its end, so that it follows the builds."""
    own = ' data-own="1"' if is_own else ""
    said = f'data-build="{build}" data-root="{ROOT}" data-badge="{text(badge)}"{own}'
    return f'<script src="{ROOT}preview.js" {said}></script>'


def changes_page(changes: Changes, problems: Sequence[Diagnostic], build: int) -> str:
    """What changed, with a way to each page."""
    return _document("Changes", [*_problems(problems), *_changed(changes)], build)


def _changed(changes: Changes) -> Iterator[str]:
    yield f"<p class=soft>{text(changes.now)}, against {text(changes.before or 'nothing')}</p>"
    if changes.doubt:
        yield f"<p>Nothing to compare with: {text(changes.doubt)}</p>"
    yield f"<p>{text(changes.summary)}</p>"
    yield '<p><a href="/">To the site</a></p>'
    yield "<h2>Pages</h2><ul>"
    for sign, path in changes.pages[:_PAGES_MAX]:
        word, address = _WORDS[sign], f"/{text(address_of(path))}"
        where = quote(path)
        yield f'<li class={word}><span class=sign title="{word}">{text(sign.value)}</span> '
        note = word + (LOST if path in changes.lost else "")
        yield f'<a href="{COMPARE}{where}">{address}</a> <span class=soft>{note}</span></li>'
    yield "</ul>" if changes.pages else "<li class=soft>The words of none differ.</li></ul>"
    if changes.around:
        yield f"<details><summary>{len(changes.around)} differ around their words</summary><ul>"
        for path in changes.around[:_PAGES_MAX]:
            yield f'<li><a href="{COMPARE}{quote(path)}">/{text(address_of(path))}</a></li>'
        yield "</ul></details>"
    for title, findings in (("New findings", changes.new), ("Gone", changes.gone), ("As before", changes.same)):
        if findings:
            yield f"<h2>{title} ({len(findings)})</h2><ul>"
            yield from (f"<li><code>{text(one.code)}</code> {text(one.line)}</li>" for one in findings[:_FINDINGS_MAX])
            yield "</ul>"


def compare_page(path: str, blocks: Iterable[Sequence[Piece]], sides: tuple[bool, bool], build: int) -> str:
    """A page beside itself; `sides` say whether it is there before and now."""
    address = quote(address_of(path))
    made = [
        f'<p><a href="{ROOT}changes">All changes</a> · <a href="/{address}">This page</a></p>',
        "<div class=frames>",
    ]
    for title, prefix, is_there in (("Before", BEFORE, sides[0]), ("Now", "/", sides[1])):
        frame = (
            f'<iframe title="{title}" src="{prefix}{address}"></iframe>' if is_there else "<p class=soft>Not there.</p>"
        )
        made.append(f"<div><p><strong>{title}</strong></p>{frame}</div>")
    made.append("</div><h2>Words</h2>")
    paragraphs = ["<p>" + ("".join(map(_piece, block)) or "…") + "</p>" for block in blocks]
    made += paragraphs or ["<p class=soft>No word differs: what differs is around them.</p>"]
    made.append(f'<script src="{ROOT}compare.js"></script>')
    return _document(f"/{address_of(path)}", made, build, is_wide=True)


def failed_page(problems: Sequence[Diagnostic], build: int) -> str:
    """Nothing was built yet."""
    return _document("This does not build", _problems(problems), build)


def _problems(problems: Sequence[Diagnostic]) -> Iterator[str]:
    if problems:
        yield "<h2>Why it does not build</h2>"
        yield from (f"<pre>{text(str(one))}</pre>" for one in problems[:_FINDINGS_MAX])


def _piece(piece: Piece) -> str:
    match piece.kind:
        case Kind.SAME:
            return text(piece.text)
        case Kind.NEW:
            return f"<ins>{text(piece.text)}</ins>"
        case Kind.GONE:
            return f"<del>{text(piece.text)}</del>"


def _document(title: str, parts: Iterable[str], build: int, *, is_wide: bool = False) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        '<link rel="icon" href="data:,">'
        f'<title>{text(title)} · preview</title><link rel="stylesheet" href="{ROOT}preview.css"></head>'
        f"<body{' class=wide' if is_wide else ''}><h1>{text(title)}</h1>{''.join(parts)}"
        f"{script(build, '', is_own=True)}</body></html>"
    )
