"""`trueline user`: who may sign in, over the socket and where nobody runs; and the first one, whom `up` invites."""

import http.client
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from tests.cli.person import TIMEOUT_S, Person, command

PASSWORD = "correct horse battery"


@contextmanager
def running(person: Person, *more: str) -> Iterator[list[str]]:
    """An `up` with a listener that is ready; the lines that it has told until it listens."""
    words = command("up", "fleet", "--listen", "127.0.0.1:0", *more)
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=person.environment, cwd=person.home
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if "trueline holds" in line:
                break
        for _ in range(300):
            if read(place(told), "/readyz")[0] == 200:
                break
            time.sleep(0.1)
        try:
            yield told
        finally:
            process.terminate()
            process.stderr.read()
            process.wait(TIMEOUT_S)


def place(told: list[str]) -> tuple[str, int]:
    """Where it listens."""
    found = re.search(r"listening on http://([^\s:]+):(\d+)", "".join(told))
    assert found is not None
    return found[1], int(found[2])


def send(at: tuple[str, int], path: str, **form: str) -> tuple[int, str]:
    """A form, as a browser sends it: the status, and the cookie that came."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{at[0]}:{at[1]}"}
    with closing(http.client.HTTPConnection(*at, timeout=TIMEOUT_S)) as connection:
        connection.request("POST", path, urlencode(form), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, (answer.getheader("Set-Cookie") or "").partition(";")[0]


def read(at: tuple[str, int], path: str, cookie: str = "") -> tuple[int, bytes]:
    """An answer."""
    with closing(http.client.HTTPConnection(*at, timeout=TIMEOUT_S)) as connection:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_the_first_one_comes_in_by_what_up_printed_and_then_others_are_added(person: Person) -> None:
    person.commit("one")
    with running(person) as told:
        at = place(told)
        assert read(at, "/api/v1/applications")[0] == 401
        [token] = re.findall(r"/sign-in\?token=(\S+)", "".join(told))
        status, cookie = send(at, "/sign-in", token=token, name="ada", password=PASSWORD)
        assert status == 303
        assert b"shop" in read(at, "/api/v1/applications", cookie)[1]
        invited = person.json("user", "add", "bo")
        assert isinstance(invited, dict)
        assert invited["address"].startswith(f"http://{at[0]}:{at[1]}/sign-in?token=")
        assert [
            (one["name"], one["admin"], one["open"]) for one in cast("Any", person.json("user", "list"))["users"]
        ] == [
            ("ada", True, False),
            ("bo", False, True),
        ]
        person.types("user", "add", "bo", code=1)
        assert "TL0743" in person.stderr
        person.types("user", "remove", "ada")
        assert read(at, "/api/v1/applications", cookie)[0] == 401
        person.types("user", "remove", "ada", code=1)
        assert "TL0744" in person.stderr
        assert "bo" in person.stderr
    person.types("verify")


def test_where_nobody_runs_the_store_is_asked_and_the_next_up_lets_them_in(person: Person) -> None:
    person.commit("one")
    person.types("up", "fleet", "--once", "--listen", "none")
    assert "/sign-in" not in person.stderr
    said = person.types("user", "add", "ada", "--admin")
    token = re.findall(r"/sign-in\?token=(\S+)", said)[0]
    again = re.findall(r"/sign-in\?token=(\S+)", person.types("user", "invite", "ada"))[0]
    assert "invited" in person.types("user", "list")
    with running(person) as told:
        at = place(told)
        assert send(at, "/sign-in", token=token, password=PASSWORD)[0] == 404
        assert send(at, "/sign-in", token=again, password=PASSWORD)[0] == 303
    with running(person) as told:
        assert "there is no user yet" not in "".join(told)


@pytest.mark.parametrize(
    "url", ["trueline.example", "ftp://x", "https://", "https://x/path", "https://u:p@x", "https://x?a"]
)
def test_an_address_that_people_cannot_find_is_refused(person: Person, url: str) -> None:
    person.types("up", "fleet", "--public-url", url, code=64)
    assert "is not https://HOST" in person.stderr
