"""Guards of what pages offer: to each what they may, whoever looked before."""

from tests.mutants.guard import Guard

_OFFER = "tests/server/page/test_offer.py"
_EACH = f"{_OFFER}::test_inv_25_a_page_offers_to_each_what_they_may"

OFFER = (
    Guard(
        name="offer: an object's page is kept under the rights of who looks",
        invariants=(25,),
        file="server/page/pages.py",
        source='("resource", name, asked, facts.is_whole, rights)',
        mutant='("resource", name, asked, facts.is_whole)',
        tests=(_EACH,),
    ),
    Guard(
        name="offer: the drift page is kept under the rights of who looks",
        invariants=(25,),
        file="server/page/pages.py",
        source='("drift", asked, body, frozenset(rights.items()))',
        mutant='("drift", asked, body)',
        tests=(_EACH,),
    ),
    Guard(
        name="offer: a history is kept under the rights of who looks",
        invariants=(25,),
        file="server/page/pages.py",
        source="known.facts.is_whole, _numbers(records), rights)",
        mutant="known.facts.is_whole, _numbers(records))",
        tests=(_EACH,),
    ),
    Guard(
        name="offer: what drifted is offered to who deploys",
        invariants=(11,),
        file="server/page/offer.py",
        source="    if Right.DEPLOY not in rights or one.treatment == OVERRULED:\n",
        mutant="    if one.treatment == OVERRULED:\n",
        tests=(f"{_OFFER}::test_a_drift_is_put_back_or_kept_by_who_deploys", _EACH),
    ),
    Guard(
        name="offer: a rollback is offered to who deploys, of what can be put back",
        invariants=(11,),
        file="server/page/offer.py",
        source="    if Right.DEPLOY not in rights or number not in returnable:\n",
        mutant="    if not rights:\n",
        tests=(f"{_OFFER}::test_a_deployment_is_put_back_that_can_be_by_who_deploys", _EACH),
    ),
)
