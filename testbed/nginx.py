"""Debian's nginx on loopback, for one directory: what stands in front of a site that was published to a directory.

Everything that it writes is in one folder; it needs no right that the tests do not have.
"""

import getpass
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from testbed.debian import program
from testbed.leash import Leash
from testbed.process import Process, free_ports
from trueline.runtime.clock import SystemClock

_PAUSE_S = 0.02
_CONFIGURATION = """{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    types {{ text/html html; text/css css; image/svg+xml svg; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        index index.html;
        error_page 404 /404.html;
        location / {{ try_files $uri $uri/ =404; }}
    }}
}}
"""


class Nginx:
    """`async with Nginx(folder, serves=path) as nginx:`; the site is at `nginx.url`."""

    def __init__(self, folder: Path, *, serves: Path) -> None:
        self.port = 0
        self._folder = folder
        self._serves = serves
        self._leash = Leash()
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self.port,) = free_ports(1)
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        configuration = self._folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(user=user, folder=self._folder, port=self.port, root=self._serves)
        )
        self._leash.__enter__()
        command = (str(program("nginx", "nginx-light")), "-p", str(self._folder), "-c", str(configuration))
        self._process = Process(command, log=self._folder / "nginx.log", leash=self._leash, clock=SystemClock())
        self._process.start()
        while not _is_open(self.port):
            self._process.check()
            await SystemClock().sleep(_PAUSE_S)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            await self._process.stop()
        self._leash.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
