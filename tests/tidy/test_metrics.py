"""The page of the metrics says what the code tells."""

from tests.tidy.metric_page import PAGE, page_of


def test_the_page_has_a_row_for_each_figure() -> None:
    page = PAGE.read_text()
    assert page == page_of(page), "write it anew: python -m tests.tidy.metric_page"
