"""The form of a Notifier → its value; what spans several fields is checked here."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from trueline.declare import notifier_form as written
from trueline.declare.finding import OPEN_PASSWORD, Finding
from trueline.declare.form import SecretForm
from trueline.declare.translation import Where, secret_of
from trueline.model.digest import digest_value
from trueline.model.origin import Origin
from trueline.model.pointer import Path
from trueline.notify.event import DEFAULT_EVENTS, Event, Selection, Severity
from trueline.notify.notifier import (
    PAGERDUTY,
    Apprise,
    Discord,
    Forge,
    ForgeKind,
    Mail,
    Notifier,
    PagerDuty,
    ServiceSpec,
    Slack,
    Teams,
    Tls,
    Webhook,
)
from trueline.runtime.secret import SecretReference

T = TypeVar("T")
_NAME_CHARACTERS = 12
_FORGES = {ForgeKind.GITHUB: "https://api.github.com", ForgeKind.GITLAB: "https://gitlab.com"}


def find_open_passwords(read: written.NotifierForm) -> Iterator[Finding]:
    """INV-25: a password is for a connection that nobody can listen to."""
    for index, service in enumerate(read.spec.to):
        mail = service.email
        if not isinstance(mail, UnsetType) and mail.tls == "none" and not isinstance(mail.password, UnsetType):
            at: Path = ("spec", "to", index, "email", "tls")
            detail = f"`spec.to[{index}].email` has a password, and `tls: none`"
            yield OPEN_PASSWORD.at(at, detail, "write `tls: starttls` or `implicit`, or remove the password")


def notifier(read: written.NotifierForm, origin: Origin, where: Where) -> Notifier:
    """The Notifier. Two services that say the same are one."""
    spec = read.spec
    chosen = spec.applications
    selection = Selection(names=chosen.names, labels=chosen.labels, projects=chosen.projects)
    return Notifier(
        name=read.metadata.name,
        origin=origin,
        selection=selection,
        events=_events(spec.events, selection),
        services=dict(_service(one, ("spec", "to", index), where) for index, one in enumerate(spec.to)),
        group_s=spec.group_seconds,
        stalled_s=spec.stalled_seconds,
        severity=None if isinstance(spec.severity, UnsetType) else Severity(spec.severity),
        title=_or(spec.title, ""),
        text=_or(spec.text, ""),
    )


def _events(said: tuple[str, ...] | UnsetType, selection: Selection) -> tuple[Event, ...]:
    """INV-25: who is told of some applications hears of the whole fleet only where Git says so by name."""
    if not isinstance(said, UnsetType):
        return tuple(map(Event, dict.fromkeys(said)))
    return tuple(one for one in DEFAULT_EVENTS if selection.is_everything or one is not Event.FLEET_BLOCKED)


def _service(form: written.ServiceForm, at: Path, where: Where) -> tuple[str, ServiceSpec]:
    """A service under a name that stays the same while what is written does: so that no message changes its way."""
    said: Mapping[str, object] = msgspec.to_builtins(form)
    kind = next(name for name in form.SOME_OF if getattr(form, name) is not UNSET)
    name = f"{kind}-{digest_value(said)[:_NAME_CHARACTERS]}"
    return name, _spec(kind, getattr(form, kind), (*at, kind), where)


def _spec(  # noqa: PLR0911 - one for each service
    kind: str, form: object, at: Path, where: Where
) -> ServiceSpec:
    def secret(one: object, field: str) -> SecretReference:
        assert isinstance(one, SecretForm)
        return secret_of(one, where((*at, field)))

    match kind, form:
        case "slack", written.SecretAddressForm(url=url):
            return Slack(url=secret(url, "url"))
        case "teams", written.SecretAddressForm(url=url):
            return Teams(url=secret(url, "url"))
        case "discord", written.SecretAddressForm(url=url):
            return Discord(url=secret(url, "url"))
        case "apprise", written.SecretAddressForm(url=url):
            return Apprise(url=secret(url, "url"))
        case _, written.PagerDutyForm():
            return PagerDuty(key=secret(form.key, "key"), url=_or(form.url, PAGERDUTY))
        case _, written.WebhookForm():
            return Webhook(url=form.url, key=secret(form.key, "key"))
        case _, written.MailForm():
            return _mail(form, at, where)
        case _, written.ForgeForm() | written.OwnForgeForm():
            forge = ForgeKind(kind)
            at_home = _or(form.url, _FORGES.get(forge, "")).rstrip("/")
            return Forge(kind=forge, repository=form.repository, token=secret(form.token, "token"), url=at_home)
        case _:
            raise AssertionError(f"a service that nobody translates: {kind}")


def _mail(form: written.MailForm, at: Path, where: Where) -> Mail:
    def optional(one: SecretForm | UnsetType, field: str) -> SecretReference | None:
        return None if isinstance(one, UnsetType) else secret_of(one, where((*at, field)))

    return Mail(
        server=form.server,
        sender=form.sender,
        to=tuple(dict.fromkeys(form.to)),
        port=form.port,
        tls=Tls(form.tls),
        username=_or(form.username, ""),
        password=optional(form.password, "password"),
        ca=optional(form.ca, "ca"),
    )


def _or(value: T | UnsetType, absent: T) -> T:
    return absent if isinstance(value, UnsetType) else value
