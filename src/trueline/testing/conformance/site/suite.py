"""All cases, in one list: importing this module is what puts them there."""

from collections.abc import Collection

import trueline.testing.conformance.site.contact
import trueline.testing.conformance.site.drift
import trueline.testing.conformance.site.failing
import trueline.testing.conformance.site.going_back
import trueline.testing.conformance.site.naming
import trueline.testing.conformance.site.owner
import trueline.testing.conformance.site.publishing
import trueline.testing.conformance.site.removal
import trueline.testing.conformance.site.seeing
import trueline.testing.conformance.site.stranger  # noqa: F401 - see above
from trueline.target.site.platform import Order
from trueline.testing.conformance.site.case import SITE_CASES, SiteCase
from trueline.testing.conformance.site.ground import Feature


def site_cases(order: Order, features: Collection[Feature]) -> tuple[SiteCase, ...]:
    """Every case that a ground of this order with these features has to pass, ordered by name."""
    return tuple(SITE_CASES[name] for name in sorted(SITE_CASES) if SITE_CASES[name].runs_on(order, features))
