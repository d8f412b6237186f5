"""The journal's page and an application's history: the records that one may read, and a chain that is not praised."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.server.access.test_identity import project
from tests.server.bench import Bench
from tests.server.page.made import NOW, REVISION, facts
from tests.server.test_archive import BREACH, told
from trueline.model.digest import Digest
from trueline.record.history import DeploymentResult
from trueline.record.journal import ACCESS_KINDS, Kind, Note, Record
from trueline.server.body import CheckBody, JournalBody
from trueline.server.page.entry import BODY_CHARACTERS_MAX, SAID_CHARACTERS_MAX, Entry, entries
from trueline.server.page.journal import OLD_S, PAGE, JournalQuestion, chain, journal
from trueline.server.page.state import State
from trueline.server.verification import Checked
from trueline.target.snapshot import NOTHING

VISIT = {"Accept": "text/html"}
SEEN_BODY = {"commit": REVISION.commit, "author": "ana", "subject": "R"}
SCRIPT = '"><script>alert(1)</script>'


def record(kind: str, application: str = "shop", body: Any = None, sequence: int = 1) -> Record:
    return Record(
        sequence=sequence, at=NOW, kind=kind, application=application, body=body, previous=NOTHING, digest=NOTHING
    )


def entry(kind: Kind, **body: Any) -> Entry:
    [made] = entries([record(kind.value, body=body)], NOW)
    return made


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_record_has_a_sign_and_a_sentence(kind: Kind) -> None:
    made = entry(kind)
    assert made.said
    assert made.state is not State.UNKNOWN or kind is Kind.OUTCOME


def test_the_record_of_a_newer_program_is_shown_as_it_is() -> None:
    [made] = entries([record("invented later", body={"a": "b", "n": [1]})], NOW)
    assert (made.kind, made.said, made.state) == ("invented later", "a b", State.UNKNOWN)
    [odd] = entries([record(Kind.OUTCOME.value, body=["no", "object"])], NOW)
    assert '"no"' in odd.body


@pytest.mark.parametrize(
    ("kind", "body", "state", "said"),
    [
        (Kind.OUTCOME, {"result": "done", "action": "heal", "ref": "a/b"}, State.TRUE, "healed a/b"),
        (Kind.OUTCOME, {"result": "refused", "action": "update", "ref": "a/b"}, State.BLOCKED, "refused: update a/b"),
        (Kind.DEPLOYMENT_ENDED, {"result": "failed", "number": 3}, State.DEGRADED, "deployment 3 ended: failed"),
        (Kind.HEALTH_CHANGED, {"health": "Degraded"}, State.DEGRADED, "Degraded"),
        (Kind.SYNC_CHANGED, {"sync": "Synced", "revision": "main@1"}, State.TRUE, "Synced at main@1"),
        (Kind.RENDER_FAILED, {"diagnostics": ["TL0301: it is wrong"]}, State.BLOCKED, "TL0301: it is wrong"),
        (Kind.SIGN_IN_FAILED, {"name": "eve"}, State.BLOCKED, "eve"),
        (Kind.HEAL_ASKED, {"who": "ana", "refs": ["a/b"]}, State.ROLLING_OUT, "a heal of a/b asked for by ana"),
        (Kind.HEAL_ASKED, {"who": "ana", "refs": ["a/b"], "missed": "held"}, State.BLOCKED, "was not done: held"),
        (Kind.RESTART, {"who": "ana", "ref": "a/b", "missed": "no"}, State.BLOCKED, "was not done: no"),
        (Kind.JOURNAL_VERIFIED, {"breaches": 2, "who": "ana"}, State.DEGRADED, "2 breaches"),
        (Kind.JOURNAL_VERIFIED, {"records": 9, "who": "ana"}, State.TRUE, "the chain is whole"),
    ],
)
def test_a_record_says_how_it_ended(kind: Kind, body: dict[str, Any], state: State, said: str) -> None:
    made = entry(kind, **body)
    assert made.state is state
    assert said in made.said


def test_a_record_leads_to_what_it_is_about_and_is_cut_where_it_is_long() -> None:
    made = entry(Kind.OUTCOME, ref="ConfigMap/shop/a", result="refused", message="x" * 9_000, who="ana")
    assert (made.ref_link, made.link, made.who) == (
        "/applications/shop/resource?ref=ConfigMap%2Fshop%2Fa",
        "/applications/shop",
        "ana",
    )
    assert len(made.said) == SAID_CHARACTERS_MAX + 1
    assert len(made.body) == BODY_CHARACTERS_MAX
    assert made.rest > 4_000
    [fleet] = entries([record(Kind.APPROVAL.value, "(fleet)", {"plan": "1", "who": "ana"})], NOW)
    assert (fleet.link, fleet.ref_link, fleet.who) == ("", "", "")
    assert entry(Kind.DRIFT_FOUND, ref="nonsense").ref_link == ""


def checked(**told_of: Any) -> JournalBody:
    known: dict[str, Any] = {
        "at": NOW - timedelta(hours=1),
        "whole": True,
        "records": 40,
        "proven": 0,
        "unkept": 0,
        "breaches": 0,
        "who": "ana",
        "told": (),
    }
    return JournalBody(head=42, checked=CheckBody(**(known | told_of)))


def test_inv_38_the_chain_is_called_whole_by_a_check_of_these_days_alone() -> None:
    """INV-38."""
    assert chain(JournalBody(head=42, checked=None), NOW).state is State.UNKNOWN
    made = chain(checked(proven=3), NOW)
    assert (made.word, made.state) == ("Whole", State.TRUE)
    assert made.said == ("40 records were as they were written, and 3 signed revisions were proven again; 2 came since")
    old = chain(checked(at=NOW - timedelta(seconds=OLD_S + 1)), NOW)
    assert (old.word, old.state) == ("Whole then", State.UNKNOWN)
    broken = chain(checked(whole=False, breaches=2, told=("record 7",)), NOW)
    assert (broken.word, broken.state, broken.told) == ("Broken", State.DEGRADED, ("record 7",))


def test_inv_38_what_was_not_looked_at_is_not_said_to_be_empty() -> None:
    """INV-38: a search that is bounded says how far it came."""
    asked = JournalQuestion(find="rare")
    made = journal([], 700, checked(), asked, [], facts(), NOW)
    assert "back to record 700" in made.looked
    assert made.filter.older_link == "/journal?find=rare&before=700"
    assert journal([], 0, checked(), asked, [], facts(), NOW).looked == ""


def test_a_sort_of_records_is_its_kinds_and_what_is_none_is_refused() -> None:
    assert set(JournalQuestion(kind="access").asked().kind) == ACCESS_KINDS
    assert JournalQuestion(kind="hold").asked().kind == ("hold",)
    told_kinds = {one for key in ("deployments", "changes", "drift", "decisions", "states", "revisions", "access")
                  for one in JournalQuestion(kind=key).asked().kind}  # fmt: skip
    told_kinds |= set(JournalQuestion(kind="itself").asked().kind)
    assert {kind.value for kind in Kind} - told_kinds == {Kind.PLAN_MADE.value}
    with pytest.raises(ValueError, match="no kind"):
        JournalQuestion(kind="wrong")


# ---- over HTTP -----------------------------------------------------------------------------------------------------


async def text_of(made: Bench, address: str, viewer: str = "root", **query: str) -> str:
    async with made.client(is_private=False, who=viewer) as client:
        answer = await client.get(address, params=query, headers=VISIT)
        assert answer.status == 200, await answer.text()
        text: str = await answer.text()
        known = {**VISIT, "If-None-Match": answer.headers["ETag"]}
        assert (await client.get(address, params=query, headers=known)).status == 304
        return text


def numbers(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'id="record-(\d+)"', text)]


@pytest.mark.parametrize(
    ("query", "whole", "vi"),
    [
        ({}, [5, 4, 3, 2, 1], [3, 1]),
        ({"kind": "decisions"}, [2, 1], [1]),
        ({"kind": "access"}, [4], []),
        ({"application": "secret"}, [2], []),
        ({"find": "veiled"}, [5, 2], []),
        ({"who": "EVELYN", "since": ""}, [2], []),
        ({"before": "3"}, [2, 1], [1]),
    ],
)
async def test_inv_25_the_journal_has_the_records_that_one_may_read(
    query: dict[str, str], whole: list[int], vi: list[int]
) -> None:
    """INV-25: whoever looked before, and whatever is asked for."""
    made = told()
    assert numbers(await text_of(made, "/journal", **query)) == whole
    text = await text_of(made, "/journal", viewer="vi", **query)
    assert numbers(text) == vi
    hidden = [word for word in ("veiled", "evelyn", "5 in all", "vault") if word in text]
    assert [word for word in hidden if word not in query.values()] == []
    assert "that you may not read are not listed" in text


async def test_inv_25_records_of_what_is_gone_are_of_those_who_could_read_it() -> None:
    """INV-25: two who may read the same applications now are not shown the same of before."""
    made = told()
    made.stands("gone", project="vault")
    made.access.grants.project_of("gone")
    made.journal.append([Note(kind=Kind.REMOVED, application="gone")])
    made.engine.kept.pop("gone")
    made.engine.kept.pop("secret")
    made.engine.kept["web"].application.project = "both"  # type: ignore[misc]
    made.declares(project("both", viewer="user:vi user:other"), project("vault", viewer="user:other"))
    assert 6 in numbers(await text_of(made, "/journal", viewer="other"))
    assert 6 not in numbers(await text_of(made, "/journal", viewer="vi"))


async def test_a_broken_chain_is_loud_for_all_and_in_detail_for_some() -> None:
    made = told()
    made.checks.append(Checked(records=5, breaches=(BREACH,)))
    async with made.client(is_private=False) as client:
        await client.post("/api/v1/journal/verify")
    text = await text_of(made, "/journal")
    assert 'role="alert"' in text
    assert "hold of secret" in text
    text = await text_of(made, "/journal", viewer="vi")
    assert 'role="alert"' in text
    assert [word for word in ("hold of secret", "by root") if word in text] == []


async def test_markup_in_a_record_is_text() -> None:
    made = told()
    body = {"who": SCRIPT, "why": SCRIPT, "ref": SCRIPT, SCRIPT: SCRIPT}
    made.journal.append([Note(kind=Kind.HOLD, application="web", body=body)])
    for address in ("/journal", "/applications/web/history"):
        text = await text_of(made, address)
        assert "alert(1)" in text
        assert "<script>alert" not in text


async def test_the_journal_comes_in_pages() -> None:
    made = told()
    made.journal.append([Note(kind=Kind.HOLD, application="web", body={"who": "ben"})] * (PAGE + 20))
    first = await text_of(made, "/journal")
    assert numbers(first) == list(range(PAGE + 25, 25, -1))
    [older] = re.findall(r'rel="next" href="([^"]*)"', first)
    assert numbers(await text_of(made, older)) == list(range(25, 0, -1))


async def test_a_question_that_cannot_be_read_is_a_page_that_says_so() -> None:
    async with told().client(is_private=False) as client:
        for query in ({"kind": "wrong"}, {"since": "now"}, {"before": "-1"}, {"pag": "1"}):
            answer = await client.get("/journal", params=query, headers=VISIT)
            assert (answer.status, "TL0720" in await answer.text()) == (422, True), query


async def test_the_history_has_deployments_with_who_agreed_and_its_records() -> None:
    made = told()
    plan = Digest("5f1c" * 16)
    made.journal.append([Note(kind=Kind.REVISION_SEEN, body=SEEN_BODY)])
    made.parts.feed.look()
    begun = made.history.begin("web", revision=REVISION.commit, tree="t", plan=plan, by="git")
    made.history.end("web", begun.number, DeploymentResult.DONE)
    made.parts.answers.control.parts.approvals.approve("web", plan, who="user: ben")
    text = await text_of(made, "/applications/web/history", viewer="vi")
    assert re.search(r'id="deployment-1".*9f31c2e.*, ana.*agreed to by user: ben', text, re.DOTALL)
    assert numbers(text) == [9, 8, 7, 3, 1]
    filtered = await text_of(made, "/applications/web/history", viewer="vi", kind="decisions")
    assert (numbers(filtered), 'id="deployment-1"' in filtered) == ([9, 1], False)


async def test_the_history_of_what_one_may_not_read_is_that_of_what_is_not_there() -> None:
    async with told().client(is_private=False, who="vi") as client:
        texts = []
        for name in ("secret", "nothin"):
            answer = await client.get(f"/applications/{name}/history", headers=VISIT)
            assert answer.status == 404
            texts.append((await answer.text()).replace(name, "NAME"))
        assert texts[0] == texts[1]


async def test_the_history_of_what_left_git_is_still_told() -> None:
    made = told()
    begun = made.history.begin("web", revision="9f31c2e0aa", tree="t", plan=Digest("d"), by="git")
    made.history.end("web", begun.number, DeploymentResult.DONE)
    made.engine.kept.pop("web")
    assert 'id="deployment-1"' in await text_of(made, "/applications/web/history")
