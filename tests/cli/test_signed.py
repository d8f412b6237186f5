"""Signed revisions on a command line, with real Git and real keys of both kinds, and the proof afterwards."""

import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.person import Person, somebody
from tests.source.signing import Keys, made_keys
from trueline.cli.checking import check
from trueline.cli.place import find_place
from trueline.model.digest import canonical, digest_bytes, parse
from trueline.source.signature.key import Scheme, TrustedKey
from trueline.source.signature.key_file import read_keys


@dataclass
class Signing:
    """A person whose fleet is signed."""

    person: Person
    keys: Keys

    def commit(self, key: TrustedKey | None, colour: str) -> None:
        """Write a colour and commit it, signed where there is a key."""
        self.person.write(colour)
        self.person.environment["GNUPGHOME"] = self.keys.environment["GNUPGHOME"]
        if not (self.person.fleet / ".git").exists():
            self.person.git("init", "-q", "-b", "main")
        self.person.git("add", "-A")
        signing = (*self.keys.options(key), "commit", "-S") if key is not None else ("commit",)
        self.person.git(*signing, "-q", "-m", colour)

    def up(self, *more: str, code: int = 0) -> str:
        """Follow once."""
        return self.person.types("up", str(self.person.fleet), "--once", "--listen", "none", *more, code=code)

    def deployed(self) -> int:
        """How many deployments there were."""
        found = self.person.json("history", "shop")
        assert isinstance(found, list)
        return len(found)

    def verified(self, code: int = 0) -> dict[str, Any]:
        """What `verify` answers."""
        answer = self.person.json("verify", code=code)
        assert isinstance(answer, dict)
        return answer

    def store(self) -> Path:
        """The database."""
        (found,) = (self.person.home / ".local" / "state" / "trueline").glob("*/trueline.sqlite")
        return found


@pytest.fixture
def signing(tmp_path: Path) -> Iterator[Signing]:
    (tmp_path / "home").mkdir()
    with made_keys(tmp_path / "keys") as keys:
        yield Signing(somebody(tmp_path / "home"), keys)


def declared(*keys: TrustedKey) -> str:
    lines = ["apiVersion: trueline.dev/v1", "kind: Project", "metadata: {name: platform}", "spec:", "  trustedKeys:"]
    for key in keys:
        lines += [f"  - owner: {key.owner}", f"    {key.scheme.value}: |"]
        lines += [f"      {line}" for line in key.text.splitlines()]
    lines += ["---", "apiVersion: trueline.dev/v1", "kind: Source", "metadata: {name: fleet}"]
    return "\n".join([*lines, "spec: {verify: {mode: range, keys: [platform]}}", ""])


def test_a_fleet_is_followed_by_its_signatures_and_proven_without_it(signing: Signing) -> None:
    """INV-11, INV-22: who signed is told by history, and proven again when repository and copies are gone."""
    person = signing.person
    ada, bo, eve = signing.keys.openpgp("ada"), signing.keys.ssh("bo"), signing.keys.ssh("eve")
    (person.fleet / "keys.yaml").write_text(declared(ada, bo))
    for count, key in enumerate((ada, bo), start=1):
        signing.commit(key, key.owner)
        signing.up()
        assert signing.deployed() == count
    bad: tuple[tuple[TrustedKey | None, str], ...] = ((None, "TL0136"), (eve, "TL0138"))
    for other, code in bad:
        signing.commit(other, "bad")
        signing.up(code=1)
        assert code in person.stderr
        assert signing.deployed() == 2
        person.git("reset", "-q", "--hard", "HEAD~1")
    found = person.json("history", "shop")
    assert isinstance(found, list)
    assert [one["signed"]["(fleet)"]["owner"] for one in found] == ["bo", "ada"]
    shutil.rmtree(person.fleet)
    shutil.rmtree(signing.store().parent / "git")
    shutil.rmtree(signing.keys.path / "gnupg")
    answer = signing.verified()
    assert (answer["proven"], answer["unkept"], answer["breaches"]) == (2, 0, [])


