"""One build of a site: its files and findings, or why there is none. A value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.render.resource import Rendered
from trueline.render.site.file import FILE_KIND, RELEASE_KIND, Release, SiteFile
from trueline.render.site.served import INDEX, PAGE, ServedRelease

_NOTHING: Final[Mapping[str, Digest]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What came of one look at the files. With `problems` there is nothing to show; `name` says what was looked at."""

    name: str
    files: Mapping[str, Digest] = field(default_factory=dict)
    release: ServedRelease | None = None
    findings: tuple[Diagnostic, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @classmethod
    def of(cls, name: str, rendered: Rendered, notes: Iterable[Diagnostic] = ()) -> Self:
        """The build of a render that went well."""
        files = [
            msgspec.json.decode(rendered.body(one), type=SiteFile)
            for one in rendered.resources
            if one.ref.kind == FILE_KIND
        ]
        bodies = [rendered.body(one) for one in rendered.resources if one.ref.kind == RELEASE_KIND]
        release = msgspec.json.decode(bodies[0], type=Release) if bodies else Release(files={})
        blobs = {file.path: Digest(file.blob) for file in files}
        served = ServedRelease.of(
            blobs,
            sizes={Digest(file.blob): file.size_bytes for file in files},
            immutable=[file.path for file in files if file.is_immutable],
            redirects=release.redirects,
            headers=release.headers,
            not_found=release.not_found,
        )
        return cls(name=name, files=blobs, release=served, findings=(*notes, *rendered.notes))

    @classmethod
    def failed(cls, name: str, problems: Iterable[Diagnostic]) -> Self:
        """What there is where nothing could be built."""
        return cls(name=name, problems=tuple(problems))

    @property
    def is_failed(self) -> bool:
        """Whether there is nothing to show."""
        return self.release is None


def is_page(path: str) -> bool:
    """Whether a file is something that people read."""
    return path.endswith(PAGE)


def address_of(path: str) -> str:
    """The address of a page, from the site's root.

    >>> address_of("guide/index.html"), address_of("index.html"), address_of("404.html")
    ('guide/', '', '404.html')
    """
    folder, _, name = path.rpartition("/")
    return path if name != INDEX else f"{folder}/" if folder else ""
