"""What the policy on pages needs of an application: its release's redirects, and whether Git lets pages go."""

from collections.abc import Collection

import msgspec

from trueline.loop.desired import Desired
from trueline.loop.port import BodyStore
from trueline.model.diagnostic import Diagnostic
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.policy.page import gone, leaving, refuse_gone
from trueline.render.options import GeneratedSite, Site
from trueline.render.site.file import FILE_KIND, RELEASE_REF, Release
from trueline.render.site.version import MENU
from trueline.target.inventory import EntryState, Inventory

_VERSIONS = Ref(FILE_KIND, "", MENU)


def vanishing_pages(
    desired: Desired, changes: Collection[Change], bodies: BodyStore, inventory: Inventory
) -> tuple[Diagnostic, ...]:
    """The verdict on pages that would be gone; a person who goes back to an older release has decided.

    A page that was prepared, and that no release has shown yet, is nobody's address.
    """
    release = next((one for one in desired.resources if one.ref == RELEASE_REF), None)
    if release is None or desired.is_return or _lets_go(desired):
        return ()
    paths = leaving(changes)
    if not paths:
        return ()
    shown = _shown(inventory, bodies)
    left = [path for path in paths if shown is None or path in shown]
    body = bodies.get(release.digest)
    made = msgspec.json.decode(body, type=Release) if body else Release(files={})
    addresses = gone(left, made.redirects, _folders(made) if _had_versions(changes) else None)
    return (refuse_gone(addresses, release.origin),) if addresses else ()


def _shown(inventory: Inventory, bodies: BodyStore) -> Collection[str] | None:
    """The paths of the release that was published last; `None` where that is not known for sure."""
    entry = inventory.entries.get(RELEASE_REF)
    body = bodies.get(entry.body) if entry is not None and entry.state is EntryState.APPLIED and entry.body else None
    return msgspec.json.decode(body, type=Release).files if body else None


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
