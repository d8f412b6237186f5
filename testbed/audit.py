"""What was asked of the API server, read from its audit log.

The log has users' requests only: the policy leaves out the control plane's own parts, which ask all the time.
It never says what was in a request: level Metadata.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

POLICY: dict[str, object] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "None",
            "users": ["system:apiserver", "system:kube-controller-manager", "system:kube-scheduler", "testbed:kwok"],
        },
        {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"]},
        {"level": "Metadata"},
    ],
}


class _Object(msgspec.Struct, frozen=True, rename="camel"):
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    api_group: str = ""


class _User(msgspec.Struct, frozen=True):
    username: str = ""


class _Status(msgspec.Struct, frozen=True):
    code: int = 0


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    audit_id: str = msgspec.field(name="auditID")
    verb: str
    request_uri: str = msgspec.field(name="requestURI")
    user_agent: str = ""
    user: _User = _User()
    object_ref: _Object = _Object()
    response_status: _Status = _Status()


_EVENT = msgspec.json.Decoder(_Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request that the API server answered, or a watch that it began to answer."""

    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    dry_run: bool
    code: int
    user: str
    user_agent: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """The requests of a span of time, in the order of their answers."""

    all: tuple[Request, ...]

    def where(
        self,
        *,
        user_agent: str = "",
        verb: str | None = None,
        resource: str | None = None,
        namespace: str | None = None,
        dry_run: bool | None = None,
    ) -> "Requests":
        """Those that fit all that is given; `user_agent` is a prefix."""
        wanted = {"verb": verb, "resource": resource, "namespace": namespace, "dry_run": dry_run}
        given = {name: value for name, value in wanted.items() if value is not None}
        return Requests(
            all=tuple(
                each
                for each in self.all
                if each.user_agent.startswith(user_agent)
                and all(getattr(each, name) == value for name, value in given.items())
            )
        )

    def counts(self) -> dict[tuple[str, str, bool], int]:
        """How many for each verb, resource and dry run."""
        counted: dict[tuple[str, str, bool], int] = {}
        for each in self.all:
            key = (each.verb, each.resource, each.dry_run)
            counted[key] = counted.get(key, 0) + 1
        return counted

    def __len__(self) -> int:
        return len(self.all)


def audit_mark(log: Path) -> int:
    """The place in the log up to which everything has been asked before now, in bytes."""
    return log.stat().st_size if log.exists() else 0


def read_requests(log: Path, *, mark: int = 0) -> Requests:
    """The requests after `mark`. An answer may come some milliseconds before its line."""
    if not log.exists():
        return Requests(all=())
    with log.open("rb") as file:
        file.seek(mark)
        text = file.read()
    whole = text[: text.rfind(b"\n") + 1]
    return Requests(all=tuple(_requests(whole.splitlines())))


def _requests(lines: list[bytes]) -> Iterator[Request]:
    # A watch has two events: when it begins and when it ends.
    seen: set[str] = set()
    for line in lines:
        event = _EVENT.decode(line)
        if event.audit_id not in seen:
            seen.add(event.audit_id)
            yield _request(event)


def _request(event: _Event) -> Request:
    address = urlsplit(event.request_uri)
    return Request(
        verb=event.verb,
        group=event.object_ref.api_group,
        resource=event.object_ref.resource,
        subresource=event.object_ref.subresource,
        namespace=event.object_ref.namespace,
        name=event.object_ref.name,
        dry_run="All" in parse_qs(address.query).get("dryRun", ()),
        code=event.response_status.code,
        user=event.user.username,
        user_agent=event.user_agent,
        path=address.path,
    )
