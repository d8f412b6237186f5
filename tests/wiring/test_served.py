"""Listeners of served sites: opened when asked for, closed when nobody wants them, and never two at one address."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from testbed.process import free_ports
from trueline.declare.application import ServedTarget
from trueline.model.fault import UserError
from trueline.runtime.blob import BlobDirectory
from trueline.target.kubernetes.mark import Installation
from trueline.testing.clock import StillClock
from trueline.wiring.served import UNWANTED_S, ServedTargets
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared

ANY = "127.0.0.1:0"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def made(folder: Path, clock: StillClock, *, is_serving: bool = True) -> ServedTargets:
    nothing = cast("Any", None)
    return ServedTargets(
        Settings(repository=str(folder), data_directory=folder / "data", is_serving=is_serving),
        installation=Installation("abcdefgh"),
        blobs=BlobDirectory(folder / "blobs"),
        clock=clock,
        shared=Shared(ledger=nothing, bodies=nothing, approvals=nothing, claims=nothing, placings=nothing),
    )


@pytest.fixture
async def served(tmp_path: Path, clock: StillClock) -> AsyncIterator[ServedTargets]:
    served = made(tmp_path, clock)
    yield served
    await served.close()


async def status(url: str) -> int:
    """What is answered; 0 where nobody listens."""
    async with aiohttp.ClientSession() as client:
        try:
            async with client.get(url) as answer:
                return answer.status
        except aiohttp.ClientConnectorError:
            return 0


def at(address: str, site: str = "one") -> ServedTarget:
    return ServedTarget(address=address, site=site)


async def test_any_free_port_is_each_ones_own(served: ServedTargets) -> None:
    first, second = await served.parts(at(ANY)), await served.parts(at(ANY, "two"))
    assert first.target.name != second.target.name
    assert (await served.parts(at(ANY))).target is first.target
    assert set(served.addresses) == {"one", "two"}
    assert {await status(url) for url in served.addresses.values()} == {503}


async def test_an_address_is_one_sites(served: ServedTargets) -> None:
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    await served.parts(at(address))
    with pytest.raises(UserError, match=r"TL1625 .*\n.*where one is served"):
        await served.parts(at(address, "two"))
    assert served.addresses == {"one": f"http://{address}"}


async def test_an_address_that_its_site_has_left_is_the_next_ones(served: ServedTargets) -> None:
    first, second = (f"127.0.0.1:{port}" for port in free_ports(2))
    await served.parts(at(first))
    await served.parts(at(second))
    await served.keep([at(second)])
    await served.parts(at(first, "two"))
    assert served.addresses == {"one": f"http://{second}", "two": f"http://{first}"}


async def test_an_address_that_somebody_has_is_told(served: ServedTargets) -> None:
    await served.parts(at(ANY))
    with pytest.raises(UserError, match="TL1624"):
        await served.parts(at(served.addresses["one"].removeprefix("http://"), "two"))


async def test_a_listener_that_nobody_wants_is_closed_after_a_while(served: ServedTargets, clock: StillClock) -> None:
    await served.parts(at(ANY))
    url = served.addresses["one"]
    await served.keep([at(ANY)])
    clock.pass_s(UNWANTED_S)
    await served.keep([])
    assert (served.addresses, await status(url)) == ({}, 503)
    clock.pass_s(UNWANTED_S / 2)
    await served.keep([at(ANY)])
    assert served.addresses == {"one": url}
    await served.keep([])
    clock.pass_s(UNWANTED_S)
    await served.keep([])
    assert await status(url) == 0


@pytest.mark.parametrize(
    "address", ["", "everywhere", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "a b:1", "http://x:1"]
)
async def test_what_is_no_address_is_told(served: ServedTargets, address: str) -> None:
    with pytest.raises(UserError, match="TL1623"):
        await served.parts(at(address))


async def test_what_is_not_ours_is_told(served: ServedTargets) -> None:
    for address in ("192.0.2.1:8080", "no-such-name.invalid:8080"):
        with pytest.raises(UserError, match="TL1624"):
            await served.parts(at(address))


async def test_who_does_not_stay_does_not_listen(tmp_path: Path, clock: StillClock) -> None:
    quiet = made(tmp_path, clock, is_serving=False)
    assert (await quiet.parts(at(ANY))).target.name == "served/one"
    assert quiet.addresses == {}
    await quiet.close()
