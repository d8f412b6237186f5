"""The words of pages, and how they differ."""

import pytest
from hypothesis import given, strategies as st

from trueline.server.preview.word import WORDS_MAX, Kind, Piece, differences, signature, words_of

PARAGRAPHS = st.lists(st.sampled_from(["a b c", "a b d", "x", "one two three", "one three"]), max_size=8)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>a &amp; b&#39;s</p>", ["a & b's"]),
        ("<title>t</title><style>s</style><script>if (a<b) c</script><p>x<p>y", ["t", "x", "y"]),
        ("before<main><ul><li>1<li>2</ul></main>after", ["1", "2"]),
        ("<main><img alt='a cat' src=x><img src=y></main>", ["[a cat] [image]"]),
        ("<main><pre>a\n  b</pre></main>", ["a b"]),
        ("<main></main><p>only here", ["only here"]),
        ("</main></nav></script><p>crooked</b>", ["crooked"]),
        ("", []),
    ],
)
def test_words_of_a_page(html: str, words: list[str]) -> None:
    assert words_of(html) == words


def test_a_change_is_shown_with_what_stands_beside_it() -> None:
    before = ["1", "2", "3", "Run it with care.", "5", "6"]
    after = ["1", "2", "3", "Run it with joy.", "5", "6"]
    assert differences(before, after) == [
        (),
        (Piece(Kind.SAME, "3"),),
        (
            Piece(Kind.SAME, "Run it with "),
            Piece(Kind.GONE, "care"),
            Piece(Kind.NEW, "joy"),
            Piece(Kind.SAME, "."),
        ),
        (Piece(Kind.SAME, "5"),),
    ]


def test_the_same_differs_nowhere() -> None:
    assert differences(["a", "b"], ["a", "b"]) == []


def test_a_whole_book_in_one_paragraph_is_not_taken_apart() -> None:
    before, after = "a " * WORDS_MAX, "b " * WORDS_MAX
    assert differences([before], [after]) == [(Piece(Kind.GONE, before), Piece(Kind.NEW, after))]


@given(PARAGRAPHS, PARAGRAPHS)
def test_what_is_new_is_in_the_new_text_and_what_is_gone_in_the_old_one(before: list[str], after: list[str]) -> None:
    found = [piece for block in differences(before, after) for piece in block]
    assert (found == []) == (before == after)
    for piece in found:
        if piece.kind is not Kind.GONE:
            assert any(piece.text in one for one in after)
        if piece.kind is not Kind.NEW:
            assert any(piece.text in one for one in before)


@pytest.mark.parametrize(
    ("html", "is_same"),
    [
        ("<nav>other</nav><main>words <a href=2>here</a></main>", True),
        ("<main class='x > y'>words <a\nhref='1'>here</a></main>", True),
        ("<main>words <script>x = 1 < 2</script><a>here</a></main>", True),
        ("<main>words there</main>", False),
        ("<main>words</main> here", False),
    ],
)
def test_a_signature_stands_for_the_words(html: str, *, is_same: bool) -> None:
    assert (signature(html) == signature("<main>words <a href=1>here</a></main>")) is is_same
