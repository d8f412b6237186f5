"""One object's page: each field declared and live, who owns it and why; bounded, masked, and sure of nothing untold."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import pytest_asyncio

from tests.server.access.test_identity import project
from tests.server.bench import REPOSITORY, Bench, bench
from tests.server.page.made import NOW, REVISION, SEEN, facts
from tests.server.page.seen import OURS, field, sight
from tests.server.page.test_grown import WEB, _Entry
from trueline.declare.application import SourceSpec
from trueline.health.status import Health, Status
from trueline.model import field_path
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.record.journal import Kind, Note
from trueline.render.resource import Resource as Declared
from trueline.runtime.clock import SystemClock
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox_process import ProcessToolbox, find_toolbox
from trueline.server.body import (
    AppliedBody,
    FieldSightBody,
    HappeningBody,
    HealthBody,
    LineBody,
    ResourceSightBody,
    WriterBody,
)
from trueline.server.page.grown import Grown
from trueline.server.page.resource import (
    COMPARED_MAX,
    DIFFERING_MAX,
    HAPPENINGS_MAX,
    ROWS_MAX,
    Known as KnownResource,
    Resource,
    ResourceQuestion,
    resource,
)
from trueline.server.page.state import State
from trueline.server.page.template import render
from trueline.server.page.value import LINES_MAX, LONG_CHARACTERS_MAX, MARKS_MAX, compared, value
from trueline.server.sight import Sights
from trueline.source.authorship import LineCommit
from trueline.target.insight import Descendant, Happening

VISIT = {"Accept": "text/html"}
REF = "ConfigMap/shop/settings"
SCRIPT = '"><script>alert(1)</script>'
GITHUB = "https://github.com/team/fleet.git"


def body(*fields: FieldSightBody, **told: Any) -> ResourceSightBody:
    known: dict[str, Any] = {
        "origin": "shop/all.yaml:3",
        "source": "",
        "commit": SEEN.commit,
        "is_declared": True,
        "is_live": True,
        "health": HealthBody(status="Healthy", reason="Exists", message="it exists"),
        "applied": AppliedBody(at=NOW - timedelta(minutes=4), revision=SEEN.commit, action="update", commit=SEEN),
        "count": len(fields),
        "writers": (WriterBody(name=OURS, at="2026-11-29T09:00:00Z", is_ours=True),),
        "happenings": (),
        "unknown": (),
        "created": "2026-11-28T12:00:00Z",
    }
    return ResourceSightBody(ref=REF, wave=0, uid="u-7", fields=fields, **(known | told))


def told(path: str = "data.a", declared: Any = "1", live: Any = "1", **more: Any) -> FieldSightBody:
    known: dict[str, Any] = {
        "is_declared": declared is not None,
        "is_live": live is not None,
        "differs": declared is not None and declared != live,
        "managers": (OURS,),
        "origin": "shop/all.yaml:5",
    }
    return FieldSightBody(path=path, declared=declared, live=live, **(known | more))


def page(seen: ResourceSightBody, repository: str = GITHUB, *, is_whole: bool = True, **asked: Any) -> Resource:
    known = facts(repository=repository)
    known = known if is_whole else known.reduced()
    made = KnownResource(application="shop", sight=seen, commit=SEEN, facts=known)
    return resource(made, ResourceQuestion(ref=REF, **asked), NOW)


def test_a_field_says_what_is_declared_what_is_live_who_has_it_and_why() -> None:
    taken = told("spec.template.spec.containers[name=web].image", "a:1", "a:2", managers=("kubectl-edit",))
    writers = (
        WriterBody(name="kubectl-edit", at="2026-11-29T11:57:00Z", is_ours=False),
        WriterBody(name=OURS, at="2026-11-29T09:00:00Z", is_ours=True),
    )
    made = page(body(taken, told("data.b"), writers=writers))
    [one] = made.differing
    assert (one.above, one.name) == ("spec.template.spec.containers[name=web]", ".image")
    assert one.declared is not None
    assert one.live is not None
    assert (one.declared.short, one.live.short) == ("a:1", "a:2")
    [owner] = one.owners
    assert owner.at is not None
    assert (owner.name, owner.is_ours, owner.at.text) == ("kubectl-edit", False, "3 min ago")
    assert one.origin.link == f"https://github.com/team/fleet/blob/{SEEN.commit}/shop/all.yaml#L5"
    assert (made.differ, made.fields) == (1, 2)
    assert [(group.title, [one.path for one in group.fields]) for group in made.groups][1] == ("data", ["data.b"])
    assert [(one.name, one.fields) for one in made.writers] == [("kubectl-edit", 1), (OURS, 1)]


def test_why_is_a_commit_with_its_author_and_a_link() -> None:
    made = page(body(told()))
    assert made.source is not None
    assert made.written is not None
    assert (made.source.commit, made.source.author, made.source.subject) == ("9f31c2e", "ana", "Raise checkout")
    assert made.source.link == f"https://github.com/team/fleet/commit/{SEEN.commit}"
    assert (made.written.action, made.written.author, made.written.at.text) == ("update", "ana", "4 min ago")


def test_the_commit_of_a_line_stands_beside_it_and_is_found_by_its_author() -> None:
    line = LineBody(commit="0a" * 20, author="Zoë", subject="Raise it", at=NOW - timedelta(hours=3), is_oldest=True)
    seen = body(told("data.a", written=line), told("data.b"))
    first, second = page(seen).groups[0].fields
    assert first.written is not None
    assert (first.written.commit, first.written.author, first.written.is_oldest) == ("0a0a0a0", "Zoë", True)
    assert first.written.link == f"https://github.com/team/fleet/commit/{line.commit}"
    assert (first.written.at.text, second.written) == ("3 h ago", None)
    for wanted in ("zoë", "raise IT", "0a0a0a0a"):
        assert [one.path for group in page(seen, find=wanted).groups for one in group.fields] == ["data.a"]
    hidden = page(seen, is_whole=False).groups[0].fields[0].written
    assert hidden is not None
    assert hidden.link == "", "where the repository is, is for those who may read all of it (INV-25)"


def test_inv_25_the_repository_is_for_those_who_may_read_all_of_it() -> None:
    """INV-25: who may read one application learns of its files, not of where they are."""
    made = page(body(told()), is_whole=False)
    assert made.source is not None
    assert made.written is not None
    links = (made.source.link, made.source.origin.link, made.written.link, made.groups[0].fields[0].origin.link)
    assert links == ("", "", "", "")
    own = page(body(told(), source="https://gitlab.com/shop/own"), is_whole=False)
    assert own.source is not None
    assert own.source.origin.link.startswith("https://gitlab.com/shop/own/-/blob/"), "declared in the application"


@pytest.mark.parametrize(
    "repository",
    [
        "javascript://github.com/%0aalert(1)",
        "https://user:word@github.com/a/b",
        "git@github.com:a/b",
        "/srv/github.com",
        "https://evil.example/github.com",
        "https://[github.com/a/b",
        "https://github.com/a?b=c",
    ],
)
def test_a_link_leads_to_a_forge_that_is_known_by_http_alone(repository: str) -> None:
    made = page(body(told()), repository)
    assert made.source is not None
    assert (made.source.link, made.source.origin.link) == ("", "")


@pytest.mark.parametrize("commit", ["", "main", "../../evil", "9f3", "HEAD"])
def test_what_is_no_commit_is_not_linked_to(commit: str) -> None:
    made = page(body(told(), commit=commit))
    assert made.source is not None
    assert (made.source.link, made.source.origin.link) == ("", "")


@pytest.mark.parametrize("status", Status)
def test_every_health_has_a_sign_and_its_reason(status: Status) -> None:
    made = page(body(health=HealthBody(status=status.value, reason="R", message="2 of 5 are ready")))
    assert (made.word, made.said, made.reason) == (status.word, "2 of 5 are ready", "R")
    assert (made.state is State.TRUE) == (status is Status.HEALTHY)


def test_inv_38_what_was_not_told_is_said() -> None:
    """INV-38: an object that could not be read is not as declared, and a Git that is not followed is doubted."""
    made = page(body(is_live=False, unknown=("the target is away",)))
    assert [one.text for one in made.doubts] == ["Not all of it could be told: the target is away."]
    broken = KnownResource(application="shop", sight=body(), commit=None, facts=facts(has_problems=True))
    assert "Git may say more" in resource(broken, ResourceQuestion(ref=REF), NOW).doubts[0].text


@pytest.mark.parametrize(
    ("asked", "paths"),
    [
        ({}, ["data.a", "data.b", "metadata.labels.x"]),
        ({"show": "differs"}, ["data.a"]),
        ({"show": "declared"}, ["data.a", "data.b"]),
        ({"show": "others"}, ["metadata.labels.x"]),
        ({"find": "EDIT"}, ["data.a"]),
        ({"find": "all.yaml:9"}, ["data.b"]),
        ({"find": "hand"}, ["data.a"]),
        ({"find": "none-has-this"}, []),
    ],
)
def test_fields_are_asked_for(asked: dict[str, Any], paths: list[str]) -> None:
    seen = body(
        told("data.a", "1", "by hand", managers=("kubectl-edit",)),
        told("data.b", "2", "2", origin="shop/all.yaml:9"),
        told("metadata.labels.x", None, "y", origin="", managers=("other",)),
    )
    made = page(seen, **asked)
    assert [one.path for group in made.groups for one in group.fields] == paths
    assert made.is_filtered == bool(asked)


def test_a_thousand_fields_come_in_pages_and_what_is_left_out_is_said() -> None:
    fields = [told(f"data.k{number:04}", "1", "2") for number in range(1_000)]
    made = page(body(*fields, count=1_234))
    assert (made.part.first, made.part.last, made.part.count, made.rest) == (1, ROWS_MAX, 1_000, 234)
    assert sum(len(group.fields) for group in made.groups) == ROWS_MAX
    assert (made.differ, len(made.differing)) == (1_000, DIFFERING_MAX)
    assert made.part.after == "/applications/shop/resource?ref=ConfigMap%2Fshop%2Fsettings&page=2"
    last = page(body(*fields), page=5)
    assert (last.part.first, last.part.last, last.part.after) == (801, 1_000, "")
    assert page(body(*fields), page=99).part == last.part


def test_long_texts_are_compared_line_by_line_and_only_so_many() -> None:
    before = "".join(f"line {number}\n" for number in range(40))
    seen = body(*(told(f"data.k{number:02}", before, before.replace("line 20", "-- 20")) for number in range(20)))
    differing = page(seen).differing
    signs = [f"{one.sign}{one.text}" for one in differing[0].marks]
    assert signs == [" line 18", " line 19", "-line 20", "+-- 20", " line 21", " line 22"]
    assert sum(bool(one.marks) for one in differing) == COMPARED_MAX


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert value("x" * (LONG_CHARACTERS_MAX + 7)).rest == 7
    assert len(value("x" * 9_000).short) == 161
    lines = "\n".join(str(number) for number in range(LINES_MAX + 1))
    assert compared(lines, f"{lines}\n") == ()
    other = "\n".join(f"-{number}" for number in range(LINES_MAX))
    assert len(compared(lines[: lines.rindex("\n")], other)) == MARKS_MAX
    assert compared("a\n", 3) == compared("a", "a\n") == ()


def test_what_happened_is_told_and_times_that_are_none_are_not() -> None:
    events = [
        HappeningBody(at="2026-11-29T11:59:00Z", is_warning=True, reason="Back", message="x\n" * 400, by="k", count=3),
        HappeningBody(at="nonsense", is_warning=False, reason="R", message="", by="", count=1),
        *[HappeningBody(at="2026-11-29T11:59:00", is_warning=False, reason="", message="", by="", count=1)] * 40,
    ]
    made = page(body(happenings=tuple(events)))
    first, second, third = made.happenings[:3]
    assert first.at is not None
    assert (first.at.text, first.is_warning, first.count, len(first.message)) == ("1 min ago", True, 3, 161)
    assert (second.at, third.at) == (None, None)
    assert (len(made.happenings), made.happenings_rest) == (HAPPENINGS_MAX, 42 - HAPPENINGS_MAX)


# ---- over HTTP -----------------------------------------------------------------------------------------------------


def standing(repository: str = REPOSITORY) -> Bench:
    made = bench(repository=repository)
    made.contains("shop", REF, settings=Health(status=Status.HEALTHY, reason="Exists", message="it exists"))
    made.targets.seen[Ref.parse(REF)] = sight(
        field("data.a", "1", "by hand", "kubectl-edit"), field("data.b", "2", "2"), written={"kubectl-edit": ""}
    )
    return made


async def test_an_object_of_the_tree_leads_to_its_page() -> None:
    made = standing()
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop", headers=VISIT)).text()
        [link] = re.findall(r'class="name" href="(/applications/shop/resource[^"]*)"', text)
        answer = await client.get(link, headers=VISIT)
        text = await answer.text()
        assert answer.status == 200, text
        for said in ("settings", "ConfigMap", "1 field", "by hand", "kubectl-edit", "shop/all.yaml:1", "u-7"):
            assert said in text
        known = {**VISIT, "If-None-Match": answer.headers["ETag"]}
        assert (await client.get(link, headers=known)).status == 304


async def test_what_no_file_declares_is_asked_for_by_the_application() -> None:
    made = standing()
    nowhere = Declared(ref=Ref.parse(REF), digest=Digest(""), origin=Origin(path=""))
    made.engine.kept["shop"].desired = cast("Any", SimpleNamespace(resources=(nowhere,)))
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop/resource", params={"ref": REF}, headers=VISIT)).text()
    assert "Asked for by the declaration of shop itself" in text
    assert text.count("the application itself") == 2
    assert "not declared</span>" not in text


async def test_markup_in_an_object_is_text() -> None:
    made = standing()
    told_by = f"m{SCRIPT}"
    made.targets.seen[Ref.parse(REF)] = sight(
        field(field_path.text(("data", SCRIPT)), SCRIPT, f"{SCRIPT}\nline", told_by),
        written={told_by: "2026-11-29T09:00:00Z"},
    )
    made.targets.happened = Known(
        (Happening(at="", is_warning=True, reason=SCRIPT, message=SCRIPT, by=SCRIPT, count=1),)
    )
    made.targets.healths[Ref.parse(REF)] = Health(status=Status.DEGRADED, reason=SCRIPT, message=SCRIPT)
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop/resource", params={"ref": REF}, headers=VISIT)).text()
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", text.replace("&#34;", ""))


async def test_what_is_no_object_of_it_is_a_page_that_says_so() -> None:
    async with standing().client(is_private=False) as client:
        for ref, status, code in (("ConfigMap/shop/other", 422, "TL0727"), ("nonsense", 422, "TL0727")):
            answer = await client.get("/applications/shop/resource", params={"ref": ref}, headers=VISIT)
            assert (answer.status, code in await answer.text()) == (status, True)
        answer = await client.get("/applications/shop/resource", params={"reff": REF}, headers=VISIT)
        text = await answer.text()
        assert (answer.status, "TL0720" in text, "`ref` is missing" in text) == (422, True, True)


async def test_inv_25_an_object_of_what_one_may_not_read_is_that_of_what_is_not_there() -> None:
    """INV-25: the gate asks before the target is."""
    made = standing()
    made.stands("web", project="shop")
    made.declares(project("shop", viewer="user:vi"))
    async with made.client(is_private=False, who="vi") as client:
        texts = []
        for name in ("shop", "nope"):
            answer = await client.get(f"/applications/{name}/resource", params={"ref": REF}, headers=VISIT)
            assert answer.status == 404
            texts.append((await answer.text()).replace(name, "NAME"))
    assert made.targets.asked == 0


async def test_inv_25_where_the_files_are_is_told_to_those_alone_who_may_read_all() -> None:
    """INV-25: one rendering is not shown to who may read less."""
    made = standing(GITHUB)
    made.declares(project("default", viewer="user:vi"))
    texts = {}
    for who in ("root", "vi", "root"):
        async with made.client(is_private=False, who=who) as client:
            answer = await client.get("/applications/shop/resource", params={"ref": REF}, headers=VISIT)
            texts[who] = await answer.text()
    assert ("github.com" in texts["root"], "github.com" in texts["vi"]) == (True, False)


async def test_however_many_look_at_an_object_the_target_is_asked_once() -> None:
    made = standing()
    async with made.client(is_private=False) as client:
        for _ in range(20):
            await client.get("/applications/shop/resource", params={"ref": REF}, headers=VISIT)
    assert (made.targets.asked, made.parts.pages.renderings.made) == (1, 1)


async def test_inv_38_a_target_that_is_silent_is_not_waited_for() -> None:
    """INV-38: what is declared is shown, and that nothing of it is known; of anything else nothing is said at all."""
    made = standing()
    made.targets.waits = asyncio.Event()
    grown = Grown(made.parts.answers.sights, made.clock, wait_s=0.01)
    seen = await grown.resource("shop", REF)
    assert (seen.fields, seen.health.status) == ((), "Unknown")
    assert seen.unknown == ("the target did not answer within 0.01 s",)
    with pytest.raises(Exception, match="TL2300"):
        await grown.resource("shop", "Pod/shop/web-x")


async def test_an_object_that_was_made_of_what_is_declared_has_a_page() -> None:
    made = bench()
    made.contains("shop", str(WEB))
    made.targets.entries = {WEB: _Entry("u-1")}
    pod = Ref.parse("Pod/shop/web-x")
    live = {"kind": "Pod", "metadata": {"name": "web-x", "uid": "u-2"}, "status": {"phase": "Running"}}
    made.targets.made = Known((Descendant(ref=pod, uid="u-2", owner="u-1", live=live),))
    made.targets.seen[pod] = sight(field("spec.nodeName", None, "node-1", "kube-scheduler"))
    async with made.client(is_private=False) as client:
        text = await (await client.get("/applications/shop/resource", params={"ref": str(pod)}, headers=VISIT)).text()
        assert "made by the target of what is declared" in text
        assert "node-1" in text
        assert "not declared" in text
        made.targets.seen[pod] = Unknown("the target is away")
        made.clock.pass_s(60)
        text = await (await client.get("/applications/shop/resource", params={"ref": str(pod)}, headers=VISIT)).text()
        assert "Not all of it could be told: the target is away." in text


async def test_what_was_written_last_is_told_with_its_commit() -> None:
    made = standing()
    seen = {"commit": "0badc0de" * 5, "author": "Ada", "subject": "Raise the limit"}
    outcome = {"ref": REF, "action": "update", "result": "done", "revision": f"main@{'0badc0de' * 5}"[:15]}
    made.journal.append([Note(kind=Kind.REVISION_SEEN, body=seen)])
    made.journal.append([Note(kind=Kind.OUTCOME, application="shop", body=outcome)])
    made.parts.feed.look()
    async with made.client(is_private=False) as client:
        told_of = await (await client.get("/api/v1/applications/shop/resource", params={"ref": REF})).json()
        assert msgspec.convert(told_of, ResourceSightBody).count == 2
        text = await (await client.get("/applications/shop/resource", params={"ref": REF}, headers=VISIT)).text()
    assert "Written last" in text
    assert "Raise the limit" in text
    assert ", Ada" in text


async def test_inv_38_what_was_not_read_yet_is_not_said_to_be_undeclared() -> None:
    """INV-38: before the files were read, and while the target that they are rendered for is away, nobody can say."""
    made = bench()
    away = Diagnostic(code="TL0507", summary="the cluster does not answer", detail="refused", remedy="wait")
    async with made.client(is_private=False) as client:
        for trouble, code in (((), "TL2301"), ((away,), "TL0507")):
            made.engine.kept["shop"].trouble = trouble
            answer = await client.get("/api/v1/applications/shop/resource?ref=ConfigMap/shop/settings")
            assert (answer.status, (await answer.json())["errors"][0]["code"]) == (503, code)
            tree = await (await client.get("/api/v1/applications/shop/tree")).json()
            assert (tree["count"], len(tree["unknown"])) == (0, 1)
        broken = Diagnostic(code="TL0301", summary="the path is not there", detail="apps/no", remedy="mend it")
        made.engine.kept["shop"].failure = (broken,)
        answer = await client.get("/api/v1/applications/shop/resource?ref=ConfigMap/shop/settings")
        assert (answer.status, (await answer.json())["errors"][0]["code"]) == (422, "TL0301")


class _Source:
    """Who wrote lines, as it is told; it counts."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.told: Known[Any] | Unknown = Unknown("nobody knows")

    async def authorship(self, commit: str, path: str) -> Known[Any] | Unknown:
        self.asked.append((commit, path))
        return self.told


