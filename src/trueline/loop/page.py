"""What the policy on pages needs of an application: its release's redirects, and whether Git lets pages go."""

from collections.abc import Collection

import msgspec

from trueline.loop.desired import Desired
from trueline.loop.port import BodyStore
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.policy.page import gone, refuse_gone
from trueline.render.options import GeneratedSite, Site
from trueline.render.site.file import FILE_KIND, RELEASE_REF, Release
from trueline.render.site.version import MENU

_VERSIONS = Ref(FILE_KIND, "", MENU)


def vanishing_pages(desired: Desired, changes: Collection[Change], bodies: BodyStore) -> tuple[Diagnostic, ...]:
    """The verdict on pages that would be gone; a person who goes back to an older release has decided."""
    release = next((one for one in desired.resources if one.ref == RELEASE_REF), None)
    if release is None or desired.is_return or _lets_go(desired):
        return ()
    if not any(change.action is Action.PRUNE for change in changes):
        return ()
    body = bodies.get(release.digest)
    made = msgspec.json.decode(body, type=Release) if body else Release(files={})
    addresses = gone(changes, made.redirects, _folders(made) if _had_versions(changes) else None)
    return (refuse_gone(addresses, release.origin),) if addresses else ()


def _had_versions(changes: Collection[Change]) -> bool:
    """Whether its first folders were versions before, and still are."""
    kept = (change.action for change in changes if change.ref == _VERSIONS)
    return any(action not in {Action.CREATE, Action.PRUNE} for action in kept)


def _folders(release: Release) -> frozenset[str]:
    """The first parts of its paths, with those of what stands at its root."""
    return frozenset(path.partition("/")[0] for path in release.files)


def _lets_go(desired: Desired) -> bool:
    render = desired.application.render
    return isinstance(render, Site | GeneratedSite) and render.removed_pages == "allow"
