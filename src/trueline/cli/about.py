"""`schema`, `completion`, `version`: what the program says of itself."""

import click

from trueline.cli.answer import say, say_json
from trueline.cli.option import output_option
from trueline.version import __version__


@click.command(short_help="The JSON schema of declarations, for editors.")
def schema() -> None:
    """Print the JSON schema of `trueline.dev/v1` documents.

    Editors complete and check declarations with it.
    """
    from trueline.declare.schema import json_schema  # noqa: PLC0415 - slow to import, used here alone

    say_json(json_schema())


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell: `source <(trueline completion bash)`."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - used here alone

    root = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    assert found is not None
    say(found(root, {}, "trueline", "_TRUELINE_COMPLETE").source())


@click.command()
@output_option("text", "json")
def version(output: str) -> None:
    """Print the version."""
    if output == "json":
        say_json({"version": __version__})
    else:
        say(f"trueline {__version__}")
