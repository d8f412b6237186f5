"""What is decided without asking anybody: names of branches, Git's words of a push, listings, states, edits."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from trueline.model.digest import Digest, digest_bytes
from trueline.source.address import Address
from trueline.source.branch import fault_of_branch
from trueline.target.answer import Refusal
from trueline.target.site.body import MarkedRelease
from trueline.target.site.branch import edit as editing
from trueline.target.site.branch.edit import InTheWay, Scene
from trueline.target.site.branch.identity import git_identity
from trueline.target.site.branch.place import BranchPlace
from trueline.target.site.branch.refusal import of_push
from trueline.target.site.branch.state import Damaged, State, read_state
from trueline.target.site.branch.stream import Commit, quoted
from trueline.target.site.branch.tree import Entry, Malformed, read_tree
from trueline.target.site.platform import Published

PLACE = BranchPlace(address=Address.parse("https://git.example.com/team/site.git"), branch="gh-pages")
BELOW = BranchPlace(address=PLACE.address, branch="main", folder="docs")


@pytest.mark.parametrize("name", ["gh-pages", "pages", "docs/v1", "a.b", "ünïcode", "feature#1", "x@y"])
def test_names_that_git_takes(name: str) -> None:
    assert not fault_of_branch(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "refs/heads/main", "-x", "/x", "x/", "x//y", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b"),
        *("x.lock", "a/.b", ".a", "x.", "@", "HEAD", "a@{1}", "a\nb", "a\x7f", "x" * 300, "a.lock/b"),
    ],
)
def test_names_that_git_does_not_take(name: str) -> None:
    assert fault_of_branch(name)


def test_a_place_is_named_without_doubt() -> None:
    assert str(PLACE) == "https://git.example.com/team/site.git#gh-pages"
    assert str(BELOW) == "https://git.example.com/team/site.git#main:docs"
    assert (BELOW.state, BELOW.path("docs/a/b"), BELOW.path("docs-too/a"), BELOW.path("docs")) == (
        "docs/.trueline.json",
        "a/b",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("why", "said", "refusal", "words"),
    [
        ("[rejected] (stale info)", "", Refusal.STALE, "somebody else pushed"),
        ("[rejected] (fetch first)", "", Refusal.STALE, "somebody else pushed"),
        ("[remote rejected] (failed to update ref)", "", Refusal.STALE, "somebody else pushed"),
        ("[remote rejected] (incorrect old value provided)", "", Refusal.STALE, "somebody else pushed"),
        ("[remote rejected] (protected branch hook declined)", "remote: no.", Refusal.DENIED, "refuses the push"),
        ("[remote rejected] (unpacker error)", "remote: No space left on device", Refusal.DENIED, "no room"),
        ("[remote rejected] (shallow update not allowed)", "", Refusal.DENIED, "shallow update not allowed"),
    ],
)
def test_what_a_push_is_told(why: str, said: str, refusal: Refusal, words: str) -> None:
    answer = of_push("PLACE", f"To https://x\n!\tabc:refs/heads/pages\t{why}\nDone\n", said)
    assert answer is not None
    assert answer.refusal is refusal
    assert words in answer.message


def test_a_push_without_a_report_is_no_answer() -> None:
    assert of_push("PLACE", "To https://x\n", "error: RPC failed; HTTP 500") is None


@pytest.mark.parametrize("listing", [b"nothing\0", b"10064x blob a\tb\0", b"100644 blob\tb\0"])
def test_a_listing_that_git_would_not_write(listing: bytes) -> None:
    with pytest.raises(Malformed):
        read_tree(listing)


def test_names_that_are_no_text_are_kept_apart() -> None:
    tree = read_tree(b"100644 blob a\t\xff.html\x00120000 blob b\tlink\x00160000 commit c\tother\x00")
    assert len(tree) == 3
    assert [entry.is_file for entry in tree.values()] == [True, False, False]
    (name, *_) = tree
    assert quoted(name) == b'"\xff.html"'


def test_a_stream_that_misses_a_file_is_not_finished() -> None:
    @dataclass
    class Some:
        missing: str

        def __iter__(self) -> Iterator[tuple[str, bytes]]:
            yield "a", b"1"

    commit = Commit(ref="refs/x", parent="", message="m", made_s=0, deletes=())
    assert b"".join(commit.stream(Some(""))).endswith(b"get-mark :1\ndone\n")
    assert b"done" not in b"".join(commit.stream(Some("b")))


def published(files: dict[str, bytes], release: str = "") -> Published:
    body = MarkedRelease(mark="here.x", files={path: str(digest_bytes(data)) for path, data in files.items()})
    return Published(lineage="l", release=Digest(release) if release else digest_bytes(body.body()), body=body)


def test_a_state_is_read_as_it_was_written() -> None:
    state = State(published=published({"a.html": b"1"}), extras=(".nojekyll",))
    assert read_state(state.encode()) == state


@pytest.mark.parametrize(
    "state",
    [
        State(published=published({"a": b"1"}, release="0" * 64)),
        State(published=published({"../a": b"1"})),
        State(published=published({".git/hooks/x": b"1"})),
        State(published=published({"a": b"1"}), extras=("CNAME",)),
        State(published=published({"a": b"1"}), format=2),
    ],
)
def test_a_state_that_cannot_be_ours(state: State) -> None:
    with pytest.raises(Damaged):
        read_state(state.encode())


def scene(place: BranchPlace, tree: dict[str, bytes], state: State | None = None) -> Scene:
    digests = {git_identity("sha1", data): digest_bytes(data) for data in tree.values()}
    return Scene(
        place=place,
        tree={at: Entry(stat.S_IFREG | 0o644, git_identity("sha1", data)) for at, data in tree.items()},
        state=state,
        is_same=lambda identity, digest: digests.get(identity) == digest,
        identify=lambda data: git_identity("sha1", data),
    )


def test_only_what_differs_is_written_and_only_ours_deleted() -> None:
    before = State(published=published({"a": b"1", "b": b"2", "gone": b"3"}))
    tree = {"docs/a": b"1", "docs/b": b"tampered", "docs/gone": b"3", "docs/.trueline.json": before.encode()}
    edit = editing.publish(scene(BELOW, {**tree, "gone": b"theirs"}, before), published({"a": b"1", "b": b"2"}))
    assert (edit.deletes, set(edit.writes), set(edit.texts)) == (("docs/gone",), {"docs/b"}, {"docs/.trueline.json"})


def test_every_stranger_in_the_way_is_named() -> None:
    after = published({"a": b"1", "b/c": b"2", "d": b"3", "same": b"4"})
    tree = {"a": b"x", "b": b"x", "d/e": b"x", "d/f": b"x", "same": b"4", "aside": b"x"}
    with pytest.raises(InTheWay) as caught:
        editing.publish(scene(PLACE, tree), after)
    assert caught.value.paths == ("a", "b", "d/e", "d/f")


def test_where_all_is_as_it_shall_be_there_is_no_edit() -> None:
    state = State(published=published({"a": b"1"}))
    there = scene(PLACE, {"a": b"1", ".trueline.json": state.encode()}, state)
    assert editing.publish(there, state.published).is_empty
    assert editing.put_back(there, state, ["a", "unknown"]).is_empty
    assert not editing.remove(there).is_empty
