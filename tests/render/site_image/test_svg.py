"""SVG: what only draws is published as it is; what does more, or is more than it seems, is refused with its line."""

import pytest
from hypothesis import given, strategies

from trueline.render.site.image.describe import describe
from trueline.render.site.image.encode import encode
from trueline.render.site.image.info import ImageRefused
from trueline.render.site.image.plan import plan
from trueline.render.site.image.setting import DEFAULT_SETTINGS

XMLNS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(inside: str, attributes: str = 'viewBox="0 0 20 10"', before: str = "") -> bytes:
    return f"{before}<svg {XMLNS} {attributes}>\n{inside}\n</svg>".encode()


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(ImageRefused) as caught:
        describe(data)
    return caught.value.code, caught.value.detail


HARMLESS = [
    '<rect width="20" height="10" fill="url(#a)"/>',
    "<style>.only { fill: url(#a); font-family: 'x'; src: none }</style>",
    "<style><![CDATA[ @media (prefers-color-scheme: dark) { rect { fill: #fff } } ]]></style>",
    '<use xlink:href="#a"/><use href=" #b"/>',
    '<image href="data:image/png;base64,iVBORw0KGgo="/>',
    '<a href="https://example.com/"><text>more</text></a><a href="other.html"/>',
    "<text>javascript: is a word, &lt;script&gt; too</text>",
    '<g xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:label="image(1)"/>',
    '<animate attributeName="opacity" from="0" to="1"/>',
    "<metadata><x xmlns='urn:x'>y</x></metadata><!-- a comment -->",
]


@pytest.mark.parametrize("inside", HARMLESS)
def test_what_draws_is_published_as_it_is(inside: str) -> None:
    data = svg(inside, before='<?xml version="1.0" encoding="UTF-8"?>\n')
    info = describe(data)
    assert (info.width, info.height, info.is_kept) == (20, 10, True)
    assert encode(data, info, plan(info, DEFAULT_SETTINGS), DEFAULT_SETTINGS) == (data,)


HOSTILE = [
    ("<script>alert(1)</script>", "script"),
    ('<SCRIPT xmlns="http://www.w3.org/1999/xhtml"/>', "SCRIPT"),
    ("<foreignObject><p/></foreignObject>", "foreignObject"),
    ('<g><iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/></g>', "iframe"),
    ('<rect onload="alert(1)"/>', "onload"),
    ('<rect onClick="x"/>', "onclick"),
    ('<image href="https://example.com/track.png"/>', "https://example.com/track.png"),
    ('<image xlink:href="//example.com/a.png"/>', "//example.com"),
    ('<use href="other.svg#a"/>', "other.svg"),
    ('<image href="data:image/svg+xml;base64,AAAA"/>', "data:image/svg"),
    ('<a href="javascript:alert(1)"/>', "javascript"),
    ('<a xlink:href=" java&#10;script:alert(1)"/>', "script"),
    ('<a href="data:text/html,x"/>', "data:text"),
    ('<rect style="fill: url(http://example.com/a)"/>', "http://example.com/a"),
    ("<rect fill=\"url( '//example.com/a' )\"/>", "example.com"),
    ('<rect style="fill: \\75 rl(http://example.com/a)"/>', "example.com"),
    ("<style>@import 'http://example.com/a.css';</style>", "@import"),
    ("<style>@im<![CDATA[port]]> url(x);</style>", "@import"),
    ("<style>a { background: image-set('http://example.com/a' 1x) }</style>", "image-set"),
    ("<style>@font-face { src: url(https://example.com/f) }</style>", "https://example.com/f"),
    ('<set attributeName="href" to="javascript:alert(1)"/>', "animation of href"),
    ('<animate attributeName="xlink:href" values="javascript:x"/>', "animation of xlink:href"),
    ('<set attributeName="onclick" to="x"/>', "animation of onclick"),
    ('<?xml-stylesheet href="http://example.com/a.css"?>', "style sheet"),
]


@pytest.mark.parametrize(("inside", "told"), HOSTILE)
def test_what_does_more_is_refused_with_its_line(inside: str, told: str) -> None:
    code, detail = refusal(svg(inside))
    assert code == "TL1556"
    assert told in detail
    assert detail.startswith("line 2: ")


def test_all_of_it_is_told_up_to_a_bound() -> None:
    _, detail = refusal(svg('<rect onload="a"/>\n' * 12))
    assert detail.count("onload") == 10
    assert detail.endswith("and 2 more")


BROKEN = {
    "not closed": b"<svg xmlns='http://www.w3.org/2000/svg'><g>",
    "no svg": b"<math xmlns='http://www.w3.org/1998/Math/MathML'/>",
    "no namespace": b"<svg viewBox='0 0 1 1'/>",
    "attributes": b'<!DOCTYPE svg [<!ATTLIST svg class CDATA "a">]>' + svg(""),
    "laughs": b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + svg("<text>&b;</text>"),
    "a file": b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + svg("<text>&x;</text>"),
    "parameter": b'<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://example.com/x"> %x;]>' + svg(""),
    "unknown entity": svg("<text>&nbsp;</text>"),
    "skipped entity": b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">' + svg("<text>&nbsp;</text>"),
    "deep": svg("<g>" * 300 + "</g>" * 300),
    "encoding": b'<?xml version="1.0" encoding="cp1252"?>' + svg(""),
    "twice": svg('<g id="a" id="b"/>'),
    "two": svg("") + svg(""),
    "nothing follows": b"<",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_strictly_is_refused(name: str) -> None:
    code, detail = refusal(BROKEN[name])
    assert code == "TL1555"
    assert detail.startswith("line ")


def test_a_document_type_without_declarations_is_read() -> None:
    before = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert describe(svg("<g/>", before=before)).width == 20


def test_too_many_elements_and_bytes_are_refused() -> None:
    assert refusal(svg("<g/>" * 200_001))[0] == "TL1555"
    assert refusal(svg(" " * (5 << 20)))[0] == "TL1550"


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 20 10"', (20, 10)),
        ('viewBox="-5,-5 , 20.4,10.6"', (20, 11)),
        ('width="300" height="150px" viewBox="0 0 20 10"', (300, 150)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('width="100%" height="100%" viewBox="0 0 20 10"', (20, 10)),
        ('width="300" viewBox="0 0 20 10"', (20, 10)),
        ('width="9999999" height="1"', (100_000, 1)),
        ('width="-3" height="1"', (0, 0)),
        ('viewBox="0 0 0 10"', (0, 0)),
        ('viewBox="a b c d"', (0, 0)),
        ("", (0, 0)),
    ],
)
def test_the_size_comes_from_the_first_element(attributes: str, size: tuple[int, int]) -> None:
    info = describe(svg("", attributes))
    assert (info.width, info.height) == size


def test_other_encodings_of_the_same_drawing() -> None:
    text = svg("<g/>").decode()
    assert describe(text.encode("utf-8-sig")).width == describe(text.encode("utf-16")).width == 20


@given(strategies.text(alphabet="<>/&;'\"= sgvx!-[]?onrl(:)#\\@%", max_size=60))
def test_any_text_is_drawn_or_refused(inside: str) -> None:
    try:
        describe(svg(inside))
    except ImageRefused as refused:
        assert refused.code in {"TL1555", "TL1556"}  # noqa: PT017 - either is right
