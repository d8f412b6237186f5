"""Proxies before this server that are trusted to say for whom they ask. Nobody else is: anybody can send that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

HOPS_MAX: Final = 16
Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The networks of proxies that are trusted; none by default."""

    networks: tuple[Network, ...] = ()

    def client(self, peer: str, forwarded_for: Sequence[str], forwarded: Sequence[str]) -> str:
        """Whose request it is, where `peer` connected; from the right, the first address that is of no trusted proxy.

        What stands left of that was sent by whoever asks. Where both heads come, a proxy wrote one and somebody else
        the other, so that neither counts.

        >>> proxies = Proxies(networks=(read_network("10.0.0.0/8"),))
        >>> proxies.client("10.0.0.1", ["192.0.2.66, 192.0.2.7, 10.0.0.2"], []), proxies.client("192.0.2.7", ["x"], [])
        ('192.0.2.7', '192.0.2.7')
        """
        found = peer
        if bool(forwarded_for) == bool(forwarded):
            return found
        chain = list(_plain(forwarded_for) if forwarded_for else _named(forwarded))[-HOPS_MAX:]
        while chain and self._is_trusted(found):
            following = _address(chain.pop())
            if following is None:
                break
            found = str(following)
        return found

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self.networks)


NO_PROXIES: Final = Proxies()


def read_network(text: str) -> Network:
    """A network as it is written; not everybody's.

    Raises:
        ValueError: it is none, or all addresses there are.
    """
    found = ip_network(text.strip())
    if not found.prefixlen:
        raise ValueError(f"{text} is everybody")
    return found


def _plain(values: Sequence[str]) -> Iterator[str]:
    """The addresses of `X-Forwarded-For`, in their order."""
    for value in values:
        yield from value.split(",")


def _named(values: Sequence[str]) -> Iterator[str]:
    """Those of `Forwarded` (RFC 7239): one for each hop, odd where it names none."""
    for value in values:
        for hop in value.split(","):
            pairs = (pair.partition("=") for pair in hop.split(";"))
            yield next((told for name, _, told in pairs if name.strip().lower() == "for"), "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address with or without quotes, brackets and port; that of IPv4 in IPv6 as what it is."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
