"""What is in a bucket, as one listing and the state tell it. It asks nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from trueline.model.digest import Digest
from trueline.target.site.platform import Look
from trueline.target.site.s3.bucket import Condition, Expectation, Stored
from trueline.target.site.s3.state import STATE, State

STRANGERS_MAX = 1_000


@dataclass(frozen=True, kw_only=True)
class Sight:
    """One look. `version` is the state's ETag, empty where there is none."""

    state: State
    version: str
    listing: Mapping[str, Stored]

    @cached_property
    def ours(self) -> frozenset[str]:
        """Every path that may have bytes of ours."""
        return self.state.ours()

    @cached_property
    def holdings(self) -> Mapping[str, Digest]:
        """What shall stand at each path of ours."""
        return dict(self.state.published.holdings()) if self.state.published else {}

    def recorded(self, path: str) -> Digest | None:
        """What stands at a path, where the listing tells of it what was recorded when it was put."""
        row, found = self.state.rows.get(path), self.listing.get(path)
        if row is None or found is None or (row.etag, row.size_bytes) != (found.etag, found.size_bytes):
            return None
        return self.holdings.get(path)

    def doubtful(self) -> tuple[str, ...]:
        """Paths of ours where something else stands than was recorded: these have to be read."""
        return tuple(path for path in self.holdings if path in self.listing and self.recorded(path) is None)

    def expected(self, path: str) -> Expectation:
        """What a put has to find at a path."""
        found = self.listing.get(path)
        return Condition.ABSENT if found is None else found.etag or Condition.ANY

    def look(self, read: Mapping[str, Digest]) -> Look:
        """As a platform says it; `read` are the digests of what was doubtful."""
        files = {path: read.get(path) or self.recorded(path) for path in self.holdings if path in self.listing}
        strangers = sorted(path for path in self.listing if path not in self.ours and path != STATE)
        return Look(
            published=self.state.published,
            files={path: digest for path, digest in files.items() if digest},
            strangers=tuple(strangers[:STRANGERS_MAX]),
            version=self.version,
        )
