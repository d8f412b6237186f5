"""What is asked is read as its type, and every key that is wrong is told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from trueline.model.fault import UserError
from trueline.server.answer import Hold, Page
from trueline.server.archive import RecordsQuestion
from trueline.server.reading import KEYS_MAX, Question, read_body, read_query
from trueline.server.standings import ApplicationsQuestion


def test_a_query_is_read() -> None:
    read = read_query(
        ApplicationsQuestion,
        [("limit", "7"), ("sync", "Held"), ("sync", "Blocked"), ("true", "false"), ("find", "42")],
    )
    assert read == ApplicationsQuestion(limit=7, sync=("Held", "Blocked"), is_true=False, find="42")
    assert read_query(RecordsQuestion, []) == RecordsQuestion()


def test_a_body_is_read() -> None:
    read = read_body(Hold, {"why": "an incident", "until": "2026-07-01T12:00:00Z"})
    assert read == Hold(why="an incident", until=datetime(2026, 7, 1, 12, tzinfo=UTC))


def _told(caught: pytest.ExceptionInfo[UserError]) -> list[str]:
    assert {diagnostic.code for diagnostic in caught.value.diagnostics} == {"TL0720"}
    return [diagnostic.detail for diagnostic in caught.value.diagnostics]


def test_every_key_that_is_wrong_is_told() -> None:
    with pytest.raises(UserError) as caught:
        read_body(Hold, {"why": 1, "until": "2026-07-01T12:00:00", "untill": "", "x": None})
    assert [detail.partition(":")[0] for detail in _told(caught)] == [
        "`untill` is not taken; `until` is near",
        "`x` is not taken",
        "`why`",
        "`until`",
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "-1"},
        {"limit": "1001"},
        {"limit": "x"},
        {"after": "x" * 1_001},
        {"limmit": "1"},
    ],
    ids=str,
)
def test_a_query_that_cannot_be_read(query: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        read_query(Page, list(query.items()))
    assert len(_told(caught)) == 1


class _Needed(Question, frozen=True, kw_only=True):
    name: str
    count: int


def test_what_is_missing_is_told() -> None:
    with pytest.raises(UserError) as caught:
        read_body(_Needed, {})
    assert _told(caught) == ["`name` is missing", "`count` is missing"]


def test_so_many_wrong_keys_are_told() -> None:
    with pytest.raises(UserError) as caught:
        read_body(Page, {f"key{number}": 1 for number in range(1_000)})
    assert len(_told(caught)) == KEYS_MAX
