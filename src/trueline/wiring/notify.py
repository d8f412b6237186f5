"""The services that people are told by, each imported with the first Notifier that names it; and who tells."""

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from trueline.loop.alert import Alerts
from trueline.notify.courier import Courier
from trueline.notify.notifier import Apprise, Discord, Forge, Mail, PagerDuty, ServiceSpec, Slack, Teams, Webhook
from trueline.notify.protocol import Service
from trueline.notify.teller import Teller
from trueline.runtime.clock import Clock
from trueline.runtime.secret import Secrets
from trueline.wiring.assembly import Assembly

if TYPE_CHECKING:
    from trueline.runtime.post import Posts


def alerts_of(assembly: Assembly, address: Callable[[], str]) -> Alerts:
    """Who tells people of what an assembly does."""
    services = Services(assembly.secrets, assembly.clock)
    return Alerts(
        engine=assembly.engine,
        history=assembly.history,
        outbox=assembly.outbox,
        teller=Teller(assembly.outbox, assembly.journal, assembly.clock),
        courier=Courier(assembly.outbox, assembly.clock, services.make),
        clock=assembly.clock,
        address=address,
    )


class Services:
    """Makes services from what is declared of them."""

    def __init__(self, secrets: Secrets, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    def make(self, spec: ServiceSpec) -> Service:
        """A service, with connections of its own."""
        match spec:
            case Slack() | Teams() | Discord():
                return self._chat(spec)
            case PagerDuty(key=key, url=url):
                from trueline.notify.service.pagerduty import PagerDutyService  # noqa: PLC0415 - with its first use

                return PagerDutyService(posts=_posts(), secrets=self._secrets, key=key, url=url)
            case Webhook(url=url, key=key):
                from trueline.notify.service.webhook import WebhookService  # noqa: PLC0415 - the same

                return WebhookService(posts=_posts(), secrets=self._secrets, clock=self._clock, url=url, key=key)
            case Mail():
                from trueline.notify.service.mail import MailService  # noqa: PLC0415 - the same
                from trueline.runtime.mail_smtp import SmtpMails  # noqa: PLC0415 - the same

                return MailService(mails=SmtpMails(), secrets=self._secrets, spec=spec)
            case Apprise(url=reference):
                from trueline.notify.service.announce import AnnounceService  # noqa: PLC0415 - the same
                from trueline.runtime.apprise import AppriseAnnouncements  # noqa: PLC0415 - the same

                return AnnounceService(announcements=AppriseAnnouncements(), secrets=self._secrets, url=reference)
            case Forge():
                from trueline.notify.service.forge import ForgeService  # noqa: PLC0415 - the same

                return ForgeService(posts=_posts(), secrets=self._secrets, spec=spec)
            case _:
                assert_never(spec)

    def _chat(self, spec: Slack | Teams | Discord) -> Service:
        from trueline.notify.service import chat  # noqa: PLC0415 - with its first use

        shapes: dict[type, chat.Shape] = {Slack: chat.slack, Teams: chat.teams, Discord: chat.discord}
        return chat.Chat(posts=_posts(), secrets=self._secrets, url=spec.url, shape=shapes[type(spec)])


def _posts() -> "Posts":
    from trueline.runtime.post_aiohttp import AiohttpPosts  # noqa: PLC0415 - it loads HTTP and TLS

    return AiohttpPosts()
