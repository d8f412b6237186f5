"""Answers the requests of a preview: the site as it would be, the site before below `/-/before/`, and its own pages.

Nothing is kept by a browser, nothing is for search engines, and who reaches this machine by a name of his own is
turned away: a page of another site must not read drafts.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.render.site.address import read_address
from trueline.render.site.served import ServedRelease
from trueline.runtime.blob import Blobs
from trueline.runtime.clock import Clock
from trueline.runtime.http_listener import Asked, Reply
from trueline.server.preview.asset import assets
from trueline.server.preview.build import Build
from trueline.server.preview.change import Changes, compare
from trueline.server.preview.page import BEFORE, COMPARE, ROOT, changes_page, compare_page, failed_page, script
from trueline.server.preview.stream import Teller
from trueline.server.preview.word import Piece, differences, signature, words_of
from trueline.target.site.server.answer import Request, resolve

PRIVATE: Final = (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex, nofollow"))
HTML: Final = ("Content-Type", "text/html; charset=utf-8")
_PLAIN: Final = ("Content-Type", "text/plain; charset=utf-8")
_TYPES: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_DROPPED: Final = frozenset({"cache-control", "etag", "last-modified", "accept-ranges", "content-length", "vary"})
_UNFRAMED: Final = frozenset({"x-frame-options", "content-security-policy"})
_HERE: Final = re.compile(r"(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)
_END: Final = re.compile(rb"</body\s*>", re.IGNORECASE)


class PreviewSite:
    """What is shown now. `is_open`: it was asked to listen to others than this machine."""

    def __init__(self, blobs: Blobs, clock: Clock, *, is_open: bool = False) -> None:
        self._blobs = blobs
        self._is_open = is_open
        self.teller = Teller(clock)
        self.number = 0
        self.shown: Build | None = None
        self.before: Build | None = None
        self.changes = Changes(before="", now="", doubt="nothing was built yet")
        self.problems: tuple[Diagnostic, ...] = ()

    def show(self, build: Build, before: Build | None, doubt: str = "") -> None:
        """A build was made: it is shown, or the last good one stays with what is wrong."""
        self.before, self.problems = before, build.problems
        if not build.is_failed:
            self.shown = build
            self.number += 1
            self.changes = compare(before, build, doubt, words=self._signature)
        elif self.shown is None:
            self.number += 1
        self.teller.tell(self.number, [str(one) for one in self.problems])

    def _signature(self, blob: Digest) -> str | None:
        return signature_of(self._blobs, blob)

    async def answer(self, asked: Asked) -> Reply:
        """The reply to a request."""
        if not self._is_open and not _HERE.fullmatch(asked.headers.get("host", "")):
            return _said(421, "this preview is for the machine that it runs on: ask for 127.0.0.1 or localhost")
        if asked.method not in {"GET", "HEAD"}:
            return replace(_said(405, "only GET and HEAD"), headers=(*PRIVATE, _PLAIN, ("Allow", "GET, HEAD")))
        path = asked.target.partition("?")[0]
        if path.startswith(BEFORE):
            return self._before(asked)
        if path.startswith(ROOT):
            return await self._own(asked, path.removeprefix(ROOT))
        if self.shown is None or self.shown.release is None:
            return _page(failed_page(self.problems, self.number), status=503)
        return self._sited(self.shown.release, asked)

    async def _own(self, asked: Asked, name: str) -> Reply:
        if (data := assets().get(name)) is not None:
            kind = ("Content-Type", _TYPES[name.rpartition(".")[2]])
            return Reply(status=200, headers=(*PRIVATE, kind), body=data)
        if name == "changes":
            return _page(changes_page(self.changes, self.problems, self.number))
        if name == "events":
            return self._events(asked)
        if asked.target.startswith(COMPARE):
            return await self._compared(asked)
        return _said(404, "there is no such page of the preview")

    def _events(self, asked: Asked) -> Reply:
        if self.teller.is_full:
            return _said(503, "too many pages listen")
        headers = (*PRIVATE, ("Content-Type", "text/event-stream"))
        return Reply(status=200, headers=headers, pieces=None if asked.method == "HEAD" else self.teller.listen())

    async def _compared(self, asked: Asked) -> Reply:
        address = read_address("/" + asked.target.removeprefix(COMPARE))
        sides = [self._text(build, address.path) for build in (self.before, self.shown)] if address else [None, None]
        if address is None or sides == [None, None]:
            return _said(404, "no such page is in either site")
        blocks = await asyncio.to_thread(_differing, sides[0] or "", sides[1] or "")
        found = self._path(self.shown, address.path) or self._path(self.before, address.path) or ""
        return _page(compare_page(found, blocks, (sides[0] is not None, sides[1] is not None), self.number))

    @staticmethod
    def _path(build: Build | None, path: str) -> str | None:
        found = build.release.page(path) if build and build.release else None
        return found.path if found else None

    def _text(self, build: Build | None, path: str) -> str | None:
        found = build.release.page(path) if build and build.release else None
        data = self._blobs.get(found.blob) if found else None
        return None if data is None else data.decode(errors="replace")

    def _before(self, asked: Asked) -> Reply:
        if self.before is None or self.before.release is None:
            return _said(404, f"there is nothing before: {self.changes.doubt}")
        reply = self._sited(self.before.release, replace(asked, target="/" + asked.target.removeprefix(BEFORE)))
        moved = [(name, _below(value) if name == "Location" else value) for name, value in reply.headers]
        return replace(reply, headers=tuple(moved))

    def _sited(self, release: ServedRelease, asked: Asked) -> Reply:
        """The site's own answer, whole and as it is, with what lets a page follow the builds."""
        answer = resolve(release, Request(method=asked.method, target=asked.target))
        headers = _kept(dict(answer.headers), asked.headers)
        if answer.part is None:
            return Reply(status=answer.status, headers=headers, body=answer.text)
        if (data := self._blobs.get(answer.part.blob)) is None:
            return _said(503, "the bytes are gone: save a file, and they are made again")
        if HTML in headers:
            data = _followed(data, script(self.number, self._badge).encode())
        return Reply(status=answer.status, headers=headers, body=data)

    @property
    def _badge(self) -> str:
        count = len(self.changes.pages)
        return "preview" if self.changes.doubt else f"preview: {count} page{'' if count == 1 else 's'} changed"


def signature_of(blobs: Blobs, blob: Digest) -> str | None:
    """What stands for the words of a page; `None` where its bytes are gone."""
    data = blobs.get(blob)
    return None if data is None else signature(data.decode(errors="replace"))


def _kept(headers: Mapping[str, str], asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A frame of ours shows what a site forbids to frame."""
    dropped = _DROPPED | _UNFRAMED if asked.get("sec-fetch-dest") == "iframe" else _DROPPED
    return (*((name, value) for name, value in headers.items() if name.lower() not in dropped), *PRIVATE)


def _followed(page: bytes, tag: bytes) -> bytes:
    ends = list(_END.finditer(page))
    at = ends[-1].start() if ends else len(page)
    return page[:at] + tag + page[at:]


def _below(location: str) -> str:
    return f"{BEFORE}{location[1:]}" if location.startswith("/") and not location.startswith("//") else location


def _differing(before: str, after: str) -> list[tuple[Piece, ...]]:
    return differences(words_of(before), words_of(after))


def _page(html: str, status: int = 200) -> Reply:
    return Reply(status=status, headers=(*PRIVATE, HTML), body=html.encode())


def _said(status: int, text: str) -> Reply:
    return Reply(status=status, headers=(*PRIVATE, _PLAIN), body=f"{status} {text}\n".encode())
