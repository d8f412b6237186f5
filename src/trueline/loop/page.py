"""What the policy on pages needs of an application: its release's redirects, and whether Git lets pages go."""

from collections.abc import Collection

import msgspec

from trueline.loop.desired import Desired
from trueline.loop.port import BodyStore
from trueline.model.diagnostic import Diagnostic
from trueline.plan.change import Action, Change
from trueline.policy.page import gone, refuse_gone
from trueline.render.options import Site
from trueline.render.site.file import RELEASE_REF, Release


def vanishing_pages(desired: Desired, changes: Collection[Change], bodies: BodyStore) -> tuple[Diagnostic, ...]:
    """The verdict on pages that would be gone; a person who goes back to an older release has decided."""
    release = next((one for one in desired.resources if one.ref == RELEASE_REF), None)
    if release is None or desired.is_return or _lets_go(desired):
        return ()
    if not any(change.action is Action.PRUNE for change in changes):
        return ()
    body = bodies.get(release.digest)
    redirects = msgspec.json.decode(body, type=Release).redirects if body else ()
    addresses = gone(changes, redirects)
    return (refuse_gone(addresses, release.origin),) if addresses else ()


def _lets_go(desired: Desired) -> bool:
    render = desired.application.render
    return isinstance(render, Site) and render.removed_pages == "allow"
