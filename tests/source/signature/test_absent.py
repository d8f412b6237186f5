"""Without the extra a demand is refused by its own diagnostic, in a process that has not got the library."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source.signing import Keys, SignedRemote

SCRIPT = """
import json, sys
missing, given = sys.argv[1], json.loads(sys.stdin.read())
sys.modules[missing] = None  # as if it were not installed
from datetime import UTC, datetime
from trueline.source.git_object import GitObject
from trueline.source.signature.judge import judge
from trueline.source.signature.key import trusted_key
verdict = judge(GitObject(given["id"], "commit", 0, given["data"].encode()), [trusted_key(given["key"])],
                datetime.now(UTC))
print(verdict.code, verdict.detail)
"""


@pytest.mark.parametrize(("missing", "scheme"), [("pysequoia", "openpgp"), ("cryptography.exceptions", "ssh")])
def test_what_cannot_be_checked_does_not_count(tmp_path: Path, keys: Keys, missing: str, scheme: str) -> None:
    """INV-11."""
    key = keys.openpgp("ada") if scheme == "openpgp" else keys.ssh("bo")
    remote = SignedRemote(tmp_path / "remote", keys)
    commit = remote.read(remote.signed_commit(key))
    given = json.dumps({"id": commit.identity, "data": commit.data.decode(), "key": key.plain})
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, missing], check=True, capture_output=True, text=True, input=given
    )
    assert done.stdout.startswith("TL0146 "), done.stdout
    assert missing in done.stdout
