"""Incidents in which the tool's own state was torn: cut off half way, or locked by its own hand."""

import ast
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.cli.person import TIMEOUT_S, Person, command, somebody
from trueline.loop.status import Sync
from trueline.model.digest import digest_bytes
from trueline.record.journal import Journal
from trueline.record.schema import SCHEMA
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.http import Request, Unreachable
from trueline.runtime.store import Store
from trueline.target.site.body import MarkedRelease
from trueline.target.site.platform import PlatformRefused, Published
from trueline.target.site.s3.bucket import Attributes, Expectation, Upload
from trueline.target.site.s3.platform import BucketPlatform
from trueline.testing.conformance.engine.sample import config_map
from trueline.testing.conformance.engine.weather import is_write
from trueline.testing.conformance.engine.world import World
from trueline.testing.site.bucket import MemoryBucket

# ---- every call of every write -------------------------------------------------------------------------------------

_WRITER = """
import errno, os, signal, sys
from dataclasses import fields, replace
from pathlib import Path
from trueline.record.journal import Journal, Kind, Note
from trueline.record.schema import SCHEMA
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import SYSTEM, FileCalls, write_atomic
from trueline.runtime.store import Store

folder = Path(sys.argv[1])
left = 0

def fails(how):
    if how == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    os.kill(os.getpid(), getattr(signal, how))

def counted(call, how):
    def called(*values):
        global left
        left -= 1
        if left == 0:
            fails(how)
        return call(*values)
    return called

def once(place, how, n):
    global left
    store = Store.open(place / "store.sqlite", SCHEMA)
    calls = replace(SYSTEM, **{one.name: counted(getattr(SYSTEM, one.name), how) for one in fields(FileCalls)})
    journal = Journal(store, SystemClock(), place / "anchors", lambda path, data: write_atomic(path, data, calls))
    with store.transaction(durable=True):
        store.execute = counted(store.execute, how)
        left = n
        for number in range(3):
            journal.append([Note(kind=Kind.STARTED, body={"n": number})])
    journal.anchor()
    write_atomic(place / "installation", b"new\\n" * 1000, calls)

for how in ("SIGINT", "SIGTERM", "SIGKILL", "full"):
    for n in range(1, 100):
        place = folder / f"{how}-{n}"
        place.mkdir()
        (place / "installation").write_bytes(b"old\\n" * 1000)
        child = os.fork()
        if child == 0:
            try:
                once(place, how, n)
            except BaseException:
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            break
    else:
        raise SystemExit(f"{how}: it never comes to its end")
"""
_OLD, _NEW = b"old\n" * 1000, b"new\n" * 1000


def test_incident_20_terraform_30266_17066_34266_a_signal_or_a_full_disk_leaves_a_state_file_empty(
    tmp_path: Path,
) -> None:
    """INV-24 Ctrl-C, a signal or a full disk in the midst of a write left state files empty or cut off, and with them
    the knowledge of all that existed.

    Here a process is interrupted, ended, killed, or told that the disk is full, at each call that writing the journal,
    its anchors and a file of the data directory makes. Each of them is afterwards as it was before, or as it was to be.
    """  # noqa: D205 - the first line is the invariant's
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    subprocess.run([sys.executable, "-c", _WRITER, str(tmp_path)], check=True, env=environment, timeout=TIMEOUT_S)
    places = sorted(tmp_path.iterdir())
    assert len({place.name.split("-")[0] for place in places}) == 4
    assert len(places) > 60
    for place in places:
        assert (place / "installation").read_bytes() in {_OLD, _NEW}, place
        store = Store.open(place / "store.sqlite", SCHEMA)
        journal = Journal(store, SystemClock(), place / "anchors")
        assert journal.verify() == (), place
        assert len(journal.after()) in {0, 3}, place
        store.close()
        if (place / "anchors").exists():
            assert len(json.loads((place / "anchors").read_text())) == 1, place


_MAY_WRITE = {
    "cli/scratch.py": "a copy that is thrown away with the command",
    "render/generated/driver.py": "runs inside a cell, in a folder of its own",
    "runtime/blob.py": "named by the digest of its bytes, and checked whenever it is read",
    "runtime/cell/launch.py": "a folder that is made for one run",
    "runtime/cell/room.py": "the kernel's own files",
    "runtime/http_aiohttp.py": "a folder that is deleted at once",
    "source/git_command.py": "a folder that is deleted after the command",
    "target/site/branch/memory.py": "remembers what it can ask again; what cannot be read is forgotten",
    "target/site/branch/repository.py": "the settings of a copy that is made anew",
    "target/site/staged.py": "written beside, made durable and renamed by itself",
}
"""Modules that write files otherwise than by `write_atomic`, and why nothing is lost where they are cut off."""


def _writes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="write_text" | "write_bytes" as name)):
                yield name
            case ast.Call(func=ast.Attribute(attr="open" | "fdopen"), args=args, keywords=_):
                yield from (
                    "open" for one in args if isinstance(one, ast.Constant) and str(one.value) in {"w", "wb", "a", "ab"}
                )
            case _:
                pass


