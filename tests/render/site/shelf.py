"""A site of several versions, given as files by ref, and the renderer that makes one site of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.render.site.case import Bench, tree
from trueline.model.digest import digest_value
from trueline.render.options import Site, Versions
from trueline.render.protocol import RenderRequest
from trueline.render.resource import Rendered
from trueline.render.site.version import SiteVersion, choose
from trueline.render.site.versioned import VersionedSite

MAIN, V1, V2 = "refs/heads/main", "refs/tags/v1.0", "refs/tags/v2.0"
URL = "https://docs.example.com"
DECLARED = Site(title="Docs", url=URL, versions=Versions(branches=("main", "release-*"), tags=("v*",)))
OLD = {"index.md": "# Home\n\n[guide](guide.md)\n", "guide.md": "# Guide\n\nOne.\n", "old.md": "# Old\n\nGone since.\n"}
NEW = {
    "index.md": "# Home\n\nTwo. [guide](guide.md)\n",
    "guide.md": "# Guide\n\nTwo.\n",
    "new.md": "# New\n\nA word.\n",
}


@dataclass
class Shelf:
    """A site of versions under test."""

    bench: Bench

    def __post_init__(self) -> None:
        self.site = VersionedSite(self.bench.renderer, cache=self.bench.cache, blobs=self.bench.blobs)

    async def render(
        self, refs: Mapping[str, Mapping[str, str]], declared: Site = DECLARED, own: str = MAIN
    ) -> Rendered:
        """Resources of files by ref; the source stands at `own`."""
        assert declared.versions is not None
        choice = choose(declared.versions, list(refs), own)
        assert not choice.errors
        versions = tuple(
            SiteVersion(
                version=one, commit=f"of {one.ref}", identity=digest_value(refs[one.ref]), files=tree(refs[one.ref])
            )
            for one in choice.versions
        )
        request = RenderRequest(application="docs", path="", options=declared, commit=f"of {own}", versions=versions)
        return await self.site.render(request, tree(refs[own]))

    async def files(self, refs: Mapping[str, Mapping[str, str]], declared: Site = DECLARED) -> dict[str, str]:
        """What is published, by path."""
        published = self.bench.published(await self.render(refs, declared))
        return {path: data.decode(errors="replace") for path, data in published.items()}

    def counts(self) -> tuple[int, int, int]:
        """Versions rendered, pages read, pages made."""
        return (self.site.versions_rendered, *self.bench.counts())
