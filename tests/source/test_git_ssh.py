"""A repository over SSH: a stand-in for the client shows what it is called with and speaks for the other side."""

import json
import stat
from pathlib import Path

from tests.source.git_remote import ENVIRONMENT, Remote, reading
from trueline.model.masked import Masked
from trueline.source.git_command import Credentials

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----"
STAND_IN = """#!{python}
import json, os, stat, sys
words = sys.argv[1:]
given = {{"words": words, "files": {{}}}}
for word in words:
    path = word.removeprefix("UserKnownHostsFile=")
    if os.path.isfile(path) and path != "/dev/null":
        given["files"][word] = [stat.S_IMODE(os.stat(path).st_mode), open(path).read()]
open({log!r}, "a").write(json.dumps(given) + chr(10))
os.execvp("sh", ["sh", "-c", words[-1]])
"""


async def test_fetch_over_ssh(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    commit = remote.commit({"a": "1"})
    log = tmp_path / "log"
    client = tmp_path / "bin/ssh"
    client.parent.mkdir()
    client.write_text(STAND_IN.format(python="/usr/bin/env python3", log=str(log)))
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    environment = {**ENVIRONMENT, "PATH": f"{client.parent}:{ENVIRONMENT['PATH']}"}
    given = Credentials(ssh_key=Masked(KEY), known_hosts="example.com ssh-ed25519 AAAA")
    address = f"ssh://git@example.com:2222{remote.path}"
    async with reading(address, tmp_path / "data", credentials=given, environment=environment) as reader:
        assert (await reader.source("main").poll()).commit == commit
        assert not list(reader.path.parent.glob("ssh-*")), "the key is gone with the call"
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(calls) == 2
    for call in calls:
        words = " ".join(call["words"])
        assert "StrictHostKeyChecking=yes" in words
        assert "BatchMode=yes" in words
        assert "IdentitiesOnly=yes" in words
        assert "-p 2222 git@example.com" in words
        assert "c2VjcmV0" not in words
        assert sorted(call["files"].values()) == [[0o600, f"{KEY}\n"], [0o600, "example.com ssh-ed25519 AAAA\n"]]


async def test_without_a_key_the_users_own_is_used(tmp_path: Path) -> None:
    log, client = tmp_path / "log", tmp_path / "bin/ssh"
    remote = Remote(tmp_path / "remote")
    remote.commit({"a": "1"})
    client.parent.mkdir()
    client.write_text(STAND_IN.format(python="/usr/bin/env python3", log=str(log)))
    client.chmod(0o700)
    environment = {**ENVIRONMENT, "PATH": f"{client.parent}:{ENVIRONMENT['PATH']}"}
    async with reading(f"git@example.com:{remote.path.relative_to('/')}", tmp_path, environment=environment) as reader:
        reader.path.parent.mkdir(parents=True)
        words = ""
        try:
            await reader.source("main").poll()
        except Exception:
            words = log.read_text()
    assert "StrictHostKeyChecking=yes" in words
    assert "IdentitiesOnly" not in words
