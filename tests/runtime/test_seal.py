"""What is kept is sealed: nothing of it stands on the disk, and what was touched is lost, not believed."""

import errno
import os
from pathlib import Path

import pytest

from trueline.embedded.disk import SqliteDisk
from trueline.model.digest import digest_bytes
from trueline.model.fault import Fault, UserError
from trueline.record.keep import Bodies, RenderStore
from trueline.record.schema import SCHEMA
from trueline.runtime.seal import SEAL, Seal
from trueline.runtime.store import Store, StoreFull, StoreUnwritable

CLEAR = b'{"kind":"Secret","data":{"password":"hunter2-canary"}}'


def test_sealed_bytes_open_in_their_place_alone(tmp_path: Path) -> None:
    """INV-25: another name, another key, a changed byte."""
    seal = Seal(tmp_path / SEAL)
    sealed = seal.seal(CLEAR, "a")
    assert b"hunter2" not in sealed
    assert seal.unseal(sealed, "a") == CLEAR
    assert Seal(tmp_path / SEAL).unseal(sealed, "a") == CLEAR
    assert seal.unseal(sealed, "b") is None
    assert seal.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), "a") is None
    assert Seal(tmp_path / "other").unseal(sealed, "a") is None
    assert seal.seal(CLEAR, "a") != sealed
    assert (tmp_path / SEAL).stat().st_mode & 0o777 == 0o600


def test_what_an_earlier_version_kept_is_read(tmp_path: Path) -> None:
    assert Seal(tmp_path / SEAL).unseal(CLEAR, "a") == CLEAR
    assert not (tmp_path / SEAL).exists()


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / SEAL).write_bytes(b"short")
    with pytest.raises(UserError, match="TL0173"):
        Seal(tmp_path / SEAL).seal(CLEAR, "a")


@pytest.mark.parametrize(("reason", "kind"), [(errno.ENOSPC, StoreFull), (errno.EROFS, StoreUnwritable)])
def test_a_key_that_cannot_be_made_is_tried_again_and_nothing_is_lost_meanwhile(
    reason: int, kind: type[Fault], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full is no key that is wrong, and what it sealed is not damaged."""
    sealed = Seal(tmp_path / SEAL).seal(CLEAR, "a")
    key = (tmp_path / SEAL).rename(tmp_path / "aside")

    def refuse(path: Path, data: bytes) -> None:
        raise OSError(reason, os.strerror(reason), str(path))

    with monkeypatch.context() as patched:
        patched.setattr("trueline.runtime.seal.write_atomic", refuse)
        for ask in (Seal(tmp_path / SEAL).seal, Seal(tmp_path / SEAL).unseal):
            with pytest.raises(kind) as raised:
                ask(sealed, "a")
            assert str(tmp_path / SEAL) in raised.value.diagnostics[0].detail
    key.rename(tmp_path / SEAL)
    assert Seal(tmp_path / SEAL).unseal(sealed, "a") == CLEAR


def test_bodies_and_renders_stand_nowhere_in_clear(tmp_path: Path) -> None:
    """INV-25: the database, and the files beside it."""
    store = Store.open(tmp_path / "trueline.sqlite", SCHEMA)
    seal = Seal(tmp_path / SEAL)
    bodies, renders = Bodies(store, seal=seal), RenderStore(store, seal=seal)
    bodies.put_many({digest_bytes(CLEAR): CLEAR})
    renders.put("render/a", CLEAR)
    assert bodies.get(digest_bytes(CLEAR)) == CLEAR
    assert bodies.get_many([digest_bytes(CLEAR)]) == {digest_bytes(CLEAR): CLEAR}
    assert renders.get("render/a") == CLEAR
    rows = [*store.rows("SELECT data FROM kept_body"), *store.rows("SELECT data FROM kept_render")]
    assert [data[:1] for (data,) in rows] == [b"\x01", b"\x01"]
    store.close()
    assert not [one for one in tmp_path.rglob("*") if b"hunter2" in one.read_bytes()]


def test_bodies_of_a_lost_key_are_lost_and_can_be_kept_anew(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "trueline.sqlite", SCHEMA)
    Bodies(store, seal=Seal(tmp_path / "one")).put_many({digest_bytes(CLEAR): CLEAR})
    bodies = Bodies(store, seal=Seal(tmp_path / "other"))
    assert bodies.get(digest_bytes(CLEAR)) is None
    bodies.put_many({digest_bytes(CLEAR): CLEAR})
    assert bodies.get(digest_bytes(CLEAR)) == CLEAR
    store.close()


def test_objects_of_the_embedded_cluster_are_sealed(tmp_path: Path) -> None:
    """INV-25: and a lost key is told, not taken for an empty cluster."""
    disk = SqliteDisk(tmp_path / "embedded.sqlite")
    disk.save(101, [("secrets/default/a", CLEAR)])
    disk.close()
    assert not [one for one in tmp_path.rglob("*") if b"hunter2" in one.read_bytes()]
    again = SqliteDisk(tmp_path / "embedded.sqlite")
    assert again.load() == (101, [("secrets/default/a", CLEAR)])
    again.close()
    (tmp_path / SEAL).unlink()
    lost = SqliteDisk(tmp_path / "embedded.sqlite")
    with pytest.raises(UserError, match="TL0174"):
        lost.load()
    lost.close()


def test_equal_secrets_have_equal_names_here_alone(tmp_path: Path) -> None:
    seal, other = Seal(tmp_path / SEAL), Seal(tmp_path / "other")
    assert seal.fingerprint(b"hunter2") == Seal(tmp_path / SEAL).fingerprint(b"hunter2")
    assert seal.fingerprint(b"hunter2") != seal.fingerprint(b"hunter3")
    assert seal.fingerprint(b"hunter2") != other.fingerprint(b"hunter2")
