"""Mail to a real server: what arrives, over which conversation, and what never goes over an open one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from tests.notify.service.case import CANARY, message, secret, secrets
from trueline.notify.message import Phase
from trueline.notify.notifier import Mail, Tls
from trueline.notify.protocol import Undelivered
from trueline.notify.service.mail import MailService
from trueline.runtime.mail import MailRefused, MailServer, Privacy
from trueline.runtime.mail_smtp import SmtpMails

TO = ("ada@example.com", "bo@example.com")


class Mailbox:
    """Keeps what is handed in; refuses one recipient, where it is told to."""

    def __init__(self, refused: str = "", code: str = "550") -> None:
        self.envelopes: list[Envelope] = []
        self.refused = refused
        self.code = code

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the recipient, or not."""
        if address == self.refused:
            return f"{self.code} {CANARY}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep it."""
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def messages(self) -> list[EmailMessage]:
        """What came."""
        return [message_from_bytes(bytes(one.content), policy=policy.default) for one in self.envelopes]  # type: ignore[arg-type]


@asynccontextmanager
async def server(mailbox: Mailbox, implicit: ssl.SSLContext | None = None, **more: Any) -> AsyncIterator[int]:
    """A real server on loopback; its port."""
    loop = asyncio.get_running_loop()
    made = await loop.create_server(lambda: SMTP(mailbox, loop=loop, **more), "127.0.0.1", 0, ssl=implicit)
    async with made:
        yield made.sockets[0].getsockname()[1]


def service(number: int, host: str = "127.0.0.1", tls: Tls = Tls.NONE, **more: Any) -> MailService:
    spec = Mail(server=host, port=number, sender="line@example.com", to=TO, tls=tls, **more)
    return MailService(mails=SmtpMails(timeout_s=5.0), secrets=secrets(KEY=CANARY, **_CA), spec=spec)


_CA: dict[str, str] = {}


async def test_a_message_arrives_and_the_one_that_ends_it_is_an_answer_to_it() -> None:
    mailbox = Mailbox()
    async with server(mailbox) as made:
        await service(made).send(message(text=".\n.hidden\nlast", title="Bücher are degraded"))
        await service(made).send(message(Phase.RESOLVED))
    opened, resolved = mailbox.messages
    assert mailbox.envelopes[0].mail_from == "line@example.com"
    assert tuple(mailbox.envelopes[0].rcpt_tos) == TO
    assert (opened["Subject"], opened["Message-ID"]) == ("Bücher are degraded", "<m1@example.com>")
    assert opened.get_content().splitlines()[:3] == [".", ".hidden", "last"]
    assert opened["Auto-Submitted"] == "auto-generated"
    assert (resolved["In-Reply-To"], resolved["References"]) == ("<m1@example.com>", "<m1@example.com>")
    assert resolved["Message-ID"] == "<m2@example.com>"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key."""
    from tests.notify.service.certificate import self_signed  # noqa: PLC0415 - made once

    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def ca(certificate: Path) -> Iterator[None]:
    _CA["CA"] = certificate.read_text()
    yield
    _CA.clear()


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


def known(mechanism: Any) -> Any:
    def judge(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data == LoginPassword(b"line", CANARY.encode())
        return AuthResult(success=is_right, handled=False)

    return judge


@pytest.mark.usefixtures("ca")
async def test_a_password_goes_over_tls(certificate: Path) -> None:
    mailbox = Mailbox()
    more = {"tls_context": context(certificate), "require_starttls": True, "authenticator": known("PLAIN")}
    async with server(mailbox, auth_required=True, **more) as made:
        await service(made, tls=Tls.STARTTLS, username="line", password=secret(), ca=secret("CA")).send(message())
        with pytest.raises(Undelivered, match="signing in: the server answered 535") as raised:
            await service(made, tls=Tls.STARTTLS, username="other", password=secret(), ca=secret("CA")).send(message())
        assert not raised.value.is_final
    assert len(mailbox.envelopes) == 1


@pytest.mark.usefixtures("ca")
async def test_a_conversation_that_begins_with_tls(certificate: Path) -> None:
    mailbox = Mailbox()
    async with server(mailbox, implicit=context(certificate)) as made:
        await service(made, tls=Tls.IMPLICIT, ca=secret("CA")).send(message())
        with pytest.raises(Undelivered, match=r"the certificate of 127\.0\.0\.1 does not hold"):
            await service(made, tls=Tls.IMPLICIT).send(message())
    assert len(mailbox.envelopes) == 1


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    """INV-25: who stands between could take the offer away."""
    mailbox = Mailbox()
    async with server(mailbox) as made:
        with pytest.raises(Undelivered, match="the server answered 454"):
            await service(made, tls=Tls.STARTTLS, username="line", password=secret()).send(message())
    assert mailbox.envelopes == []


async def test_a_password_is_never_sent_in_clear() -> None:
    """INV-25: also where a declaration that says so came by."""
    mailbox = Mailbox()
    async with server(mailbox) as made:
        with pytest.raises(Undelivered, match="a password is not sent in clear"):
            await service(made, username="line", password=secret()).send(message())
    assert mailbox.envelopes == []


@pytest.mark.parametrize(("code", "is_final"), [("550", True), ("450", False)])
async def test_what_a_server_says_is_not_repeated(code: str, is_final: bool) -> None:
    async with server(Mailbox("bo@example.com", code)) as made:
        with pytest.raises(Undelivered) as raised:
            await service(made).send(message())
    assert (raised.value.reason, raised.value.is_final) == (f"the server answered {code}", is_final)


async def test_a_mailbox_cannot_say_a_command_of_its_own() -> None:
    """INV-30: the declaration refuses it too."""
    mailbox = Mailbox()
    async with server(mailbox) as made:
        target = MailServer(host="127.0.0.1", port=made, privacy=Privacy.NONE)
        with pytest.raises(MailRefused, match="a character that none has"):
            await SmtpMails().send(target, "a@b.c>\r\nRCPT TO:<evil@b.c", TO, b"x")
    assert mailbox.envelopes == []


async def spoken(*lines: bytes) -> list[bytes]:
    """What is said to a server that answers with these lines, one for each."""
    heard: list[bytes] = []
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, TimeoutError):
            for line in lines:
                writer.write(line)
                heard.append(await reader.readline())
            async with asyncio.timeout(1):
                heard.append(await reader.read(1 << 16))
        writer.close()
        ended.set()

    made = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with made:
        number = made.sockets[0].getsockname()[1]
        with pytest.raises(Undelivered):
            await service(number, tls=Tls.STARTTLS, username="line", password=secret()).send(message())
        await ended.wait()
    return heard


@pytest.mark.parametrize(
    "lines",
    [
        (b"220 hello\r\n", b"250 yes\r\n", b"220 go\r\n250 and what I say after it\r\n"),
        (b"HTTP/1.1 200 OK\r\n",),
        (b"220-" + b"x" * 100_000 + b"\r\n",),
        (b"220-more\r\n" * 200,),
        (b"",),
    ],
)
async def test_an_odd_server_gets_no_password(lines: tuple[bytes, ...]) -> None:
    """INV-25, INV-31: what came before TLS is not taken for what came after it; a server may not talk for ever."""
    heard = await spoken(*lines)
    assert not [line for line in heard if b"AUTH" in line]
    assert CANARY.encode() not in b"".join(heard)
