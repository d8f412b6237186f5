"""`trueline token`: made on the machine, used by a program elsewhere, revoked."""

import http.client
from contextlib import closing
from typing import Any, cast

from tests.cli.person import TIMEOUT_S, Person
from tests.cli.test_user import place, running


def asks(at: tuple[str, int], path: str, token: str) -> int:
    """The status of an answer."""
    with closing(http.client.HTTPConnection(*at, timeout=TIMEOUT_S)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def test_a_token_is_made_used_listed_and_revoked(person: Person) -> None:
    person.commit("one")
    person.types("up", "fleet", "--once", "--listen", "none")
    before = person.types("token", "create", "prometheus", "--expires", "30d").strip()
    with running(person) as told:
        at = place(told)
        assert asks(at, "/metrics", before) == 200
        scoped = person.types("token", "create", "ci", "--role", "deployer", "--project", "shop").strip()
        assert scoped not in person.stderr
        assert asks(at, "/metrics", scoped) == 403
        assert asks(at, "/api/v1/me", scoped) == 200
        listed = cast("Any", person.json("token", "list"))["tokens"]
        assert [(one["name"], one["role"], one["projects"]) for one in listed] == [
            ("ci", "deployer", ["shop"]),
            ("prometheus", "viewer", []),
        ]
        assert "prometheus" in person.types("token", "list")
        person.types("token", "revoke", "prometheus")
        assert asks(at, "/metrics", before) == 401
        person.types("token", "revoke", "prometheus", code=1)
        assert "TL0755" in person.stderr
        person.types("token", "create", "long", "--expires", "400d", code=1)
        assert "TL0720" in person.stderr
    person.types("verify")
