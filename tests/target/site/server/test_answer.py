"""Requests of one release and their answers, as a table: files, addresses, rules, conditions, ranges, codings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, strategies as st

from trueline.model.digest import digest_bytes
from trueline.render.site.address import read_address
from trueline.render.site.redirect import read_headers, read_redirects
from trueline.render.site.served import ServedRelease
from trueline.target.site.server.answer import Answer, Request, resolve
from trueline.target.site.server.condition import Span, http_date

MADE_S, NOW_S = 1_000_000.25, 1_000_100.0
MODIFIED = http_date(1_000_001)
LARGE = b"x" * 1000
CAFE = "caf\N{LATIN SMALL LETTER E WITH ACUTE}"
CAFE_APART = "cafe\N{COMBINING ACUTE ACCENT}"
FILES = {
    "index.html": b"home" * 100,
    "guide/index.html": b"guide",
    "guide/404.html": b"no such guide",
    "contact.html": b"contact",
    "404.html": b"nowhere",
    "robots.txt": b"all",
    "assets/style.0123.css": LARGE,
    "assets/photo.0123.webp": LARGE,
    "empty.bin": b"",
    f"{CAFE_APART}/index.html": b"coffee",
    "a b.txt": b"a space",
    "odd%2e.txt": b"a percent sign",
    "taken/index.html": b"taken",
    "app/index.html": b"app",
}
REDIRECTS = """
/old              /contact
/taken            /never
/guide/           /forced       302!
/blog/:year/:slug /posts/:slug?y=:year 307
/docs/*           /guide/:splat 308
/away/*           https://other.example/x/:splat
/host/*           /:splat
/loop             /loop/
/app/*            /app/index.html 200
/shown            /contact 200
/hidden           /no/such/page 200
/ümlaut           /%C3%A4hnlich#ort 303
/query            /contact?a=1#top
"""
HEADERS = """
/*
  X-All: yes
  Content-Security-Policy: default-src 'self'
/guide/*
  X-All: again
  Cache-Control: no-store
  Referrer-Policy: no-referrer
/assets/*.css
  Vary: Accept-Language
/contact
  X-Contact: exact
"""


def _release() -> ServedRelease:
    redirects, wrong = read_redirects(REDIRECTS)
    headers, wrong_too = read_headers(HEADERS)
    assert (wrong, wrong_too) == ((), ())
    return ServedRelease.of(
        {path: digest_bytes(data) for path, data in FILES.items()},
        sizes={digest_bytes(data): len(data) for data in FILES.values()},
        immutable=["assets/style.0123.css", "assets/photo.0123.webp"],
        made_s=MADE_S,
        redirects=redirects,
        headers=headers,
    )


RELEASE = _release()


def tag(path: str, coding: str = "") -> str:
    return f'"{digest_bytes(FILES[path])[:32]}{coding}"'


def ask(target: str, method: str = "GET", **headers: str) -> Answer:
    return ask_at(NOW_S, target, method, **headers)


def ask_at(at_s: float, target: str, method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return resolve(RELEASE, Request(method=method, target=target, headers=named, at_s=at_s))


def header(answer: Answer, name: str) -> str | None:
    found = [value for key, value in answer.headers if key.lower() == name]
    assert len(found) <= 1
    return found[0] if found else None


@dataclass(frozen=True)
class Case:
    """One request; `file` is what is shown, `to` where it leads."""

    target: str
    status: int = 200
    file: str = ""
    to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def check(case: Case) -> None:
    answer = resolve(RELEASE, Request(method="GET", target=case.target, headers=case.headers, at_s=NOW_S))
    assert answer.status == case.status
    assert (answer.part.path if answer.part else "") == case.file
    assert header(answer, "location") == case.to
    assert header(answer, "x-content-type-options") == "nosniff"


ADDRESSES = [
    Case("/", file="index.html"),
    Case("/index.html", file="index.html"),
    Case("/?q=1", file="index.html"),
    Case("http://any.example/robots.txt?q", file="robots.txt"),
    Case("http://any.example?q", file="index.html"),
    Case("/taken/", file="taken/index.html"),
    Case("/taken?q=1&r", 308, to="/taken/?q=1&r"),
    Case("/guide/index.html", file="guide/index.html"),
    Case("/contact", file="contact.html"),
    Case("/contact.html", file="contact.html"),
    Case("/contact/", 308, to="/contact"),
    Case("/contact//", 404, file="404.html"),
    Case("/a%20b.txt", file="a b.txt"),
    Case(f"/{CAFE}/", file=f"{CAFE_APART}/index.html"),
    Case("/caf%C3%A9/", file=f"{CAFE_APART}/index.html"),
    Case("/cafe%CC%81/", file=f"{CAFE_APART}/index.html"),
    Case("/caf%C3%A9", 308, to="/caf%C3%A9/"),
    Case("/Contact", 404, file="404.html"),
    Case("/none", 404, file="404.html"),
    Case("/guide/none/deep", 404, file="guide/404.html"),
    Case("/contact/none", 404, file="404.html"),
    # nothing leads out of the release, however it is written
    Case("/../etc/passwd", 400),
    Case("/guide/../../x", 400),
    Case("/%2e%2e/x", 400),
    Case("/guide/%2E%2e", 400),
    Case("/./robots.txt", 400),
    Case("/..\\x", 400),
    Case("/guide/..%5cx", 400),
    Case("/%00", 400),
    Case("/robots.txt%00.html", 400),
    Case("/%ff", 400),
    Case("/%0d%0aSet-Cookie:x", 400),
    Case("/%7f", 400),
    Case("*", 400),
    Case("robots.txt", 400),
    Case("", 400),
    Case("/" + "x" * 5_000, 400),
    Case("/%252e%252e/x", 404, file="404.html"),
    Case("/odd%2e.txt", 404, file="404.html"),
    Case("/odd%252e.txt", file="odd%2e.txt"),
    Case("/taken%2findex.html", 404, file="404.html"),
    Case("/\\taken", 404, file="404.html"),
    Case("//taken/", 404, file="404.html"),
    Case("//other.example/%2e%2e", 400),
]
RULES = [
    Case("/old", 301, to="/contact"),
    Case("/old/?a=1", 301, to="/contact?a=1"),
    Case("/guide/", 302, to="/forced"),
    Case("/guide", 302, to="/forced"),
    Case("/taken", 308, to="/taken/"),
    Case("/blog/2024/a%20b%2", 307, to="/posts/a%20b%252?y=2024"),
    Case("/blog/2024/x?z=1", 307, to="/posts/x?y=2024&z=1"),
    Case("/blog/2024/x/y", 404, file="404.html"),
    Case("/docs/a/b%3Fc", 308, to="/guide/a/b%3Fc"),
    Case("/docs/", 308, to="/guide/"),
    Case("/docs", 308, to="/guide/"),
    Case("/docsx", 404, file="404.html"),
    Case("/away/x?q=1", 301, to="https://other.example/x/x?q=1"),
    Case("/away/%0a", 400),
    Case("/host//evil.example/", 301, to="/evil.example"),
    Case("/host/%5cevil.example", 301, to="/%5Cevil.example"),
    Case("/loop", 301, to="/loop/"),
    Case("/loop/", 404, file="404.html"),
    Case("/app/any/where", file="app/index.html"),
    Case("/app/", file="app/index.html"),
    Case("/shown", file="contact.html"),
    Case("/hidden", 404, file="404.html"),
    Case("/%C3%BCmlaut", 303, to="/%C3%A4hnlich#ort"),
    Case("/query?b=2", 301, to="/contact?a=1&b=2#top"),
]
HOME = tag("index.html")
CONDITIONS = [
    Case("/", 304, headers={"if-none-match": HOME}),
    Case("/", 304, headers={"if-none-match": f'"x", W/{HOME} , "y"'}),
    Case("/", 304, headers={"if-none-match": "*"}),
    Case("/", 200, "index.html", headers={"if-none-match": '"x"'}),
    Case("/", 200, "index.html", headers={"if-none-match": HOME[:-1]}),
    Case("/", 200, "index.html", headers={"if-none-match": HOME, "accept-encoding": "gzip"}),
    Case("/", 304, headers={"if-none-match": tag("index.html", "-gzip"), "accept-encoding": "gzip"}),
    Case("/", 200, "index.html", headers={"if-match": f'"x", {HOME}'}),
    Case("/", 200, "index.html", headers={"if-match": "*"}),
    Case("/", 412, headers={"if-match": f"W/{HOME}"}),
    Case("/", 412, headers={"if-match": '"x"', "if-none-match": HOME}),
    Case("/", 304, headers={"if-modified-since": MODIFIED}),
    Case("/", 304, headers={"if-modified-since": http_date(NOW_S)}),
    Case("/", 200, "index.html", headers={"if-modified-since": http_date(1_000_000)}),
    Case("/", 200, "index.html", headers={"if-modified-since": http_date(NOW_S + 3600)}),
    Case("/", 200, "index.html", headers={"if-modified-since": "yesterday"}),
    Case("/", 200, "index.html", headers={"if-modified-since": MODIFIED, "if-none-match": '"x"'}),
    Case("/", 412, headers={"if-unmodified-since": http_date(1_000_000)}),
    Case("/", 200, "index.html", headers={"if-unmodified-since": MODIFIED}),
    Case("/none", 404, "404.html", headers={"if-none-match": "*", "range": "bytes=0-1"}),
]


@pytest.mark.parametrize(
    "case", [*ADDRESSES, *RULES, *CONDITIONS], ids=lambda case: f"{case.target[:40]} {case.headers}"
)
def test_an_address_has_its_answer(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "get"])
def test_files_are_only_read(method: str) -> None:
    answer = ask("/", method)
    assert (answer.status, header(answer, "allow"), answer.part) == (405, "GET, HEAD", None)


def test_a_head_is_answered_as_a_get() -> None:
    assert ask("/", "HEAD", accept_encoding="gzip") == ask("/", "GET", accept_encoding="gzip")
    assert ask("/robots.txt", "HEAD", range="bytes=0-1").status == 200


RANGES: list[tuple[str, int, Span | None, str | None]] = [
    ("bytes=0-0", 206, Span(0, 1), "bytes 0-0/1000"),
    ("bytes=0-999", 206, Span(0, 1000), "bytes 0-999/1000"),
    ("bytes=900-", 206, Span(900, 1000), "bytes 900-999/1000"),
    ("bytes=900-5000", 206, Span(900, 1000), "bytes 900-999/1000"),
    ("bytes=-10", 206, Span(990, 1000), "bytes 990-999/1000"),
    ("bytes=-5000", 206, Span(0, 1000), "bytes 0-999/1000"),
    ("Bytes = 1 - 2", 206, Span(1, 3), "bytes 1-2/1000"),
    ("bytes=1000-", 416, None, "bytes */1000"),
    ("bytes=-0", 416, None, "bytes */1000"),
    ("bytes=2-1", 200, None, None),
    ("bytes=-", 200, None, None),
    ("bytes=0-1,5-6", 200, None, None),
    ("lines=0-1", 200, None, None),
    ("bytes=x-1", 200, None, None),
    (f"bytes=0-{'9' * 30}", 200, None, None),
]


