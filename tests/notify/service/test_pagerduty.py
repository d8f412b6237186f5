"""PagerDuty: one incident of ours is one of theirs, and ends with it."""

import json
from typing import Any

from tests.notify.service.case import Kept, message, secret, secrets
from trueline.notify.event import Event, Severity
from trueline.notify.message import Phase
from trueline.notify.service.pagerduty import PagerDutyService


async def sent(phase: Phase, **more: Any) -> tuple[str, Any]:
    posts = Kept(status=202)
    service = PagerDutyService(posts=posts, secrets=secrets(KEY="routing"), key=secret(), url="https://pd.test/")
    await service.send(message(phase, **more))
    await service.close()
    ((url, _, body),) = posts.sent
    return url, json.loads(body)


async def test_it_is_triggered_and_resolved_by_one_key() -> None:
    url, opened = await sent(Phase.OPENED, severity=Severity.CRITICAL)
    assert url == "https://pd.test/v2/enqueue"
    assert (opened["routing_key"], opened["event_action"], opened["dedup_key"]) == ("routing", "trigger", "m1")
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["summary"] == "shop is degraded"
    assert opened["links"] == [{"href": "https://line.test/applications/shop", "text": "Look at it"}]
    _, changed = await sent(Phase.CHANGED)
    assert (changed["event_action"], changed["dedup_key"]) == ("trigger", "m1")
    _, resolved = await sent(Phase.RESOLVED)
    assert (resolved["event_action"], resolved["dedup_key"]) == ("resolve", "m1")


async def test_what_only_happens_calls_nobody() -> None:
    url, told = await sent(Phase.HAPPENED, event=Event.APPLIED)
    assert url == "https://pd.test/v2/change/enqueue"
    assert set(told) == {"routing_key", "payload", "links"}


async def test_an_address_that_is_not_known_is_left_out() -> None:
    _, told = await sent(Phase.OPENED, url="")
    assert (told["links"], "client_url" in told, told["client"]) == ([], False, "trueline")
    assert len(told["dedup_key"]) <= 255
