"""What a delivery speaks of, and that nothing in it can make reading it fail otherwise than with a refusal."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st
from multidict import CIMultiDict

from tests.server.hook.sent import (
    Sent,
    bitbucket,
    bitbucket_center,
    generic,
    gitea,
    github,
    gitlab,
    pushes,
)
from trueline.server.access.refusal import Refusal
from trueline.server.hook.event import Heard, HeardKind, read
from trueline.server.hook.forge import Forge

PUSHES = pushes(0)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def heard(sent: Sent) -> Heard:
    """What it speaks of."""
    return read(sent.forge, sent.heads, sent.body)


@pytest.mark.parametrize("name", PUSHES)
def test_a_push_names_its_repository_and_its_branch(name: str) -> None:
    found = heard(PUSHES[name])
    assert found.kind is HeardKind.PUSH
    assert found.refs == ("refs/heads/main",)
    assert any("team/fleet" in one.lower() for one in found.repositories)


@pytest.mark.parametrize(
    "sent",
    [
        github({"ref": "v1", "ref_type": "tag"}, event="create"),
        gitea({"ref": "v1", "ref_type": "tag"}, event="delete"),
        gitlab({"ref": "refs/tags/v1"}, event="Tag Push Hook"),
        gitlab({"event_name": "tag_push", "ref": "refs/tags/v1"}, event="System Hook"),
        bitbucket({"push": {"changes": [{"old": {"type": "tag", "name": "v1"}, "new": None}]}}),
        bitbucket_center({"changes": [{"ref": {"id": "refs/tags/v1"}}]}),
    ],
    ids=lambda sent: sent.forge.value,
)
def test_tags_that_come_and_go_are_named_whole(sent: Sent) -> None:
    assert (heard(sent).kind, heard(sent).refs) == (HeardKind.PUSH, ("refs/tags/v1",))


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (github({"zen": "…"}, event="ping"), HeardKind.PING),
        (bitbucket({"test": True}, event="diagnostics:ping"), HeardKind.PING),
        (github({"action": "opened"}, event="issues"), HeardKind.OTHER),
        (github([], event="star"), HeardKind.OTHER),
        (github(event=""), HeardKind.OTHER),
        (gitea({}, event="release"), HeardKind.OTHER),
        (gitlab({}, event="Note Hook"), HeardKind.OTHER),
        (gitlab({"event_name": "user_create"}, event="System Hook"), HeardKind.OTHER),
        (gitlab({"event_name": ["push"]}, event="Job Hook"), HeardKind.OTHER),
        (bitbucket({}, event="pullrequest:created"), HeardKind.OTHER),
    ],
)
def test_what_is_no_push_is_a_ping_or_nothing(sent: Sent, kind: HeardKind) -> None:
    assert heard(sent).kind is kind


def test_a_form_with_a_payload_is_what_github_sends_where_nobody_chose() -> None:
    body = urlencode({"payload": json.dumps({"ref": "refs/heads/main"})}).encode()
    heads = CIMultiDict({"X-GitHub-Event": "push", "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert read(Forge.GITHUB, heads, body).refs == ("refs/heads/main",)
    for broken in (b"payload", b"\xff=1", b"a=1&b=2&c=3&d=4&e=5", b"other=1"):
        with pytest.raises(Refusal):
            read(Forge.GITHUB, heads, broken)


def test_who_signs_nothing_but_an_empty_body_says_look() -> None:
    assert heard(generic(0, b"")) == Heard(kind=HeardKind.PUSH)
    many = {"repository": ["team/fleet", "team/charts", 7], "ref": ["refs/heads/main"]}
    assert heard(generic(0, json.dumps(many).encode())).repositories == ("team/fleet", "team/charts")


@pytest.mark.parametrize("name", PUSHES)
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 10_000, b"NaN"])
def test_a_body_that_is_no_object_is_refused(name: str, body: bytes) -> None:
    """INV-30 A malformed delivery is told so, and ends nothing."""
    sent = PUSHES[name]
    if name == "generic" and not body:
        return
    with pytest.raises(Refusal) as caught:
        read(sent.forge, sent.heads, body)
    assert (caught.value.status, caught.value.diagnostic.code) == (422, "TL2006")


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in _places(one, (*at, key)))]


def _with(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _with(value[place[0]], place[1:], other)
    return copy


@pytest.mark.parametrize("name", PUSHES)
def test_every_field_may_have_any_type(name: str) -> None:
    """INV-30 Whatever stands in a delivery, reading it ends in what was heard or in a refusal."""
    sent = PUSHES[name]
    value = json.loads(sent.body)
    places = _places(value)
    assert len(places) > 2

    @given(place=st.sampled_from(places), other=ANYTHING)
    def try_one(place: tuple[Any, ...], other: Any) -> None:
        body = json.dumps(_with(value, place, other)).encode()
        try:
            found = read(sent.forge, sent.heads, body)
        except Refusal:
            return
        assert all(isinstance(one, str) for one in (*found.repositories, *found.refs))

    try_one()


def test_what_is_named_is_bounded() -> None:
    changes = [{"new": {"type": "branch", "name": f"b{n}"}} for n in range(5_000)]
    assert heard(bitbucket({"push": {"changes": changes}})).refs == ()
    assert heard(github({"ref": "refs/heads/" + "x" * 10_000})).refs == ()
    many = json.dumps({"repository": [f"team/{n}" for n in range(5_000)]}).encode()
    assert len(heard(generic(0, many)).repositories) == 100
