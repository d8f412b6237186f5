"""The status of a commit on GitHub, GitLab and Gitea (Forgejo speaks the same as the last)."""

from collections.abc import Mapping
from typing import Any, Final, assert_never
from urllib.parse import quote

from trueline.model.digest import canonical
from trueline.model.masked import Masked
from trueline.notify.commit_status import CommitStatus, Mark
from trueline.notify.notifier import Forge, ForgeKind
from trueline.notify.protocol import Parcel
from trueline.notify.service.answer import JSON, check, post
from trueline.notify.service.secret import reveal
from trueline.runtime.http import Response
from trueline.runtime.post import Posts
from trueline.runtime.secret import Secrets

GITLAB_MARKS: Final = {Mark.PENDING: "pending", Mark.SUCCESS: "success", Mark.FAILURE: "failed"}
GITLAB_ADDRESS_CHARACTERS_MAX: Final = 255
"""GitLab refuses the whole status with a longer `target_url`; it is worth more without than not at all."""
_BAD_REQUEST: Final = 400
_SAME: Final = b"Cannot transition status"
"""What GitLab says to a status that the commit has already: then it was taken before."""


class ForgeService:
    """One repository of a forge."""

    def __init__(self, *, posts: Posts, secrets: Secrets, spec: Forge) -> None:
        self._posts = posts
        self._secrets = secrets
        self._spec = spec

    async def send(self, parcel: Parcel) -> None:
        """Set it; see `Service.send`. Set twice it is the same status."""
        assert isinstance(parcel, CommitStatus), "a forge is told of commits alone"
        token = await reveal(self._secrets, self._spec.token)
        url, headers, body = request_of(self._spec, parcel, token)
        answer = await post(self._posts, url, canonical(body), headers)
        if not _is_said_already(self._spec.kind, answer):
            check(answer)

    async def close(self) -> None:
        """Give the connections back."""
        await self._posts.close()


def _is_said_already(kind: ForgeKind, answer: Response) -> bool:
    return kind is ForgeKind.GITLAB and answer.status == _BAD_REQUEST and _SAME in answer.body


def request_of(spec: Forge, status: CommitStatus, token: Masked) -> tuple[str, Mapping[str, str], Mapping[str, Any]]:
    """Where it is set, as whom, and what is said."""
    commit = quote(status.commit, safe="")
    said: dict[str, Any] = {"description": status.description}
    if status.url:
        said["target_url"] = status.url
    match spec.kind:
        case ForgeKind.GITHUB:
            url = f"{spec.url}/repos/{spec.repository}/statuses/{commit}"
            headers = {"Authorization": f"Bearer {token.reveal()}", "Accept": "application/vnd.github+json"}
            headers["X-GitHub-Api-Version"] = "2022-11-28"
            body = {"state": status.mark.value, "context": status.context, **said}
        case ForgeKind.GITLAB:
            url = f"{spec.url}/api/v4/projects/{quote(spec.repository, safe='')}/statuses/{commit}"
            headers = {"PRIVATE-TOKEN": token.reveal()}
            if len(status.url) > GITLAB_ADDRESS_CHARACTERS_MAX:
                said.pop("target_url")
            body = {"state": GITLAB_MARKS[status.mark], "name": status.context, **said}
        case ForgeKind.GITEA:
            url = f"{spec.url}/api/v1/repos/{spec.repository}/statuses/{commit}"
            headers = {"Authorization": f"token {token.reveal()}"}
            body = {"state": status.mark.value, "context": status.context, **said}
        case _:
            assert_never(spec.kind)
    return url, {**JSON, **headers}, body
