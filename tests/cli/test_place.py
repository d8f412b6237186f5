"""One data directory, one repository: what another one declared would be taken for removed."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.cli.person import FLEET, Person
from trueline.cli.place import PURPOSE, Purpose, check_purpose
from trueline.model.fault import UserError
from trueline.runtime.store import StoreUnwritable

OTHER = FLEET.replace("shop", "cart")
PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: lonely}\ndata: {colour: blue}\n"


def test_a_purpose_that_cannot_be_kept_is_told_and_the_old_one_stands(tmp_path: Path) -> None:
    Purpose(repository="/a").write(tmp_path)
    (tmp_path / f"{PURPOSE}.new").mkdir()
    with pytest.raises(StoreUnwritable) as raised:
        Purpose(repository="/b").write(tmp_path)
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["TL0803"]
    assert Purpose.read(tmp_path) == Purpose(repository="/a")


@pytest.mark.parametrize(
    ("known", "wanted", "is_refused"),
    [
        (("/a", ""), ("/a", ""), False),
        (("/a", "apps"), ("/a", ""), False),
        (("/a", "apps/x"), ("/a", "apps/"), False),
        (("/a", ""), ("/a", "apps"), True),
        (("/a", "apps"), ("/a", "app"), True),
        (("/a", ""), ("/b", ""), True),
    ],
)
def test_a_directory_is_for_one_repository_or_more_of_it(
    tmp_path: Path, known: tuple[str, str], wanted: tuple[str, str], *, is_refused: bool
) -> None:
    check_purpose(tmp_path, repository=wanted[0], path=wanted[1])
    Purpose(repository=known[0], path=known[1]).write(tmp_path)
    with pytest.raises(UserError, match="TL0810") if is_refused else nullcontext():
        check_purpose(tmp_path, repository=wanted[0], path=wanted[1])


def test_another_repository_removes_nothing_of_the_first(person: Person) -> None:
    person.types("apply", "nowhere", "--data-dir", "data", code=1)  # wrong at the first time binds to nothing
    person.types("apply", "fleet", "--data-dir", "data")
    other = Person(home=person.home / "other", environment=person.environment)
    other.write("red", declaration=OTHER)
    other.commit("another fleet")
    for command in (("plan",), ("apply",), ("up", "--once", "--listen", "none")):
        person.types(command[0], "other/fleet", "--data-dir", "data", *command[1:], code=1)
        assert "TL0810" in person.stderr
    assert [one["application"] for one in person.json("status", "--data-dir", "data")] == ["shop"]  # type: ignore[attr-defined]
    assert person.json("diff", "--data-dir", "data")[0]["counts"] == {"keep": 3}  # type: ignore[index]


def test_an_application_that_does_not_become_true_is_no_success(person: Person) -> None:
    """`apply APP` waits, and says how the application stands then."""
    person.write("blue", declaration=f"{FLEET}  sync: {{mode: plan-only}}\n")
    person.types("apply", "fleet", "--data-dir", "data", code=1)
    assert "OutOfSync" in person.types("apply", "shop", "--data-dir", "data", code=1)
    person.write("blue", declaration=f"{FLEET}  sync: {{mode: manual}}\n")
    assert "Synced" in person.types("apply", "shop", "--data-dir", "data")


def test_the_namespace_of_a_folder_is_remembered(person: Person) -> None:
    """What comes after `apply FOLDER -n NAMESPACE` speaks of the same objects."""
    (person.home / "plain").mkdir()
    (person.home / "plain" / "one.yaml").write_text(PLAIN)
    person.types("apply", "plain", "-n", "here", "--data-dir", "data")
    assert person.json("diff", "--data-dir", "data")[0]["counts"] == {"keep": 2}  # type: ignore[index]
    assert person.types("drift", "--data-dir", "data") == ""
