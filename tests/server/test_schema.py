"""Schemathesis asks the API what its own document allows, and what it forbids, of a real `up` on the embedded cluster.

INV-30: no answer is a 5xx, and none is one that the document does not describe. Each run has the same examples.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from tests.cli.person import somebody
from tests.cli.test_user import PASSWORD, place, running, send
from tests.server.access.test_account import _cookie
from trueline.server.access.session import csrf_of
from trueline.server.openapi import openapi

EXAMPLES = int(os.environ.get("TRUELINE_EXAMPLES", "15"))
TIMEOUT_S = 30.0
SPARED = {
    ("get", "/api/v1/events"): "it does not end",
    ("get", "/sign-in"): "a page",
    ("post", "/sign-in"): "a form",
    ("post", "/sign-out"): "a form",
    ("get", "/sign-in/provider"): "the way to a page of somebody else's",
    ("get", "/sign-in/provider/return"): "the same",
    ("get", "/sign-in/provider/end"): "the same",
}
OPERATIONS = sorted(
    (method, path) for path, told in openapi()["paths"].items() for method in told if (method, path) not in SPARED
)
NAMES = {"applications": ("shop", "fleet"), "users": ("ada", "nobody"), "tokens": ("ci", "nobody")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An `up`, and who may ask it everything: by a token, and by a session."""

    address: str
    asking: tuple[dict[str, str], ...]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    person = somebody(tmp_path_factory.mktemp("schema"))
    person.commit("The first")
    with running(person) as told:
        at = place(told)
        token = person.types("token", "create", "schemathesis", "--role", "admin").strip()
        cookie = _signed_in(at, re.findall(r"/sign-in\?token=(\S+)", "".join(told))[0])
        bearer = {"Authorization": f"Bearer {token}"}
        yield Running(address=f"http://{at[0]}:{at[1]}", asking=(bearer, cookie))


def _signed_in(at: tuple[str, int], token: str) -> dict[str, str]:
    """What the pages of an administrator send with each question."""
    status, cookie = send(at, "/sign-in", token=token, name="root", password=PASSWORD)
    assert status == 303
    secret = cookie.partition("=")[2]
    return {**_cookie(secret), "Cookie": cookie, "Trueline-Csrf": csrf_of(secret)}


def _modes(method: str, path: str) -> tuple[str, ...]:
    """What takes nothing can be asked for nothing that is wrong."""
    told = openapi()["paths"][path][method]
    is_asked = "requestBody" in told or any(one["in"] == "query" for one in told.get("parameters", ()))
    return ("positive", "negative") if is_asked else ("positive",)


ASKED = [(method, path, mode) for method, path in OPERATIONS for mode in _modes(method, path)]


@pytest.mark.parametrize(("method", "path", "mode"), ASKED, ids=str)
def test_what_the_document_says_is_what_is_answered(up: Running, method: str, path: str, mode: str) -> None:
    """INV-30."""
    import schemathesis  # noqa: PLC0415 - it takes 0.3 s, and no other test needs it
    from schemathesis import checks  # noqa: PLC0415 - as above
    from schemathesis.generation import GenerationMode  # noqa: PLC0415 - as above

    schema = schemathesis.openapi.from_dict(openapi())
    operation = schema[path][method.upper()]
    cases = operation.as_strategy(generation_mode=GenerationMode(mode))
    wanted = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    known = NAMES.get(path.split("/")[3], ()) if "{name}" in path else ()

    @seed(7)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, name=st.sampled_from((None, *known)), asking=st.sampled_from(up.asking))
    def ask(case: Any, name: str | None, asking: dict[str, str]) -> None:
        if name is not None:
            case.path_parameters = {"name": name}
        answer = case.call(base_url=up.address, headers=asking, timeout=TIMEOUT_S)
        case.validate_response(answer, checks=wanted)

    ask()


def test_it_asks_of_everything_but_what_is_spared() -> None:
    told = {(method, path) for path, methods in openapi()["paths"].items() for method in methods}
    assert SPARED.keys() <= told
    assert len(OPERATIONS) + len(SPARED) == len(told)
