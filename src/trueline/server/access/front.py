"""Where people find this server, and whether a request was meant for it: against rebound names and foreign pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from trueline.server.access.proxy import NO_PROXIES, Proxies

SAME_ORIGIN: Final = "same-origin"
SECURE_COOKIE: Final = "__Host-trueline"
PLAIN_COOKIE: Final = "trueline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`host` is what the listener was told to listen on, `public_url` where a proxy serves it, if one does.

    `installation` is a word of the installation: ports do not separate cookies, so that their names have to.
    `proxies` are those that say for whom they ask.
    """

    host: str = ""
    public_url: str = ""
    installation: str = ""
    proxies: Proxies = NO_PROXIES

    def is_own(self, asked: str) -> bool:
        """Whether the Host of a request can be ours.

        A name that somebody else can turn to this machine is none; an address cannot be turned.
        """
        name = _name_of(asked)
        return bool(name) and (_is_address(name) or name in {"localhost", self.host.lower(), self._public_name})

    def is_loopback(self, asked: str) -> bool:
        """Whether a browser on this machine asks."""
        name = _name_of(asked)
        return name == "localhost" or (_is_address(name) and ip_address(name).is_loopback)

    def cookie(self, asked: str) -> str:
        """The name of the cookie that counts for a Host; empty where nobody can sign in, for it would go in clear.

        The one without `Secure` counts on loopback alone.
        """
        if self.is_loopback(asked):
            return self._named(PLAIN_COOKIE)
        return self._named(SECURE_COOKIE) if self.public_url.startswith("https://") else ""

    def _named(self, cookie: str) -> str:
        return f"{cookie}-{self.installation}" if self.installation else cookie

    def is_same_origin(self, headers: Mapping[str, str]) -> bool:
        """Whether a page of this server sent a request, as its browser says; one that says nothing is no browser's."""
        site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
        if site is None and origin is None:
            return False
        if site is not None and site != SAME_ORIGIN:
            return False
        return origin is None or origin in self._origins(headers.get("Host", ""))

    def _origins(self, asked: str) -> set[str]:
        own = {f"http://{asked}"} if self.is_loopback(asked) or not self.public_url else set()
        return own | ({_origin_of(self.public_url)} if self.public_url else set())

    @property
    def _public_name(self) -> str:
        return (urlsplit(self.public_url).hostname or "") if self.public_url else ""


NO_FRONT: Final = Front()


def is_secure(cookie: str) -> bool:
    """Whether a cookie of that name goes over TLS alone."""
    return cookie.startswith(SECURE_COOKIE)


def _name_of(asked: str) -> str:
    try:
        return (urlsplit(f"//{asked}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
