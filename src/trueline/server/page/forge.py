"""Where a file or a commit of a repository is looked at: on the forges whose addresses say what they are. Pure.

A link is made for http and https alone, and only where the form of the forge's addresses is known: else there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from trueline.server.page.address import web

_COMMIT_CHARACTERS_MIN: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forge:
    file: str
    line: str
    commit: str


_GITHUB: Final = _Forge(file="blob/{commit}/{path}", line="#L{line}", commit="commit/{commit}")
_GITLAB: Final = _Forge(file="-/blob/{commit}/{path}", line="#L{line}", commit="-/commit/{commit}")
_GITEA: Final = _Forge(file="src/commit/{commit}/{path}", line="#L{line}", commit="commit/{commit}")
_BITBUCKET: Final = _Forge(file="src/{commit}/{path}", line="#lines-{line}", commit="commits/{commit}")
_FORGES: Final[Mapping[str, _Forge]] = {
    "github": _GITHUB,
    "gitlab": _GITLAB,
    "gitea": _GITEA,
    "forgejo": _GITEA,
    "codeberg": _GITEA,
    "bitbucket": _BITBUCKET,
}
"""By one part of the host's name."""


def file_link(repository: str, commit: str, origin: str) -> str:
    """Where FILE:LINE of a commit is looked at; empty where nobody knows.

    >>> file_link("https://github.com/team/fleet.git", "9f31c2e0aa", "apps/shop web.yaml:12")
    'https://github.com/team/fleet/blob/9f31c2e0aa/apps/shop%20web.yaml#L12'
    >>> [file_link(one, "9f31c2e0aa", "a") for one in ("git@github.com:team/fleet", "https://git.example/fleet")]
    ['', '']
    """
    path, colon, line = origin.rpartition(":")
    if not colon or not line.isdecimal():
        path, line = origin, ""
    forge = _forge(repository)
    if forge is None or not path or not _is_commit(commit):
        return ""
    place = forge.file.format(commit=commit, path=quote(path))
    return _link(repository, f"{place}{forge.line.format(line=line) if line else ''}")


def commit_link(repository: str, commit: str) -> str:
    """Where a commit is looked at; empty where nobody knows.

    >>> commit_link("https://gitlab.example.com/team/fleet.git", "9f31c2e0aa")
    'https://gitlab.example.com/team/fleet/-/commit/9f31c2e0aa'
    """
    forge = _forge(repository)
    if forge is None or not _is_commit(commit):
        return ""
    return _link(repository, forge.commit.format(commit=commit))


def _link(repository: str, place: str) -> str:
    """INV-30: what is no address of the web is not linked to, whatever host it names."""
    return web(f"{repository.rstrip('/').removesuffix('.git')}/{place}")


def _is_commit(text: str) -> bool:
    """Whether it names one commit: a reference may move, and a folder has none."""
    return len(text) >= _COMMIT_CHARACTERS_MIN and all(one in "0123456789abcdef" for one in text)


def _forge(repository: str) -> _Forge | None:
    """By the name of the host."""
    try:
        parts = urlsplit(repository)
    except ValueError:
        return None
    if parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return next((_FORGES[part] for part in (parts.hostname or "").split(".") if part in _FORGES), None)
