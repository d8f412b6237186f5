"""`diff` and `drift` of a whole fleet: one engine for all of it, and one broken application hides no other."""

from tests.cli.person import FLEET, Person

BROKEN = """---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: broken}
spec:
  source: {path: apps/broken}
  target: {cluster: embedded, namespace: shop}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: lost}
spec:
  source: {path: apps/shop}
  target: {cluster: mars, namespace: lost}
"""


def test_a_broken_application_is_told_beside_what_differs(person: Person) -> None:
    (person.fleet / "apps" / "broken").mkdir()
    (person.fleet / "apps" / "broken" / "all.yaml").write_text("a: [")
    person.write("blue", declaration=FLEET + BROKEN)
    person.commit("one")
    person.types("up", "fleet", "--once", "--listen", "none", code=1)
    assert person.stderr.count("TL0303") == 1  # with its remedy, though it all took less than a look's pause
    assert "remedy: correct the file at that line" in person.stderr
    person.write("green", declaration=FLEET + BROKEN)
    person.commit("two")
    found = person.types("diff", code=1)
    assert "shop: ~ ConfigMap/shop/settings" in found
    assert "broken: TL0303" in person.stderr
    assert "TL0600" in person.stderr or "TL0603" in person.stderr  # `lost`, whose cluster nobody has described
    person.types("drift", code=1)


def test_where_nothing_can_be_asked_nothing_is_said_to_be_alike(person: Person) -> None:
    person.commit("one")
    person.types("up", "fleet", "--once", "--listen", "none", "--data-dir", "data", "--path", "nothing/here", code=1)
    (person.fleet / ".git").rename(person.home / "away")
    assert person.types("diff", "--data-dir", "data", code=1) == ""
    assert "TL01" in person.stderr
