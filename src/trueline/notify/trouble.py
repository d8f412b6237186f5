"""What is told of Notifiers themselves: notes of the fleet, so that a message that nobody got is seen. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from trueline.model.diagnostic import Diagnostic
from trueline.notify.condition import Sight
from trueline.notify.notifier import Notifier
from trueline.record.outbox import Delivery, Loss


def undelivered(heads: Iterable[Delivery]) -> Iterator[Diagnostic]:
    """What waits because a service did not take it."""
    for head in heads:
        if head.attempts:
            tries = "1 attempt" if head.attempts == 1 else f"{head.attempts} attempts"
            yield Diagnostic(
                code="TL2110",
                summary="a message could not be delivered yet",
                detail=f"{head.notifier}, {head.service}: {head.error}; {tries}, {head.waiting} waiting",
                remedy="none is needed where it passes: it is sent again for a day; else correct the Notifier",
            )


def given_up(losses: Iterable[Loss]) -> Iterator[Diagnostic]:
    """What nobody will get."""
    for loss in losses:
        yield Diagnostic(
            code="TL2111",
            summary="messages were given up",
            detail=f"{loss.notifier}, {loss.service}: {loss.count}; the last one: {loss.error}",
            remedy="correct the Notifier; this is told until the service takes a message",
        )


def idle(notifiers: Iterable[Notifier], sights: Sequence[Sight]) -> Iterator[Diagnostic]:
    """Notifiers whose selection nothing fits: a name that is misspelt would otherwise be silence."""
    for notifier in notifiers:
        chosen = notifier.selection
        is_empty = not any(chosen.fits(one.application, one.labels, one.project) for one in sights)
        if sights and not chosen.is_everything and is_empty:
            yield Diagnostic(
                code="TL2112",
                summary="a Notifier means no application",
                detail=f"{notifier.name}: no application of this fleet fits",
                remedy="correct `spec.applications`, or remove the Notifier",
                origin=notifier.origin,
            )
