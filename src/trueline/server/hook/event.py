"""What a delivery speaks of: which repository, which branch or tag. Nothing else of it is read, and all of it doubted.

Whatever has another type than the forge's documentation says is as if it were not there: then more is looked at, never
less, and never anything that the delivery itself says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, assert_never
from urllib.parse import parse_qs

import msgspec
from multidict import MultiMapping

from trueline.server.hook.forge import Forge
from trueline.server.hook.refusal import malformed

NAMED_MAX: Final = 100
TEXT_CHARACTERS_MAX: Final = 2_000
_FORM: Final = "application/x-www-form-urlencoded"
_ADDRESSES: Final = ("clone_url", "git_http_url", "ssh_url", "git_ssh_url", "html_url", "web_url", "full_name")
_PUSHES: Final = frozenset(
    {
        *("push", "create", "delete"),  # GitHub, Gitea, Forgejo
        *("Push Hook", "Tag Push Hook"),  # GitLab
        *("repo:push", "repo:refs_changed"),  # Bitbucket Cloud, Bitbucket Data Center
    }
)
_PINGS: Final = frozenset({"ping", "diagnostics:ping"})
_SYSTEM_PUSHES: Final = frozenset({"push", "tag_push", "repository_update"})


class HeardKind(Enum):
    """What a delivery is."""

    PUSH = "a branch or a tag moved"
    PING = "somebody tries whether it arrives"
    OTHER = "something that is not about what Git says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One delivery. `repositories` are addresses or `OWNER/NAME`, `refs` full names; empty where nothing is said."""

    kind: HeardKind
    repositories: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()


def read(forge: Forge, headers: MultiMapping[str], body: bytes) -> Heard:
    """What a delivery speaks of, once its signature was found right.

    Raises:
        Refusal: TL2006, it is of a kind that is heard, and no JSON object.
    """
    match forge:
        case Forge.GENERIC:
            value = _decoded(headers, body) if body.strip() else {}
            return Heard(kind=HeardKind.PUSH, repositories=_texts(value, "repository"), refs=_texts(value, "ref"))
        case Forge.GITLAB if headers.get("X-Gitlab-Event") == "System Hook":
            value = _decoded(headers, body)
            is_push = value.get("event_name") in _SYSTEM_PUSHES
            return _push(forge, headers, value) if is_push else Heard(kind=HeardKind.OTHER)
        case _:
            name = _event(forge, headers)
    if name in _PINGS:
        return Heard(kind=HeardKind.PING)
    if name not in _PUSHES:
        return Heard(kind=HeardKind.OTHER)
    return _push(forge, headers, _decoded(headers, body))


def _event(forge: Forge, headers: MultiMapping[str]) -> str:
    match forge:
        case Forge.GITHUB:
            return headers.get("X-GitHub-Event", "")
        case Forge.GITEA:
            return headers.get("X-Forgejo-Event") or headers.get("X-Gitea-Event") or ""
        case Forge.BITBUCKET:
            return headers.get("X-Event-Key", "")
        case Forge.GITLAB | Forge.GENERIC:
            return headers.get("X-Gitlab-Event", "")
        case _:
            assert_never(forge)


def _push(forge: Forge, headers: MultiMapping[str], value: dict[str, Any]) -> Heard:
    if forge is Forge.BITBUCKET:
        repositories, refs = _bitbucket_repositories(value), _bitbucket_refs(value)
    else:
        places = ("repository", "project")
        found = (_at(value, place, key) for place in places for key in _ADDRESSES)
        repositories, refs = _kept(found), _kept([_whole_ref(_event(forge, headers), value)])
    return Heard(kind=HeardKind.PUSH, repositories=repositories, refs=refs)


def _whole_ref(event: str, value: dict[str, Any]) -> Any:
    """GitHub and Gitea name a new branch by its short name, and say apart what it is."""
    ref = value.get("ref")
    if event in {"create", "delete"} and isinstance(ref, str):
        kinds = {"branch": "refs/heads/", "tag": "refs/tags/"}
        kind = value.get("ref_type")
        return kinds[kind] + ref.removeprefix(kinds[kind]) if isinstance(kind, str) and kind in kinds else None
    return ref


def _bitbucket_repositories(value: dict[str, Any]) -> tuple[str, ...]:
    repository = value.get("repository")
    clones = _at(repository, "links", "clone")
    links = [_at(one, "href") for one in clones[:NAMED_MAX]] if isinstance(clones, list) else []
    key, slug = _at(repository, "project", "key"), _at(repository, "slug")
    named = f"{key}/{slug}" if isinstance(key, str) and isinstance(slug, str) else None
    return _kept([_at(repository, "full_name"), _at(repository, "links", "html", "href"), named, *links])


def _bitbucket_refs(value: dict[str, Any]) -> tuple[str, ...]:
    """Cloud tells of each change what it was and what it is; Data Center has a list with full names."""
    cloud, own = _at(value, "push", "changes"), value.get("changes")
    changes = cloud if isinstance(cloud, list) else own
    if not isinstance(changes, list) or len(changes) > NAMED_MAX:
        return ()
    found = [_at(one, "ref", "id") for one in changes]
    for one in changes:
        for side in ("new", "old"):
            kind, name = _at(one, side, "type"), _at(one, side, "name")
            opening = {"branch": "refs/heads/", "tag": "refs/tags/"}.get(kind) if isinstance(kind, str) else None
            found.append(opening + name if opening and isinstance(name, str) else None)
    return _kept(found)


def _decoded(headers: MultiMapping[str], body: bytes) -> dict[str, Any]:
    """The body as an object; GitHub and Gitea can send it as a field of a form, which is their default for some."""
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() == _FORM:
        body = _form(body)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise malformed("the body is no JSON object")
    return value


def _form(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=4)
    except ValueError:
        raise malformed("the body is no form with a `payload`") from None
    return fields.get("payload", [""])[0].encode()


def _at(value: Any, *keys: str) -> Any:
    """What stands at a path of keys; nothing where something on the way is no object."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _texts(value: dict[str, Any], key: str) -> tuple[str, ...]:
    """A text, or a list of them."""
    found = value.get(key)
    return _kept(found[:NAMED_MAX] if isinstance(found, list) else [found])


def _kept(found: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_usable(found)))


def _usable(found: Any) -> Iterator[str]:
    for one in found:
        if isinstance(one, str) and 0 < len(one) <= TEXT_CHARACTERS_MAX:
            yield one
