"""The words of a message: what is foreign stays on its line, is bounded, and is never read as a template."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trueline.notify.event import CONDITIONS, MOMENTS, Event, Selection, Severity, severity_of
from trueline.notify.message import LINE_CHARACTERS_MAX, LINES_MAX, Line, Message, Phase, Telling, message_of

START = datetime(2026, 7, 1, 12, tzinfo=UTC)


def telling(phase: Phase = Phase.OPENED, event: Event = Event.DEGRADED, *lines: Line) -> Telling:
    found = lines or (Line(application="shop", text="web: 0 of 3 are there", revision="main@c0ffee"),)
    end = START + timedelta(minutes=7)
    return Telling(
        id="m1", incident="i1", phase=phase, event=event, opened_at=START, at=end, lines=found, count=len(found)
    )


def message(found: Telling, **more: Any) -> Message:
    return message_of(
        found, **{"notifier": "ops", "severity": None, "title": "", "text": "", "url": "https://line.test"} | more
    )


def test_our_own_words() -> None:
    found = message(telling())
    assert found.title == "shop is degraded"
    assert found.text == "shop at main@c0ffee: web: 0 of 3 are there\nsince 2026-07-01 12:00:00 UTC"
    assert (found.severity, found.url) == (Severity.ERROR, "https://line.test/applications/shop")
    over = message(telling(Phase.RESOLVED))
    assert over.title == "shop is no longer degraded"
    assert over.text.endswith("since 2026-07-01 12:00:00 UTC, for 7 min")
    assert message(telling(Phase.CHANGED)).title == "shop is still degraded, for another reason"
    assert message(telling(Phase.HAPPENED, Event.APPLIED)).title == "shop is applied"


def test_many_are_named_and_the_rest_is_counted() -> None:
    lines = [Line(application=f"app-{number:02}", text="x") for number in range(40)]
    found = message(telling(Phase.OPENED, Event.BLOCKED, *lines))
    assert found.title == "app-00, app-01, app-02 and 37 more are blocked"
    assert found.text.splitlines()[LINES_MAX] == "and 20 more"
    assert (len(found.lines), found.count, found.url) == (LINES_MAX, 40, "https://line.test/")


def test_the_fleet_repository_has_a_name_for_people() -> None:
    found = message(telling(Phase.OPENED, Event.FLEET_BLOCKED, Line(application="", text="no answer")))
    assert found.title == "the fleet repository is not followed as it stands"
    assert found.url == "https://line.test/"


def test_words_of_ones_own() -> None:
    found = message(telling(), title="[{severity}] {application} {state}", text="{{{count}}} {lines} {url}")
    assert found.title == "[error] shop degraded"
    assert found.text.startswith("{1} shop at main@c0ffee")
    assert message(telling(), severity=Severity.CRITICAL, title="{severity}").title == "critical"
    assert message(telling(), title=" {url}", url="").title == "shop is degraded", "what is empty is refused by chats"


def test_a_foreign_text_makes_no_line_of_its_own_and_no_template() -> None:
    """INV-30: whatever a target says stays where it is put."""
    found = message(telling(Phase.OPENED, Event.DEGRADED, Line(application="shop", text="a\nb {title} \x1b[2J" * 99)))
    line = found.text.splitlines()[0]
    assert line.startswith("shop: a b {title} [2Ja b")
    assert len(line) <= LINE_CHARACTERS_MAX + len("shop: ")
    assert len(message(telling(), title="{application}" * 200).title) <= 250


@pytest.mark.parametrize("event", Event)
def test_every_event_has_words_and_a_severity(event: Event) -> None:
    assert event.words
    assert isinstance(severity_of(event), Severity)
    assert (event in MOMENTS) is event.is_moment is (event not in CONDITIONS)


def test_which_applications_are_meant() -> None:
    chosen = Selection(names=("shop", "web-*"), labels={"team": "web"}, projects=("shop",))
    assert chosen.fits("web-1", {"team": "web", "tier": "1"}, "shop")
    assert not chosen.fits("blog", {"team": "web"}, "shop")
    assert not chosen.fits("shop", {"team": "docs"}, "shop")
    assert not chosen.fits("shop", {"team": "web"}, "other")
    assert Selection().is_everything
    assert Selection().fits("anything", {}, "")
