"""Deliveries as forges send them: heads and bodies by what their documentation says, signed with a secret."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict

from trueline.server.hook.forge import Forge

SECRET = "hunter2-of-the-webhook-0123456789"
OTHER = "hunter2-of-somebody-else-0123456789"
SIGNING = "whsec_" + base64.b64encode(b"hunter2 signing key, 32 bytes ..").decode()


def mac(body: bytes, secret: str = SECRET, kind: str = "sha256") -> str:
    """The MAC in hex."""
    return hmac.new(secret.encode(), body, kind).hexdigest()


def standard(body: bytes, at_s: int, *, secret: str = SIGNING, name: str = "msg_1") -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    made = hmac.digest(key, f"{name}.{at_s}.".encode() + body, "sha256")
    return {
        "webhook-id": name,
        "webhook-timestamp": str(at_s),
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }


def stamped(body: bytes, at_s: int, *, secret: str = SECRET) -> dict[str, str]:
    """Our own two headers."""
    signed = mac(f"{at_s}.".encode() + body, secret)
    return {"Trueline-Timestamp": str(at_s), "Trueline-Signature": f"sha256={signed}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery."""

    forge: Forge
    headers: Mapping[str, str]
    body: bytes
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def heads(self) -> CIMultiDict[str]:
        """The headers as aiohttp has them."""
        return CIMultiDict(self.headers)


_GITHUB = {
    "ref": "refs/heads/main",
    "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    "after": "0000000000000000000000000000000000000000",
    "repository": {
        "id": 186853002,
        "full_name": "team/fleet",
        "html_url": "https://github.com/team/fleet",
        "clone_url": "https://github.com/team/fleet.git",
        "ssh_url": "git@github.com:team/fleet.git",
    },
    "pusher": {"name": "ada", "email": "ada@example.com"},
    "commits": [],
}
_GITLAB = {
    "object_kind": "push",
    "event_name": "push",
    "ref": "refs/heads/main",
    "project": {
        "web_url": "https://gitlab.example/team/fleet",
        "git_http_url": "https://gitlab.example/team/fleet.git",
        "git_ssh_url": "git@gitlab.example:team/fleet.git",
        "path_with_namespace": "team/fleet",
    },
    "total_commits_count": 4,
}
_CLOUD = {
    "repository": {"full_name": "team/fleet", "links": {"html": {"href": "https://bitbucket.org/team/fleet"}}},
    "push": {"changes": [{"new": {"type": "branch", "name": "main"}, "old": None, "created": True}]},
}
_CENTER = {
    "eventKey": "repo:refs_changed",
    "repository": {
        "slug": "fleet",
        "project": {"key": "TEAM"},
        "links": {"clone": [{"href": "https://bitbucket.example/scm/team/fleet.git", "name": "http"}]},
    },
    "changes": [{"ref": {"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"}, "type": "UPDATE"}],
}


def github(value: Any = _GITHUB, *, event: str = "push", secret: str = SECRET) -> Sent:
    """GitHub's."""
    body = json.dumps(value).encode()
    head = {"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    head |= {
        "X-Hub-Signature-256": f"sha256={mac(body, secret)}",
        "X-Hub-Signature": f"sha1={mac(body, secret, 'sha1')}",
    }
    return Sent(forge=Forge.GITHUB, headers={"Content-Type": "application/json", **head}, body=body)


def gitea(value: Any = _GITHUB, *, event: str = "push", secret: str = SECRET) -> Sent:
    """Gitea's and Forgejo's."""
    body = json.dumps(value).encode()
    head = {f"X-{name}-Event": event for name in ("Gitea", "Forgejo")}
    head |= {f"X-{name}-Signature": mac(body, secret) for name in ("Gitea", "Forgejo")}
    return Sent(forge=Forge.GITEA, headers={"Content-Type": "application/json", **head}, body=body)


def gitlab(value: Any = _GITLAB, *, event: str = "Push Hook", secret: str = SECRET) -> Sent:
    """GitLab's, with its token."""
    body = json.dumps(value).encode()
    head = {"Content-Type": "application/json", "X-Gitlab-Event": event, "X-Gitlab-Token": secret}
    return Sent(forge=Forge.GITLAB, headers=head, body=body)


def gitlab_signed(at_s: int, value: Any = _GITLAB, *, secret: str = SIGNING) -> Sent:
    """GitLab's, signed."""
    body = json.dumps(value).encode()
    head = {"Content-Type": "application/json", "X-Gitlab-Event": "Push Hook", **standard(body, at_s, secret=secret)}
    return Sent(forge=Forge.GITLAB, headers=head, body=body)


def bitbucket(value: Any = _CLOUD, *, event: str = "repo:push", secret: str = SECRET) -> Sent:
    """Bitbucket's, of the cloud."""
    body = json.dumps(value).encode()
    head = {"X-Event-Key": event, "X-Hub-Signature": f"sha256={mac(body, secret)}"}
    return Sent(forge=Forge.BITBUCKET, headers={"Content-Type": "application/json", **head}, body=body)


def bitbucket_center(value: Any = _CENTER) -> Sent:
    """Bitbucket's, of a data center."""
    return bitbucket(value, event="repo:refs_changed")


def generic(at_s: int, body: bytes = b'{"repository": "team/fleet", "ref": "refs/heads/main"}') -> Sent:
    """Anybody's, signed our way."""
    return Sent(forge=Forge.GENERIC, headers=stamped(body, at_s), body=body)


def pushes(at_s: int) -> dict[str, Sent]:
    """One push of each, to `main` of `team/fleet`."""
    return {
        "github": github(),
        "gitea": gitea(),
        "gitlab": gitlab(),
        "gitlab signed": gitlab_signed(at_s),
        "bitbucket": bitbucket(),
        "bitbucket center": bitbucket_center(),
        "generic": generic(at_s),
    }
