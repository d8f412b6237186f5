"""Whatever apprise knows: a title, a text and how bad it is. An incident is not ended there, only told to be over."""

from typing import Final

from trueline.notify.event import Severity
from trueline.notify.message import Message, Phase
from trueline.notify.protocol import Parcel, Undelivered
from trueline.notify.service.secret import reveal
from trueline.runtime.apprise import AnnounceFailed, Announcements
from trueline.runtime.secret import SecretReference, Secrets

KINDS: Final = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.ERROR: "failure",
    Severity.CRITICAL: "failure",
}


class AnnounceService:
    """One address of apprise."""

    def __init__(self, *, announcements: Announcements, secrets: Secrets, url: SecretReference) -> None:
        self._announcements = announcements
        self._secrets = secrets
        self._url = url

    async def send(self, parcel: Parcel) -> None:
        """Tell it; see `Service.send`."""
        assert isinstance(parcel, Message), "apprise is told of no commit"
        url = await reveal(self._secrets, self._url)
        kind = "success" if parcel.phase is Phase.RESOLVED else KINDS[parcel.severity]
        text = "\n\n".join(filter(None, (parcel.text, parcel.url)))
        try:
            await self._announcements.announce(url, parcel.title, text, kind)
        except AnnounceFailed as failed:
            raise Undelivered(failed.reason, is_final=failed.is_final) from None

    async def close(self) -> None:
        """Begin nothing more."""
        await self._announcements.close()
