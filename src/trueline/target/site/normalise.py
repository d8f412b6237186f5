"""A render in this target's terms: stages, marks in the bodies, and what no directory can take. It touches no disk."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest, digest_bytes
from trueline.model.origin import Origin
from trueline.render.resource import Position, Rendered, Resource
from trueline.render.site.file import FILE_KIND, RELEASE_KIND, Release, SiteFile
from trueline.target.protocol import Normalised
from trueline.target.rules import Rules
from trueline.target.site import problem
from trueline.target.site.body import FILES_MAX, MarkedFile, MarkedRelease, read_marked_release
from trueline.target.site.path import below_files, twins

BY_CONTENT = re.compile(
    r"(?:.+/)?assets/(?:img/[a-z0-9-]+\.[0-9a-f]{12}(?:-\d+)?\.\w+"
    r"|theme/\w+\.[0-9a-f]{12}\.\w+|search/\w+-[0-9a-f]{16}\.json)"
)
"""The files that our own builder names by their content, of each version of a site."""
RULES = Rules(
    stages={FILE_KIND: 0, RELEASE_KIND: 1},
    stage_default=0,
    rests=False,
    by_content=BY_CONTENT,
    wholes=frozenset({RELEASE_KIND}),
)
PROBLEMS_MAX = 100
FILES_REMEMBERED = 16_384
SITES_REMEMBERED = 8
Notes: TypeAlias = Callable[[Release, Origin], Iterable[Diagnostic]]
"""What a platform cannot do of a release, which is written at an origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A file with its mark, why it cannot be published (empty where it can), and its body with the digest of that."""

    file: MarkedFile
    fault: str
    body: bytes
    digest: Digest


@dataclass(slots=True)
class _Found:
    """What a render holds, as it is read."""

    files: dict[str, tuple[Resource, "_Marked"]] = field(default_factory=dict)
    """By path, each as it is with its mark."""
    releases: list[tuple[Resource, Release]] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def normalise(rendered: Rendered, mark: str) -> Normalised:
    """Mark every body, put files before their release, and collect every problem; never raises."""
    found = _read(rendered, mark)
    problems = [*found.problems, *_between(found)]
    if rendered.resources and not problems:
        problems += _against_release(found)
    problems.sort(key=lambda one: (one.origin.path if one.origin else "", one.code, one.detail))
    if problems:
        return Normalised(rendered=rendered, problems=tuple(problems[:PROBLEMS_MAX]))
    return Normalised(rendered=_marked(rendered, found, mark))


def with_notes(normalised: Normalised, notes: Notes) -> Normalised:
    """The same with what a platform cannot do of its release."""
    rendered = normalised.rendered
    told = [
        note
        for one in rendered.resources
        if one.ref.kind == RELEASE_KIND and not normalised.problems
        for note in notes(read_marked_release(rendered.body(one)), one.origin)
    ]
    return replace(normalised, rendered=replace(rendered, notes=(*rendered.notes, *told)))


def _read(rendered: Rendered, mark: str) -> _Found:
    found = _Found()
    for resource in rendered.resources:
        try:
            _take(found, resource, rendered.body(resource), mark)
        except (msgspec.MsgspecError, UnicodeError) as error:
            found.problems.append(problem.not_a_release(f"{resource.ref}: {error}", resource.origin))
    return found


def _take(found: _Found, resource: Resource, body: bytes, mark: str) -> None:
    match resource.ref.kind:
        case kind if kind == FILE_KIND:
            made = _file(body, mark)
            path = made.file.path
            if path in found.files:
                found.problems.append(problem.twice(path, path, resource.origin))
            elif path != resource.ref.name:
                found.problems.append(problem.not_a_release(f"{resource.ref} is {path!r}", resource.origin))
            elif made.fault:
                found.problems.append(problem.hostile(path, made.fault, resource.origin))
            found.files[path] = (resource, made)
        case kind if kind == RELEASE_KIND:
            found.releases.append((resource, msgspec.json.decode(body, type=Release)))
        case _:
            found.problems.append(problem.not_a_site(resource.ref, resource.origin))


@lru_cache(maxsize=FILES_REMEMBERED)
def _file(body: bytes, mark: str) -> "_Marked":
    """A file with its mark. Of a site that was read before, nearly all are the same.

    Raises:
        msgspec.MsgspecError: it is no file.
    """
    read = msgspec.json.decode(body, type=SiteFile)
    file = MarkedFile(mark=mark, **{name: getattr(read, name) for name in SiteFile.__struct_fields__})
    marked = file.body()
    return _Marked(file=file, fault=file.fault, body=marked, digest=digest_bytes(marked))


@lru_cache(maxsize=SITES_REMEMBERED)
def _clashes(paths: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Paths that are one on some disk, and those that lie below a file."""
    return tuple(twins(paths)), tuple(below_files(paths))


def _between(found: _Found) -> Iterator[Diagnostic]:
    if len(found.files) > FILES_MAX:
        origin = next(iter(found.files.values()))[0].origin
        yield problem.too_large(f"{len(found.files)} files; {FILES_MAX} are the most", origin)
        return
    same, below = _clashes(tuple(found.files))
    for first, second in same:
        yield problem.twice(first, second, found.files[second][0].origin)
    for path, above in below:
        yield problem.below_file(path, above, found.files[path][0].origin)


def _against_release(found: _Found) -> Iterator[Diagnostic]:
    if len(found.releases) != 1:
        origin = next(iter([resource for resource, _ in found.releases] or [r for r, _ in found.files.values()])).origin
        yield problem.not_a_release(f"there are {len(found.releases)} releases", origin)
        return
    resource, release = found.releases[0]
    files = {path: made.file.blob for path, (_, made) in found.files.items()}
    if files != release.files:
        differing = sorted(path for path, _ in files.items() ^ release.files.items())
        yield problem.not_a_release(", ".join(dict.fromkeys(differing[:6])), resource.origin)


def _placed(resource: Resource, digest: Digest, position: Position) -> Resource:
    """What `replace` would give, in half of its time: for each file of a site, with each commit."""
    return Resource(
        ref=resource.ref,
        digest=digest,
        origin=resource.origin,
        position=position,
        is_hook=resource.is_hook,
        hook_delete=resource.hook_delete,
        keep=resource.keep,
        unstable=resource.unstable,
    )


def _marked(rendered: Rendered, found: _Found, mark: str) -> Rendered:
    immutable = tuple(sorted(path for path, (_, made) in found.files.items() if made.file.is_immutable))
    bodies: dict[Digest, bytes] = {}
    resources: list[Resource] = []
    releases = {resource.ref: release for resource, release in found.releases}
    for resource in rendered.resources:
        if (release := releases.get(resource.ref)) is not None:
            fields = {name: getattr(release, name) for name in Release.__struct_fields__}
            body = MarkedRelease(mark=mark, immutable=immutable, **fields).body()
            digest = digest_bytes(body)
        else:
            made = found.files[resource.ref.name][1]
            body, digest = made.body, made.digest
        bodies[digest] = body
        stage, position = RULES.stage(resource.ref.kind), resource.position
        position = position if position.stage == stage else replace(position, stage=stage)
        resources.append(_placed(resource, digest, position))
    return replace(rendered, resources=tuple(resources), bodies=bodies)
