"""The written form of a Notifier: who is told of what, and where."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from trueline.declare.form import Form, MetadataForm, Name, SecretForm, Words, one_of_fields
from trueline.declare.notifier_text import check_http, check_mail, check_repository, check_template

HttpAddress: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2048, extra={"check": check_http})]
MailAddress: TypeAlias = Annotated[str, Meta(min_length=1, max_length=254, extra={"check": check_mail})]
RepositoryName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=512, extra={"check": check_repository})]
Template: TypeAlias = Annotated[str, Meta(min_length=1, extra={"check": check_template})]
ServerName: TypeAlias = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:_-]{0,252}$(?!\n)", extra={"what": "the name or address of a server"}),
]
NameGlob: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9.*-]{1,253}$(?!\n)",
        extra={"what": "the name of an application; `*` stands for anything"},
    ),
]
EventWord: TypeAlias = Literal[
    "blocked",
    "failed",
    "overruled",
    "degraded",
    "missing",
    "drifted",
    "out-of-sync",
    "waiting",
    "held",
    "stalled",
    "unknown",
    "fleet-blocked",
    "applied",
    "healed",
    "fought",
    "rolled-back",
    "removed",
]


class SelectionForm(Form, frozen=True, kw_only=True):
    """Which applications are meant."""

    names: Annotated[tuple[NameGlob, ...], Meta(max_length=1000)] = ()
    labels: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    projects: Annotated[tuple[Name, ...], Meta(max_length=1000)] = ()


class SecretAddressForm(Form, frozen=True, kw_only=True):
    """A service whose address is the secret."""

    url: SecretForm


class PagerDutyForm(Form, frozen=True, kw_only=True):
    """A service of PagerDuty."""

    key: SecretForm
    url: HttpAddress | UnsetType = UNSET


class WebhookForm(Form, frozen=True, kw_only=True):
    """An address that takes our own body, signed."""

    url: HttpAddress
    key: SecretForm


class MailForm(Form, frozen=True, kw_only=True, rename={"sender": "from"}):
    """Mail by SMTP."""

    NEEDS = (("username", "password"), ("password", "username"))
    server: ServerName
    sender: MailAddress
    to: Annotated[tuple[MailAddress, ...], Meta(min_length=1, max_length=100)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: Words | UnsetType = UNSET
    password: SecretForm | UnsetType = UNSET
    ca: SecretForm | UnsetType = UNSET


class ForgeForm(Form, frozen=True, kw_only=True):
    """A forge that shows commits of the fleet repository."""

    repository: RepositoryName
    token: SecretForm
    url: HttpAddress | UnsetType = UNSET


class OwnForgeForm(Form, frozen=True, kw_only=True):
    """The same, of which everybody runs their own."""

    repository: RepositoryName
    token: SecretForm
    url: HttpAddress


_CHATS = ("slack", "teams", "discord", "pagerduty", "webhook", "email", "apprise")
_FORGES = ("github", "gitlab", "gitea")


class ServiceForm(Form, frozen=True, kw_only=True):
    """One place that is told."""

    EXCLUDES, SOME_OF = one_of_fields(*_CHATS, *_FORGES)
    slack: SecretAddressForm | UnsetType = UNSET
    teams: SecretAddressForm | UnsetType = UNSET
    discord: SecretAddressForm | UnsetType = UNSET
    pagerduty: PagerDutyForm | UnsetType = UNSET
    webhook: WebhookForm | UnsetType = UNSET
    email: MailForm | UnsetType = UNSET
    apprise: SecretAddressForm | UnsetType = UNSET
    github: ForgeForm | UnsetType = UNSET
    gitlab: ForgeForm | UnsetType = UNSET
    gitea: OwnForgeForm | UnsetType = UNSET


class NotifierSpecForm(Form, frozen=True, kw_only=True):
    """Who is told of what."""

    to: Annotated[tuple[ServiceForm, ...], Meta(min_length=1, max_length=16)]
    applications: SelectionForm = SelectionForm()
    events: Annotated[tuple[EventWord, ...], Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    group_seconds: Annotated[int, Meta(ge=0, le=3600)] = 30
    stalled_seconds: Annotated[int, Meta(ge=10, le=604_800)] = 900
    severity: Literal["info", "warning", "error", "critical"] | UnsetType = UNSET
    title: Template | UnsetType = UNSET
    text: Template | UnsetType = UNSET


class NotifierForm(Form, frozen=True, kw_only=True):
    """A Notifier."""

    api_version: Literal["trueline.dev/v1"]
    kind: Literal["Notifier"]
    metadata: MetadataForm
    spec: NotifierSpecForm
