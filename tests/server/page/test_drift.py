"""Drift: what differs and since when, by whom and why it is left, and what was put back; of what one may read."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.server.access.test_identity import project
from tests.server.bench import Bench, bench
from tests.server.page.made import NOW, facts
from trueline.loop.status import Sync
from trueline.record.journal import Kind, Note, Record
from trueline.server.access.grant import EVERYTHING
from trueline.server.body import DriftedBody, StandingDriftBody
from trueline.server.drifted import NEW_MAX, DriftedQuestion, heals_of, since_of
from trueline.server.page.drift import FIELDS_MAX, HEALED_MAX, DriftQuestion, drift
from trueline.server.page.state import State
from trueline.target.snapshot import NOTHING

VISIT = {"Accept": "text/html"}
REF = "ConfigMap/web/a"
SCRIPT = '"><script>alert(1)</script>'


def record(number: int, kind: Kind, application: str = "web", **body: Any) -> Record:
    return Record(
        sequence=number,
        at=NOW + timedelta(seconds=number),
        kind=kind.value,
        application=application,
        body={"ref": REF, **body},
        previous=NOTHING,
        digest=NOTHING,
    )


def found(number: int, kind: str = "changed", **told: Any) -> Record:
    return record(number, Kind.DRIFT_FOUND, drift=kind, fields=["data.a"], managers=["kubectl-edit"], **told)


def heal(number: int, **told: Any) -> Record:
    return record(number, Kind.OUTCOME, action="heal", result="done", **told)


def test_since_is_the_first_word_of_it_after_it_was_healed_last() -> None:
    records = [found(9), found(7), found(6, "added"), heal(5), found(3)]
    assert since_of(records, "web", REF, "changed") == NOW + timedelta(seconds=7)
    assert since_of(records, "web", REF, "added") == NOW + timedelta(seconds=6)
    assert since_of(records, "web", REF, "overruled") is None
    assert since_of(records, "blog", REF, "changed") is None
    assert since_of([heal(5), found(3)], "web", REF, "changed") is None


def test_a_heal_says_what_had_been_done_and_how_long_it_took() -> None:
    other = found(4, ref="ConfigMap/web/b")
    one, two = heals_of([heal(5), other, found(3, application="blog"), found(2), heal(1)])
    assert (one.drift, one.fields, one.managers, one.took_s) == ("changed", ("data.a",), ("kubectl-edit",), 3.0)
    assert (two.drift, two.took_s) == ("", None)


def standing(kind: str = "changed", **told: Any) -> StandingDriftBody:
    known: dict[str, Any] = {
        "fields": ("data.a",),
        "managers": ("m",),
        "since": None,
        "treatment": "left",
        "reason": "",
    }
    return StandingDriftBody(application="web", ref=REF, drift=kind, **(known | told))


def page(*drifts: StandingDriftBody, **told: Any) -> Any:
    known: dict[str, Any] = {"healed": (), "healed_count": 0, "days": 7, "is_cut": False, "unknown": ()}
    body = DriftedBody(drifts=drifts, count=len(drifts), **(known | told))
    return drift(body, DriftQuestion(), facts(), NOW)


@pytest.mark.parametrize(
    ("kind", "treatment", "state", "said"),
    [
        ("changed", "left", State.DRIFTED, "Git says to leave it"),
        ("deleted", "left", State.MISSING, "Git says to leave it"),
        ("added", "added", State.ADDED, "stands beside what is declared, and is left"),
        ("overruled", "overruled", State.OVERRULED, "the target sets it so each time it is applied: "),
    ],
)
def test_each_kind_of_drift_has_a_sign_and_says_why_it_is_left(
    kind: str, treatment: str, state: State, said: str
) -> None:
    [one] = page(standing(kind, treatment=treatment)).standing
    assert one.state is state
    assert one.said.startswith(said)


def test_long_lists_are_cut_and_say_so() -> None:
    [one] = page(standing(fields=tuple(map(str, range(FIELDS_MAX + 3))))).standing
    assert (len(one.fields), one.rest) == (FIELDS_MAX, 3)
    healed = tuple(heals_of([heal(9), found(8)])) * (HEALED_MAX + 5)
    made = page(healed=healed, healed_count=700)
    assert (len(made.healed), made.healed_count) == (HEALED_MAX, 700)
    assert made.by == (("kubectl-edit", HEALED_MAX + 5),)


def test_inv_38_what_nobody_can_tell_is_not_without_drift() -> None:
    """INV-38."""
    made = page(unknown=tuple(f"a{number}" for number in range(7)), is_cut=True)
    assert made.doubts[0].text == "It is not known what differs of a0, a1, a2, a3, a4 and 2 more."
    assert "the journal has it" in made.doubts[1].text


def test_inv_38_where_nothing_is_looked_for_nothing_that_is_found_says_nothing() -> None:
    """INV-38: who edits what is held, or what waits, is not seen there; that is said, with who asks anew."""
    [doubt] = page(resting=("held", "waits")).doubts
    assert "while it is held or waits for another one: held, waits." in doubt.text


async def test_inv_38_what_is_held_or_waits_is_told_to_those_who_may_read_it() -> None:
    """INV-38, INV-25."""
    made = bench()
    for name in ("held", "waits", "veiled", "free"):
        made.stands(name, project="vault" if name == "veiled" else "shop")
    made.declares(project("shop", viewer="user:vi"), project("vault", viewer="user:other"))
    made.engine.kept["held"].held = made.engine.kept["veiled"].held = "an incident (ada)"
    made.engine.kept["waits"].waits_for = "veiled"
    async with made.client(is_private=False, who="vi") as client:
        told = await (await client.get("/api/v1/drift")).json()
        text = await (await client.get("/drift", headers={"Accept": "text/html"})).text()
    assert told["resting"] == ["held", "waits"]
    assert ("held, waits" in text, "veiled" in text) == (True, False)
    assert "Nothing differs" not in text


# ---- over HTTP -----------------------------------------------------------------------------------------------------


def drifted() -> Bench:
    made = bench()
    made.stands("web", project="shop")
    made.stands("blog", project="shop", added=1)
    made.stands("secret", project="vault")
    made.stands("ruled", project="shop", sync=Sync.OVERRULED)
    made.declares(project("shop", viewer="user:vi"), project("vault", viewer="user:other"))
    made.leaves("web", REF, "fights with hpa over spec.replicas", "spec.replicas", by="hpa")
    made.leaves("secret", "ConfigMap/secret/veiled", "drift: warn", "data.veiled", by="evelyn")
    made.carries("blog", "ConfigMap/blog/b", "kubectl-edit data.NOTE")
    made.carries("ruled", "Service/ruled/c", overruled=("spec.type",))
    body = {"ref": REF, "action": "heal", "result": "done"}
    made.journal.append([Note(kind=Kind.OUTCOME, application="web", body=body)])
    made.journal.append(
        [Note(kind=Kind.OUTCOME, application="secret", body={**body, "ref": "ConfigMap/secret/veiled"})]
    )
    return made


async def test_inv_25_drift_is_told_of_what_one_may_read() -> None:
    """INV-25: over the API and on the page, whatever is asked for, and whoever asked before."""
    made = drifted()
    async with made.client(is_private=False) as client:
        whole = await (await client.get("/api/v1/drift")).json()
        text = await (await client.get("/drift", headers=VISIT)).text()
        assert "veiled" in text
    assert [(one["application"], one["drift"], one["treatment"]) for one in whole["drifts"]] == [
        ("blog", "added", "added"),
        ("ruled", "overruled", "overruled"),
        ("secret", "changed", "left"),
        ("web", "changed", "left"),
    ]
    assert [one["application"] for one in whole["healed"]] == ["secret", "web"]
    async with made.client(is_private=False, who="vi") as client:
        answer = await client.get("/api/v1/drift")
        text = await answer.text() + await (await client.get("/drift", headers=VISIT)).text()
        assert [word for word in ("secret", "veiled", "evelyn") if word in text] == []
        assert (await (await client.get("/api/v1/drift?application=secret")).json())["count"] == 0
        texts = []
        for name in ("secret", "nothin"):
            answer = await client.get("/drift", params={"application": name}, headers=VISIT)
            texts.append((await answer.text()).replace(name, "NAME"))
            assert answer.status == 404
        assert texts[0] == texts[1]


async def test_the_page_says_which_fields_by_whom_and_why() -> None:
    made = drifted()
    async with made.client(is_private=False) as client:
        answer = await client.get("/drift", params={"application": "web"}, headers=VISIT)
        text = await answer.text()
        for said in ("fights with hpa over spec.replicas", "ConfigMap a", "hpa", "1 in 7 days"):
            assert said in text
        known = {**VISIT, "If-None-Match": answer.headers["ETag"]}
        assert (await client.get("/drift", params={"application": "web"}, headers=known)).status == 304
        of_one = await (await client.get("/applications/web", headers=VISIT)).text()
        assert re.search(r'id="drift-web-changed-ConfigMap/web/a"', of_one)
        assert 'href="/drift?application=web"' in of_one
        assert 'id="drift"' not in await (await client.get("/applications/shop", headers=VISIT)).text()
        assert (await client.get("/drift?days=0", headers=VISIT)).status == 422


async def test_markup_in_a_drift_is_text() -> None:
    made = drifted()
    made.leaves("web", REF, SCRIPT, SCRIPT, by=SCRIPT)
    async with made.client(is_private=False) as client:
        text = await (await client.get("/drift", headers=VISIT)).text()
    assert "alert(1)" in text
    assert "<script>alert" not in text


async def test_what_came_since_is_looked_through_alone_and_what_is_too_old_goes() -> None:
    made = drifted()
    answers = made.parts.answers

    async def healed() -> int:
        return (await answers.drifted(DriftedQuestion(), EVERYTHING)).healed_count

    assert await healed() == 2
    body = {"ref": REF, "action": "heal", "result": "done"}
    made.clock.pass_s(4 * 86_400)
    made.journal.append([Note(kind=Kind.STARTED), Note(kind=Kind.OUTCOME, application="web", body=body)])
    assert await healed() == 3
    made.clock.pass_s(4 * 86_400)
    assert await healed() == 1, "also where nothing is added"
    made.journal.append([Note(kind=Kind.STARTED)])
    assert await healed() == 1
    made.journal.append([Note(kind=Kind.STARTED)] * (NEW_MAX + 1))
    assert await healed() == 1
