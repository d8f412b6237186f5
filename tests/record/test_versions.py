"""What an older program wrote is opened by this one, and nothing is lost, deleted or applied anew (INV-27)."""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from tests.cli.person import Person, somebody
from tests.record.versions.fleet import fleet
from tests.record.versions.kept import DATABASES, VERSIONS, columns, database, put_back, rows
from trueline.embedded.disk import SqliteDisk
from trueline.record.history import DeploymentResult, History
from trueline.record.journal import Journal
from trueline.record.keep import Bodies
from trueline.record.ledger import StoreLedger
from trueline.record.replay import differences
from trueline.record.schema import SCHEMA
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import SystemClock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.layout import LAYOUT
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.store import Store
from trueline.wiring.assembly import assemble
from trueline.wiring.settings import Settings

EMBEDDED = "embedded"
APPLICATIONS = ("docs", "shop")


def test_there_is_a_directory_of_every_version_until_now() -> None:
    assert {int(version) for version in VERSIONS} >= set(range(1, len(SCHEMA)))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_row_is_there_after_the_migration_and_the_journal_is_whole(tmp_path: Path, version: str) -> None:
    """INV-27: forward from every version; what was recorded is recorded still."""
    data = put_back(version, tmp_path)
    path, clock = data / "trueline.sqlite", SystemClock()
    before, known = rows(path), columns(path)
    with closing(Store.open(path, SCHEMA)) as store:
        assert store.version == len(SCHEMA)
        journal = Journal(store, clock, data / "trueline.anchors")
        assert journal.verify() == ()
        assert differences(store) == ()
        ledger, history = StoreLedger(store, journal), History(store, journal, clock)
        bodies = Bodies(store, seal=Seal(data / SEAL))
        for name in APPLICATIONS:
            inventory = ledger.inventory(name, EMBEDDED)
            assert inventory.entries
            assert all(bodies.get(entry.body) for entry in inventory.entries.values())
            assert [one.result for one in history.history(name)] == [DeploymentResult.DONE] * 2
    after, columns_now = rows(path), columns(path)
    for table, found in before.items():
        places = [columns_now[table].index(name) for name in known[table]]
        assert sorted((tuple(row[place] for place in places) for row in after[table]), key=repr) == found


@pytest.mark.parametrize("version", [one for one in VERSIONS if int(one) < len(SCHEMA)])
def test_what_the_older_program_left_is_kept_beside_it(tmp_path: Path, version: str) -> None:
    """INV-27: the way back: the copy is what that program can go on with."""
    data = put_back(version, tmp_path)
    before = rows(data / "trueline.sqlite")
    Store.open(data / "trueline.sqlite", SCHEMA).close()
    copy = data / f"trueline.sqlite.version-{version}"
    assert rows(copy) == before
    with closing(sqlite3.connect(copy)) as opened:
        assert opened.execute("PRAGMA user_version").fetchone() == (int(version),)
    assert copy.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_the_embedded_clusters_objects_are_all_there(tmp_path: Path, version: str) -> None:
    """INV-27."""
    path = tmp_path / "embedded.sqlite"
    database(version, "embedded", path)
    before = rows(path)
    disk = SqliteDisk(path)
    revision, objects = disk.load()
    disk.close()
    assert before["revision"] == [(1, revision)]
    seal = Seal(tmp_path / SEAL)
    assert sorted(objects) == [(key, seal.unseal(body, key)) for key, body in _sealed(before["object"])]
    assert len(objects) > len(APPLICATIONS)


