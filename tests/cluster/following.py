"""An engine that follows a repository onto the real control plane: its settings, and what is waited for."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from testbed.audit import Requests
from testbed.control_plane import ControlPlane
from trueline.runtime.clock import SystemClock
from trueline.wiring.settings import Settings

LIMIT_S = 120.0


def settings_for(repository: str, control_plane: ControlPlane, folder: Path, **environment: str) -> Settings:
    """It looks at Git when it is poked, and in between not once."""
    return Settings(
        repository=repository,
        path="fleet",
        kubeconfig=control_plane.kubeconfig,
        data_directory=folder / "data",
        is_live=True,
        interval_s=3600.0,
        environment={"PATH": os.environ["PATH"], **environment},
    )


async def until(condition: Callable[[], bool]) -> None:
    """Until it holds."""
    clock = SystemClock()
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await clock.sleep(0.02)


async def until_it_is(wanted: str, read: Callable[[], Awaitable[str]]) -> None:
    """Until what is read is this."""
    clock = SystemClock()
    async with asyncio.timeout(LIMIT_S):
        while await read() != wanted:
            await clock.sleep(0.2)


async def asked_since(control_plane: ControlPlane, mark: int) -> Requests:
    """What the engine has asked by now; `user_agent` of a request begins with `trueline`."""
    await logged(control_plane, mark)
    return control_plane.requests(since=mark).where(user_agent="trueline")


async def logged(control_plane: ControlPlane, mark: int) -> None:
    """Until the log has what was answered by now: an answer may come before its line.

    That is, until it has the line of a question that is asked here, after all others; then for those it overtook.
    """
    name = f"asked-{uuid.uuid4().hex[:8]}"
    await control_plane.kubectl("get", "configmap", name, "--ignore-not-found")
    await until(lambda: any(each.name == name for each in control_plane.requests(since=mark).all))
    await SystemClock().sleep(0.2)
