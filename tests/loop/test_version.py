"""Which versions there are, at what cost, and the same again from the pins of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.loop.still_clock import StillClock
from trueline.declare.application import Application, DirectoryTarget, SourceSpec
from trueline.loop.version import FoundVersions, Stand, VersionFinder, branch_pins, pins_of
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render.options import Site, Versions
from trueline.runtime.files import MemoryTree
from trueline.source.artifact import Artifact, References, Revision
from trueline.source.listing import Directory, Listing

MAIN, V1, V2 = "refs/heads/main", "refs/tags/v1", "refs/tags/v2"
PAGE = MemoryTree({"docs/index.md": b"# Home\n"})


@dataclass
class Repository:
    """Branches and tags with their files; it notes what it is asked for. `no_commit` are refs of something else."""

    commits: dict[str, str]
    trees: dict[str, MemoryTree] = field(default_factory=dict)
    no_commit: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def references(self) -> References:
        """All of them."""
        self.asked.append("references")
        return References(commits=dict(self.commits), head=MAIN)

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """Their revisions."""
        self.asked.append(f"obtain {' '.join(sorted(wanted))}")
        return {ref: revision(commit, ref) for ref, commit in wanted.items() if ref not in self.no_commit}

    async def revision(self, commit: str) -> Revision:
        """A kept one."""
        self.asked.append(f"revision {commit}")
        return revision(commit, commit)

    async def artifact(self, revision: Revision) -> Artifact:
        """It stands for its files."""
        self.asked.append(f"artifact {revision.commit}")
        return Artifact(source="memory", revision=revision, listing=Listing(Directory(revision.commit, {})))

    def files(self, artifact: Artifact) -> MemoryTree:
        """The files of a commit."""
        return self.trees.get(artifact.revision.commit, PAGE)


def revision(commit: str, ref: str) -> Revision:
    return Revision(
        commit=commit,
        ref=ref,
        author_name="Ada",
        author_email="ada@example.test",
        committed_at=StillClock().now(),
        subject="a change",
        tree=commit,
    )


def application(versions: Versions | None, name: str = "") -> Application:
    return Application(
        name="handbook",
        sources=(SourceSpec(name=name, path="docs"),),
        target=DirectoryTarget(path="/srv/www/handbook"),
        origin=Origin(path="fleet.yaml", line=1),
        render=Site(versions=versions),
    )


DECLARED = application(Versions(branches=("*",), tags=("v*",)))


async def find(
    finder: VersionFinder,
    repository: Repository,
    *,
    declared: Application = DECLARED,
    ref: str = MAIN,
    pins: Mapping[str, str] | None = None,
) -> FoundVersions:
    source: Any = repository
    own = revision(repository.commits.get(MAIN, "own"), ref)
    return await finder.find(declared, Stand(source=source, revision=own, files=PAGE), pins)


def shown(found: FoundVersions) -> list[str]:
    return [f"{'+'.join(one.version.folders)}@{one.commit}" for one in found.versions]


async def test_one_question_a_look_and_only_what_is_new_is_fetched() -> None:
    finder, repository = VersionFinder(), Repository({MAIN: "m1", V1: "c1"})
    found = await find(finder, repository)
    assert shown(found) == ["main+latest@m1", "v1+stable@c1"]
    assert repository.asked == ["references", f"obtain {V1}", "artifact c1"]
    repository.asked.clear()
    assert await find(finder, repository) == found
    assert repository.asked == ["references"]
    repository.asked.clear()
    repository.commits |= {V2: "c2", MAIN: "m2"}
    assert shown(await find(finder, repository)) == ["main+latest@m2", "v2+stable@c2", "v1@c1"]
    assert repository.asked == ["references", f"obtain {V2}", "artifact c2"]


async def test_what_declares_no_versions_asks_for_none() -> None:
    repository = Repository({MAIN: "m1"})
    assert await find(VersionFinder(), repository, declared=application(None)) == FoundVersions()
    assert repository.asked == []


@pytest.mark.parametrize("name", ["", "manual"])
async def test_the_pins_of_a_deployment_are_enough_to_find_them_again(name: str) -> None:
    declared = application(Versions(branches=("*",), tags=("v*",)), name)
    repository = Repository({MAIN: "m1", "refs/heads/next": "n1", V1: "c1"})
    found = await find(VersionFinder(), repository, declared=declared)
    pins = {key: one.commit for key, one in found.floating.items()}
    assert pins == {f"{name}@={MAIN}": "m1", f"{name}@refs/heads/next": "n1", f"{name}@{V1}": "c1"}
    spec = declared.sources[0]
    assert list(branch_pins(spec, found.floating)) == [f"{name}@refs/heads/next"]
    assert list(pins_of(spec, pins | {f"{name}other": "x"})) == list(pins)
    repository.commits = {"refs/heads/next": "n2", V2: "c2"}
    repository.asked.clear()
    again = await find(VersionFinder(), repository, declared=declared, ref="m1", pins=pins)
    assert [one.version for one in again.versions] == [one.version for one in found.versions]
    assert [one.commit for one in again.versions[1:]] == [one.commit for one in found.versions[1:]]
    assert "references" not in repository.asked


async def test_what_has_no_folder_or_is_no_commit_is_left_out_and_another_is_stable() -> None:
    repository = Repository(
        {MAIN: "m1", V1: "c1", V2: "c2", "refs/tags/v3": "blob"},
        trees={"c2": MemoryTree({"README.md": b"none yet"})},
        no_commit={"refs/tags/v3"},
    )
    found = await find(VersionFinder(), repository)
    assert shown(found) == ["main+latest@m1", "v1+stable@c1"]
    assert [(note.code, note.detail) for note in found.notes] == [("TL1536", "v3"), ("TL1535", "v2@c2: docs")]
    assert sorted(found.floating) == [f"@={MAIN}", f"@{V1}"]


async def test_a_working_tree_is_the_version_of_its_branch() -> None:
    found = await find(VersionFinder(), Repository({MAIN: "m1", V1: "c1"}), ref="working tree")
    assert [one.version.is_own for one in found.versions] == [True, False]
    assert found.versions[0].files is PAGE


async def test_what_cannot_stand_side_by_side_is_told_at_the_declaration() -> None:
    with pytest.raises(UserError) as caught:
        await find(VersionFinder(), Repository({MAIN: "m1", "refs/heads/a/b": "1", "refs/heads/a-b": "2"}),
                   declared=application(Versions(branches=("**",))))  # fmt: skip
    (told,) = caught.value.diagnostics
    assert (told.code, str(told.origin)) == ("TL1532", "fleet.yaml:1")
