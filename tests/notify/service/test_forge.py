"""The status of a commit: what each forge is asked, as its documentation has it; a real Gitea is in `test_gitea`."""

import json
from typing import Any

import pytest

from tests.notify.service.case import Kept, secret, secrets
from trueline.notify.commit_status import CommitStatus, Mark
from trueline.notify.notifier import Forge, ForgeKind
from trueline.notify.protocol import Undelivered
from trueline.notify.service.forge import ForgeService

COMMIT = "c0ffee00" * 5
URLS = {
    ForgeKind.GITHUB: f"https://f.test/repos/ops/fleet/statuses/{COMMIT}",
    ForgeKind.GITLAB: f"https://f.test/api/v4/projects/ops%2Ffleet/statuses/{COMMIT}",
    ForgeKind.GITEA: f"https://f.test/api/v1/repos/ops/fleet/statuses/{COMMIT}",
}
PROOFS = {
    ForgeKind.GITHUB: ("Authorization", "Bearer token-1"),
    ForgeKind.GITLAB: ("PRIVATE-TOKEN", "token-1"),
    ForgeKind.GITEA: ("Authorization", "token token-1"),
}


def status(mark: Mark = Mark.FAILURE, url: str = "https://line.test/applications/shop") -> CommitStatus:
    return CommitStatus(
        id="s1", notifier="ops", application="shop", commit=COMMIT, mark=mark, description="Blocked: why", url=url
    )


async def sent(kind: ForgeKind, posts: Kept, told: CommitStatus | None = None) -> tuple[str, dict[str, str], Any]:
    spec = Forge(kind=kind, repository="ops/fleet", token=secret(), url="https://f.test")
    service = ForgeService(posts=posts, secrets=secrets(KEY="token-1"), spec=spec)
    try:
        await service.send(told or status())
    finally:
        await service.close()
    ((url, headers, body),) = posts.sent
    return url, headers, json.loads(body)


@pytest.mark.parametrize("kind", ForgeKind)
async def test_it_is_set_at_the_commit_under_the_name_of_the_application(kind: ForgeKind) -> None:
    url, headers, body = await sent(kind, Kept(status=201))
    name, proof = PROOFS[kind]
    assert (url, headers[name]) == (URLS[kind], proof)
    assert body["target_url"] == "https://line.test/applications/shop"
    assert body["description"] == "Blocked: why"
    named = body["name"] if kind is ForgeKind.GITLAB else body["context"]
    assert named == "trueline/shop"


@pytest.mark.parametrize("kind", ForgeKind)
@pytest.mark.parametrize("mark", Mark)
async def test_the_words_of_each_forge(kind: ForgeKind, mark: Mark) -> None:
    _, _, body = await sent(kind, Kept(status=201), status(mark, url=""))
    assert body["state"] == ("failed" if (kind, mark) == (ForgeKind.GITLAB, Mark.FAILURE) else mark.value)
    assert "target_url" not in body


async def test_what_gitlab_has_already_was_taken() -> None:
    """It refuses the same status twice, and at least once is what we promise."""
    same = b'{"message":"Cannot transition status via :run from :running (Reason(s): Status cannot transition)"}'
    await sent(ForgeKind.GITLAB, Kept(status=400, body=same))
    with pytest.raises(Undelivered) as raised:
        await sent(ForgeKind.GITLAB, Kept(status=400, body=b'{"message":"other"}'))
    assert raised.value.is_final
    with pytest.raises(Undelivered):
        await sent(ForgeKind.GITHUB, Kept(status=400, body=same))


@pytest.mark.parametrize("kind", ForgeKind)
async def test_an_address_that_gitlab_would_refuse_is_left_out(kind: ForgeKind) -> None:
    """It refuses the whole status with an address of more than 255 characters; the others take it."""
    url = f"https://line.test/applications/{'a' * 253}"
    _, _, body = await sent(kind, Kept(status=201), status(url=url))
    assert body.get("target_url", "") == ("" if kind is ForgeKind.GITLAB else url)
    _, _, body = await sent(kind, Kept(status=201), status(url=url[:255]))
    assert body["target_url"] == url[:255]
