"""Two applications with Secrets: what a plan and a diff say of a value that the other one has, too."""

import re

from tests.cli.person import FLEET, Person

SECRET = """apiVersion: v1
kind: Secret
metadata: {name: token}
stringData: {password: PASSWORD, user: app}
"""


def fleet(person: Person, **passwords: str) -> None:
    """One application for each, committed."""
    declared = []
    for name, password in passwords.items():
        declared.append(FLEET.replace("shop", name))
        (person.fleet / "apps" / name).mkdir(parents=True, exist_ok=True)
        (person.fleet / "apps" / name / "all.yaml").write_text(SECRET.replace("PASSWORD", password))
    (person.fleet / "fleet.yaml").write_text("---\n".join(declared))
    person.commit("passwords")


def test_a_value_that_another_application_has_is_said_to_be_as_there(person: Person) -> None:
    """INV-25: changed, and as in staging; the value is in neither."""
    fleet(person, production="hunter2", staging="correct-horse")
    person.types("up", "fleet", "--once", "--listen", "none")
    fleet(person, production="correct-horse", staging="correct-horse")
    name = r"\*\*\* \([0-9a-f]{8}\)"
    alike = r"\*\*\* \([0-9a-f]{8}, as in staging\)"
    planned = person.types("plan", "fleet", code=2)
    assert re.search(f"data.password: {name} → {alike}\n", planned), planned
    assert "data.user" not in planned
    fleet(person, production="battery-staple", staging="correct-horse")
    planned = person.types("plan", "fleet", code=2)
    assert re.search(f"data.password: {name} → {name}\n", planned), planned
    fleet(person, production="correct-horse", staging="correct-horse")
    person.types("up", "fleet", "--once", "--listen", "none")
    fleet(person, production="hunter2", staging="correct-horse")
    planned = person.types("plan", "fleet", code=2)
    assert re.search(f"data.password: {alike} → {name}\n", planned), planned
    assert "correct-horse" not in planned
    assert "hunter2" not in planned
