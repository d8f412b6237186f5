"""Questions about oneself that change nothing: who am I, and may I? Answered from the rules, kept nowhere."""

from typing import Any

from trueline.embedded.access import MASTERS, Act, User, may, rules
from trueline.embedded.engine import Engine
from trueline.embedded.refusal import answer
from trueline.embedded.route import Route
from trueline.embedded.store import Store
from trueline.runtime.http import Request, Response

_EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}


async def self_review(request: Request, route: Route, user: User, store: Store, engine: Engine) -> Response | None:
    """The answer; `None` where the request is about something else."""
    match route.group, route.plural, request.method:
        case "authorization.k8s.io", "selfsubjectaccessreviews", "POST":
            return _may_i(await engine.decoded(request.body), user, store)
        case "authorization.k8s.io", "selfsubjectrulesreviews", "POST":
            return _what_may_i(await engine.decoded(request.body), user, store)
        case "authentication.k8s.io", "selfsubjectreviews", "POST":
            return _who_am_i(user)
        case _:
            return None


def _may_i(body: dict[str, Any], user: User, store: Store) -> Response:
    asked = body.get("spec", {}).get("resourceAttributes") or {}
    plural = "/".join(filter(None, (asked.get("resource", ""), asked.get("subresource", ""))))
    act = Act(
        verb=asked.get("verb", ""),
        group=asked.get("group", ""),
        resource=plural,
        namespace=asked.get("namespace", ""),
        name=asked.get("name", ""),
    )
    return answer(body | {"status": {"allowed": may(store, user, act)}}, 201)


def _what_may_i(body: dict[str, Any], user: User, store: Store) -> Response:
    namespace = body.get("spec", {}).get("namespace", "")
    found = [_EVERYTHING] if MASTERS in user.groups else list(rules(store, user, namespace))
    status = {
        "resourceRules": [rule for rule in found if rule.get("resources")],
        "nonResourceRules": [],
        "incomplete": False,
    }
    return answer(body | {"status": status}, 201)


def _who_am_i(user: User) -> Response:
    info = {"username": user.name, "groups": user.groups}
    body = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {}}
    return answer(body | {"status": {"userInfo": info}}, 201)
