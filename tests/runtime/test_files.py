"""A tree in memory says what one in Git does: a folder is another one whenever something in it is."""

from trueline.runtime.files import FileKind, MemoryTree


def identity(path: str, **files: str) -> str:
    """Of a folder of such files; `_` stands for a slash."""
    entry = MemoryTree({name.replace("_", "/"): text.encode() for name, text in files.items()}).entry(path)
    assert entry is not None
    assert entry.kind is FileKind.DIRECTORY
    return entry.identity


def test_a_folder_is_what_is_in_it() -> None:
    same = identity("a", a_b="1", c="2")
    assert same == identity("a", a_b="1")
    assert identity("a", a_b="2") != same, "a file of it"
    assert identity("a", a_c="1") != same, "a name of it"
    assert identity("a", a_b_c="1") != same, "a folder of it"
    assert identity("", a_b="1") != same, "not the one that it is in"
    assert identity("d", d_b="1") == same, "wherever it is"


def test_what_is_not_there_is_nothing() -> None:
    assert MemoryTree({"a/b": b""}).entry("c") is None
