"""`user`: who may sign in. No password passes through here: who is invited chooses one in a browser."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import say, say_json, say_table
from trueline.cli.option import output_option, place_options


@click.group()
def user() -> None:
    """Who may sign in to the page and the API."""


@user.command("list")
@place_options
@output_option("text", "json")
def list_users(data_dir: Path | None, repo: str, output: str) -> int:
    """Every user, and whoever came in by the provider of late, with their groups."""
    answer = _ask(data_dir, repo, "GET", "users")
    if output == "json":
        say_json(answer)
        return 0
    rows = [
        (one["name"], "administrator" if one["admin"] else "", "invited" if one["open"] else "", one["since"][:10])
        for one in answer["users"]
    ]
    rows += [(one["name"], "", ", ".join(one["groups"]), one["seen"][:10]) for one in answer.get("people", ())]
    say_table(("NAME", "", "", "SINCE"), rows)
    return 0


@user.command()
@click.argument("name", metavar="NAME")
@click.option("--admin", is_flag=True, help="An administrator of the installation, whatever Git says.")
@place_options
@output_option("text", "json")
def add(name: str, admin: bool, data_dir: Path | None, repo: str, output: str) -> int:  # noqa: FBT001 - a flag
    """Add a user and print the address at which they choose a password, once and within a day."""
    answer = _ask(data_dir, repo, "POST", "users", body={"name": name, "admin": admin})
    return _say_invitation(answer, output)


@user.command()
@click.argument("name", metavar="NAME")
@place_options
@output_option("text", "json")
def invite(name: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Print a new address at which a user chooses another password; their sessions end when they do."""
    return _say_invitation(_ask(data_dir, repo, "POST", "users/{name}/invite", name=name), output)


@user.command()
@click.argument("name", metavar="NAME")
@place_options
@output_option("text", "json")
def remove(name: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Remove a user, with their sessions and tokens."""
    answer = _ask(data_dir, repo, "POST", "users/{name}/remove", name=name)
    if output == "json":
        say_json(answer)
    else:
        say(f"{answer['name']} is removed")
    return 0


def _ask(data_dir: Path | None, repo: str, method: str, path: str, **asked: Any) -> dict[str, Any]:
    from trueline.cli.account import ask_account  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.place import find_place  # noqa: PLC0415

    return ask_account(find_place(data_dir, repo, os.environ), method, path, **asked)


def _say_invitation(answer: Mapping[str, Any], output: str) -> int:
    if output == "json":
        say_json(answer)
        return 0
    address = answer["address"]
    where = address if "://" in address else f"{address} of where `trueline up` listens"
    say(f"{answer['name']} comes in at {where}")
    return 0
