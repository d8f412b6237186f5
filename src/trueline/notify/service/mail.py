"""Mail: one message for one change, and the one that ends it is an answer to the first."""

from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from trueline.notify.message import Message, Phase
from trueline.notify.notifier import Mail, Tls
from trueline.notify.protocol import Parcel, Undelivered
from trueline.notify.service.secret import reveal
from trueline.runtime.mail import MailRefused, Mails, MailServer, Privacy
from trueline.runtime.secret import Secrets

PRIVACY: Final = {
    Tls.STARTTLS: Privacy.STARTTLS,
    Tls.IMPLICIT: Privacy.IMPLICIT,
    Tls.NONE: Privacy.NONE,
}


class MailService:
    """Some mailboxes."""

    def __init__(self, *, mails: Mails, secrets: Secrets, spec: Mail) -> None:
        self._mails = mails
        self._secrets = secrets
        self._spec = spec

    async def send(self, parcel: Parcel) -> None:
        """Hand it in; see `Service.send`. Sent twice it has the same Message-ID, and most readers show it once."""
        assert isinstance(parcel, Message), "mail tells of no commit"
        spec = self._spec
        server = MailServer(
            host=spec.server,
            port=spec.port,
            privacy=PRIVACY[spec.tls],
            username=spec.username,
            password=await reveal(self._secrets, spec.password) if spec.password else None,
            ca_pem=(await reveal(self._secrets, spec.ca)).reveal() if spec.ca else "",
        )
        try:
            await self._mails.send(server, spec.sender, spec.to, letter(parcel, spec))
        except MailRefused as refused:
            raise Undelivered(refused.reason, is_final=refused.is_final) from None

    async def close(self) -> None:
        """Nothing is held."""


def letter(message: Message, spec: Mail) -> bytes:
    """The message as it goes over the wire: plain text, which no reader runs."""
    domain = spec.sender.rpartition("@")[2]
    made = EmailMessage()
    made["From"] = spec.sender
    made["To"] = ", ".join(spec.to)
    made["Subject"] = message.title
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{message.id}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    if message.phase in {Phase.CHANGED, Phase.RESOLVED}:
        made["In-Reply-To"] = made["References"] = f"<{message.incident}@{domain}>"
    made.set_content("\n\n".join(filter(None, (message.text, message.url))) + "\n")
    return made.as_bytes()
