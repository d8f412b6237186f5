"""The address of a repository as it is declared: the transports we speak, and that no credential stands in it."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin

_SCP_LIKE = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.-]*)@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\]):(?!/?/)(?P<path>[^-].*)"
)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*|[0-9a-fA-F:.]+")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
ADDRESS_LENGTH_MAX = 2048


class Transfer(Enum):
    """The transports we let Git use; the value is Git's own word."""

    HTTPS = "https"
    HTTP = "http"
    SSH = "ssh"
    FILE = "file"

    @property
    def is_http(self) -> bool:
        """It takes a header with a credential."""
        return self in {Transfer.HTTP, Transfer.HTTPS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An accepted address: `text` is what Git gets and what is shown; it holds no secret. A path has no `host`."""

    text: str
    transfer: Transfer
    host: str = ""

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str, *, directory: Path | None = None, origin: Origin | None = None) -> "Address":
        """Read an address; a relative path begins in `directory` (the current one where none is given).

        Raises:
            UserError: TL0101 not an address we speak, TL0102 a credential stands in it.

        >>> Address.parse("git@example.com:team/fleet.git").transfer, Address.parse("https://example.com/fleet").host
        (<Transfer.SSH: 'ssh'>, 'example.com')
        """
        if not text or len(text) > ADDRESS_LENGTH_MAX or text.startswith("-"):
            raise _not_spoken(text[:80], "it is empty, too long, or begins with `-`", origin)
        if "://" in text:
            return _parse_url(text, origin)
        if "::" in text.partition("/")[0]:
            raise _not_spoken(text, "it names a helper program", origin)
        scp = _SCP_LIKE.fullmatch(text)
        if scp and not (directory or Path()).joinpath(text).exists():
            if _CONTROL.search(text):
                raise _not_spoken(text, "it has a space or a control character", origin)
            return cls(text=text, transfer=Transfer.SSH, host=scp["host"].strip("[]"))
        if any(ord(character) < ord(" ") for character in text):
            raise _not_spoken(text, "it has a control character", origin)
        return cls(text=str((directory or Path()).joinpath(text).absolute()), transfer=Transfer.FILE)

    @property
    def is_path(self) -> bool:
        """It is a directory of this machine."""
        return self.transfer is Transfer.FILE

    @property
    def repository(self) -> str:
        """What two addresses of one repository have in common, whatever their transports, users and ports.

        >>> ssh, https = Address.parse("git@example.com:team/fleet.git"), Address.parse("https://EXAMPLE.com/team/fleet/")
        >>> ssh.repository == https.repository
        True
        """
        if "://" in self.text:
            path = urlsplit(self.text).path
        else:
            path = self.text if self.is_path else self.text.partition(":")[2]
        path = path.strip("/").removesuffix("/.git").removesuffix(".git")
        return f"{self.host.lower()}/{path}"

    @property
    def scope(self) -> str:
        """The server, as Git's `http.<url>` settings name it."""
        parts = urlsplit(self.text)
        return f"{parts.scheme}://{parts.netloc}/"


def _parse_url(text: str, origin: Origin | None) -> Address:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise _not_spoken("a URL that does not parse", "its host or its port is malformed", origin) from None
    if parts.scheme not in {transfer.value for transfer in Transfer}:
        raise _not_spoken(_shown(parts), f"`{parts.scheme}` is no transport of ours", origin)
    transfer = Transfer(parts.scheme)
    if parts.password is not None or (parts.username is not None and transfer is not Transfer.SSH):
        raise _credential(_shown(parts), origin)
    if parts.query or parts.fragment:
        raise _not_spoken(_shown(parts), "it has a query or a fragment", origin)
    if _CONTROL.search(text) and transfer is not Transfer.FILE:
        raise _not_spoken(_shown(parts), "it has a space or a control character", origin)
    if transfer is Transfer.FILE:
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise _not_spoken(_shown(parts), "a file URL names an absolute path of this machine", origin)
        return Address(text=f"file://{parts.path}", transfer=transfer)
    if not _HOST.fullmatch(parts.hostname or "") or (parts.username or "").startswith("-"):
        raise _not_spoken(_shown(parts), "its host or user has another form than a name", origin)
    return Address(text=text, transfer=transfer, host=parts.hostname or "")


def _shown(parts: SplitResult) -> str:
    """A URL without its user, password, query and fragment."""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _not_spoken(shown: str, reason: str, origin: Origin | None) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0101",
                summary="the address of the repository is not supported",
                detail=f"{shown}: {reason}",
                remedy="use https, ssh (also as git@host:path), http, or a local path",
                origin=origin,
            )
        ]
    )


def _credential(shown: str, origin: Origin | None) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL0102",
                summary="a credential stands in the address of the repository",
                detail=f"{shown}: the user or password before the host is not repeated here, and was not used",
                remedy="write it as `auth` with a secret reference; if it is in Git, treat it as known and change it",
                origin=origin,
            )
        ]
    )
