"""Applications as the API tells them, made of what a test names; the rest is that of one that is True."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from trueline.health.status import Status
from trueline.loop.status import ApplicationStatus, Sync
from trueline.loop.told import status_body
from trueline.server.body import ApplicationBody, CommitBody, HoldBody
from trueline.server.page.fleet import Facts
from trueline.source.artifact import Revision

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SEEN = CommitBody(commit="9f31c2e0aa11", author="ana", subject="Raise checkout", seen=NOW - timedelta(minutes=4))
REVISION = Revision(
    commit="9f31c2e0aa11",
    ref="refs/heads/main",
    author_name="ana",
    author_email="ana@shop.example",
    committed_at=NOW - timedelta(hours=2),
    subject="Raise checkout",
    tree="1",
)


def body(
    name: str = "shop",
    *,
    labels: dict[str, str] | None = None,
    project: str = "default",
    drifted: int = 0,
    holds: tuple[HoldBody, ...] = (),
    commit: CommitBody | None = SEEN,
    **told: Any,
) -> ApplicationBody:
    """One application; it is True where nothing else is told."""
    known: dict[str, Any] = {
        "target": "prod-eu",
        "sync": Sync.SYNCED,
        "health": Status.HEALTHY,
        "at": NOW,
        "since": NOW,
        "revision": "main@9f31c2e0aa",
        "wanted": "main@9f31c2e0aa",
    }
    status = ApplicationStatus(application=name, **(known | told))
    return ApplicationBody(
        **msgspec.structs.asdict(status_body(status)),
        project=project,
        drifted=drifted,
        labels=labels or {},
        holds=holds,
        commit=commit,
    )


def facts(**told: Any) -> Facts:
    """A fleet that is followed, and of which nothing is wrong."""
    known: dict[str, Any] = {
        "repository": "https://git.example/team/fleet.git",
        "revision": REVISION,
        "problems": (),
        "notes": (),
        "is_ready": True,
        "place": "7-0a0a0a0a-3",
        "has_problems": bool(told.get("problems")),
    }
    return Facts(**(known | told))
