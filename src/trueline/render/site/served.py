"""One release as it is asked for: its files, its rules, and which of them an address leads to. A value.

A server answers by it, a preview too, and the checks of a site follow its redirects by it.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from trueline.model.digest import Digest
from trueline.render.site.address import Address
from trueline.render.site.file import HeaderRule, Redirect
from trueline.render.site.rule import HeaderRules, Led, RedirectRules, Rewritten

INDEX: Final = "index.html"
NOT_FOUND: Final = "404.html"
PAGE: Final = ".html"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the release."""

    path: str
    blob: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The same page has a cleaner address: `path` has no slash at its beginning."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRelease:
    """A release as it is served. `files` hold what earlier releases left for their pages, too.

    `sizes` are of blobs, in bytes, as far as they are known. `made_s` is in seconds since the epoch.
    """

    files: Mapping[str, Digest]
    sizes: Mapping[Digest, int] = field(default_factory=dict)
    immutable: frozenset[str] = frozenset()
    made_s: float = 0.0
    redirects: RedirectRules = field(default_factory=RedirectRules)
    forced: RedirectRules = field(default_factory=RedirectRules)
    headers: HeaderRules = field(default_factory=HeaderRules)
    not_found: str = NOT_FOUND
    spelt: Mapping[str, str] = field(default_factory=dict)
    """Paths by the composed form of their letters, where that is another one."""

    @classmethod
    def of(  # noqa: PLR0913 - what a release says
        cls,
        files: Mapping[str, Digest],
        *,
        sizes: Mapping[Digest, int],
        immutable: Iterable[str] = (),
        made_s: float = 0.0,
        redirects: Sequence[Redirect] = (),
        headers: Sequence[HeaderRule] = (),
        not_found: str = "",
    ) -> Self:
        """A release with its rules made ready."""
        spelt = {unicodedata.normalize("NFC", path): path for path in files if not path.isascii()}
        return cls(
            files=files,
            sizes=sizes,
            immutable=frozenset(immutable),
            made_s=made_s,
            redirects=RedirectRules.of([one for one in redirects if not one.is_forced]),
            forced=RedirectRules.of([one for one in redirects if one.is_forced]),
            headers=HeaderRules.of(headers),
            not_found=not_found or NOT_FOUND,
            spelt={composed: path for composed, path in spelt.items() if composed != path},
        )

    def find(self, address: Address) -> Led | Moved | File | None:
        """What an address leads to. A file goes before a rule that is not forced; a rule that shows nothing is none."""
        if (led := self._ruled(self.forced.find(address))) is not None:
            return led
        located = self.locate(address.path) if address.is_plain else None
        return located if located is not None else self._ruled(self.redirects.find(address))

    def _ruled(self, rule: Led | Rewritten | None) -> Led | File | None:
        return self.page(rule.path) if isinstance(rule, Rewritten) else rule

    def file(self, path: str) -> File | None:
        """The file at exactly this path."""
        path = self.spelt.get(path, path)
        blob = self.files.get(path)
        return None if blob is None else File(path=path, blob=blob)

    def locate(self, path: str) -> File | Moved | None:
        """What an address shows: a file, the page of a folder, or a page without its ending."""
        if not path or path.endswith("/"):
            if found := self.file(path + INDEX):
                return found
            bare = path[:-1]
            return Moved(path=bare) if bare and not bare.endswith("/") and self.file(bare + PAGE) else None
        if found := self.file(path):
            return found
        if self.file(f"{path}/{INDEX}"):
            return Moved(path=f"{path}/")
        return self.file(path + PAGE)

    def page(self, path: str) -> File | None:
        """The file that an address shows, whatever is cleaner."""
        found = self.locate(path)
        found = self.locate(found.path) if isinstance(found, Moved) else found
        return found if isinstance(found, File) else None

    def absent(self, path: str) -> File | None:
        """The page that says that there is none: the nearest one, from the folder of the address upwards."""
        above = path.rpartition("/")[0]
        while above:
            if found := self.file(f"{above}/{NOT_FOUND}"):
                return found
            above = above.rpartition("/")[0]
        return self.file(self.not_found)
