"""Adoption is of one object at one version, and takes what former tools own and nobody else."""

from typing import Any

import msgspec
import pytest

from tests.target.kubernetes.fake import CONFIG_MAP, FakeTransport, client_of, failure, reply
from tests.target.kubernetes.test_write import MANAGER, REF, OneKind
from trueline.runtime.http import Response
from trueline.target.answer import Accepted, Answer, Refusal, Refused
from trueline.target.kubernetes.live import Pool
from trueline.target.kubernetes.take_over import TRIES_MAX, Adopter
from trueline.target.kubernetes.write import Recollection
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed

assert CONFIG_MAP.kind == REF.kind


def entry(manager: str, *fields: str, subresource: str = "") -> dict[str, Any]:
    """A manager's entry."""
    owned: dict[str, Any] = {"f:data": {f"f:{name}": {} for name in fields}}
    more = {"subresource": subresource} if subresource else {}
    return {"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsV1": owned, **more}


def live(*entries: dict[str, Any], uid: str = "u1", generation: int = 0) -> Response:
    """The object with these entries."""
    metadata: dict[str, Any] = {"generation": generation} if generation else {}
    metadata |= {"name": "web", "namespace": "shop", "uid": uid, "resourceVersion": "7", "managedFields": list(entries)}
    return reply({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata})


SEEN = Observed(uid="u1", version="7")


async def take(
    *answers: Response, dry: bool = False, seen: Observed = SEEN
) -> tuple[Answer, list[list[dict[str, Any]]]]:
    """What comes of it, and the patches that were sent."""
    transport = FakeTransport()
    transport.answers.extend(answers)
    kinds: Any = OneKind()
    adopter = Adopter(
        client=client_of(transport),
        kinds=kinds,
        manager=MANAGER,
        rules=Rules(former_tools=("kubectl*", "helm")),
        recollection=Recollection(
            known=lambda *_: None, note=lambda *_: None, expect_gone=lambda _: None, live=Pool(MANAGER).live
        ),
    )
    said = await adopter.take_over(REF, seen=seen, dry=dry)
    return said, [msgspec.json.decode(r.body) for r in transport.requests if r.method == "PATCH"]


async def test_another_object_is_not_taken_over() -> None:
    """INV-10: what was planned for is gone; nothing is sent."""
    said, patches = await take(live(entry("kubectl", "a"), uid="u2"))
    assert isinstance(said, Refused)
    assert (said.refusal, patches) == (Refusal.STALE, [])


TRIED_ON = [
    ("at the version that stands", Observed(uid="u1", version="7"), 0, True),
    ("at another one", Observed(uid="u1", version="6"), 0, False),
    ("at any", Observed(uid="u1", version=""), 0, True),
    ("a status has moved it", Observed(uid="u1", version="6", generation=2), 2, True),
    ("more than a status has", Observed(uid="u1", version="6", generation=2), 3, False),
]


@pytest.mark.parametrize(("case", "seen", "generation", "is_taken"), TRIED_ON)
async def test_what_has_changed_since_it_was_tried_is_not_taken_over(
    case: str, seen: Observed, generation: int, *, is_taken: bool
) -> None:
    """INV-11, INV-12: a process that stood still between the trial and the take-over overruns nobody."""
    before = live(entry("kubectl", "a"), generation=generation)
    said, patches = await take(before, before, seen=seen)
    assert (isinstance(said, Accepted), len(patches)) == ((True, 1) if is_taken else (False, 0)), case


async def test_the_patch_holds_for_this_object_at_this_version_only() -> None:
    """INV-10, INV-13: UID and version are part of it, so that a change in between refuses it."""
    before = live(entry("kubectl", "a"))
    said, ((uid, version, fields),) = await take(before, before)
    assert isinstance(said, Accepted)
    assert uid == {"op": "test", "path": "/metadata/uid", "value": "u1"}
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert fields["path"] == "/metadata/managedFields"


KEPT = [
    ("a former tool's", [entry("kubectl-edit", "a")], [MANAGER]),
    ("a stranger's beside it", [entry("kubectl", "a"), entry("operator", "b")], ["operator", MANAGER]),
    ("a tool's status beside it", [entry("helm", "a"), entry("kubectl", "b", subresource="status")],
     ["kubectl", MANAGER]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "entries", "managers"), KEPT)
async def test_only_former_tools_are_taken_over(case: str, entries: list[dict[str, Any]], managers: list[str]) -> None:
    """INV-19: whoever keeps changing an object keeps what is his."""
    before = live(*entries)
    _, ((*_, fields),) = await take(before, before)
    assert [one["manager"] for one in fields["value"]] == managers, case


@pytest.mark.parametrize("entries", [(), (entry("operator", "a"),), (entry("kubectl", "a", subresource="status"),)])
async def test_where_no_tool_was_nothing_is_written(entries: tuple[dict[str, Any], ...]) -> None:
    said, patches = await take(live(*entries))
    assert isinstance(said, Accepted)
    assert (said.wrote, patches) == (False, [])


async def test_an_object_that_changes_all_the_time_is_left_for_the_next_pass() -> None:
    """INV-31: so many tries, and no more."""
    stale = failure(409, "Conflict", "Operation cannot be fulfilled on configmaps: the object has been modified")
    said, patches = await take(*[live(entry("kubectl", "a")), stale] * TRIES_MAX)
    assert isinstance(said, Refused)
    assert (said.refusal, len(patches)) == (Refusal.STALE, TRIES_MAX)