@pytest.mark.parametrize(("asked", "status", "span", "told"), RANGES)
def test_a_range(asked: str, status: int, span: Span | None, told: str | None) -> None:
    answer = ask("/assets/style.0123.css", range=asked, accept_encoding="gzip")
    assert (answer.status, header(answer, "content-range")) == (status, told)
    assert (answer.part.span if answer.part else None) == span
    assert answer.part is None or answer.part.coding == ""


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (tag("assets/photo.0123.webp"), 206),
        (f"W/{tag('assets/photo.0123.webp')}", 200),
        ('"x"', 200),
        (MODIFIED, 206),
        (http_date(NOW_S), 200),
        ("rubbish", 200),
    ],
)
def test_a_range_of_other_bytes_is_all_of_them(condition: str, status: int) -> None:
    assert ask("/assets/photo.0123.webp", range="bytes=0-1", if_range=condition).status == status


def test_an_empty_file_has_no_range() -> None:
    assert ask("/empty.bin", range="bytes=0-").status == 416
    assert ask("/empty.bin").status == 200


@pytest.mark.parametrize(
    ("path", "accepted", "coding", "vary"),
    [
        ("/", "gzip, deflate, br", "gzip", "Accept-Encoding"),
        ("/", "br", "", "Accept-Encoding"),
        ("/", "gzip;q=0, *", "", "Accept-Encoding"),
        ("/", "", "", "Accept-Encoding"),
        ("/", "*;q=0.1", "gzip", "Accept-Encoding"),
        ("/", "identity;q=1, gzip;q=0.9", "", "Accept-Encoding"),
        ("/assets/style.0123.css", "gzip", "gzip", "Accept-Language, Accept-Encoding"),
        ("/assets/photo.0123.webp", "gzip", "", None),
        ("/robots.txt", "gzip", "", None),
    ],
)
def test_text_is_compressed_for_who_takes_it(path: str, accepted: str, coding: str, vary: str | None) -> None:
    answer = ask(path, accept_encoding=accepted)
    assert answer.part is not None
    assert (answer.part.coding, header(answer, "content-encoding") or "") == (coding, coding)
    assert header(answer, "vary") == vary
    assert header(answer, "etag") == tag(answer.part.path, f"-{coding}" if coding else "")


