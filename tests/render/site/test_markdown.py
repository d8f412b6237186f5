"""Markdown as people write it → HTML, and what the page says of itself; and Markdown as nobody should write it."""

import re
from html import unescape

import pytest
from hypothesis import given, strategies as st

from trueline.render.site import finding
from trueline.render.site.markdown import LINKS_MAX, Source, parse
from trueline.render.site.parsed import IMAGE, LINK, ParsedPage, mark


def read(text: str, *, allow_html: bool = False, **source: object) -> ParsedPage:
    return parse(Source(path="page.md", text=text, **source), allow_html=allow_html)  # type: ignore[arg-type]


L0, L1, I0 = mark(LINK, 0), mark(LINK, 1), mark(IMAGE, 0)

PLAIN = {
    "emphasis": ("*a* **b** ~~c~~", "<p><em>a</em> <strong>b</strong> <del>c</del></p>"),
    "table": (
        "| a | b |\n|---|--:|\n| 1 | 2 |",
        (
            '<div class="table"><table> <thead> <tr> <th>a</th> <th align="right">b</th> </tr> </thead> '
            '<tbody> <tr> <td>1</td> <td align="right">2</td> </tr> </tbody> </table></div>'
        ),
    ),
    "a long cell": (
        f"| a | b |\n|---|--:|\n| 1 | {'word ' * 7}|",
        (
            '<div class="table"><table> <thead> <tr> <th>a</th> <th align="right">b</th> </tr> </thead> <tbody> <tr> '
            f'<td>1</td> <td class="long" align="right">{("word " * 7).strip()}</td> </tr> </tbody> </table></div>'
        ),
    ),
    "tasks": (
        "- [x] a\n- [ ] b",
        (
            '<ul> <li><input type="checkbox" checked="" disabled="" aria-label="Done"> a</li> '
            '<li><input type="checkbox" disabled="" aria-label="To do"> b</li> </ul>'
        ),
    ),
    "link": ('[a](b.md#c "T")', f'<p><a href="{L0}" title="T">a</a></p>'),
    "reference link": ("[a][r] [r]\n\n[r]: b.md", f'<p><a href="{L0}">a</a> <a href="{L1}">r</a></p>'),
    "autolink": ("see https://x.example.", f'<p>see <a href="{L0}">https://x.example</a>.</p>'),
    "image": ("![a](b.png)", f"<p>{I0}</p>"),
    "image with a caption": ('![a](b.png "C & d")', f"<figure>{I0}<figcaption>C &amp; d</figcaption></figure>"),
    "image with a title in a text": ('![a](b.png "C") d', f"<p>{I0} d</p>"),
    "image in a link": ("[![a](b.png)](c.md)", f'<p><a href="{L0}">{I0}</a></p>'),
    "alert": (
        "> [!WARNING]\n> a",
        (
            '<div class="markdown-alert markdown-alert-warning"> <p class="markdown-alert-title">Warning</p> '
            "<p>a</p> </div>"
        ),
    ),
    "admonition": (
        '!!! danger "Stop <b>"\n    a\nb',
        (
            '<div class="markdown-alert markdown-alert-caution"> <p class="markdown-alert-title">Stop &lt;b&gt;</p> '
            "<p>a</p> </div> <p>b</p>"
        ),
    ),
    "admonition in an admonition": (
        "!!! note\n    a\n\n    !!! tip\n        b\n\n    c\nd",
        (
            '<div class="markdown-alert markdown-alert-note"> <p class="markdown-alert-title">Note</p> <p>a</p> '
            '<div class="markdown-alert markdown-alert-tip"> <p class="markdown-alert-title">Tip</p> <p>b</p> </div> '
            "<p>c</p> </div> <p>d</p>"
        ),
    ),
    "admonitions and a quote, one after the other": (
        '!!! note "A"\n    a\n\n!!! tip "B"\n    b\n\n> c',
        (
            '<div class="markdown-alert markdown-alert-note"> <p class="markdown-alert-title">A</p> <p>a</p> </div> '
            '<div class="markdown-alert markdown-alert-tip"> <p class="markdown-alert-title">B</p> <p>b</p> </div> '
            "<blockquote> <p>c</p> </blockquote>"
        ),
    ),
    "admonition in a list": (
        "- a\n\n    !!! note\n        b\n",
        (
            '<ul> <li> <p>a</p> <div class="markdown-alert markdown-alert-note"> '
            '<p class="markdown-alert-title">Note</p> <p>b</p> </div> </li> </ul>'
        ),
    ),
    "no admonition in code": (
        "```\n!!! note\n    a\n```",
        '<div class="code"><pre class="highlight"><code>!!! note a </code></pre></div>',
    ),
    "code in an admonition": (
        "!!! note\n    ```\n    a\n    ```",
        (
            '<div class="markdown-alert markdown-alert-note"> <p class="markdown-alert-title">Note</p> '
            '<div class="code"><pre class="highlight"><code>a </code></pre></div> </div>'
        ),
    ),
    "code": (
        "```yaml\na: 1 # <b>\n```",
        (
            '<div class="code"><pre class="highlight" data-language="yaml"><code><span class="nt">a</span>: '
            '<span class="l">1</span> <span class="c1"># &lt;b&gt;</span> </code></pre></div>'
        ),
    ),
    "code with attributes": (
        "```{.yaml .numbered}\na: 1\n```",
        (
            '<div class="code"><pre class="highlight" data-language="yaml"><code><span class="nt">a</span>: '
            '<span class="l">1</span> </code></pre></div>'
        ),
    ),
    "code of no known language": (
        "```frob\n<a>\n```",
        '<div class="code"><pre class="highlight" data-language="frob"><code>&lt;a&gt; </code></pre></div>',
    ),
    "raw HTML": ("a <b>b</b>\n\n<script>\nalert(1)\n</script>", "<p>a b</p>"),
    "an address that runs something": ("[a](javascript:b)", '<p><a href="">a</a></p>'),
    "what looks like a mark": ("a\x00L0\x00b &#0;", "<p>a\ufffdL0\ufffdb \ufffd</p>"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_it_reads(name: str) -> None:
    text, html = PLAIN[name]
    assert " ".join(read(text).html.split()) == html


ALLOWED = {
    "kept": ("<details open><summary>a</summary>b</details>", '<details open=""><summary>a</summary>b</details>'),
    "a table": (
        "<table><tr><td><table></table></td></tr></table>a",
        '<div class="table"><table><tr><td><table></table></td></tr></table></div >a',
    ),
    "a table that is not closed": (
        "<div><table><tr></div>a</table>\n\n|b|\n|-|\n|c|",
        (
            '<div><div class="table"><table><tr></tr></table></div ></div>a '
            "<table> <thead> <tr> <th>b</th> </tr> </thead> <tbody> <tr> <td>c</td> </tr> </tbody> </table>"
        ),
    ),
    "a table that ends where it begins": ("<div><table/>a</div>", "<div><table/></table>a</div>"),
    "handler": ('<p onclick="x()" title=y>a</p>', '<p title="y">a</p>'),
    "handler without quotes": ("<p><img src=a.png onerror=alert(1)></p>", f"<p>{I0}</p>"),
    "script": ("<div>a<script>alert('</div>')</script>b</div>", "<div>ab</div>"),
    "script without end": ("<div>a<script>alert(1)", "<div>a</div>"),
    "address": ('<div><a href="java&#10;script:x">a</a></div>', '<div><a href="">a</a></div>'),
    "drawing": (
        '<svg><animate attributeName="href" to="javascript:x"/><circle r="1"/></svg>',
        '<p><svg><circle r="1"/></svg></p>',
    ),
    "quotes that hide a tag": (
        '<div><title><a title="</title><img src=x onerror=alert(1)>">a</a></title></div>',
        '<div><a title="&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;">a</a></div>',
    ),
    "comment": ("<div>a<!-- <b> -->c</div>", "<div>ac</div>"),
    "frame": ('<div><iframe src="https://x.example"></iframe>a</div>', "<div>a</div>"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_html_runs_nothing(name: str) -> None:
    text, html = ALLOWED[name]
    assert " ".join(read(text, allow_html=True).html.split()) == html


@pytest.mark.parametrize("start", ["<", "<img ", "<a href=", "<svg><", "<div style='", "<!--", "<script ", "<x/"])
@pytest.mark.parametrize(
    "middle", ["onload=alert(1)", "javascript:alert(1)", "<script>alert(1)//", "</script><img onerror=x "]
)
@pytest.mark.parametrize("end", [">", "-->", "'>", '">', "", "</script>", "\n\n>"])
def test_no_hostile_piece_survives(start: str, middle: str, end: str) -> None:
    page = read(f"<div>{start}{middle}{end}</div>\n\n{start}{middle}{end}", allow_html=True)
    tags = re.findall(r"<[^<>]*>", page.html)
    assert not [tag for tag in tags if re.search(r"\son\w+=|<script", re.sub(r'="[^"]*"', "=", tag))]
    assert not re.search(r'(?:href|src)="\s*javascript:', page.html)


def test_headings_have_githubs_ids() -> None:
    page = read("# What's new?\n## Größe & Gewicht\n## A `b` [c](d.md)\n## A\n## A\n## B {#own-id}\n## own id\n")
    assert [(one.level, one.id, one.text) for one in page.headings] == [
        (1, "whats-new", "What's new?"),
        (2, "größe--gewicht", "Größe & Gewicht"),
        (2, "a-b-c", "A b c"),
        (2, "a", "A"),
        (2, "a-1", "A"),
        (2, "own-id", "B"),
        (2, "own-id-1", "own id"),
    ]
    assert '<h2 id="own-id">B</h2>' in page.html


def test_lines_are_those_of_the_file() -> None:
    text = "[a](1.md)\n\n!!! note\n    ![](2.png)\n[b](3.md)\n\n- x\n\n    [c](4.md)\n\n{!other.md!}\n\na <br> b\n"
    page = read(text, line=10)
    assert [(one.target, one.line) for one in page.links] == [("1.md", 11), ("3.md", 15), ("4.md", 19)]
    assert [(one.source, one.alt, one.line) for one in page.images] == [("2.png", "", 14)]
    assert [(one.code, one.detail, one.line) for one in page.findings] == [
        (finding.INCLUDE, "other.md", 21),
        (finding.HTML_LEFT_OUT, "<br>", 23),
    ]


@pytest.mark.parametrize(
    "before", ["[q](javascript:alert(1))", "![q](data:text/html,x)", "[q](FILE:///etc/passwd)", "<vbscript:x>"]
)
def test_html_is_told_beside_addresses_that_would_run_something(before: str) -> None:
    page = read(f"{before}\n\n<details><summary>S</summary>x</details>\n\n<script>alert(1)</script>\n")
    told = [(one.detail, one.line) for one in page.findings if one.code == finding.HTML_LEFT_OUT]
    assert told == [("<details>, <summary>, <script>", 3)]
    assert "script" not in page.html.replace("vbscript:x</a>", "")


PIECES = """[a](javascript:x)|[a](b)|![x](file:y)|<!-- c -->|text|> |- |`|N|    |[^1]|[^1]: nN|<javascript:q>|\\<b>|[r]
[r]: javascript:zN|[a](vbscript:"x)|~~|&lt;|<b>|</div>|<script>|<a href='javascript:y'>|<img src=x>|<b| href="|">
""".replace("\n", "|").split("|")


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.sampled_from(["<u>", "<div>", "<img src=x>"]))
def test_html_is_never_left_out_in_silence(pieces: list[str], tag: str) -> None:
    page = read(f"{''.join(pieces).replace('N', chr(10))}\n\nSome {tag} here\n")
    if tag not in unescape(page.html):  # else it was in a block of code
        assert finding.HTML_LEFT_OUT in {one.code for one in page.findings}


@pytest.mark.parametrize(
    "text", ["<div>x</div>\n", '<p align="center">\n\nHello\n', "<script>alert(1)", "<br> a", "<div\nid=x>"]
)
def test_html_is_told_where_a_page_begins_with_it(text: str) -> None:
    assert [(one.code, one.line) for one in read(text).findings] == [(finding.HTML_LEFT_OUT, 1)]


def test_comments_are_left_out_in_silence() -> None:
    assert read("a <!-- b --> c\n\n<!--\n<div>\n-->\n").findings == ()


def test_a_page_says_what_it_is() -> None:
    page = read("Intro *text*.\n\n# Title\n\nMore.\n\n## Next\n\n```\ncode\n```\n")
    assert (page.title, page.description) == ("Title", "Intro text.")
    assert [(one.id, one.title, one.text) for one in page.sections] == [
        ("", "", "Intro text."),
        ("title", "Title", "More."),
        ("next", "Next", "code"),
    ]
    page = read("# Title", front={"title": "Front", "description": "Told"})
    assert (page.title, page.description) == ("Front", "Told")


def test_ids_that_stand_twice_are_told() -> None:
    page = read('## A {#x}\n\n## B {#x}\n\n<i id="x">a</i>\n', allow_html=True)
    assert [(one.code, one.detail) for one in page.findings] == [(finding.DUPLICATE_ID, "x")] * 2


HOSTILE = {
    "quotes": (">" * 50_000 + "x", finding.TOO_DEEP),
    "lists": ("- " * 50_000 + "x", finding.TOO_DEEP),
    "lists by indent": ("".join(f"{'  ' * depth}- a\n" for depth in range(1_500)), finding.TOO_DEEP),
    "one line": ("a " * 5_000_000, finding.TOO_LARGE),
    "links": ("[a](b) " * 100_000, finding.TOO_MANY),
    "headings": ("# a\n" * 100_000, finding.TOO_MANY),
    "brackets": ("[" * 1_000_000, None),
    "comments": ("<!--" * 200_000, None),
    "tags": ("<a " * 200_000, None),
    "references": (f"[a]: {'x' * 1000}\n\n" + "[a] " * (LINKS_MAX // 2), None),
    "admonitions": ("\n".join(" " * (4 * depth) + "!!! note" for depth in range(300)), None),
    "an open string in code": ("```python\n" + 'x = "' * 400_000, None),
}


@pytest.mark.parametrize("allow_html", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_bounded(name: str, allow_html: bool) -> None:
    text, code = HOSTILE[name]
    page = read(text, allow_html=allow_html)
    assert len(page.html) < 16 << 20
    if code:
        assert [one.code for one in page.findings] == [code]
        assert page.html == ""


WHOLE = {
    "a stray end": ("a\n\n</div>\n\nb", "<p>a</p> <p>b</p>", ["</div> closes nothing"]),
    "left open": ("<div>\n\na", "<div> <p>a</p> </div>", ["<div> is not closed"]),
    "left open in a line": ("a <b>c\n\nd", "<p>a <b>c</b></p> <p>d</p>", ["<b> is not closed"]),
    "crossed": ("a <b><i>c</b></i>", "<p>a <b><i>c</i></b></p>", ["<i> is not closed", "</i> closes nothing"]),
    "in a heading": ("## a <b>c\n\nd", '<h2 id="a-c">a <b>c</b></h2> <p>d</p>', ["<b> is not closed"]),
    "an end that may be left out": ("<ul><li>a<li>b</ul>", "<ul><li>a<li>b</li></li></ul>", []),
    "no end": ("a<br>b<hr>", "<p>a<br>b<hr></p>", []),
    "closed at once": ('<a name="x"/>a', '<p><a name="x"></a>a</p>', []),
    "in a drawing": ('<svg><path d="M0"/></svg>', '<p><svg><path d="M0"/></svg></p>', []),
    "whole": (
        "<details><summary>a</summary>\n\nb\n\n</details>",
        "<details><summary>a</summary> <p>b</p> </details>",
        [],
    ),
    "removed": ("<iframe>\n\na", "<p>a</p>", []),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_page_is_whole_whatever_its_html(name: str) -> None:
    text, html, told = WHOLE[name]
    page = read(text, allow_html=True)
    assert " ".join(page.html.split()) == html
    assert [one.detail for one in page.findings if one.code == finding.HTML_INVALID] == told
