"""A Notifier as it is written: who is told of what, where; and every fault of one, with its place."""

from typing import get_args

import pytest

from tests.declare.test_verify import document, read
from trueline.declare.kind import LATER_KINDS
from trueline.declare.notifier_form import EventWord
from trueline.notify.event import DEFAULT_EVENTS, Event, Selection, Severity
from trueline.notify.notifier import Forge, ForgeKind, Mail, PagerDuty, Slack, Tls, Webhook
from trueline.runtime.toolbox import Toolbox

SLACK = "{slack: {url: {secret: {env: SLACK}}}}"


def notifier(spec: str, name: str = "ops") -> str:
    return document("Notifier", name, spec)


async def test_a_notifier_says_who_is_told_of_what_and_where(toolbox: Toolbox) -> None:
    spec = f"""to:
- {SLACK}
- {{webhook: {{url: 'https://hooks.example.com/in', key: {{secret: {{file: /run/key}}}}}}}}
- {{pagerduty: {{key: {{secret: {{env: PD}}}}}}}}
- email:
    {{server: smtp.example.com, from: t@example.com, to: [a@example.com, a@example.com], username: t,
     password: {{secret: {{env: MAIL}}}}}}
- {{gitea: {{url: 'https://git.example.com/', repository: ops/fleet, token: {{secret: {{env: GIT}}}}}}}}
applications: {{names: [shop, 'web-*'], labels: {{team: web}}, projects: [shop]}}
events: [degraded, applied, degraded]
groupSeconds: 5
stalledSeconds: 60
severity: critical
title: '{{application}} is {{state}}'
"""
    declared = await read(toolbox, notifier(spec))
    assert declared.diagnostics == ()
    (found,) = declared.notifiers
    assert found.selection == Selection(names=("shop", "web-*"), labels={"team": "web"}, projects=("shop",))
    assert found.events == (Event.DEGRADED, Event.APPLIED)
    assert (found.group_s, found.stalled_s, found.severity) == (5, 60, Severity.CRITICAL)
    assert (found.title, found.text) == ("{application} is {state}", "")
    slack, webhook, pagerduty, mail, forge = found.services.values()
    assert isinstance(slack, Slack)
    assert (str(slack.url), slack.url.origin and slack.url.origin.line) == ("env: SLACK", 6)
    assert isinstance(webhook, Webhook)
    assert (webhook.url, str(webhook.key)) == ("https://hooks.example.com/in", "file: /run/key")
    assert isinstance(pagerduty, PagerDuty)
    assert pagerduty.url == "https://events.pagerduty.com"
    assert isinstance(mail, Mail)
    assert (mail.to, mail.port, mail.tls) == (("a@example.com",), 587, Tls.STARTTLS)
    assert isinstance(forge, Forge)
    assert (forge.kind, forge.url, forge.repository) == (ForgeKind.GITEA, "https://git.example.com", "ops/fleet")


async def test_what_is_not_said_has_its_default(toolbox: Toolbox) -> None:
    (found,) = (await read(toolbox, notifier(f"to: [{SLACK}]"))).notifiers
    assert found.events == DEFAULT_EVENTS
    assert found.selection.is_everything
    assert (found.group_s, found.stalled_s, found.severity) == (30, 900, None)


async def test_who_is_told_of_some_applications_hears_of_the_whole_fleet_only_by_name(toolbox: Toolbox) -> None:
    """INV-25: what is wrong with the fleet names files and applications of others."""
    some = "applications: {names: [shop]}\n"
    (found,) = (await read(toolbox, notifier(f"to: [{SLACK}]\n{some}"))).notifiers
    assert set(DEFAULT_EVENTS) - set(found.events) == {Event.FLEET_BLOCKED}
    (named,) = (await read(toolbox, notifier(f"to: [{SLACK}]\n{some}events: [fleet-blocked]"))).notifiers
    assert named.events == (Event.FLEET_BLOCKED,)


async def test_the_name_of_a_service_is_that_of_what_is_written(toolbox: Toolbox) -> None:
    """So a queued message is never delivered to what stands in its place after Git has changed."""
    other = "{slack: {url: {secret: {env: OTHER}}}}"
    (one,) = (await read(toolbox, notifier(f"to: [{SLACK}, {other}]"))).notifiers
    (turned,) = (await read(toolbox, notifier(f"to: [{other}, {SLACK}]"))).notifiers
    assert dict(one.services) != {}
    assert sorted(one.services) == sorted(turned.services)
    for name, service in one.services.items():
        assert isinstance(service, Slack)
        same = turned.services[name]
        assert isinstance(same, Slack)
        assert str(service.url) == str(same.url)


def test_every_event_can_be_written() -> None:
    assert set(get_args(EventWord)) == {event.value for event in Event}
    assert "Notifier" not in LATER_KINDS


