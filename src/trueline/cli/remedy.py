"""`refresh`, `heal` and `restart`: what a person does about what runs."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from trueline.cli.option import output_option, place_options


@click.command()
@click.argument("application", metavar="APP")
@place_options
@output_option("text", "json")
def refresh(application: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Look at Git and at the application now, whatever is waited for."""
    return _act("refresh", application, {}, data_dir, repo, output)


@click.command()
@click.argument("application", metavar="APP")
@click.argument("refs", metavar="[REF]...", nargs=-1)
@click.option("--added", is_flag=True, help="What tools put beside what is declared goes, too.")
@click.option("--plan", default="", metavar="DIGEST", help="Only this, as it was told; where every change is approved.")
@place_options
@output_option("text", "json")
def heal(  # noqa: PLR0917 - what was typed
    application: str,
    refs: tuple[str, ...],
    added: bool,  # noqa: FBT001 - a flag
    plan: str,
    data_dir: Path | None,
    repo: str,
    output: str,
) -> int:
    """Put back what `trueline drift` shows, whatever is declared about healing: REFs (KIND/NAMESPACE/NAME), or all."""
    return _act("heal", application, {"refs": list(refs), "added": added, "plan": plan}, data_dir, repo, output)


@click.command()
@click.argument("application", metavar="APP")
@click.argument("refs", metavar="[REF]...", nargs=-1)
@place_options
@output_option("text", "json")
def adopt(application: str, refs: tuple[str, ...], data_dir: Path | None, repo: str, output: str) -> int:
    """Print a change for Git that keeps what `trueline drift` shows: for `git apply`; nothing is accepted here."""
    from trueline.cli.answer import say_json, tell  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.place import find_place  # noqa: PLC0415
    from trueline.cli.question import ask  # noqa: PLC0415

    answer = ask(find_place(data_dir, repo, os.environ), "adopt", application, {"refs": list(refs)})
    if output == "json":
        say_json(answer)
        return 0
    click.echo(answer["patch"], nl=False)
    for one in answer["fields"]:
        if not one["inPatch"]:
            tell(f"to be written by hand: {one['ref']} {one['path']} at {one['origin']}: {one['live'] or 'gone'}")
    return 0


@click.command()
@click.argument("application", metavar="APP")
@click.argument("ref", metavar="REF")
@place_options
@output_option("text", "json")
def restart(application: str, ref: str, data_dir: Path | None, repo: str, output: str) -> int:
    """Have the pods of a workload made anew, a few at a time: REF is its KIND/NAMESPACE/NAME."""
    return _act("restart", application, {"ref": ref}, data_dir, repo, output)


def _act(  # noqa: PLR0917 - what was typed
    verb: str, application: str, body: Mapping[str, Any], data_dir: Path | None, repo: str, output: str
) -> int:
    from trueline.cli.place import find_place  # noqa: PLC0415 - `--help` shall not pay for it
    from trueline.cli.question import act  # noqa: PLC0415

    return act(find_place(data_dir, repo, os.environ), verb, application, body, output, _LINES[verb])


def _healing(answer: Mapping[str, Any]) -> str:
    return f"puts back {', '.join(answer['refs'])}"


def _restarted(answer: Mapping[str, Any]) -> str:
    pods = "1 pod" if answer["pods"] == 1 else f"{answer['pods']} pods"
    note = f"; {answer['note']}" if answer["note"] else ""
    return f"restarts {answer['ref']}, {pods}{note}"


_LINES = {"refresh": lambda _: "looks again", "heal": _healing, "restart": _restarted}
