"""How a control plane of the testbed is reached, as a kubeconfig.

It is written as JSON, which is YAML as well, so that Python needs no YAML to read it back. It reads only what
it wrote: it is no reader for kubeconfigs in general.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The address of an API server and the files that open it."""

    server: str
    authority: Path
    certificate: Path
    key: Path

    def write(self, path: Path) -> None:
        """Writes the kubeconfig, readable only by its owner."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "testbed", "cluster": self._cluster()}],
            "users": [{"name": "testbed", "user": self._user()}],
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "testbed"}}],
            "current-context": "testbed",
        }
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(document)))

    def session(self, *, user_agent: str) -> aiohttp.ClientSession:
        """A client session; close it, as any."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.certificate, self.key)
        return aiohttp.ClientSession(
            base_url=self.server,
            connector=aiohttp.TCPConnector(ssl=context),
            headers={"User-Agent": user_agent},
            timeout=aiohttp.ClientTimeout(total=30),
        )

    def _cluster(self) -> dict[str, str]:
        return {"server": self.server, "certificate-authority": str(self.authority)}

    def _user(self) -> dict[str, str]:
        return {"client-certificate": str(self.certificate), "client-key": str(self.key)}


def read_kubeconfig(path: Path) -> Access:
    """Reads back what `Access.write` wrote."""
    document: Any = msgspec.json.decode(path.read_bytes())
    cluster = document["clusters"][0]["cluster"]
    user = document["users"][0]["user"]
    return Access(
        server=cluster["server"],
        authority=Path(cluster["certificate-authority"]),
        certificate=Path(user["client-certificate"]),
        key=Path(user["client-key"]),
    )
