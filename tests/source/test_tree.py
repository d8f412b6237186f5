"""Links lead to what stands in the tree, never out of it; a directory's identity counts what its links lead to."""

import pytest

from trueline.runtime.files import FileEntry, FileKind
from trueline.source.listing import Directory, Entry, Leaf, Listing
from trueline.source.tree import ListedTree


def tree(files: dict[str, str]) -> ListedTree:
    """Files by path; text that begins with `-> ` is a link. Ids are the texts, a directory's the text of all in it."""

    def build(prefix: str) -> Directory:
        entries: dict[str, Entry] = {}
        for path in sorted(files):
            if not path.startswith(prefix):
                continue
            name, slash, _ = path[len(prefix) :].partition("/")
            if slash:
                entries[name] = build(f"{prefix}{name}/")
            elif files[path].startswith("-> "):
                entries[name] = Leaf(0o120000, files[path], files[path][3:])
            else:
                entries[name] = Leaf(0o100644, files[path])
        return Directory(repr({name: entry.identity for name, entry in entries.items()}), entries)

    async def read(path: str, leaf: Leaf) -> bytes:
        return f"{path}:{leaf.identity}".encode()

    return ListedTree(Listing(build("")), read)


FILES = {
    "base/a": "A",
    "base/deep/b": "B",
    "app/a": "-> ../base/a",
    "app/dir": "-> ../base/deep",
    "app/chain": "-> a",
    "app/slash": "-> ../base/a/",
    "app/over": "-> ../app/../base/./a",
    "app/through": "-> dir/../a",
    "app/root": "-> ..",
    "app/out": "-> ../../etc/passwd",
    "app/absolute": "-> /a",
    "app/circle": "-> circle",
    "app/nowhere": "-> nothing",
    "app/empty": "-> ",
}


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("base/a", "base/a:A"),
        ("app/a", "base/a:A"),
        ("app/dir/b", "base/deep/b:B"),
        ("app/chain", "base/a:A"),
        ("app/over", "base/a:A"),
        ("app/through", "base/a:A"),
        ("app/root/base/a", "base/a:A"),
        ("./app//a", "base/a:A"),
    ],
)
async def test_what_a_link_leads_to(path: str, read: str) -> None:
    assert await tree(FILES).read(path) == read.encode()
    assert tree(FILES).entry(path) == FileEntry(FileKind.FILE, read.split(":")[1])


@pytest.mark.parametrize(
    "path",
    ["app/out", "app/absolute", "app/circle", "app/nowhere", "app/empty", "base/a/x", "..", "../base/a", "app", "x"],
)
async def test_what_cannot_be_read(path: str) -> None:
    with pytest.raises(FileNotFoundError):
        await tree(FILES).read(path)


def test_what_leads_nowhere_has_a_name_and_no_entry() -> None:
    files = tree(FILES)
    assert files.names("") == ("app", "base")
    lost = {name for name in files.names("app") if files.entry(f"app/{name}") is None}
    assert lost == {"absolute", "circle", "empty", "nowhere", "out"}
    assert set(files.names("app")) - lost == {"a", "chain", "dir", "over", "root", "slash", "through"}
    assert files.names("app/dir") == ("b",)
    assert files.names("base/a") == ()


def identity(files: dict[str, str], path: str) -> str:
    entry = tree(files).entry(path)
    assert entry is not None
    return entry.identity


def test_the_identity_of_a_directory_counts_what_its_links_lead_to() -> None:
    before = {"base/a": "A", "base/b": "B", "other/x": "X", "app/l": "-> ../base"}
    after = {**before, "base/a": "A2"}
    assert identity(before, "app") != identity(after, "app")
    assert identity(before, "other") == identity(after, "other")
    assert identity(before, "app") == identity({**before, "other/x": "Y"}, "app")


def test_identities_of_links_in_a_circle_end() -> None:
    before = {"one/to": "-> ../two", "two/to": "-> ../one", "two/x": "X"}
    after = {**before, "two/x": "Y"}
    for path in ("one", "two", ""):
        assert identity(before, path) == identity(before, path)
        assert identity(before, path) != identity(after, path)