def _sealed(found: list[tuple[object, ...]]) -> list[tuple[str, bytes]]:
    return [(str(key), bytes(cast("bytes", body))) for key, body in found]


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_engine_goes_on_with_it_and_writes_nothing(tmp_path: Path, version: str) -> None:
    """INV-27: no delete, no mass re-apply: not one request that writes, also none that only tries to."""
    data = put_back(version, tmp_path)
    await fleet(tmp_path / "fleet")
    before = rows(data / "embedded.sqlite")["object"]
    settings = Settings(
        repository=str(tmp_path / "fleet"),
        data_directory=data,
        environment={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        is_live=True,
    )
    async with assemble(settings) as assembly, assembly.engine.running():
        await assembly.engine.wait_settled()
        statuses = {status.application: status for status in assembly.engine.statuses()}
        assert {name: status.is_true for name, status in statuses.items()} == dict.fromkeys(APPLICATIONS, True)
        requests = {
            key: count for client in assembly.targets.clients.values() for key, count in client.requests.items()
        }
    assert requests
    assert {key.verb for key in requests} <= {"list", "watch", "read", "get"}
    assert rows(data / "embedded.sqlite")["object"] == before


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody whose directory this program has made."""
    made = somebody(tmp_path)
    made.commit("The first")
    made.types(*_up(made))
    return made


def _up(person: Person) -> tuple[str, ...]:
    return "up", str(person.fleet), "--once", "--listen", "none", "--data-dir", str(person.home / "data")


def _digests(data: Path) -> dict[str, str]:
    """Every file but the lock, which says who looked."""
    return {
        str(file.relative_to(data)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(data.rglob("*"))
        if file.is_file() and file.name != "lock"
    }


def _make_newer(data: Path, part: str) -> None:
    if part == "layout":
        (data / "layout").write_text(f"{LAYOUT + 1}\n")
        return
    with closing(sqlite3.connect(data / f"{part}.sqlite")) as opened:
        opened.execute("PRAGMA user_version=99")
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("part", ["layout", "trueline"])
def test_a_newer_one_is_refused_by_every_command_and_nothing_in_it_is_touched(person: Person, part: str) -> None:
    """INV-27: TL0805 with a remedy and exit 1, before anything is opened."""
    data = person.home / "data"
    _make_newer(data, part)
    before = _digests(data)
    commands = _up(person), ("verify", "--data-dir", str(data)), ("history", "shop", "--data-dir", str(data))
    for command in (*commands, ("plan", str(person.fleet), "--data-dir", str(data))):
        person.types(*command, code=1)
        assert person.stderr.count("TL0805 a newer Trueline wrote this data directory") == 1, person.stderr
        assert "use the newer program" in person.stderr
        assert "Traceback" not in person.stderr
        assert _digests(data) == before


def test_a_newer_embedded_cluster_blocks_what_is_on_it(person: Person) -> None:
    """INV-27: the objects stay as the newer program wrote them."""
    data = person.home / "data"
    before = rows(data / "embedded.sqlite")
    _make_newer(data, "embedded")
    person.types(*_up(person), code=1)
    assert "TL0805" in person.stderr
    assert rows(data / "embedded.sqlite") == before


def test_where_everything_stands_is_the_layout_of_this_number(person: Person) -> None:
    """Whoever moves a part, or adds one, reads this: an older program must not misread it, else `LAYOUT` rises."""
    data = person.home / "data"
    found = {path.name for path in data.iterdir() if not path.name.endswith(("-wal", "-shm"))}
    known = {
        "embedded.kubeconfig",
        "embedded.sqlite",
        "git",
        "installation",
        "layout",
        "lock",
        "purpose.json",
        "seal.key",
    }
    assert found - {"cells", "blobs", "socket"} == known | {"trueline.anchors", "trueline.sqlite"}
    assert (data / "layout").read_text() == f"{LAYOUT}\n"
    assert LAYOUT == 1
    blob = BlobDirectory(data / "blobs").put(b"a page")
    assert (data / "blobs" / blob[:2] / blob[2:]).read_bytes() == b"a page"
    assert {path.suffix for path in (data / "git").iterdir()} == {".git"}


def test_a_directory_without_a_layout_gets_the_first(tmp_path: Path) -> None:
    data = put_back(VERSIONS[0], tmp_path)
    assert not (data / "layout").exists()
    with DataDirectory.claim(data, SystemClock()):
        assert (data / "layout").read_text() == "1\n"
    assert {f"{name}.sqlite" for name in DATABASES} <= {path.name for path in data.iterdir()}
