"""What the answers of a host's commands mean, and what is taken for none."""

import pytest

from trueline.model.digest import Digest
from trueline.target.site.ssh import command
from trueline.target.site.ssh.host import Kind

A, B = "a" * 64, "b" * 64


def test_digests_are_read_by_name() -> None:
    answer = f"Welcome\n{A}  /srv/w/index.html\n\\{B}  /srv/w/a\\\\b.html\n{B}  /etc/passwd\n".encode()
    found = command.hashed(answer, 0, "/srv/w", ["index.html", "a\\b.html"])
    assert found == {"index.html": Digest(A), "a\\b.html": Digest(B)}


def test_what_could_not_be_read_is_left_out() -> None:
    assert command.hashed(f"{A}  /w/a\n".encode(), 123, "/w", ["a", "b"]) == {"a": Digest(A)}


@pytest.mark.parametrize("status", [1, 125, 126, 127, 137, None])
def test_a_run_that_did_not_end_well_says_nothing(status: int | None) -> None:
    with pytest.raises(command.Unusable):
        command.hashed(f"{A}  /w/a\n".encode(), status, "/w", ["a", "b"])


def test_a_run_that_ended_well_names_every_file() -> None:
    with pytest.raises(command.Unusable):
        command.hashed(f"{A}  /w/a\n".encode(), 0, "/w", ["a", "b"])


def test_a_tree_is_read_with_any_name() -> None:
    records = [b"d 755 4096 1.5 ", b"f 644 3 1700000000.25 a b\nc", b"l 777 1 1.0 \xff", b"p 600 0 1.0 pipe"]
    found = command.walked(b"Welcome\n" + command.BEGIN + b"".join(one + b"\0" for one in records))
    assert [(one.path, one.kind, one.mode) for one in found] == [
        ("", Kind.FOLDER, 0o755),
        ("a b\nc", Kind.FILE, 0o644),
        ("\udcff", Kind.LINK, 0o777),
        ("pipe", Kind.OTHER, 0o600),
    ]
    assert found[1].modified_s == 1_700_000_000


@pytest.mark.parametrize("answer", [b"", b"find: unrecognized: -printf", command.BEGIN + b"f 644 3", b"\0x\0"])
def test_what_is_no_tree(answer: bytes) -> None:
    with pytest.raises(command.Unusable):
        command.walked(answer)
    with pytest.raises(command.Unusable):
        command.walked(command.BEGIN + b"f six 3 1.0 a\0")


def test_tools_are_those_that_we_know() -> None:
    assert command.tools(command.BEGIN + b"cp\0rm\0") == {"cp"}
    assert command.tools(b"This account is for files only.\n") == frozenset()


def test_names_are_divided_without_loss() -> None:
    names = [f"{number:05}" * 40 for number in range(500)]
    portions = list(command.divided(names))
    assert [name for portion in portions for name in portion] == names
    assert max(len(command.words(portion)) for portion in portions) <= command.WORDS_BYTES_MAX
    assert list(command.divided(["x" * 20_000, "y"])) == [["x" * 20_000], ["y"]]
