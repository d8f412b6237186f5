"""A Notifier as it is declared: who is told of what, where, in whose words. Values; names of secrets, no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from trueline.model.origin import Origin
from trueline.notify.event import DEFAULT_EVENTS, EVERYTHING, Event, Selection, Severity
from trueline.runtime.secret import SecretReference

GROUP_S: Final = 30
STALLED_S: Final = 900
PAGERDUTY: Final = "https://events.pagerduty.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """An incoming webhook of Slack; its address is the secret."""

    url: SecretReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """A workflow of Microsoft Teams that takes an Adaptive Card; its address is the secret."""

    url: SecretReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Discord:
    """A webhook of Discord; its address is the secret."""

    url: SecretReference


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """A service of PagerDuty, by its integration key (Events API v2)."""

    key: SecretReference
    url: str = PAGERDUTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that takes our own body, signed with a key that both sides have."""

    url: str
    key: SecretReference


class Tls(Enum):
    """How a mail server is spoken to."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Mail by SMTP. Without a user nobody is signed in; a password is given over TLS alone."""

    server: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    tls: Tls = Tls.STARTTLS
    username: str = ""
    password: SecretReference | None = None
    ca: SecretReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    """Any service that apprise knows, by the address that it has there; the address is the secret."""

    url: SecretReference


class ForgeKind(Enum):
    """Whose API a forge speaks."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """Where commits of the fleet repository are shown, each application a status of its own; told of no events."""

    kind: ForgeKind
    repository: str
    token: SecretReference
    url: str


ServiceSpec: TypeAlias = Slack | Teams | Discord | PagerDuty | Webhook | Mail | Apprise | Forge


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """A declared Notifier. What holds is told once it has held for `group_s`, all of a kind together.

    `title` and `text` are templates, empty for our own words; `severity` is `None` where the event says it. `services`
    have names that stay the same while what they say does.
    """

    name: str
    origin: Origin = field(compare=False)
    services: Mapping[str, ServiceSpec]
    selection: Selection = EVERYTHING
    events: tuple[Event, ...] = DEFAULT_EVENTS
    group_s: int = GROUP_S
    stalled_s: int = STALLED_S
    severity: Severity | None = None
    title: str = ""
    text: str = ""