@pytest.mark.parametrize(
    ("spec", "code", "detail"),
    [
        ("to: []", "TL0207", "`spec.to` has 0 items"),
        ("events: [degraded]", "TL0206", "`spec.to`"),
        (f"to: [{SLACK}]\nevents: [degrated]", "TL0207", "did you mean `degraded`?"),
        (f"to: [{SLACK}]\nevents: []", "TL0207", "`spec.events` has 0 items"),
        (f"to: [{SLACK}]\nseverity: bad", "TL0207", "`spec.severity` is 'bad'"),
        (f"to: [{SLACK}]\ngroupSeconds: -1", "TL0207", "`spec.groupSeconds` is -1"),
        (f"to: [{SLACK}]\nquietHours: night", "TL0204", "`spec.quietHours`"),
        (f"to: [{SLACK}]\ntitle: '{{aplication}}'", "TL2100", "did you mean `application`?"),
        (f"to: [{SLACK}]\ntext: 'a {{ b'", "TL2100", "has a brace alone"),
        (f"to: [{SLACK}]\ntext: '{'x' * 4097}'", "TL2100", "has 4097 characters"),
        (f"to: [{SLACK}]\napplications: {{names: [Shop]}}", "TL0207", "`spec.applications.names[0]` is 'Shop'"),
        ("to: [{}]", "TL0206", "says none of what it has to"),
        ("to: [{slack: {url: 'https://hooks.slack.com/services/T0/B0/canary'}}]", "TL0150", "it is not repeated here"),
        (
            "to: [{slack: {url: {secret: {env: A}}}, discord: {url: {secret: {env: B}}}}]",
            "TL0208",
            "`spec.to[0].slack` and `spec.to[0].discord`",
        ),
        ("to: [{webhook: {url: 'ftp://a', key: {secret: {env: A}}}}]", "TL0207", "does not begin with http"),
        ("to: [{webhook: {url: 'https://u:canary@a', key: {secret: {env: A}}}}]", "TL0207", "belongs into a secret"),
        ("to: [{webhook: {url: 'https:///x', key: {secret: {env: A}}}}]", "TL0207", "names no server"),
        ("to: [{webhook: {url: 'https://a:b/', key: {secret: {env: A}}}}]", "TL0207", "it is no address"),
        ("to: [{webhook: {url: 'https://a/ b', key: {secret: {env: A}}}}]", "TL0207", "a character that no address"),
        ("to: [{webhook: {url: 'https://a/b'}}]", "TL0206", "`spec.to[0].webhook.key`"),
        ("to: [{email: {server: 'a b', from: a@b.c, to: [a@b.c]}}]", "TL0207", "`spec.to[0].email.server`"),
        ('to: [{email: {server: a, from: "a@b.c\\nRCPT", to: [a@b.c]}}]', "TL0207", "`spec.to[0].email.from`"),
        ("to: [{email: {server: a, from: a@b.c, to: []}}]", "TL0207", "`spec.to[0].email.to` has 0 items"),
        ("to: [{email: {server: a, from: a@b.c, to: [a@b.c], username: u}}]", "TL0208", "without"),
        (
            (
                "to: [{email: {server: a, from: a@b.c, to: [a@b.c], tls: none,\n"
                " username: u, password: {secret: {env: A}}}}]"
            ),
            "TL2101",
            "`spec.to[0].email` has a password",
        ),
        ("to: [{github: {repository: fleet, token: {secret: {env: A}}}}]", "TL0207", "'fleet'"),
        ("to: [{gitlab: {repository: a/../b, token: {secret: {env: A}}}}]", "TL0207", "'a/../b'"),
        ("to: [{gitea: {repository: a/b, token: {secret: {env: A}}}}]", "TL0206", "`spec.to[0].gitea.url`"),
    ],
)
async def test_each_wrong_field_is_told_with_its_place(toolbox: Toolbox, spec: str, code: str, detail: str) -> None:
    """INV-25: what stands in the place of a secret is not repeated; INV-31 for what is bounded."""
    declared = await read(toolbox, notifier(spec))
    assert declared.notifiers == ()
    told = [(one.code, one.detail) for one in declared.diagnostics]
    assert [found for found, said in told if found == code and detail in said] == [code], told
    assert all(one.origin is not None and one.origin.line >= 4 for one in declared.diagnostics)
    assert "canary" not in repr(declared.diagnostics)


async def test_two_of_one_name_are_none(toolbox: Toolbox) -> None:
    declared = await read(toolbox, notifier(f"to: [{SLACK}]"), notifier(f"to: [{SLACK}]"))
    assert [one.code for one in declared.diagnostics] == ["TL0201", "TL0201"]
    assert declared.notifiers == ()
