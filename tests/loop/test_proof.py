"""What is kept of a verdict has to give the same verdict again; anything else is no proof."""

import copy
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from trueline.loop.proof import fault_of, proof_of
from trueline.source.git_object import GitObject
from trueline.source.signature.judge import judge
from trueline.source.signature.key import Signer
from trueline.testing.signature import SshSigner

ADA, EVE = SshSigner("ada", b"ada"), SshSigner("eve", b"eve")
AT = datetime(2026, 7, 1, 13, tzinfo=UTC)


def commit(message: str, signer: SshSigner | None, *, is_sha256: bool = False) -> GitObject:
    people = "".join(f"{who} Ada <a@b> 1782907200 +0000\n" for who in ("author", "committer"))
    head, body = f"tree {'a' * 40}\n{people}".encode().rstrip(b"\n"), f"\n\n{message}\n".encode()
    name = b"gpgsig-sha256 " if is_sha256 else b"gpgsig "
    folded = name + signer.sign(head + body).rstrip(b"\n").replace(b"\n", b"\n ") if signer else b""
    data = head + (b"\n" + folded if folded else b"") + body
    hashing = hashlib.sha256 if is_sha256 else hashlib.sha1
    return GitObject(hashing(b"commit %d\0%b" % (len(data), data)).hexdigest(), "commit", len(data), data)


def recorded(head: GitObject, *between: GitObject) -> tuple[dict[str, Any], dict[str, Any]]:
    """A record and its proof."""
    keys = [ADA.trusted()]
    signer = judge(head, keys, AT)
    assert isinstance(signer, Signer), signer
    record = {"commit": head.identity, "at": AT.isoformat(), "signer": signer.plain}
    return record, proof_of([head], [head, *between], "refs/heads/main", keys)


@pytest.mark.parametrize("is_sha256", [False, True])
def test_a_proof_gives_the_same_verdict_again(is_sha256: bool) -> None:
    """INV-22."""
    head, below = (commit(text, ADA, is_sha256=is_sha256) for text in ("one", "two"))
    assert fault_of(*recorded(head, below)) == ""


def other_bytes(record: dict[str, Any], proof: dict[str, Any]) -> None:
    proof["objects"][0]["data"] = proof_of([commit("evil", ADA)], [], "", [])["objects"][0]["data"]


def other_commit(record: dict[str, Any], proof: dict[str, Any]) -> None:
    record["commit"] = commit("evil", ADA).identity


def other_keys(record: dict[str, Any], proof: dict[str, Any]) -> None:
    proof["keys"] = [EVE.trusted().plain]


def other_signer(record: dict[str, Any], proof: dict[str, Any]) -> None:
    record["signer"] = {**record["signer"], "owner": "eve"}


def unsigned_below(record: dict[str, Any], proof: dict[str, Any]) -> None:
    proof["between"] += proof_of([], [commit("unsigned", None)], "", [])["between"]


def other_time(record: dict[str, Any], proof: dict[str, Any]) -> None:
    record["at"] = datetime(2020, 1, 1, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (other_bytes, "are not those of that object"),
        (other_commit, "what is kept is not of"),
        (other_keys, "not trusted"),
        (other_signer, "the record names eve"),
        (unsigned_below, "is not signed"),
        (other_time, "outside its time"),
    ],
)
def test_what_is_kept_has_to_prove_the_record(
    change: Callable[[dict[str, Any], dict[str, Any]], None], expected: str
) -> None:
    """INV-11, INV-22."""
    record, proof = copy.deepcopy(recorded(commit("one", ADA), commit("two", ADA)))
    change(record, proof)
    assert expected in fault_of(record, proof)
