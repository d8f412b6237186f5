"""`token`: tokens for programs that ask the API. A token is printed once, by who makes it."""

import os
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import say, say_json, say_table, tell
from trueline.cli.option import Duration, output_option, place_options

DAY_S = 86_400.0


@click.group()
def token() -> None:
    """Tokens for programs that ask the API."""


@token.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--role",
    type=click.Choice(["viewer", "deployer", "approver", "admin"]),
    default="viewer",
    show_default=True,
    help="What it is good for, at most.",
)
@click.option("--project", "projects", multiple=True, metavar="P", help="Only in this project; as often as needed.")
@click.option("--expires", type=Duration(), default="90d", show_default=True, help="Whole days, at most 366.")
@place_options
@output_option("text", "json")
def create(  # noqa: PLR0917 - one for each option
    name: str, role: str, projects: tuple[str, ...], expires: float, data_dir: Path | None, repo: str, output: str
) -> int:
    """Make a token and print it, this once."""
    body = {"name": name, "role": role, "projects": list(projects), "days": int(expires / DAY_S)}
    answer = _ask(data_dir, repo, "POST", "tokens", body=body)
    if output == "json":
        say_json(answer)
    else:
        say(answer["token"])
        tell(f"good until {answer['until'][:10]}; it is told this once: Authorization: Bearer {answer['token'][:6]}…")
    return 0


@token.command("list")
@place_options
@output_option("text", "json")
def list_tokens(data_dir: Path | None, repo: str, output: str) -> int:
    """Every token, without its secret."""
    answer = _ask(data_dir, repo, "GET", "tokens")
    if output == "json":
        say_json(answer)
        return 0
    rows = [
        (
            one["name"],
            one["owner"],
            one["role"],
            ", ".join(one["projects"]) or "all",
            one["until"][:10],
            (one["used"] or "never")[:10],
        )
        for one in answer["tokens"]
    ]
    say_table(("NAME", "OWNER", "ROLE", "PROJECTS", "UNTIL", "USED"), rows)
    return 0


@token.command()
@click.argument("name", metavar="NAME")
@click.option("--owner", default="", metavar="USER", help="Whose it is; of those made here, nobody's.")
@place_options
@output_option("text", "json")
def revoke(name: str, owner: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Revoke a token: it is good for nothing from now on."""
    answer = _ask(data_dir, repo, "POST", "tokens/{name}/revoke", name=name, body={"owner": owner})
    if output == "json":
        say_json(answer)
    else:
        say(f"{answer['name']} is revoked")
    return 0


def _ask(data_dir: Path | None, repo: str, method: str, path: str, **asked: Any) -> dict[str, Any]:
    from trueline.cli.account import ask_account  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.place import find_place  # noqa: PLC0415

    return ask_account(find_place(data_dir, repo, os.environ), method, path, **asked)
