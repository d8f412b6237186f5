"""A real provider of identities: npm's oidc-provider, run by node on loopback, with the people that a test names."""

import json
import re
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen, TimeoutExpired
from typing import Any

from testbed.debian import program
from testbed.npm import program_folder
from testbed.process import free_ports

SOURCE = Path(__file__).parent / "oidc"
CLIENT = "trueline"
SECRET = "canary-of-the-client"  # noqa: S105 - of a provider that lives for one test
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningProvider:
    """One that answers."""

    issuer: str
    client: str = CLIENT
    secret: str = SECRET


@contextmanager
def running(
    back: str, people: Mapping[str, Mapping[str, Any]], *, is_conform: bool = True
) -> Iterator[RunningProvider]:
    """While the block runs. `people` are claims by login, `back` where browsers are sent back to.

    `is_conform`: it tells claims on the userinfo endpoint alone, as the standard says; else in the id token, too.
    """
    node, folder = program("node", "nodejs"), program_folder(SOURCE)
    (port,) = free_ports(1)
    told = {"port": port, "client": CLIENT, "secret": SECRET, "back": [back]}
    with tempfile.TemporaryDirectory(prefix="trueline-oidc-") as place:
        configuration, log = Path(place) / "told.json", Path(place) / "log"
        configuration.write_text(json.dumps({**told, "people": people, "isConform": is_conform}))
        with log.open("wb") as file:
            command = [str(node), str(folder / "provider.mjs"), str(configuration)]
            child = Popen(command, cwd=folder, stdin=DEVNULL, stdout=file, stderr=STDOUT)
        try:
            _wait(child, log)
            yield RunningProvider(issuer=f"http://127.0.0.1:{port}")
        finally:
            child.terminate()
            try:
                child.wait(5)
            except TimeoutExpired:
                child.kill()
                child.wait()


def _wait(child: Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + TIMEOUT_S  # noqa: TID251 - it waits for a real process
    while b"listening" not in log.read_bytes():
        if child.poll() is not None or time.monotonic() > deadline:  # noqa: TID251 - as above
            raise TimeoutError(f"the provider does not listen: {log.read_text()[-500:]}")
        time.sleep(0.02)


class Visitor:
    """Somebody with a browser without script: it follows redirects, keeps cookies and fills forms in."""

    def __init__(self, login: str, seen: Callable[[str], object] = lambda _: None) -> None:
        """`seen` is told of every address that is asked."""
        self._login = login
        self._seen = seen
        self._jar: dict[str, dict[str, str]] = {}

    def sign_in(self, address: str) -> tuple[int, str, str]:
        """From an address of Trueline by the provider back to it: the last status, address and text."""
        status, at, text = self.get(address)
        for _ in range(4):
            form = re.search(r'<form[^>]*action="([^"]+)"', text)
            if "/interaction/" not in at or form is None:
                break
            prompt = re.search(r'name="prompt" value="(\w+)"', text)
            assert prompt is not None
            fields = {"prompt": prompt[1], "login": self._login, "password": "any"}
            status, at, text = self.get(form[1], fields)
        return status, at, text

    def get(self, address: str, form: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """One address, with the redirects that follow."""
        for _ in range(12):
            status, headers, text = self._ask(address, form)
            if status not in {302, 303}:
                return status, address, text
            address, form = urllib.parse.urljoin(address, headers["Location"]), None
        raise AssertionError(f"it leads in a circle: {address}")

    def anew(self) -> "Visitor":
        """The same browser, whose addresses nobody is told of any more."""
        made = Visitor(self._login)
        made._jar = self._jar
        return made

    def cookies(self, origin: str) -> Mapping[str, str]:
        """What the browser has of a server."""
        return self._jar.get(urllib.parse.urlsplit(origin).netloc, {})

    def _ask(self, address: str, form: Mapping[str, str] | None) -> tuple[int, Any, str]:
        self._seen(address)
        jar = self._jar.setdefault(urllib.parse.urlsplit(address).netloc, {})
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(address, data, {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())})  # noqa: S310 - loopback
        try:
            answer = _OPENER.open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            for one in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = one.partition(";")[0].partition("=")
                jar[name] = value
            return answer.status, answer.headers, answer.read().decode(errors="replace")


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A redirect is an answer."""


_OPENER = urllib.request.build_opener(_Stays, urllib.request.ProxyHandler({}))
