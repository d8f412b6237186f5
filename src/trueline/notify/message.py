"""What is sent: one value for every service, with an id that stays the same however often it is sent. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

import msgspec

from trueline.notify.event import Event, Severity, severity_of
from trueline.notify.template import fill

LINES_MAX: Final = 20
LINE_CHARACTERS_MAX: Final = 300
TITLE_CHARACTERS_MAX: Final = 250
NAMED_MAX: Final = 3
FLEET: Final = "the fleet repository"
"""Whom an event of no application is about."""


class Phase(Enum):
    """What a message says of what it is about."""

    OPENED = "opened"
    CHANGED = "changed"
    RESOLVED = "resolved"
    HAPPENED = "happened"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One application of a message, and what is said of it; an empty `application` is the fleet repository."""

    application: str
    text: str
    revision: str = ""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told, before it has words."""

    id: str
    incident: str
    phase: Phase
    event: Event
    opened_at: datetime
    at: datetime
    lines: tuple[Line, ...]
    count: int


class Message(msgspec.Struct, frozen=True, kw_only=True, tag="message"):
    """One message. Of one `incident` there is one `opened` and one `resolved`; `id` is that of this message alone.

    `lines` are at most `LINES_MAX`; `count` is of how many applications it is. `url` is the page, where that is known.
    """

    id: str
    incident: str
    notifier: str
    phase: Phase
    event: Event
    severity: Severity
    title: str
    text: str
    count: int
    opened_at: datetime
    at: datetime
    lines: tuple[Line, ...] = ()
    url: str = ""


def message_of(  # noqa: PLR0913 - what a Notifier says
    telling: Telling, *, notifier: str, severity: Severity | None, title: str, text: str, url: str
) -> Message:
    """A message in the words of its Notifier; without a template, in ours."""
    lines = tuple(_short(line) for line in telling.lines[:LINES_MAX])
    grade = severity or severity_of(telling.event)
    address = _address(url, telling)
    values = _values(telling, lines, notifier=notifier, severity=grade, url=address)
    own_text = "\n".join(filter(None, (values["lines"], values["since"])))
    return Message(
        id=telling.id,
        incident=telling.incident,
        notifier=notifier,
        phase=telling.phase,
        event=telling.event,
        severity=grade,
        title=one_line(fill(title, values), TITLE_CHARACTERS_MAX) or one_line(_title(values), TITLE_CHARACTERS_MAX),
        text=fill(text, values) if text else own_text,
        count=telling.count,
        opened_at=telling.opened_at,
        at=telling.at,
        lines=lines,
        url=address,
    )


def _values(telling: Telling, lines: Sequence[Line], *, notifier: str, severity: Severity, url: str) -> dict[str, str]:
    names = list(dict.fromkeys(line.application or FLEET for line in telling.lines))
    more = f" and {telling.count - NAMED_MAX} more" if telling.count > NAMED_MAX else ""
    state = telling.event.words
    over = f"no longer {state}" if telling.phase is Phase.RESOLVED else state
    return {
        "application": names[0] if telling.count == 1 else f"{telling.count} applications",
        "applications": ", ".join(names[:NAMED_MAX]) + more,
        "count": str(telling.count),
        "event": telling.event.value,
        "lines": "\n".join(_lines(lines, telling.count)),
        "notifier": notifier,
        "revision": next((line.revision for line in lines if line.revision), ""),
        "severity": severity.value,
        "since": _since(telling),
        "state": f"still {state}, for another reason" if telling.phase is Phase.CHANGED else over,
        "url": url,
    }


def _title(values: dict[str, str]) -> str:
    verb = "are" if int(values["count"]) > 1 else "is"
    return f"{values['applications']} {verb} {values['state']}"


def _lines(lines: Iterable[Line], count: int) -> Iterable[str]:
    shown = list(lines)
    for line in shown:
        name, at = line.application or FLEET, f" at {line.revision}" if line.revision else ""
        yield f"{name}{at}: {line.text}" if line.text else f"{name}{at}"
    if count > len(shown):
        yield f"and {count - len(shown)} more"


def _since(telling: Telling) -> str:
    began = f"since {telling.opened_at:%Y-%m-%d %H:%M:%S} UTC"
    match telling.phase:
        case Phase.RESOLVED:
            return f"{began}, for {duration(telling.at - telling.opened_at)}"
        case Phase.HAPPENED:
            return ""
        case _:
            return began


def duration(span: timedelta) -> str:
    """How long something took, as people say it.

    >>> duration(timedelta(seconds=42)), duration(timedelta(minutes=5)), duration(timedelta(hours=30))
    ('42 s', '5 min', '30 h')
    """
    seconds = max(0, round(span.total_seconds()))
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"  # noqa: PLR2004 - two hours


def one_line(text: str, characters_max: int = LINE_CHARACTERS_MAX) -> str:
    r"""A foreign text on one line and not too long; what cannot be seen is left out.

    >>> one_line(" a\n b\x1b[31m ", 9)
    'a b[31m'
    """
    line = " ".join("".join(one for one in text if one.isprintable() or one.isspace()).split())
    return line if len(line) <= characters_max else f"{line[: characters_max - 1]}…"


def _short(line: Line) -> Line:
    return Line(application=line.application, text=one_line(line.text), revision=one_line(line.revision))


def _address(url: str, telling: Telling) -> str:
    """The page of the application, or of the fleet where it is of several."""
    names = {line.application for line in telling.lines}
    if not url:
        return ""
    return f"{url}/applications/{next(iter(names))}" if len(names) == 1 and names != {""} else f"{url}/"