def test_incident_20_no_state_file_is_written_in_place() -> None:
    """INV-24 Whoever writes a file of the data directory does it by `write_atomic`, or says here why not."""
    source = Path(__file__).parents[2] / "src" / "trueline"
    writing = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if "testing" not in path.parts and list(_writes(ast.parse(path.read_text())))
    }
    assert writing == set(_MAY_WRITE)


# ---- the whole process ---------------------------------------------------------------------------------------------


def _until_told(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    told = []
    for line in process.stderr:
        told.append(line)
        if words in line:
            return
    raise AssertionError("".join(told))


def test_incident_20_cloudposse_358_a_program_that_is_ended_in_its_work_forks_its_state(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """INV-23 INV-24 A run that was ended left a second state behind, and work went on from the wrong one of the two.

    Here `trueline up` gets SIGINT, SIGTERM and SIGKILL while it applies commits. The next start goes on from the one
    journal, which holds, and brings about the newest commit.
    """
    person: Person = somebody(tmp_path)
    person.commit("first")
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
    for number, how in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGKILL)):
        arguments = command("up", "fleet", "--listen", "none", "--interval", "1s")
        with subprocess.Popen(
            arguments, stderr=subprocess.PIPE, text=True, env=person.environment, cwd=person.home
        ) as process:
            _until_told(process, "holds what runs")
            person.write(f"colour{number}")
            person.commit(f"commit {number}")
            process.send_signal(how)
            assert process.stderr is not None
            assert "Traceback" not in process.stderr.read()
            assert process.wait(TIMEOUT_S) == (-how if how is signal.SIGKILL else 0)
    found = person.json("up", "fleet", "--once", "--listen", "none")
    assert isinstance(found, list)
    assert [(one["true"], one["revision"][-10:]) for one in found] == [(True, person.head[:10])]
    person.types("verify")


# ---- a lock --------------------------------------------------------------------------------------------------------


class _Deaf(MemoryBucket):
    """A bucket that does what it is told, while its answer is lost; the client asks once more, as its library does."""

    lost = 0

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        """Put an object, twice."""
        await super().put(path, upload, attributes, expected)
        self.lost += 1
        return await super().put(path, upload, attributes, expected)


async def test_incident_21_opentofu_4405_a_lost_answer_locks_its_own_holder_out(tmp_path: Path) -> None:
    """INV-12 INV-13 The answer to taking a lock in a bucket was lost; the second try met the lock that the first had
    taken, and took it for another's: nobody could go on.

    Here every conditional write to a bucket is done and its answer lost, so that the second try is refused by what the
    first one wrote. Whose bytes stand there is looked at: they are our own, and the work goes on. What another one
    wrote is still refused.
    """  # noqa: D205 - the first line is the invariants'
    bucket, blobs = _Deaf(), BlobDirectory(tmp_path)
    platform = BucketPlatform("bucket/site", bucket, blobs)

    def published(text: bytes) -> Published:
        body = MarkedRelease(files={"index.html": str(blobs.put(text))}, headers=(), mark="here.site")
        return Published(lineage="line", release=digest_bytes(body.body()), body=body)

    for text in (b"one", b"two"):
        await platform.publish(await platform.look(), published(text))
        assert bucket.objects["index.html"][0] == text
    assert bucket.lost > 4
    look = await platform.look()
    bucket.objects["index.html"] = (b"theirs", {})
    with pytest.raises(PlatformRefused, match="somebody else has written"):
        await platform.publish(look, published(b"three"))


@pytest.mark.asyncio(loop_scope="session")
async def test_incident_21_lost_answers_of_a_cluster_are_no_conflict_with_somebody_else(world: World) -> None:
    """INV-12 INV-13 The same on a cluster: a create, an update and a delete are done and each answer is lost.

    The next pass reads what became of them; nobody else is suspected, nothing is done twice, nothing waits for ever.
    """
    bodies = [config_map("changes"), config_map("leaves"), config_map("stays")]
    world.declare("shop", *bodies)
    async with world.synced():
        lost: list[str] = []

        def lose(request: Request) -> None:
            if is_write(request) and request.path not in lost:
                lost.append(request.path)
                raise Unreachable("the connection was reset")

        world.weather.after, world.weather.seen = lose, []
        world.declare("shop", config_map("changes", {"a": "2"}), config_map("comes"), config_map("stays"))
        world.commit()
        await world.now.engine.follow_once()
        await world.until(lambda: len(lost) == 3, "every answer was lost")
        await world.until_sync(Sync.SYNCED)
        await world.quiet()
        assert world.drifts() == []
        assert (await world.live(config_map("changes")))["data"] == {"a": "2"}
        assert await world.live(config_map("comes"))
        assert await world.live(config_map("leaves")) == {}
        assert [r.method for r in world.weather.seen if is_write(r)].count("DELETE") == 1


def test_incident_21_the_lock_of_a_dead_process_holds_nobody(tmp_path: Path) -> None:
    """INV-13 The lock of the data directory is the kernel's: whoever dies has given it back, however it died."""
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom trueline.runtime.clock import SystemClock\n"
        "from trueline.runtime.data_directory import DataDirectory\n"
        "held = DataDirectory.claim(Path(sys.argv[1]), SystemClock())\nos.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for _ in range(2):
        dead = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, env=environment)
        assert dead.returncode == -signal.SIGKILL
    with DataDirectory.claim(tmp_path, SystemClock()) as held:
        assert held.installation
