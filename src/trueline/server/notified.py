"""Who is told of what, and whether that arrives: Notifiers as they are declared, and what waits for them.

No address is told, for those of chats are secrets; reasons of failures have our own words. It sends nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar, assert_never

import msgspec

from trueline.loop.kept import Kept
from trueline.notify.commit_status import CommitStatus
from trueline.notify.message import Message
from trueline.notify.notifier import (
    Apprise,
    Discord,
    Forge,
    Mail,
    Notifier,
    PagerDuty,
    ServiceSpec,
    Slack,
    Teams,
    Webhook,
)
from trueline.notify.protocol import Parcel
from trueline.record.outbox import Delivery, Loss, Outbox, Reach
from trueline.server.access.grant import Reader
from trueline.server.body import DeliveredBody, FailingBody, NotifierBody, NotifiersBody, ServiceBody

APPLICATIONS_MAX: Final = 100
Key: TypeAlias = tuple[str, str]
_parcels: Final[msgspec.json.Decoder[Parcel]] = msgspec.json.Decoder(Parcel)
_Of = TypeVar("_Of", Delivery, Loss, Reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """What the outbox holds, by Notifier and service."""

    heads: Mapping[Key, Delivery]
    losses: Mapping[Key, Loss]
    reaches: Mapping[Key, Reach]


class Notified:
    """Looks at the outbox for whoever asks; `declared` are the Notifiers that count now."""

    def __init__(self, outbox: Outbox, declared: Callable[[], Sequence[Notifier]]) -> None:
        self._outbox = outbox
        self._declared = declared

    def told(self, kept: Mapping[str, Kept], reader: Reader, *, after: str, limit: int) -> NotifiersBody:
        """The Notifiers that mean an application that one may read; of them no other one (INV-25)."""
        meant = {one.name: (one, _meant(one, kept, reader)) for one in self._declared()}
        names = sorted(name for name, (_, applications) in meant.items() if applications or reader.reads_all)
        following = [name for name in names if name > after]
        lines = _Lines(
            heads=_by(self._outbox.heads()),
            losses=_by(self._outbox.losses()),
            reaches=_by(self._outbox.reaches()),
        )
        page = [_body(*meant[name], lines, reader) for name in following[:limit]]
        return NotifiersBody(
            notifiers=tuple(page),
            next=page[-1].name if page and len(following) > len(page) else "",
            count=len(names),
            failing=sum(any(_failing(key, lines) for key in _keys(meant[name][0])) for name in names),
        )

    def figures(self) -> Iterator[tuple[str, bool, int]]:
        """Of each Notifier whether a service of it takes nothing, and how many messages wait."""
        heads, losses = _by(self._outbox.heads()), _by(self._outbox.losses())
        lines = _Lines(heads=heads, losses=losses, reaches={})  # what was taken is asked for by people alone
        for one in sorted(self._declared(), key=lambda one: one.name):
            waiting = sum(heads[key].waiting for key in _keys(one) if key in heads)
            yield one.name, any(_failing(key, lines) for key in _keys(one)), waiting


def _by(found: Iterable[_Of]) -> dict[Key, _Of]:
    return {(one.notifier, one.service): one for one in found}


def _keys(notifier: Notifier) -> Iterator[Key]:
    yield from ((notifier.name, service) for service in notifier.services)


def _meant(notifier: Notifier, kept: Mapping[str, Kept], reader: Reader) -> list[str]:
    chosen = notifier.selection
    return [
        name
        for name, one in sorted(kept.items())
        if reader.reads(name) and chosen.fits(name, one.application.labels, one.application.project)
    ]


def _body(notifier: Notifier, meant: Sequence[str], lines: _Lines, reader: Reader) -> NotifierBody:
    return NotifierBody(
        name=notifier.name,
        origin=str(notifier.origin) if reader.reads_all else "",
        events=tuple(event.value for event in notifier.events),
        applications=tuple(meant[:APPLICATIONS_MAX]),
        count=len(meant),
        services=tuple(
            ServiceBody(
                name=name,
                kind=kind_of(spec),
                waiting=head.waiting if (head := lines.heads.get((notifier.name, name))) is not None else 0,
                failing=_failing((notifier.name, name), lines),
                delivered=_delivered(lines.reaches.get((notifier.name, name)), reader),
            )
            for name, spec in notifier.services.items()
        ),
    )


def kind_of(spec: ServiceSpec) -> str:  # noqa: PLR0911 - one for each service
    """The word that Git has for a service."""
    match spec:
        case Slack():
            return "slack"
        case Teams():
            return "teams"
        case Discord():
            return "discord"
        case PagerDuty():
            return "pagerduty"
        case Webhook():
            return "webhook"
        case Mail():
            return "email"
        case Apprise():
            return "apprise"
        case Forge(kind=kind):
            return kind.value
        case _:
            assert_never(spec)


def _failing(key: Key, lines: _Lines) -> FailingBody | None:
    """INV-38: what was given up is told until the service takes something again."""
    head, loss, reach = lines.heads.get(key), lines.losses.get(key), lines.reaches.get(key)
    since = reach.failing_since if reach is not None else None
    if head is not None and head.attempts:
        lost = loss.count if loss is not None else 0
        return FailingBody(since=since, why=head.error, attempts=head.attempts, again=head.due, lost=lost)
    if loss is not None:
        return FailingBody(since=since, why=loss.error, attempts=0, again=None, lost=loss.count)
    return None


def _delivered(reach: Reach | None, reader: Reader) -> DeliveredBody | None:
    """INV-25: a message names applications; who may not read all of them is told when it was taken, and no more.

    INV-27: nor is more told of what another version wrote, and this one cannot read.
    """
    if reach is None or reach.taken_at is None:
        return None
    try:
        parcel = _parcels.decode(reach.taken)
    except msgspec.DecodeError:
        return DeliveredBody(at=reach.taken_at, told="", event="")
    match parcel:
        case Message(lines=lines, title=title, event=event):
            told, word, names = title, event.value, [line.application for line in lines]
        case CommitStatus():
            told = f"{parcel.context} of {parcel.commit[:10]}: {parcel.mark.value}"
            word, names = parcel.mark.value, [parcel.application]
        case _:
            assert_never(parcel)
    is_open = reader.reads_all or (names and all(name and reader.reads(name) for name in names))
    return DeliveredBody(at=reach.taken_at, told=told if is_open else "", event=word if is_open else "")
