"""apprise itself, to a real sink: what arrives, and that its addresses are in nothing that is told or written down."""

import asyncio
import threading
from typing import Any

import pytest

from tests.notify.service.case import CANARY, message, secret, secrets
from tests.notify.sink import sink
from trueline.notify.message import Phase
from trueline.notify.protocol import Undelivered
from trueline.notify.service.announce import AnnounceService
from trueline.runtime.apprise import THREADS_MAX, AppriseAnnouncements

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # one of the library's plug-ins imports it


def service(url: str, **more: Any) -> AnnounceService:
    return AnnounceService(
        announcements=AppriseAnnouncements(**{"timeout_s": 20.0} | more), secrets=secrets(KEY=url), url=secret()
    )


async def test_a_service_of_apprise_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """INV-25: no line of the library's log has the address."""
    async with sink() as hooks:
        url = f"{hooks.url.replace('http', 'json')}/{CANARY}?+x-token={CANARY}"
        told = service(url)
        await told.send(message())
        await told.send(message(Phase.RESOLVED))
        hooks.answers = [(500, {})]
        with pytest.raises(Undelivered, match="the service did not take it") as raised:
            await told.send(message())
        await told.close()
    opened, resolved = (one.json for one in hooks.sent[:2])
    assert (opened["title"], opened["type"], resolved["type"]) == ("shop is degraded", "failure", "success")
    assert "https://line.test/applications/shop" in opened["message"]
    assert CANARY not in f"{raised.value!r}{caplog.text}"


@pytest.mark.parametrize("url", [f"nonsense://{CANARY}", f"{CANARY}", ""])
async def test_an_address_that_apprise_does_not_know_is_not_repeated(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """INV-25."""
    told = service(url)
    with pytest.raises(Undelivered, match="apprise does not know this address") as raised:
        await told.send(message())
    await told.close()
    assert CANARY not in f"{raised.value!r}{raised.value.__cause__!r}{caplog.text}{''.join(capfd.readouterr())}"


@pytest.mark.parametrize("url", ["syslog://", "dbus://x", " GNOME://x"])
async def test_this_machines_own_screen_is_no_service(url: str) -> None:
    told = service(url)
    with pytest.raises(Undelivered, match="this machine's own screen") as raised:
        await told.send(message())
    assert raised.value.is_final
    await told.close()


class Hanging:
    """A library whose services hang, or fail with what they were given in their words."""

    def __init__(self, ended: threading.Event) -> None:
        self.ended = ended

    def AppriseAsset(self, **more: Any) -> None:  # noqa: N802 - the library's name
        """Nothing."""

    def Apprise(self, asset: Any) -> "Hanging":  # noqa: N802 - the library's name
        """Itself."""
        return self

    def add(self, url: str) -> bool:
        """Every address is known."""
        if url.startswith("bad"):
            raise ValueError(url)
        return True

    def notify(self, **more: Any) -> bool:
        """Never, before the test ends."""
        self.ended.wait(30)
        return True


async def test_what_hangs_holds_no_more_threads_than_there_are() -> None:
    """INV-31: and the loop goes on meanwhile."""
    ended = threading.Event()
    announcements = AppriseAnnouncements(timeout_s=0.05, library=lambda: Hanging(ended))
    told = AnnounceService(announcements=announcements, secrets=secrets(KEY="x://y"), url=secret())
    try:
        for _ in range(THREADS_MAX):
            with pytest.raises(Undelivered, match="no answer within the time allowed"):
                await told.send(message())
        with pytest.raises(Undelivered, match="too many services of apprise do not answer"):
            await told.send(message())
    finally:
        ended.set()
    async with asyncio.timeout(30):
        while True:
            try:
                await told.send(message())
                break
            except Undelivered:
                await asyncio.sleep(0.05)
    await told.close()


async def test_what_the_library_raises_is_named_and_not_repeated() -> None:
    """INV-25."""
    announcements = AppriseAnnouncements(library=lambda: Hanging(threading.Event()))
    told = AnnounceService(announcements=announcements, secrets=secrets(KEY=f"bad://{CANARY}"), url=secret())
    with pytest.raises(Undelivered) as raised:
        await told.send(message())
    assert raised.value.reason == "apprise failed: ValueError"
    await told.close()


async def test_without_the_extra_it_is_said_how_to_get_it() -> None:
    def absent() -> Any:
        raise ImportError("no apprise")

    told = AnnounceService(
        announcements=AppriseAnnouncements(library=absent), secrets=secrets(KEY="json://a"), url=secret()
    )
    with pytest.raises(Undelivered, match=r"pip install 'trueline\[notify\]'"):
        await told.send(message())
    await told.close()
