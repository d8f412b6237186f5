"""Mail over SMTP (RFC 5321): one connection for each message, bounded in time and in what the server may say.

A password is given after TLS alone, whatever the server offers: who stands between can take the offer away.
"""

import asyncio
import base64
import re
import ssl
from collections.abc import Sequence
from typing import Final

from trueline.model.masked import Masked
from trueline.runtime.http import Endpoint
from trueline.runtime.http_aiohttp import tls_context
from trueline.runtime.mail import MailRefused, MailServer, Privacy

TIMEOUT_S: Final = 30.0
ANSWER_LINES_MAX: Final = 100
LINE_BYTES_MAX: Final = 8 << 10
NAME: Final = "trueline.invalid"
"""Who we say we are: a name that nobody has (RFC 6761)."""
_LINE_ENDS: Final = re.compile(rb"\r\n|\r|\n")
_FINAL: Final = 5


class SmtpMails:
    """Mail by a server that is named."""

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s

    async def send(self, server: MailServer, sender: str, to: Sequence[str], message: bytes) -> None:
        """Hand in one message."""
        if server.password is not None and server.privacy is Privacy.NONE:
            raise MailRefused("a password is not sent in clear", is_final=True)  # INV-25
        try:
            async with asyncio.timeout(self._timeout_s):
                await _hand_in(server, sender, to, message)
        except TimeoutError:
            raise MailRefused("no answer within the time allowed") from None
        except (OSError, ssl.SSLError, EOFError, ValueError) as error:
            raise MailRefused(_described(error, server)) from None


async def _hand_in(server: MailServer, sender: str, to: Sequence[str], message: bytes) -> None:
    context = _tls(server) if server.privacy is not Privacy.NONE else None
    reader, writer = await asyncio.open_connection(
        server.host, server.port, ssl=context if server.privacy is Privacy.IMPLICIT else None, limit=LINE_BYTES_MAX
    )
    try:
        talk = _Conversation(reader, writer)
        await talk.expect(2)
        await talk.say(f"EHLO {NAME}", 2)
        if server.privacy is Privacy.STARTTLS:
            await talk.say("STARTTLS", 2)
            talk.check_nothing_is_left()
            await writer.start_tls(_tls(server), server_hostname=server.host)
            await talk.say(f"EHLO {NAME}", 2)
        if server.password is not None:
            await talk.sign_in(server.username, server.password)
        await talk.say(f"MAIL FROM:<{sender}>", 2)
        for one in to:
            await talk.say(f"RCPT TO:<{one}>", 2)
        await talk.say("DATA", 3)
        await talk.hand_over(message)
    finally:
        writer.close()


def _tls(server: MailServer) -> ssl.SSLContext:
    return tls_context(Endpoint(url=f"smtp://{server.host}", ca_pem=server.ca_pem.encode()))


class _Conversation:
    """Commands and their answers; what the server says besides its code is not repeated to anybody."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def expect(self, kind: int) -> None:
        """Read an answer, and go on if its code begins with that digit."""
        for _ in range(ANSWER_LINES_MAX):
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise MailRefused("the server ended the conversation")
            code = line[:3]
            if not code.isdigit():
                raise MailRefused("the server does not speak SMTP")
            if line[3:4] != b"-":
                break
        else:
            raise MailRefused("the server says too much")
        if code[:1] != str(kind).encode():
            raise MailRefused(f"the server answered {code.decode()}", is_final=code[:1] == str(_FINAL).encode())

    async def say(self, command: str, kind: int) -> None:
        """One command; nothing in it can end its line."""
        if not command.isascii() or not command.isprintable():
            raise MailRefused("a mailbox has a character that none has", is_final=True)
        self._writer.write(command.encode() + b"\r\n")
        await self._writer.drain()
        await self.expect(kind)

    async def sign_in(self, username: str, password: Masked) -> None:
        """AUTH PLAIN (RFC 4616). A wrong password may be mended: it is tried again later."""
        proof = base64.b64encode(f"\0{username}\0{password.reveal()}".encode()).decode()
        try:
            await self.say(f"AUTH PLAIN {proof}", 2)
        except MailRefused as refused:
            raise MailRefused(f"signing in: {refused.reason}") from None

    async def hand_over(self, message: bytes) -> None:
        """The message: lines end as they have to, and one that is a dot does not end it."""
        lines = _LINE_ENDS.split(message)
        stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        self._writer.write(stuffed.rstrip(b"\r\n") + b"\r\n.\r\n")
        await self._writer.drain()
        await self.expect(2)

    def check_nothing_is_left(self) -> None:
        """What came before TLS and was not read yet may be of whoever stands between (CVE-2011-0411)."""
        buffered = getattr(self._reader, "_buffer", b"")
        if buffered:
            raise MailRefused("the server said something before TLS began")


def _described(error: Exception, server: MailServer) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {server.host} does not hold: {error.verify_message}"
        case ssl.SSLError():
            return f"{server.host} does not speak TLS as it has to"
        case OSError():
            return f"cannot connect to {server.host}:{server.port}: {error.strerror or type(error).__name__}"
        case _:
            return f"the conversation with {server.host} failed: {type(error).__name__}"
