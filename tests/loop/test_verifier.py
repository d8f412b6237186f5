"""Admission by itself: tags, versions, other revisions of the fleet, and keys that change while a commit stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.loop.still_clock import StillClock
from trueline.declare.application import Application, ClusterTarget, Project, SourceSpec, Verify, VerifyMode
from trueline.declare.protocol import BrokenDeclaration, Declared
from trueline.loop.desire import Desirer, Ground
from trueline.loop.verifier import Verifier
from trueline.model.fault import UserError
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.record.journal import Journal, Kind
from trueline.record.schema import SCHEMA
from trueline.record.trust import TrustBook
from trueline.render.options import Capabilities, Site, Versions
from trueline.runtime.store import MEMORY, Store
from trueline.source.artifact import References, Revision
from trueline.source.git_object import GitObject
from trueline.source.signature.key import KeyRing, TrustedKey
from trueline.testing.conformance.engine.repository import MemoryRepository
from trueline.testing.signature import SshSigner

ADA, BO = SshSigner("ada", b"ada"), SshSigner("bo", b"bo")
AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
ORIGIN = Origin(path="fleet/keys.yaml")
URL = "https://example.test/charts.git"


@dataclass
class Repository(MemoryRepository):
    """Tags are objects of their own; each branch and tag may be asked for."""

    tags: dict[str, GitObject] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def tag(self, name: str, commit: str, sign: Callable[[bytes], bytes] | None, at: datetime = AT) -> Revision:
        """An annotated tag."""
        lines = [f"object {commit}", "type commit", f"tag {name}", f"tagger Ada <a@b> {int(at.timestamp())} +0000"]
        payload = "\n".join([*lines, "", "a release\n"]).encode()
        data = payload + (sign(payload) if sign else b"")
        self.tags[f"refs/tags/{name}"] = GitObject("c" * 40, "tag", len(data), data)
        return self.at(commit, f"refs/tags/{name}")

    def at(self, commit: str, ref: str) -> Revision:
        """A commit by a ref."""
        return Revision(
            commit=commit, ref=ref, author_name="", author_email="", committed_at=AT, subject="", tree=commit
        )

    async def signed(self, revision: Revision) -> tuple[GitObject, ...]:
        """With the tag."""
        found = await super().signed(revision)
        return (*found, self.tags[revision.ref]) if revision.ref in self.tags else found

    async def references(self) -> References:
        """All of them."""
        return References(commits=self.refs)

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """By their refs."""
        return {ref: self.at(commit, ref) for ref, commit in wanted.items()}


class Bench:
    """A verifier over a store in memory, and one repository."""

    def __init__(self, **more: Any) -> None:
        self.clock = StillClock()
        self.store = Store.open(MEMORY, SCHEMA)
        self.journal = Journal(self.store, self.clock)
        self.book = TrustBook(self.store, self.journal)
        self.verifier = Verifier(book=self.book, clock=self.clock, **more)
        self.repository = Repository()

    def commit(self, signer: SshSigner | None, message: str = "a change") -> str:
        """One more commit."""
        self.repository.sign = signer.sign if signer else None
        self.repository.message = message
        return self.repository.commit({"index.md": b"# A page"})

    async def admit(self, spec: SourceSpec, revision: Revision) -> str:
        """Who signed it, or the code of the refusal."""
        source: Any = self.repository
        return await code_of(self.verifier.admit(spec, source, revision))

    async def follow(self, declared: Declared, revision: Revision) -> str:
        """As the engine does with the fleet repository."""
        source: Any = self.repository

        async def both() -> Any:
            await self.verifier.admit_fleet(source, revision)
            return SimpleNamespace(signer=await self.verifier.learn(source, revision, declared))

        return await code_of(both())

    def main(self, commit: str) -> Revision:
        """The branch at a commit."""
        return self.repository.at(commit, "refs/heads/main")


async def code_of(asked: Any) -> str:
    try:
        found = await asked
    except UserError as error:
        return error.diagnostics[0].code
    return found.signer["owner"] if found is not None and found.signer else ""


def spec_of(*keys: TrustedKey, revision: str = "", mode: VerifyMode = VerifyMode.HEAD) -> SourceSpec:
    verify = Verify(mode=mode, rings=(KeyRing(name="platform", keys=keys or (ADA.trusted(),)),))
    return SourceSpec(url=URL, revision=revision, verify=verify)


def declared(*keys: TrustedKey) -> Declared:
    ring = KeyRing(name="platform", keys=keys)
    fleet = SourceSpec(name="fleet", verify=Verify(mode=VerifyMode.HEAD, rings=(ring,)), origin=ORIGIN)
    return Declared(projects=(Project(name="platform", ring=ring, origin=ORIGIN),), sources=(fleet,))


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_tag_is_followed_by_its_signature_and_never_back_in_time(bench: Bench) -> None:
    """INV-11, INV-12: a signed tag that was good once cannot be put back under its name."""
    first, second = bench.commit(None), bench.commit(None)
    spec = spec_of(revision="stable")
    new = bench.repository.tag("stable", second, ADA.sign, AT)
    assert await bench.admit(spec, new) == "ada"
    assert await bench.admit(spec, bench.repository.tag("stable", first, ADA.sign, AT - timedelta(days=1))) == "TL0145"
    assert await bench.admit(spec, bench.repository.tag("stable", first, BO.sign, AT)) == "TL0138"
    assert await bench.admit(spec, bench.repository.tag("stable", first, None)) == "TL0136"
    assert await bench.admit(spec, bench.repository.tag("stable", first, ADA.sign, AT + timedelta(minutes=1))) == "ada"


async def test_a_light_tag_moves_only_forward(bench: Bench) -> None:
    """INV-12: nobody signed its name, so it follows the rules of a branch; another name is another version."""
    first, second, third = (bench.commit(ADA) for _ in range(3))
    spec, ranged = spec_of(revision="stable"), spec_of(revision=">=1")
    for commit, expected in ((second, "ada"), (first, "TL0145"), (third, "ada")):
        assert await bench.admit(spec, bench.repository.at(commit, "refs/tags/stable")) == expected
    for commit, name in ((second, "v2"), (first, "v1.1")):
        assert await bench.admit(ranged, bench.repository.at(commit, f"refs/tags/{name}")) == "ada"


async def test_where_it_cannot_be_told_what_came_between_nothing_is_admitted(bench: Bench) -> None:
    """INV-11."""

    class Cut(Repository):
        async def since(self, old: str, new: str) -> Known[tuple[GitObject, ...]] | Unknown:
            return Unknown("history is cut")

    bench.repository = Cut()
    spec = spec_of(mode=VerifyMode.RANGE)
    assert await bench.admit(spec, bench.main(bench.commit(ADA))) == "ada"
    assert await bench.admit(spec, bench.main(bench.commit(ADA))) == "TL0145"


async def test_what_was_verified_outlives_the_expiry_of_its_key_and_not_its_revocation(bench: Bench) -> None:
    """INV-11: a restart after the last day changes nothing; a new commit of that key does not count any more."""
    spec, commit = spec_of(ADA.trusted(until=date(2026, 7, 1))), bench.commit(ADA)
    assert await bench.admit(spec, bench.main(commit)) == "ada"
    bench.clock.at_s += 30 * 86_400
    restarted = Verifier(book=bench.book, clock=bench.clock)
    bench.verifier = restarted
    assert await bench.admit(spec, bench.main(commit)) == "ada"
    other = spec_of(ADA.trusted(until=date(2026, 7, 1)), BO.trusted())
    assert await bench.admit(other, bench.main(commit)) == "ada", "other keys: judged again, for the time of then"
    assert await bench.admit(spec_of(ADA.trusted(revoked="stolen")), bench.main(commit)) == "TL0140"
    assert await bench.admit(spec, bench.main(bench.commit(ADA))) == "TL0139"


async def test_a_refusal_is_recorded_once_and_looked_at_again_with_other_keys(bench: Bench) -> None:
    commit = bench.commit(BO)
    for _ in range(3):
        assert await bench.admit(spec_of(), bench.main(commit)) == "TL0138"
    records = [one for one in bench.journal.after() if one.kind == Kind.REVISION_REFUSED.value]
    assert len(records) == 1
    assert "TL0138" in records[0].body["diagnostics"][0]
    assert await bench.admit(spec_of(ADA.trusted(), BO.trusted()), bench.main(commit)) == "bo"


async def test_each_version_that_is_refused_is_recorded_once(bench: Bench) -> None:
    """INV-31: versions of one source that take turns do not fill the journal, each look a record."""
    bad, source = bench.commit(BO), cast("Any", bench.repository)
    for _ in range(3):
        for ref in ("refs/heads/one", "refs/heads/two"):
            with pytest.raises(UserError, match="TL0138"):
                await bench.verifier.admit_version(spec_of(), source, source.at(bad, ref))
    assert len([one for one in bench.journal.after() if one.kind == Kind.REVISION_REFUSED.value]) == 2


async def test_another_revision_of_the_fleet_is_under_the_fleets_demand(bench: Bench) -> None:
    """INV-11: a source of the fleet repository at a branch of its own is no way around what is demanded of it."""
    good, bad = bench.commit(ADA), bench.commit(None)
    assert await bench.follow(declared(ADA.trusted()), bench.main(good)) == "ada"
    side = bench.repository.at(bad, "refs/heads/side")
    assert await bench.admit(SourceSpec(revision="side"), side) == "TL0136"
    assert await bench.admit(SourceSpec(url=URL), side) == "", "of another repository nothing is demanded"
    source: Any = bench.repository
    for spec in (SourceSpec(), SourceSpec(revision="side")):
        with pytest.raises(UserError, match="TL0136"):
            await bench.verifier.admit_version(spec, source, side)


async def test_keys_that_were_given_judge_until_git_says_whose(bench: Bench) -> None:
    """INV-11."""
    bench = Bench(given=(ADA.trusted(),))
    assert await bench.follow(Declared(), bench.main(bench.commit(BO))) == "TL0138"
    assert await bench.follow(declared(BO.trusted()), bench.main(bench.commit(BO))) == "TL0138"
    assert await bench.follow(declared(BO.trusted()), bench.main(bench.commit(ADA))) == "TL0138", (
        "bo's alone: locked out"
    )
    both = declared(ADA.trusted(), BO.trusted())
    assert await bench.follow(both, bench.main(bench.commit(ADA))) == "ada"
    assert await bench.follow(declared(BO.trusted()), bench.main(bench.commit(BO))) == "bo"
    assert await bench.follow(declared(BO.trusted()), bench.main(bench.commit(ADA))) == "TL0138"
    assert await bench.follow(Declared(), bench.main(bench.commit(BO))) == "TL0138", "the file's keys would count again"
    assert await bench.follow(both, bench.main(bench.commit(BO))) == "bo"
    assert await bench.follow(Declared(), bench.main(bench.commit(ADA))) == "ada"
    assert await bench.follow(Declared(), bench.main(bench.commit(BO))) == "TL0138"


async def test_a_broken_declaration_takes_no_key_and_no_demand_away(bench: Bench) -> None:
    """INV-11, INV-02."""
    assert await bench.follow(declared(ADA.trusted()), bench.main(bench.commit(ADA))) == "ada"
    broken = Declared(broken=(BrokenDeclaration(path=ORIGIN.path, names=("fleet", "platform"), diagnostics=()),))
    assert await bench.follow(broken, bench.main(bench.commit(ADA))) == "ada"
    assert await bench.follow(broken, bench.main(bench.commit(None))) == "TL0136"
    assert bench.verifier.problems == ()
    assert await bench.follow(Declared(), bench.main(bench.commit(ADA))) == ""
    assert bench.book.names() == ()


async def test_a_working_tree_is_in_its_owners_hand() -> None:
    bench = Bench(is_in_hand=True)
    assert await bench.follow(declared(ADA.trusted()), bench.main(bench.commit(None))) == ""
    assert bench.book.names() == ()


async def test_each_version_of_a_site_is_judged_before_it_is_rendered(bench: Bench) -> None:
    """INV-11: its other branches and tags too."""
    old, new = bench.commit(None), bench.commit(ADA)
    bench.repository.refs = {"refs/heads/main": new, "refs/tags/v1": old}
    repository: Any = bench.repository
    repository.poll = lambda: repository.revision(new)

    async def capabilities() -> Capabilities:
        return Capabilities()

    async def parts(_: object) -> Any:
        return SimpleNamespace(target=SimpleNamespace(capabilities=capabilities))

    sources: Any = SimpleNamespace(open=lambda _: repository)
    targets: Any = SimpleNamespace(parts=parts)
    renderer: Any = SimpleNamespace(digest=lambda *_: "")
    desirer = Desirer(sources=sources, targets=targets, renderer=renderer, verifier=bench.verifier)
    artifact = await repository.artifact(await repository.revision(new))
    ground = Ground(source=repository, artifact=artifact, files=repository.files(artifact))
    for tags in ((), ("*",)):
        application = Application(
            name="docs",
            sources=(spec_of(),),
            target=ClusterTarget(),
            origin=ORIGIN,
            render=Site(versions=Versions(branches=("main",), tags=tags)),
        )
        if tags:
            with pytest.raises(UserError, match="TL0136"):
                await desirer.wish(application, ground)
            await desirer.wish(application, ground, {"": new, "@=refs/heads/main": new})
        else:
            assert (await desirer.wish(application, ground)).signed[""]["owner"] == "ada"


def test_specs_differ_by_their_demand() -> None:
    assert spec_of() != replace(spec_of(), verify=None)


async def test_a_project_that_only_says_who_may_do_what_is_nothing_that_is_trusted(bench: Bench) -> None:
    """INV-11: roles that come or go are no change of keys, and no ring without a key is learned."""
    roles = Project(name="shop", ring=KeyRing(name="shop"), origin=ORIGIN, roles={})
    assert await bench.follow(Declared(projects=(roles,)), bench.main(bench.commit(None))) == ""
    assert (bench.book.names(), bench.verifier.problems) == ((), ())