@pytest_asyncio.fixture
async def toolbox() -> AsyncIterator[ProcessToolbox]:
    async with ProcessToolbox(path=find_toolbox().path, clock=SystemClock()) as started:
        yield started


async def test_inv_38_a_line_is_somebodys_and_a_field_without_a_line_of_its_own_is_nobodys(
    toolbox: ProcessToolbox,
) -> None:
    """INV-38: who wrote `metadata` has not written the label that we put there, nor what an overlay changed."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: x\n  b: base\n"
    made, source, commit = standing(), _Source(), "c" * 40
    declared = b'{"metadata":{"name":"settings","labels":{"ours":"1"}},"data":{"a":"x","b":"overlay"}}'
    one = Declared(ref=Ref.parse(REF), digest=Digest("d"), origin=Origin(path="all.yaml", line=1, commit=commit))
    made.targets.bodies["d"] = declared
    made.targets.seen[one.ref] = sight(
        field("data.a", SCRIPT, SCRIPT), field("data.b", "y", "y"), field("metadata.labels.ours", "1", "1")
    )
    kept = made.engine.kept["shop"]
    here = kept.application
    kept.desired = cast("Any", SimpleNamespace(resources=(one,), commit=commit))
    ground = SimpleNamespace(source=source, files=MemoryTree({"all.yaml": text.encode()}))
    made.engine.look = SimpleNamespace(ground=ground, revision=REVISION, applications=())
    made.engine.look.revision = replace(REVISION, commit=commit)
    made.parts.answers.sights = Sights(made.parts.answers.control, made.parts.answers.standings, toolbox)
    line = LineCommit(commit=commit, author=SCRIPT, subject=SCRIPT, at=NOW, is_oldest=True)

    async def seen() -> list[tuple[str, str]]:
        found = await made.parts.answers.sights.resource("shop", REF)
        return [(one.origin, one.written.author if one.written else "") for one in found.fields]

    assert await seen() == [("all.yaml:6", ""), ("all.yaml:1", ""), ("all.yaml:1", "")]
    source.told = Known(dict.fromkeys(range(1, 8), line))
    assert await seen() == [("all.yaml:6", SCRIPT), ("all.yaml:1", ""), ("all.yaml:1", "")]
    assert source.asked == [(commit, "all.yaml")] * 2
    kept.application = cast("Any", SimpleNamespace(name="shop", target="embedded", sources=(SourceSpec(url=GITHUB),)))
    assert (await seen())[0][1] == "", "the lines of another repository are not looked for in this one"
    kept.application = here
    shown = render("resource.html", page(await made.parts.answers.sights.resource("shop", REF)), title="x").decode()
    assert ("or before" in shown, "<script>alert" in shown, shown.count("alert(1)")) == (True, False, 3)