def test_how_long_a_file_may_be_kept() -> None:
    assert header(ask("/assets/style.0123.css"), "cache-control") == "public, max-age=31536000, immutable"
    assert header(ask("/"), "cache-control") == "public, max-age=0, must-revalidate"
    assert header(ask("/guide/index.html"), "cache-control") == "no-store"
    assert header(ask("/taken"), "cache-control") == "public, max-age=0, must-revalidate"
    assert header(ask("/none"), "cache-control") == "public, max-age=0, must-revalidate"


def test_header_rules_are_merged() -> None:
    here = ask("/guide/index.html")
    assert (header(here, "x-all"), header(here, "referrer-policy")) == ("yes, again", "no-referrer")
    assert header(ask("/"), "referrer-policy") == "strict-origin-when-cross-origin"
    assert header(ask("/contact"), "x-contact") == "exact"
    assert header(ask("/contact.html"), "x-contact") is None
    assert header(ask("/", if_none_match="*"), "content-security-policy") == "default-src 'self'"
    assert header(ask("/none"), "content-security-policy") == "default-src 'self'"


def test_a_young_release_has_no_date_yet() -> None:
    """Another one may become live within the same second, and would have the same date."""
    assert header(ask_at(MADE_S + 0.1, "/"), "last-modified") is None
    assert header(ask("/"), "last-modified") == MODIFIED


