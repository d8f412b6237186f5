"""Who may do what: RBAC as the Role and Binding objects say; members of `system:masters` may do everything."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trueline.embedded.refusal import refuse
from trueline.embedded.store import Kept, Store
from trueline.runtime.http import Request, Response

MASTERS = "system:masters"
_RBAC = "/rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who asks."""

    name: str
    groups: tuple[str, ...] = ()


ADMIN = User(name="admin", groups=(MASTERS, "system:authenticated"))


def user_of(request: Request) -> User:
    """The administrator, or the one whom the administrator impersonates."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    name = headers.get("impersonate-user")
    if not name:
        return ADMIN
    groups = tuple(part.strip() for part in headers.get("impersonate-group", "").split(",") if part.strip())
    return User(name=name, groups=(*groups, "system:authenticated"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody wants to do; `resource` holds the subresource (`deployments/scale`)."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def refused(self, user: User) -> Response:
        """The answer to one who may not."""
        plural = self.resource.split("/")[0]
        qualified = f"{plural}.{self.group}" if self.group else plural
        named = f'{qualified} "{self.name}"' if self.name else qualified
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        message = (
            f'{named} is forbidden: User "{user.name}" cannot {self.verb} resource "{self.resource}"'
            f' in API group "{self.group}" {where}'
        )
        details = {"name": self.name, "group": self.group, "kind": plural}
        return refuse(403, "Forbidden", message, {key: value for key, value in details.items() if value})


def may(store: Store, user: User, act: Act) -> bool:
    """Whether a rule lets the user do it."""
    return MASTERS in user.groups or any(_allows(rule, act) for rule in rules(store, user, act.namespace))


def rules(store: Store, user: User, namespace: str) -> Iterator[Mapping[str, Any]]:
    """Every rule that holds for a user in a namespace (`""`: at the cluster scope)."""
    bindings: list[Kept] = store.under(f"{_RBAC}/clusterrolebindings/")
    if namespace:
        bindings += store.under(f"{_RBAC}/rolebindings/{namespace}/")
    for binding in bindings:
        if any(_is(subject, user) for subject in binding.body.get("subjects") or ()):
            role = binding.body["roleRef"]
            place = "clusterroles" if role["kind"] == "ClusterRole" else f"roles/{binding.metadata.namespace}"
            found = store.get(f"{_RBAC}/{place}/{role['name']}")
            yield from (found.body.get("rules") or ()) if found else ()


def _is(subject: Mapping[str, Any], user: User) -> bool:
    match subject["kind"]:
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            return f"system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}" == user.name
        case _:
            return False


def _allows(rule: Mapping[str, Any], act: Act) -> bool:
    names = rule.get("resourceNames") or ()
    return (
        _holds(rule.get("verbs"), act.verb)
        and _holds(rule.get("apiGroups"), act.group)
        and _holds(rule.get("resources"), act.resource, f"*/{act.resource.partition('/')[2]}")
        and (not names or act.name in names)
    )


def _holds(allowed: Iterable[str] | None, *wanted: str) -> bool:
    return any(value == "*" or value in wanted for value in allowed or ())
