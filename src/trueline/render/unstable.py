"""What a chart makes up anew at each render is kept as it was last applied (D3). Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import msgspec

from trueline.model.digest import Digest, canonical, digest_bytes, parse
from trueline.model.ref import Ref
from trueline.render.resource import Rendered, Resource

_MISSING: Final = object()


def keep_unstable(body: bytes, previous: bytes | None, paths: Iterable[str]) -> bytes:
    """A body with the fields at some JSON pointers as they were in `previous`, where they were there.

    >>> keep_unstable(b'{"data":{"password":"new","user":"u"}}', b'{"data":{"password":"old"}}', ["/data/password"])
    b'{"data":{"password":"old","user":"u"}}'
    """
    paths = tuple(paths)
    if previous is None or not paths:
        return body
    before, now = parse(previous), parse(body)
    for pointer in paths:
        now = _kept(now, before, tuple(_unescaped(part) for part in pointer.split("/")[1:]))
    return canonical(now)


def settle(rendered: Rendered, applied: Callable[[Ref], bytes | None]) -> Rendered:
    """A render with every made-up field as it was last applied; `applied` gives the body of a ref, if one is known."""
    resources, bodies = list[Resource](), dict[Digest, bytes]()
    for one in rendered.resources:
        body = rendered.body(one)
        if one.unstable:
            body = keep_unstable(body, applied(one.ref), one.unstable)
        resources.append(msgspec.structs.replace(one, digest=digest_bytes(body)))
        bodies[resources[-1].digest] = body
    return replace(rendered, resources=tuple(resources), bodies=bodies)


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _kept(now: Any, before: Any, path: tuple[str, ...]) -> Any:
    if not path:
        return before
    head, *rest = path
    was = _at(before, head)
    if was is _MISSING:
        return now
    match now:
        # What this render left out comes back only as the field itself, not as part of a new parent.
        case dict() if head in now or not rest:
            return {**now, head: _kept(now.get(head), was, tuple(rest))}
        case list() if head.isdecimal() and int(head) < len(now):
            return [_kept(one, was, tuple(rest)) if index == int(head) else one for index, one in enumerate(now)]
        case _:
            return now


def _at(value: Any, part: str) -> Any:
    match value:
        case dict():
            return value.get(part, _MISSING)
        case list() if part.isdecimal() and int(part) < len(value):
            return value[int(part)]
        case _:
            return _MISSING