def test_a_rewrite_to_another_site_is_no_rule_of_ours() -> None:
    redirects, findings = read_redirects("/x https://other.example/ 200\n")
    assert [one.code for one in findings] == ["TL1621"]
    release = ServedRelease.of({}, sizes={}, redirects=redirects)
    answer = resolve(release, Request(method="GET", target="/x"))
    assert (answer.status, answer.text) == (404, b"404 Not Found\n")


def test_the_first_rule_that_matches_holds() -> None:
    for text, to in (("/a/* /one\n/a/b /two\n", "/one"), ("/a/b /two\n/a/* /one\n", "/two")):
        release = ServedRelease.of({}, sizes={}, redirects=read_redirects(text)[0])
        assert header(resolve(release, Request(method="GET", target="/a/b")), "location") == to


@given(st.text(max_size=40) | st.lists(st.sampled_from([*"/.%25e0af\\:?#*", "..", "guide"])).map("".join))
def test_no_target_leads_out_or_breaks(text: str) -> None:
    for target in (text, f"/{text}"):
        answer = ask(target)
        assert answer.part is None or answer.part.path in FILES
        assert all(value.isprintable() for _, value in answer.headers)
        location = header(answer, "location")
        assert location is None or not location.startswith(("//", "/\\"))


@given(
    st.dictionaries(
        st.sampled_from(
            _NAMES := [
                "range",
                "if-range",
                "if-match",
                "if-none-match",
                "if-modified-since",
                "if-unmodified-since",
                "accept-encoding",
            ]
        ),
        st.text(max_size=30),
    )
)
def test_no_header_breaks(headers: dict[str, Any]) -> None:
    assert resolve(RELEASE, Request(method="GET", target="/", headers=headers, at_s=NOW_S)).status in {
        200,
        206,
        304,
        412,
        416,
    }


def test_an_address_is_decoded_once() -> None:
    found: Sequence[str | None] = [
        address.path if (address := read_address(one)) else None for one in ("/%2541", "/%41")
    ]
    assert found == ["%41", "A"]
