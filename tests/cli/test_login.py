"""`trueline login` and `--server`: the same commands against a server, by a token of this machine."""

import json
import re
import stat
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cli.person import TIMEOUT_S, Person, command
from tests.cli.test_user import PASSWORD, place, running, send
from trueline.cli.line import ServerLine, address_of, credentials_path, keep_credential, read_credentials, server_line
from trueline.model.fault import UserError


def test_the_commands_work_against_a_server(person: Person, tmp_path: Path) -> None:
    person.commit("one")
    with running(person) as told:
        at = place(told)
        url = f"http://{at[0]}:{at[1]}"
        [token] = re.findall(r"/sign-in\?token=(\S+)", "".join(told))
        assert send(at, "/sign-in", token=token, name="ada", password=PASSWORD)[0] == 303
        away = Person(home=tmp_path / "away", environment={**person.environment, "HOME": str(tmp_path / "away")})
        away.environment.pop("XDG_STATE_HOME", None)
        away.environment["XDG_CONFIG_HOME"] = str(tmp_path / "away" / "config")
        away.home.mkdir()
        away.types("--server", url, "status", code=1)
        assert "TL0746" in away.stderr
        done = subprocess.run(
            command("login", url, "--name", "ada"),
            input=f"{PASSWORD}\n",
            capture_output=True,
            text=True,
            check=False,
            env=away.environment,
            cwd=away.home,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, done.stderr
        kept = credentials_path(away.environment)
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert PASSWORD not in done.stdout + done.stderr + kept.read_text()
        assert json.loads(kept.read_text())[url].startswith("tl_")
        assert json.loads(kept.read_text())[url] not in done.stdout
        away.types("--server", url, "apply", "shop")
        assert "shop" in away.types("--server", url, "status")
        away.types("--server", url, "diff")
        away.types("--server", url, "drift", "shop")
        away.types("--server", url, "hold", "shop", "--why", "an incident")
        away.types("--server", url, "resume", "shop")
        assert "done" in away.types("--server", url, "history", "shop")
        away.types("--server", url, "user", "add", "eve", code=1)
        assert "TL0756" in away.stderr
        records = person.json("token", "list")
        assert "login-" in json.dumps(records)
        away.environment["TRUELINE_TOKEN"] = "tl_wrong"
        away.types("--server", url, "status", code=1)
        away.environment["TRUELINE_TOKEN"] = json.loads(kept.read_text())[url]
        kept.unlink()
        away.environment["TRUELINE_SERVER"] = url
        away.types("status")
        assert "the chain is whole" in away.types("--server", url, "verify")
        assert "journal verified" in json.dumps(_records(url, away.environment["TRUELINE_TOKEN"]))
        assert away.types("--server", url, "logs", "shop") == ""
        assert "runs no containers" in away.stderr
        away.types("apply", str(person.fleet), code=64)
    away.types("status", code=1)
    assert "TL0759" in away.stderr


def _records(url: str, token: str) -> Any:
    """The newest records, as a server tells them."""
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{url}/api/v1/records?newest=true", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the same
        return json.load(answer)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://trueline.example", "https://trueline.example"),
        ("https://Trueline.Example:8443/", "https://trueline.example:8443"),
        ("http://127.0.0.1:8600", "http://127.0.0.1:8600"),
        ("http://localhost:8600", "http://localhost:8600"),
        ("http://[::1]:8600", "http://[::1]:8600"),
        ("http://trueline.example", ""),
        ("http://192.0.2.7:8600", ""),
        ("http://localhost.evil.example", ""),
        ("http://127.0.0.1.evil.example", ""),
        ("https://ada:secret@trueline.example", ""),
        ("https://trueline.example/path", ""),
        ("https://trueline.example?x", ""),
        ("https://[", ""),
        ("https://x:99999", ""),
        ("trueline.example", ""),
        ("file:///etc/passwd", ""),
        ("", ""),
    ],
)
def test_a_token_goes_to_an_address_over_tls_or_to_this_machine(url: str, address: str) -> None:
    """INV-25: never over the network in clear."""
    if address:
        assert address_of(url) == address
        return
    with pytest.raises(UserError) as caught:
        address_of(url)
    assert caught.value.diagnostics[0].code == "TL0757"
    assert "secret" not in str(caught.value.diagnostics[0])


def test_tokens_are_for_their_owners_eyes_and_each_goes_to_its_own_server(tmp_path: Path) -> None:
    """INV-25."""
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = keep_credential("https://a.example", "tl_a", environment)
    keep_credential("https://b.example", "tl_b", environment)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server_line("https://a.example", environment).headers("ada") == {"Authorization": "Bearer tl_a"}
    assert server_line("https://c.example", environment).headers("ada") == {}
    assert "tl_a" not in repr(server_line("https://a.example", environment))
    with_variable = server_line("https://a.example", {**environment, "TRUELINE_TOKEN": "tl_x"})
    assert with_variable.headers("ada") == {"Authorization": "Bearer tl_x"}
    path.chmod(0o640)
    with pytest.raises(UserError) as caught:
        read_credentials(environment)
    assert caught.value.diagnostics[0].code == "TL0758"
    path.chmod(0o600)
    for text in ("[]", "{", '{"https://a.example": 1}'):
        path.write_text(text)
        with pytest.raises(UserError):
            read_credentials(environment)


def test_a_certificate_is_verified() -> None:
    """INV-25."""
    import ssl  # noqa: PLC0415 - only here

    connection = ServerLine(url="https://trueline.example", token="tl_a").connection()
    context = connection._context  # type: ignore[attr-defined] # noqa: SLF001 - there is no other way to see it
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
