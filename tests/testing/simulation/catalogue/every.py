"""All scenarios."""

from tests.testing.simulation.catalogue import change, hand, order, owner, person

SCENARIOS = (*change.SCENARIOS, *hand.SCENARIOS, *person.SCENARIOS, *order.SCENARIOS, *owner.SCENARIOS)
