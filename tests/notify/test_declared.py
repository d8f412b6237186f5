"""What the fields of a Notifier say together, of the form alone."""

from typing import Any

import msgspec

from trueline.declare.notifier_form import NotifierForm
from trueline.declare.notifier_translation import find_open_passwords, notifier
from trueline.model.origin import Origin
from trueline.notify.event import DEFAULT_EVENTS, Event

HERE = Origin(path="ops.yaml", line=1, commit="c0ffee")
SLACK = {"slack": {"url": {"secret": {"env": "SLACK"}}}}


def form(**spec: Any) -> NotifierForm:
    written = {"apiVersion": "trueline.dev/v1", "kind": "Notifier", "metadata": {"name": "ops"}, "spec": spec}
    return msgspec.convert(written, NotifierForm)


def events(**spec: Any) -> set[Event]:
    return set(notifier(form(to=[SLACK], **spec), HERE, lambda _: HERE).events)


def test_a_password_needs_a_connection_that_nobody_listens_to() -> None:
    """INV-25."""
    mail = {"server": "a", "from": "a@b.c", "to": ["a@b.c"], "username": "u", "password": {"secret": {"env": "P"}}}
    (found,) = find_open_passwords(form(to=[SLACK, {"email": {**mail, "tls": "none"}}]))
    assert (found.code, found.at) == ("TL2101", ("spec", "to", 1, "email", "tls"))
    for tls in ("starttls", "implicit"):
        assert list(find_open_passwords(form(to=[{"email": {**mail, "tls": tls}}]))) == []


def test_the_faults_of_the_fleet_are_for_who_is_told_of_all_of_it() -> None:
    """INV-25: they name files and applications of others."""
    assert events() == set(DEFAULT_EVENTS)
    assert events(applications={"projects": ["shop"]}) == set(DEFAULT_EVENTS) - {Event.FLEET_BLOCKED}
    assert events(applications={"projects": ["shop"]}, events=["fleet-blocked"]) == {Event.FLEET_BLOCKED}
