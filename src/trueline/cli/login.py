"""`login`: a token of this machine from a server, for name and password, which is kept nowhere, or by the browser."""

import os
import platform
import re
import sys

import click

from trueline.cli.answer import say


@click.command()
@click.argument("url", metavar="URL")
@click.option("--name", default="", metavar="NAME", help="Who you are there; asked for on a terminal.")
@click.option(
    "--browser", is_flag=True, help="Sign in with the browser of this machine, whatever way is offered there."
)
def login(url: str, name: str, browser: bool) -> int:  # noqa: FBT001 - a flag
    """Sign in to a server, so that `trueline --server URL` works from here.

    Asks for the password on a terminal, and reads it as one line of stdin where that is none. Where a provider knows
    people there, or with --browser, it tells an address to open in a browser of this machine instead.
    """
    from trueline.cli.call import call  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.line import ServerLine, address_of, keep_credential  # noqa: PLC0415

    address = address_of(url)
    line = ServerLine(url=address)
    if browser and name:
        raise click.UsageError("--name is for a password; with --browser the browser says who you are")
    if browser or (not name and call(line, "GET", "/api/v1/login").get("provider")):
        from trueline.cli.login_browser import by_browser  # noqa: PLC0415 - as above

        answer = by_browser(line, _machine())
        told = "signed in"
    else:
        name = name or _name()
        body = {"name": name, "password": _password(), "machine": _machine()}
        answer = call(line, "POST", "/api/v1/login", body=body)
        told = f"signed in to {address} as {name}"
    path = keep_credential(address, answer["token"], os.environ)
    say(f"{told} until {answer['until'][:10]}; the token is in {path}")
    return 0


def _name() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError("--name is needed where stdin is no terminal")
    found: str = click.prompt("Name", err=True)
    return found


def _machine() -> str:
    return re.sub(r"[^a-z0-9.-]", "-", platform.node().lower()).strip("-.")[:60] or "machine"


def _password() -> str:
    if sys.stdin.isatty():
        found: str = click.prompt("Password", hide_input=True, err=True)
        return found
    return sys.stdin.readline().rstrip("\r\n")
