"""Which applications a delivery is about. Where that cannot be told, all of them: a look too many costs little.

A forge often names itself otherwise than we call it (a public host, an internal one): so only the path of a repository
is compared, whatever host, user, port and transport stand before it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from trueline.declare.application import Application
from trueline.loop.engine import Engine
from trueline.loop.version import versions_of
from trueline.model.fault import UserError
from trueline.server.hook.event import Heard
from trueline.source.selector import Selector, SelectorKind

_HEADS: Final = "refs/heads/"
_TAGS: Final = "refs/tags/"

Aim = frozenset[str] | None
"""Names of applications; `None` is the whole fleet, its repository too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One repository that is followed. `application` is empty for the fleet repository itself.

    A push is about it where it names one of `refs`, or begins with one of `openings`; without both, any push is.
    """

    path: str
    application: str = ""
    refs: frozenset[str] = frozenset()
    openings: tuple[str, ...] = ()

    def is_about(self, refs: Collection[str]) -> bool:
        """Whether what moved is what is followed; a push that names nothing may be."""
        if not refs or not (self.refs or self.openings):
            return True
        return any(ref in self.refs or ref.startswith(self.openings) for ref in refs)


def aim(heard: Heard, followed: Iterable[Followed]) -> Aim:
    """What to look at.

    >>> fleet = Followed(path="team/fleet", refs=frozenset({"refs/heads/main"}))
    >>> charts = Followed(path="team/charts", application="shop")
    >>> def of(*repositories, ref="refs/heads/main"):
    ...     return aim(Heard(kind=HeardKind.PUSH, repositories=repositories, refs=(ref,)), [fleet, charts])
    >>> from trueline.server.hook.event import HeardKind
    >>> of("https://git.example/team/charts.git"), of("team/fleet"), of("team/fleet", ref="refs/heads/try")
    (frozenset({'shop'}), None, frozenset())
    """
    said = [path for path in map(path_of, heard.repositories) if path]
    meant = [one for one in followed if any(_is_same(one.path, path) for path in said)]
    if not meant:
        return None
    names = {one.application for one in meant if one.is_about(heard.refs)}
    return None if "" in names else frozenset(names)


def followed_by(engine: Engine, repository: str, revision: str) -> Iterator[Followed]:
    """What an engine follows: `repository` at `revision` is its fleet repository, as `up` was asked for it."""
    own = engine.look.revision.ref if engine.look is not None else ""
    refs, openings = _meant(revision)
    if not refs and not openings and own.startswith(_HEADS):
        refs = frozenset({own})
    yield Followed(path=path_of(repository), refs=refs, openings=openings)
    for name, kept in engine.kept.items():
        yield from _followed_of(kept.application, name, repository)


def _followed_of(application: Application, name: str, repository: str) -> Iterator[Followed]:
    for spec in application.sources:
        if spec.url or spec.revision:
            refs, openings = (frozenset[str](), ()) if versions_of(application) else _meant(spec.revision)
            yield Followed(path=path_of(spec.url or repository), application=name, refs=refs, openings=openings)


def path_of(address: str) -> str:
    """The path of a repository in its forge, as it is compared.

    >>> [path_of(text) for text in ("https://git.example:8443/Team/Fleet.git", "git@git.example:team/fleet", "a/b")]
    ['team/fleet', 'team/fleet', 'a/b']
    """
    if "://" in address:
        try:
            path = urlsplit(address).path
        except ValueError:
            return ""
    else:
        host, colon, rest = address.partition(":")
        path = rest if colon and "/" not in host else address
    return path.strip("/").removesuffix(".git").casefold()


def _is_same(one: str, other: str) -> bool:
    """Forges may stand below a path of their host, which their own names leave out."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def _meant(revision: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Which refs a declared revision can mean: exact ones, or how they begin; neither where any can."""
    try:
        selector = Selector.parse(revision)
    except UserError:
        return frozenset(), ()
    match selector.kind:
        case SelectorKind.NAME:
            return frozenset(selector.candidates), ()
        case SelectorKind.RANGE:
            return frozenset(), (_TAGS,)
        case SelectorKind.COMMIT:
            return frozenset({selector.text}), ()
        case SelectorKind.DEFAULT:
            return frozenset(), ()
