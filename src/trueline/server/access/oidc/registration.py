"""How this installation is known at its provider of identities, and which of its claims count here."""

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from trueline.model.masked import Masked

SCOPES: Final = ("openid", "email", "groups")
LASTS: Final = timedelta(hours=8)
LASTS_MIN: Final = timedelta(minutes=5)
LASTS_MAX: Final = timedelta(days=7)
EMAIL: Final = "email"
GROUPS: Final = "groups"
_ADDRESS_CHARACTERS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """`name_claim` is what people are called by. An empty `groups_claim`: nobody's groups are asked for.

    `lasts` is how long what the provider said of somebody counts. Without a secret we are a public client.
    """

    issuer: str
    client_id: str
    client_secret: Masked | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = SCOPES
    name_claim: str = EMAIL
    groups_claim: str = GROUPS
    lasts: timedelta = LASTS

    @property
    def host(self) -> str:
        """What a person knows the provider by."""
        return urlsplit(self.issuer).netloc


def is_safe_address(url: str, *, may_be_plain: bool = False) -> bool:
    """Whether an address of a provider can be asked: over TLS, or on loopback where that `may_be_plain`.

    >>> is_safe_address("https://id.example/a"), is_safe_address("http://id.example"), is_safe_address("file:///etc")
    (True, False, False)
    >>> [is_safe_address(f"http://{host}", may_be_plain=True) for host in ("127.0.0.1:9", "id.example")]
    [True, False]
    """
    if len(url) > _ADDRESS_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host, is_whole = parts.hostname or "", parts.port is None or bool(parts.port)
    except ValueError:
        return False
    if not host or not is_whole or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (may_be_plain and parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, whatever a name server says.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("id.example")
    (True, True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
