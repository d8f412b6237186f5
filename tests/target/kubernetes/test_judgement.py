"""A judgement belongs to one object at one specification; it is remembered when the object leaves."""

import asyncio

import msgspec
import pytest

from tests.target.kubernetes.fake import CONFIG_MAP, FakeTransport, Script, client_of, failure
from tests.target.kubernetes.test_mirror import MANAGER, REF, UID, body, event, metadata_of, running
from trueline.model.known import Known
from trueline.target.kubernetes.kind import Kinds
from trueline.target.kubernetes.live import Live, Pool
from trueline.target.kubernetes.look import Looker
from trueline.target.kubernetes.mirror import Mirror
from trueline.target.kubernetes.shelf import Shelf
from trueline.target.protocol import Seen

FULL = 7


def live(version: int, *, number: int = 1, generation: int = 1, deleting: bool = False) -> Live:
    seen = Pool(MANAGER).live(metadata_of("a", version, number))
    return msgspec.structs.replace(seen, generation=generation, deleting=deleting)


def filled() -> Shelf[int]:
    shelf: Shelf[int] = Shelf(CONFIG_MAP, "")
    shelf.begin()
    shelf.put("shop", "a", live(5), FULL)
    shelf.finish("5")
    return shelf


WRITES = [
    ("the same specification", live(6), FULL),
    ("another specification", live(6, generation=2), None),
    ("another object", live(6, number=2), None),
    ("an answer that the watch is ahead of", live(4, generation=2), FULL),
]


@pytest.mark.parametrize(("case", "written", "judged"), WRITES)
def test_an_answer_to_a_write_outdates_the_judgement(case: str, written: Live, judged: int | None) -> None:
    """Until the watch tells more, an updated Deployment is not taken for as healthy as it was."""
    shelf = filled()
    shelf.note("shop", "a", written)
    assert shelf.judged("shop", "a") == judged, case


def told(version: int, judged: int, **metadata: str) -> dict[str, object]:
    """An object whose judgement is the number of its keys."""
    whole = body("a", version)
    return whole | {"metadata": whole["metadata"] | metadata, "data": dict.fromkeys(map(str, range(judged)), "")}


async def test_how_it_did_before_it_left_is_remembered() -> None:
    """A Job was Complete, began to leave, and left: what it was on its way out says nothing of its end."""
    transport = FakeTransport()
    end = {"resourceVersion": "6", "annotations": {"k8s.io/initial-events-end": "true"}}
    leaving = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    lines = (
        event("ADDED", told(5, 1)),
        event("BOOKMARK", {"kind": "ConfigMap", "metadata": end}),
        event("MODIFIED", told(7, 3)),
        event("MODIFIED", told(8, 4, **leaving)),
        event("DELETED", told(9, 4, **leaving)),
    )
    transport.streams.append(Script(lines=lines))
    transport.answers.append(failure(404, "NotFound", 'configmaps "a" not found'))
    client = client_of(transport)
    looker = Looker(client, Kinds(client))
    mirror: Mirror[int] = Mirror(
        client,
        transport.clock,
        looker,
        manager=MANAGER,
        needs_status=lambda _: True,
        judge=lambda whole: len(whole["data"]),
    )
    sightings = mirror.sightings()
    async with running(mirror), asyncio.timeout(60):
        await mirror.settle({CONFIG_MAP: {"shop"}})
        async for sighting in sightings:
            if isinstance(sighting, Seen) and sighting.observed is None:
                break
        assert mirror.judged(REF) == Known(None)
        assert mirror.last_judged(UID.format(1)) == 3
        assert mirror.last_judged(UID.format(2)) is None
