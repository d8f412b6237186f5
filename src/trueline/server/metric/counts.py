"""Where the figures come from: the engine, what others count, and this process."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from trueline.loop.engine import Engine
from trueline.runtime.own_process import OwnProcess
from trueline.server.metric.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What was asked of the API server of one cluster: by verb, resource and dry run, and answers by verb and class."""

    cluster: str
    sent: Mapping[tuple[str, str, bool], int]
    answers: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The sources of the figures.

    Renders by kind, and how many were kept already; answers of served sites by application and status; deliveries of
    webhooks by forge and result; of each Notifier whether a service of it takes nothing, and how many messages wait;
    how many listen to the stream, how many events were encoded, and how many records the journal has.
    """

    engine: Engine
    tally: Tally
    process: OwnProcess
    renders: Callable[[], Mapping[str, int]]
    renders_kept: Callable[[], int]
    requests: Callable[[], Iterable[Requests]]
    site_answers: Callable[[], Iterable[tuple[tuple[str, str], int]]]
    deliveries: Callable[[], Mapping[tuple[str, str], int]]
    notifiers: Callable[[], Iterable[tuple[str, bool, int]]]
    listeners: Callable[[], int]
    events: Callable[[], int]
    records: Callable[[], int]
