"""`render`: what a folder or a fleet declares. No cluster is asked; only sources that have an address of their own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import say, say_json, tell
from trueline.cli.option import AGE_KEY, is_address, output_option


def _existing(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """An address, or a folder that is there."""
    if is_address(value) or Path(value).is_dir():
        return value
    raise click.BadParameter(f"folder {value!r} does not exist", context, parameter)


@click.command()
@click.argument("path", callback=_existing)
@click.option("--path", "below", default="", metavar="P", help="Read declarations only below this folder of PATH.")
@click.option("--revision", default="", metavar="R", help="A branch, tag or commit instead of the files as they stand.")
@click.option("--app", "application", default="", metavar="N", help="Only this application.")
@click.option("--kube-version", default="", metavar="V", help="The version that charts are told, such as v1.35.0.")
@click.option("--api-versions", multiple=True, metavar="G/V", help="An API version that charts are told; repeatable.")
@click.option("-n", "--namespace", default="", help="For a folder without declarations: the namespace of its release.")
@AGE_KEY
@click.option("--reveal", is_flag=True, help="Print values of secrets, too.")
@output_option("yaml", "json")
def render(  # noqa: PLR0917 - one for each option
    path: str,
    below: str,
    revision: str,
    application: str,
    kube_version: str,
    api_versions: tuple[str, ...],
    namespace: str,
    reveal: bool,  # noqa: FBT001 - a flag
    output: str,
) -> int:
    """Print what PATH would declare: a fleet repository, or a folder taken as one application."""
    from trueline.cli.run import run  # noqa: PLC0415 - `--help` shall not pay for an event loop

    request = Request(
        path=path,
        below=below,
        revision=revision,
        application=application,
        kube_version=kube_version,
        api_versions=api_versions,
        namespace=namespace,
        output=output,
        reveal=reveal,
    )
    return run(_render(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for."""

    path: str
    below: str
    revision: str
    application: str
    kube_version: str
    api_versions: tuple[str, ...]
    namespace: str
    output: str
    reveal: bool = False


async def _render(request: Request) -> int:
    from trueline.cli.offline import render_all  # noqa: PLC0415 - the engine is imported where it is used
    from trueline.cli.scratch import scratch  # noqa: PLC0415

    with scratch(None) as directory:
        answer = await render_all(request, directory)
    for note in answer.notes:
        tell(str(note))
    if request.output == "json":
        say_json(answer.bodies)
    elif answer.text:
        say(answer.text.rstrip("\n"))
    for problem in answer.problems:
        tell(str(problem))
    return 1 if answer.problems else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was rendered, and what could not be."""

    bodies: list[Any]
    text: str
    notes: tuple[Any, ...]
    problems: tuple[Any, ...]
