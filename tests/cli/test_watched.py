"""What somebody who watches sees, without a terminal: the model, and the frame that is made of it."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from trueline.cli.frame import frame
from trueline.cli.hearing import Cut, Ended, Event, Grown, Listed, read_events
from trueline.cli.watched import Watched
from trueline.model.fault import UserError

NOW = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)


def status(name: str, **told: Any) -> dict[str, Any]:
    """How one stands, as the API says it."""
    told = {"sync": "Synced", "health": "Healthy", "true": told.get("sync", "Synced") == "Synced", **told}
    rest = {"message": "", "healthMessage": "", "revision": "main@1", "wanted": "main@1", "added": 0}
    return {"application": name, "since": "2026-07-01T12:00:00+00:00", **rest, **told}


def node(ref: str, parent: str = "", health: str = "Healthy", **told: Any) -> dict[str, Any]:
    """One object of a tree, as the API says it."""
    judged = {"status": health, "reason": "", "message": told.pop("message", "")}
    role = "made" if parent else "declared"
    return {"ref": ref, "parent": parent, "role": role, "wave": 0, "action": "", "drift": "", "health": judged, **told}


def listed(*statuses: dict[str, Any], problems: tuple[dict[str, Any], ...] = ()) -> Listed:
    return Listed(found={"applications": list(statuses), "problems": problems})


def lines(watched: Watched, height: int = 30, width: int = 100) -> list[str]:
    """The frame as text."""
    console = Console(file=StringIO(), width=width, height=height, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(frame(watched, NOW, height, width))
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("width", [160, 100, 80, 60, 44])
def test_how_it_stands_is_seen_however_long_names_and_messages_are(width: int) -> None:
    watched = Watched()
    long = status("n" * 63, sync="OutOfSync", health="Progressing", message="m" * 300, wanted="main@0a0a0a0a0a")
    watched.hear(listed(long, status("shop", sync="Blocked", message="界" * 200)), NOW)
    head, first, second = lines(watched, width=width)[1:4]
    assert (first[head.index("SYNC") :].split()[0], second[head.index("SYNC") :].split()[0]) == ("OutOfSync", "Blocked")
    assert first[head.index("HEALTH") :].split()[0] == "Progressing"
    assert second.startswith("shop ")
    assert len(head) <= width


def test_what_is_heard_changes_what_is_known_and_says_of_whom() -> None:
    watched = Watched()
    assert watched.hear(listed(status("till"), status("shop")), NOW) == ("shop", "till")
    assert watched.hear(listed(status("till"), status("shop")), NOW) == ()
    syncing = status("shop", sync="Syncing")
    assert watched.hear(Event(kind="application", data=syncing), NOW) == ("shop",)
    assert watched.hear(Event(kind="application", data={**syncing, "at": "later"}), NOW) == (), "no other word"
    assert watched.unsettled == ("shop",)
    assert watched.hear(Event(kind="gone", data={"application": "till"}), NOW) == ("till",)
    assert watched.hear(Event(kind="gone", data={"application": "till"}), NOW) == ()
    assert watched.hear(Event(kind="record", data={"application": "shop"}), NOW) == ()
    assert watched.hear(Event(kind="application", data={}), NOW) == ()
    assert [one["application"] for one in watched.ordered] == ["shop"]


def test_after_a_cut_what_went_meanwhile_is_gone() -> None:
    watched = Watched()
    watched.hear(listed(status("shop"), status("till")), NOW)
    watched.hear(Cut(reason="refused"), NOW - timedelta(seconds=20))
    watched.hear(Cut(reason="still"), NOW)
    assert (watched.cut_at, watched.reason) == (NOW - timedelta(seconds=20), "still"), "since the first one"
    assert watched.hear(listed(status("shop", sync="Held")), NOW) == ("shop", "till")
    assert (watched.cut_at, list(watched.statuses)) == (None, ["shop"])


def test_who_watches_one_hears_of_that_one() -> None:
    watched = Watched(only="shop")
    assert not watched.unsettled
    assert watched.hear(listed(status("shop"), status("till")), NOW) == ("shop",)
    assert watched.hear(Event(kind="application", data=status("till", sync="Held")), NOW) == ()
    assert watched.unsettled == ("shop",)
    fault = UserError([])
    watched.hear(Ended(fault=fault), NOW)
    assert watched.fault is fault


def test_a_frame_has_every_application_and_the_objects_of_what_rolls_out() -> None:
    watched = Watched()
    watched.hear(listed(status("shop", sync="Syncing", wanted="main@2", message="waits"), status("till")), NOW)
    tree = [
        node("Job.batch/shop/migrate", wave=-1, role="hook"),
        node("Deployment.apps/shop/web", health="Progressing", message="1 of 3 is ready", action="update"),
        node("ReplicaSet.apps/shop/web-1", "Deployment.apps/shop/web"),
        node("Pod/shop/web-1-a", "ReplicaSet.apps/shop/web-1", health="Degraded"),
    ]
    watched.hear(Grown(application="shop", nodes=tree), NOW)
    watched.hear(Grown(application="nobody", nodes=tree), NOW)
    found = lines(watched)
    assert "1 of 2 True" in found[0]
    assert found[1].split() == ["APPLICATION", "SYNC", "HEALTH", "SINCE", "REVISION", "MESSAGE"]
    assert found[2].split() == ["shop", "Syncing", "Healthy", "30s", "main@1", "(Git:", "main@2)", "waits"]
    assert found[3].split() == ["till", "Synced", "Healthy", "30s", "main@1", "-"]
    assert found[4:] == [
        "shop",
        "  wave -1",
        "    ● Job.batch/shop/migrate  hook",
        "  wave 0",
        "    ◐ Deployment.apps/shop/web  to update  Progressing: 1 of 3 is ready",
        "      ● ReplicaSet.apps/shop/web-1",
        "        ■ Pod/shop/web-1-a  Degraded",
    ]


def test_what_names_itself_as_its_owner_ends() -> None:
    watched = Watched(only="shop")
    watched.hear(listed(status("shop")), NOW)
    watched.hear(Grown(application="shop", nodes=[node("A//a"), node("B//b", "A//a"), node("A//a", "B//b")]), NOW)
    assert len(lines(watched)) < 10


def test_where_there_is_no_room_who_is_not_true_comes_first() -> None:
    watched = Watched()
    many = [status(f"a{number:03}") for number in range(1_000)]
    many[500], many[700] = status("a500", sync="Blocked"), status("a700", health="Degraded", true=False)
    watched.hear(listed(*many), NOW)
    found = lines(watched, height=12)
    assert len(found) <= 12
    assert [line.split()[0] for line in found[2:4]] == ["a500", "a700"]
    assert found[-1] == "… and 992 more, all of them True"


def test_it_says_since_when_nothing_is_heard_and_what_is_wrong() -> None:
    watched = Watched()
    assert lines(watched)[0] == "asking how everything stands"
    problem = {"code": "TL0101", "summary": "away", "detail": "it\nis"}
    watched.hear(listed(status("shop"), problems=(problem,)), NOW)
    assert lines(watched)[1] == "TL0101 away: it is"
    watched.hear(Cut(reason="Connection refused"), NOW - timedelta(seconds=90))
    at = (NOW - timedelta(seconds=90)).astimezone()
    assert lines(watched)[0] == f"not live since {at:%H:%M:%S} (1m): Connection refused"


@pytest.mark.parametrize("text", ["\x1b[2J", "[red]x[/red]", "a\rb", "\u202e", ":smile:", "\x07", "\udce4"])
def test_no_name_or_message_is_more_than_text(text: str) -> None:
    """A terminal obeys nothing that stands in a message of a target or a name of an object."""
    watched = Watched(only="shop")
    watched.hear(listed(status("shop", message=text, revision=text, sync="Syncing")), NOW)
    watched.hear(Grown(application="shop", nodes=[node(f"A//{text}", health="Degraded", message=text)]), NOW)
    watched.hear(Cut(reason=text), NOW)
    found = "\n".join(lines(watched, width=200))
    assert all(character.isprintable() or character == "\n" for character in found)
    assert "[red]x[/red]" in found or "[red]" not in text


def test_a_stream_is_read_whatever_stands_in_it() -> None:
    told = [b": still here\n", b"\n", b"id: 3-ab-1\r\n", b"event: application\r\n", b'data: {"a": 1}\r\n', b"\r\n"]
    told += [b"data: [1]\n", b"\n", b"\xff\n", b"\n", b"data: " + b"[" * 100_000 + b"\n", b"\n", b"event: cut off"]
    assert list(read_events(iter(told))) == [
        Event(),
        Event(kind="application", place="3-ab-1", data={"a": 1}),
        Event(),
        Event(),
        Event(),
    ]
