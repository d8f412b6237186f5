"""moto's S3 server on loopback: buckets that forget everything when it ends."""

import asyncio
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from testbed.leash import Leash
from testbed.process import Process, free_ports
from trueline.runtime.clock import SystemClock

_PAUSE_S, _STARTS = 0.05, 600


class BucketServer:
    """`async with BucketServer(folder) as server:`; any two keys open it."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "moto.log"
        self._leash = Leash()
        self._process: Process | None = None
        self._port = 0
        self.address = ""

    async def __aenter__(self) -> Self:
        (self._port,) = free_ports(1)
        self.address = f"http://127.0.0.1:{self._port}"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._leash.__enter__()
        command = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port))
        self._process = Process(command, log=self._log, leash=self._leash, clock=SystemClock())
        self._process.start()
        for _ in range(_STARTS):
            self._process.check()
            try:
                await asyncio.to_thread(self._ask, "GET", "/moto-api/data.json")
            except (HTTPException, OSError):
                await asyncio.sleep(_PAUSE_S)
            else:
                return self
        raise TimeoutError(self._process.log_tail())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            await self._process.stop(abrupt=True)
        self._leash.__exit__(kind, error, trace)

    async def create(self, bucket: str) -> None:
        """Make an empty bucket."""
        await asyncio.to_thread(self._ask, "PUT", f"/{bucket}")

    async def put(self, bucket: str, key: str, data: bytes) -> None:
        """Put an object as anybody may, under any key, also one that no client of ours would write."""
        await asyncio.to_thread(self._ask, "PUT", f"/{bucket}/{key}", data)

    def requests(self, bucket: str) -> list[str]:
        """What it was asked about a bucket, in order: method and address."""
        lines = self._log.read_text(errors="replace").splitlines()
        asked = (line.split('"')[1].rpartition(" ")[0] for line in lines if line.count('"') > 1)
        return [one for one in asked if one.partition(" ")[2].startswith((f"/{bucket}/", f"/{bucket}?"))]

    def _ask(self, method: str, address: str, data: bytes | None = None) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(method, address, body=data)
            answer = connection.getresponse()
            answer.read()
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise OSError(f"{method} {address}: {answer.status}")
        finally:
            connection.close()
