"""Which branches and tags are versions of a site, where each is published, and how they stand to each other. Pure.

A version has a folder named after it. `latest` and `stable` are folders beside it with the same files, so that an
address of theirs holds when another version takes the name over. No page and no file is looked at here.
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, TypeAlias

from trueline.model.diagnostic import Diagnostic
from trueline.render.options import Versions
from trueline.render.pattern import matches
from trueline.render.refusal import Rule
from trueline.runtime.files import FileTree

LATEST, STABLE = "latest", "stable"
VERSIONS_MAX: Final = 100
BRANCHES, TAGS = "refs/heads/", "refs/tags/"
MENU, OVERVIEW = "versions.json", "versions.html"
RESERVED: Final = frozenset({MENU, OVERVIEW, "index.html", "404.html", "sitemap.xml", "robots.txt"})
"""What stands at the root of a site with versions, beside their folders."""

NO_MATCH: Final = Rule(
    code="TL1530",
    summary="no branch or tag matches a pattern of the versions",
    remedy="correct the pattern, or push what it shall match",
)
TOO_MANY: Final = Rule(
    code="TL1531",
    summary="a site has more versions than it may have",
    remedy="write narrower patterns, or bound the tags: `render.site.versions.keep`",
)
ONE_FOLDER: Final = Rule(
    code="TL1532",
    summary="two versions have one folder",
    remedy="rename one of the branches or tags, or take it away with a pattern that begins with `!`",
)
NO_FOLDER: Final = Rule(
    code="TL1533",
    summary="a version's name can be no folder",
    remedy="rename the branch or tag, or take it away with a pattern that begins with `!`",
)
NO_DEFAULT: Final = Rule(
    code="TL1534",
    summary="the version that is named is not there",
    remedy="correct `render.site.versions`, or push the branch or tag",
)
LEFT_OUT: Final = Rule(
    code="TL1535",
    summary="a version without the site's folder is left out",
    remedy="narrow the patterns; a version needs the folder that `source.path` names",
)
NO_COMMIT: Final = Rule(
    code="TL1536", summary="a tag that is no commit is left out", remedy="delete the tag, or narrow the patterns"
)
SKIPPED: Final = Rule(
    code="TL1537",
    summary="a tag that does not build is left out",
    remedy="nobody can mend a tag: take it away with a pattern that begins with `!`",
)
FINDINGS: Final = Rule(
    code="TL1538",
    summary="a tag has findings that nobody can mend",
    remedy="nothing needs to be done; a new tag can be better",
)

_SEMVER: Final = re.compile(
    r"v?(\d{1,18})(?:\.(\d{1,18}))?(?:\.(\d{1,18}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)
_UNSAFE: Final = re.compile(r"[^\w.+-]+")
_NUMBER: Final = re.compile(r"(\d+)")

Precedence: TypeAlias = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


class Standing(Enum):
    """How a version stands to the others; a page's banner says it."""

    STABLE = "stable"
    OLD = "old"
    PRERELEASE = "prerelease"
    DEVELOPMENT = "development"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version. `ref` is empty where the source's own revision is no branch or tag.

    `aliases` are the folders beside `folder` that have its files. `is_own`: its files are those of the source's own
    revision, for which the declaration was written.
    """

    name: str
    ref: str
    folder: str
    standing: Standing = Standing.OTHER
    aliases: tuple[str, ...] = ()
    is_own: bool = False
    is_default: bool = False

    @property
    def folders(self) -> tuple[str, ...]:
        """Every folder with its files."""
        return (self.folder, *self.aliases)

    @property
    def home(self) -> str:
        """The folder of its canonical addresses: one that stays when the next version comes."""
        return STABLE if STABLE in self.aliases else (*self.aliases, self.folder)[0]

    @property
    def is_tag(self) -> bool:
        """Nobody can mend it."""
        return self.ref.startswith(TAGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteVersion:
    """A version with its files. `identity` changes whenever they may differ; the commit goes into origins only."""

    version: Version
    commit: str
    identity: str
    files: FileTree = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The versions in the order of the menu; `errors` stop the site, `notes` do not."""

    versions: tuple[Version, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()


def choose(declared: Versions, refs: Collection[str], own: str) -> Choice:
    """The versions of a site whose source has these refs, and itself stands at the ref `own` (empty for none).

    >>> found = choose(Versions(tags=("v*",)), ["refs/heads/main", "refs/tags/v1.0", "refs/tags/v1.1-rc1"], "")
    >>> [(one.folder, one.aliases, one.standing.value) for one in found.versions]
    [('latest', (), 'development'), ('v1.1-rc1', (), 'prerelease'), ('v1.0', ('stable',), 'stable')]
    """
    refs = {*refs, own} - {""}
    branches, missed = _matching(refs, BRANCHES, declared.branches)
    tags, more_missed = _matching(refs, TAGS, declared.tags)
    tags = sorted(tags, key=_age, reverse=True)[: declared.keep or None]
    errors = list[Diagnostic]()
    latest = own
    if declared.latest:
        latest = f"{BRANCHES}{declared.latest}"
        if latest not in refs:
            errors.append(NO_DEFAULT.about(f"latest: {declared.latest}{_near(declared.latest, refs)}"))
    chosen = dict.fromkeys([*sorted(branches, key=_age, reverse=True), *tags])
    if latest in refs and latest not in chosen and declared.latest:
        chosen = {latest: None, **chosen}
    versions = _versions(list(chosen), own)
    if not declared.latest and own not in chosen:  # what the source stands at is published in any case
        versions = [Version(name=LATEST, ref=own, folder=LATEST, is_own=True), *versions]
    if len(versions) > VERSIONS_MAX:
        return Choice(errors=(TOO_MANY.about(f"{len(versions)}, allowed are {VERSIONS_MAX}"),))
    versions = _stood(_named(versions, latest))
    errors += _wrong_folders(versions)
    default = _default(declared.default, versions)
    if default is None and (declared.default or not errors):
        known = [name for one in versions for name in one.folders]
        errors.append(NO_DEFAULT.about(f"default: {declared.default}{_near(declared.default, known)}"))
    notes = tuple(NO_MATCH.about(pattern) for pattern in (*missed, *more_missed))
    ordered = sorted((replace(one, is_default=one == default) for one in versions), key=_in_menu)
    return Choice(versions=tuple(ordered), errors=tuple(errors), notes=notes)


def folder_of(name: str) -> str:
    """The safe form of a name: letters, digits, `.`, `_`, `+` and `-`, all else as one `-`. Empty where none is left.

    >>> folder_of("feature/a b"), folder_of("v1.0+x"), folder_of("größe"), folder_of("/"), folder_of(".hidden")
    ('feature-a-b', 'v1.0+x', 'größe', '', 'hidden')
    """
    return _UNSAFE.sub("-", unicodedata.normalize("NFC", name)).strip("-").lstrip(".").strip("-")[:200]


def precedence(name: str) -> Precedence | None:
    """The place of a version among others by semver, higher for newer; `None` for what is none.

    >>> names = ["v1.0", "1.0.0-rc.2", "v1.0.0-rc.10", "v2", "1.0-alpha"]
    >>> sorted(names, key=precedence)
    ['1.0-alpha', '1.0.0-rc.2', 'v1.0.0-rc.10', 'v1.0', 'v2']
    """
    found = _SEMVER.fullmatch(name)
    if found is None or (found[4] and not found[2] and not name.startswith("v")):  # 2024-10 is a month
        return None
    major, minor, patch = (int(found[at] or 0) for at in (1, 2, 3))
    before = (found[4] or "").split(".") if found[4] else []
    return major, minor, patch, not before, tuple(_part(one) for one in before)


def _part(text: str) -> tuple[int, int, str]:
    """Numbers come before words (semver 2.0.0, 11.4)."""
    return (0, int(text), "") if text.isdigit() and len(text) <= 18 else (1, 0, text)  # noqa: PLR2004 - digits


def _matching(refs: Collection[str], kind: str, patterns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The refs of a kind that patterns ask for, and the patterns that ask for none."""
    names = {ref.removeprefix(kind): ref for ref in refs if ref.startswith(kind)}
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    without = [f"/{pattern[1:]}" for pattern in patterns if pattern.startswith("!")]
    found = [ref for name, ref in names.items() if matches(name, [f"/{one}" for one in wanted])]
    missed = [pattern for pattern in wanted if not any(matches(name, [f"/{pattern}"]) for name in names)]
    return [ref for ref in found if not matches(_name(ref), without)], missed


def _name(ref: str) -> str:
    return ref.removeprefix(BRANCHES).removeprefix(TAGS)


def _age(ref: str) -> tuple[bool, Precedence | tuple[()], tuple[tuple[int, int, str], ...]]:
    """The newer, the higher: any semver is above the other names, which go by the numbers in them."""
    place = precedence(_name(ref))
    return place is not None, place or (), tuple(_part(one) for one in _NUMBER.split(_name(ref)) if one)


def _versions(refs: Iterable[str], own: str) -> list[Version]:
    return [Version(name=_name(ref), ref=ref, folder=folder_of(_name(ref)), is_own=ref == own) for ref in refs]


def _named(versions: Sequence[Version], latest: str) -> list[Version]:
    """With `latest` and `stable`; a branch or tag that has such a name itself is what is meant by it."""
    taken = {one.folder.casefold() for one in versions}
    stable = _newest_release(versions)
    named = list[Version]()
    for one in versions:
        is_latest = (one.ref == latest and LATEST not in taken) and bool(one.ref)
        aliases = [LATEST] * is_latest + [STABLE] * (one is stable and STABLE not in taken)
        named.append(replace(one, aliases=tuple(aliases)))
    return named


def _newest_release(versions: Sequence[Version]) -> Version | None:
    releases = [(place, one) for one in versions if one.is_tag and (place := precedence(one.name)) and place[3]]
    return max(releases, key=lambda pair: (pair[0], pair[1].name))[1] if releases else None


def _stood(versions: Sequence[Version]) -> list[Version]:
    newest = _newest_release(versions)
    top = precedence(newest.name) if newest else None
    stable = next((one for one in versions if STABLE in one.folders), newest)
    return [replace(one, standing=_standing(one, stable, top)) for one in versions]


def _standing(version: Version, stable: Version | None, top: Precedence | None) -> Standing:
    place = precedence(version.name)
    if version is stable:
        return Standing.STABLE
    if not version.is_tag:
        return Standing.DEVELOPMENT
    if place is None:
        return Standing.OTHER
    if top is not None and place < top:
        return Standing.OLD
    return Standing.OTHER if place[3] else Standing.PRERELEASE


def _default(name: str, versions: Sequence[Version]) -> Version | None:
    """What is named, by its folder or its own name; `stable`, else `latest`, where nothing is."""
    for wanted in (name,) if name else (STABLE, LATEST):
        for one in versions:
            if wanted in {*one.folders, one.name}:
                return one
    return None


def _wrong_folders(versions: Sequence[Version]) -> Iterator[Diagnostic]:
    places: dict[str, list[str]] = defaultdict(list)
    for name in RESERVED:
        places[name].append(f"/{name} of the site itself")
    for one in versions:
        if not one.folder:
            yield NO_FOLDER.about(repr(one.name))
        for folder in one.folders if one.folder else ():
            places[folder.casefold()].append(f"{one.ref or one.name} as {folder}")
    for found in places.values():
        if len(found) > 1:
            yield ONE_FOLDER.about(" and ".join(found))


def _in_menu(version: Version) -> int:
    """What is developed, releases, other branches, other tags; each of them the newest first."""
    if LATEST in version.folders:
        return 0
    if version.is_tag:
        return 1 if precedence(version.name) else 3
    return 2


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, sorted({_name(one) for one in known}), 1)
    return f"; there is {close[0]}" if close else ""