def test_a_proof_that_was_tampered_with_is_found(signing: Signing) -> None:
    """INV-11, INV-22: another commit's bytes, other keys, another signer, or nothing at all."""
    ada, eve = signing.keys.ssh("ada"), signing.keys.ssh("eve")
    (signing.person.fleet / "keys.yaml").write_text(declared(ada))
    signing.commit(ada, "good")
    signing.up()
    path = signing.store()
    with closing(sqlite3.connect(path)) as opened:
        ((digest, data),) = opened.execute("SELECT digest, data FROM proof").fetchall()
    proof = parse(zlib.decompress(data))
    assert [one["owner"] for one in proof["keys"]] == ["ada"]

    def put(packed: bytes) -> list[str]:
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("UPDATE proof SET data = ? WHERE digest = ?", (packed, digest))
        return [f"{one['damage']}: {one['detail']}" for one in signing.verified(code=1)["breaches"]]

    (told,) = put(zlib.compress(canonical({**proof, "keys": [eve.plain]})))
    assert "does not have its digest" in told
    (told,) = put(b"nonsense")
    assert "cannot be read" in told
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("DELETE FROM proof")
    answer = signing.verified(code=1)
    assert (answer["proven"], answer["unkept"]) == (0, 0)
    assert ["so new a proof is not let go of" in one["detail"] for one in answer["breaches"]] == [True]
    assert digest == digest_bytes(canonical(proof))


TAMPERED = {
    "the record's signer": 'UPDATE record SET body = replace(CAST(body AS TEXT), \'"owner":"ada"\', \'"owner":"eve"\')',
    "the record's commit": "UPDATE record SET body = CAST(replace(CAST(body AS TEXT), 'COMMIT', 'ZERO') AS BLOB)",
    "a record that is gone": "DELETE FROM record WHERE kind = 'revision verified'",
    "what was deployed, by whom": "UPDATE deployment SET signed = replace(signed, 'ada', 'eve')",
    "what was deployed": "UPDATE deployment SET revision = 'ZERO'",
    "what was verified last": "UPDATE verified SET body = CAST(replace(CAST(body AS TEXT), 'COMMIT', 'ZERO') AS BLOB)",
    "whom to trust": "UPDATE trusted SET body = CAST(replace(CAST(body AS TEXT), 'ada', 'eve') AS BLOB)",
    "that nothing is demanded": "DELETE FROM trusted",
    "the proof": "UPDATE proof SET data = substr(data, 1, length(data) / 2)",
    "that there is a proof": "DELETE FROM proof",
}


def test_whatever_is_tampered_with_by_hand_is_found(signing: Signing) -> None:
    """INV-11, INV-22: each table that tells who signed what, by an SQL statement of somebody who can write the file."""
    ada = signing.keys.ssh("ada")
    (signing.person.fleet / "keys.yaml").write_text(declared(ada))
    signing.commit(ada, "good")
    signing.up()
    path, commit = signing.store(), signing.person.head
    place = find_place(path.parent, "", {})
    assert check(place).breaches == ()
    assert check(place).proven == 1
    whole = path.read_bytes()
    for name, statement in TAMPERED.items():
        with closing(sqlite3.connect(path)) as opened, opened:
            asked = statement.replace("COMMIT", commit).replace("ZERO", "0" * 40)
            assert opened.execute(asked).rowcount > 0, name
        assert check(place).breaches != (), name
        path.write_bytes(whole)
    assert check(place).breaches == ()


def test_the_first_revision_is_judged_by_the_keys_that_were_given(signing: Signing) -> None:
    """INV-11: then it is told apart from one that brings its own keys."""
    person, ada, eve = signing.person, signing.keys.openpgp("ada"), signing.keys.ssh("eve")
    trust = person.home / "trusted"
    trust.write_text(ada.text)
    (person.fleet / "keys.yaml").write_text(declared(eve))
    signing.commit(eve, "eve's own")
    signing.up("--trust", str(trust), code=1)
    assert "TL0138" in person.stderr
    (person.fleet / "keys.yaml").unlink()
    signing.commit(ada, "ada's")
    signing.up("--trust", str(trust))
    assert signing.deployed() == 1
    signing.commit(None, "unsigned")
    signing.up("--trust", str(trust), code=1)
    assert "TL0136" in person.stderr
    for nonsense in (b"nonsense\n", b"\x99\x01\x0d\xff"):
        trust.write_bytes(nonsense)
        signing.up("--trust", str(trust), code=1)
        assert "TL0147" in person.stderr
        assert "Traceback" not in person.stderr


def test_keys_of_a_file(signing: Signing) -> None:
    ada, bo = signing.keys.openpgp("ada"), signing.keys.ssh("bo")
    found = read_keys(f"# whom we trust\n{ada.text}\ncy {bo.text}\n{bo.text}".encode(), "keys")
    assert [(one.owner, one.scheme) for one in found] == [
        ("keys", Scheme.OPENPGP),
        ("cy", Scheme.SSH),
        ("bo", Scheme.SSH),
    ]
