"""`rotate`: what is old, for whom, used where; and what should be encrypted and is not."""

import json
import shutil
from pathlib import Path

from tests.cli.person import Person

SAMPLE = Path(__file__).parent.parent / "runtime" / "sops" / "sample"
KEY = (SAMPLE / "key.txt").read_text().split()[3]
FLEET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec:
  source: {path: apps/shop}
  target: {cluster: embedded, namespace: shop, createNamespace: true}
---
apiVersion: trueline.dev/v1
kind: Source
metadata: {name: charts}
spec: {url: "https://git.example.com/c.git", auth: {username: ci, password: {secret: {sops: "ops/vars.env#TOKEN"}}}}
"""
RULES = f"creation_rules:\n  - path_regex: secret[^/]*\\.yaml$\n    age: {KEY}\n  - age: {KEY}\n"


def planted(person: Person) -> None:
    person.write("blue", declaration=FLEET)
    (person.fleet / "ops").mkdir()
    shutil.copyfile(SAMPLE / "secret.yaml", person.fleet / "apps" / "shop" / "secret.yaml")
    shutil.copyfile(SAMPLE / "vars.env", person.fleet / "ops" / "vars.env")
    shutil.copyfile(SAMPLE / "blob.bin", person.fleet / "blob.bin")


def test_what_is_old_for_whom_and_used_where(person: Person) -> None:
    planted(person)
    person.commit("one")
    found = json.loads(person.types("rotate", str(person.fleet), "--older-than", "1ms", "-o", "json", code=2))
    rows = {one["path"]: one for one in found["files"]}
    assert {path: one["usedBy"] for path, one in rows.items()} == {
        "apps/shop/secret.yaml": ["application shop"],
        "blob.bin": [],
        "ops/vars.env": ["source charts"],
    }
    assert all(one["recipients"] == [KEY] and one["old"] and one["ageDays"] >= 0 for one in rows.values())
    assert [(one["recipient"], one["files"]) for one in found["recipients"]] == [(KEY, 3)]
    assert found["clear"] == []
    text = person.types("rotate", str(person.fleet), "--older-than", "9999d")
    assert "application shop" in text
    assert "hunter2" not in text


def test_what_should_be_encrypted_and_is_not(person: Person) -> None:
    """The finding of `rotate`, and a note of each render of what reads the file."""
    planted(person)
    (person.fleet / ".sops.yaml").write_text(RULES)
    (person.fleet / "apps" / "shop" / "secret-two.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: two}\nstringData: {a: correct-horse}\n"
    )
    person.commit("one")
    found = json.loads(person.types("rotate", str(person.fleet), "--older-than", "9999d", "-o", "json", code=2))
    assert found["clear"] == ["apps/shop/secret-two.yaml"]
    assert "TL0175" in person.stderr
    person.environment["SOPS_AGE_KEY_FILE"] = str(SAMPLE / "key.txt")
    shown = person.types("render", str(person.fleet))
    assert "TL0175 a file that should be encrypted stands in clear (apps/shop/secret-two.yaml" in person.stderr
    assert "'***'" in shown
    assert "correct-horse" not in shown
    assert "hunter2" not in shown
    revealed = person.types("render", str(person.fleet), "--reveal")
    assert "aHVudGVyMi1vZi10aGUtc2FtcGxl" in revealed


def test_nothing_encrypted(person: Person) -> None:
    person.commit("one")
    assert person.types("rotate", str(person.fleet)) == "no encrypted files\n"


def test_a_file_that_cannot_be_read(person: Person) -> None:
    planted(person)
    text = (SAMPLE / "secret.yaml").read_text().replace("version: 3", "version: 9")
    (person.fleet / "apps" / "shop" / "secret.yaml").write_text(text)
    person.commit("one")
    person.types("rotate", str(person.fleet), code=1)
    assert "TL0162" in person.stderr
