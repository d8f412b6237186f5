"""The entry point: the group of commands, exit codes, and who is told what went wrong. It imports no command by itself.

0 and 2 are the command's own answers, 1 is a fault with its diagnostics, 64 wrong usage, 130 an interrupt (0 where that
is how a command ends: `up`). A traceback is our bug and says so.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

import click

FAULT: Final = 1
USAGE: Final = 64
INTERRUPTED: Final = 130

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "up": ("up", "Hold what runs to what a fleet repository says."),
    "render": ("render", "What a folder or a fleet declares, without any cluster."),
    "preview": ("preview", "A site as it would be, in a browser, and what changed in it."),
    "plan": ("plan", "What would change."),
    "apply": ("apply", "Apply a working tree, a saved plan, or sync one application."),
    "approve": ("hold", "Agree to a plan that waits."),
    "status": ("status", "Sync and health of each application."),
    "diff": ("difference", "Declared against live, field by field."),
    "drift": ("difference", "What was changed behind Git's back, and by whom."),
    "history": ("history", "The deployments of an application."),
    "rollback": ("history", "Put an earlier deployment back and hold the bad one."),
    "hold": ("hold", "Apply nothing to an application for now."),
    "resume": ("hold", "End the holds of an application."),
    "refresh": ("remedy", "Look at Git and an application now."),
    "heal": ("remedy", "Put back what has drifted."),
    "adopt": ("remedy", "A change for Git that keeps a drift."),
    "restart": ("remedy", "Have the pods of a workload made anew."),
    "logs": ("logs", "What an application's pods write."),
    "health": ("health", "The health of live objects in a file, offline."),
    "login": ("login", "Sign in to a server, for --server."),
    "user": ("user", "Who may sign in to the page and the API."),
    "token": ("token", "Tokens for programs that ask the API."),
    "rotate": ("rotate", "Which secrets and keys are old, for whom, used where."),
    "verify": ("verify", "The journal, and who signed what was followed."),
    "schema": ("about", "The JSON schema of declarations, for editors."),
    "completion": ("about", "A completion script for a shell."),
    "version": ("about", "The version of Trueline."),
}
"""Each command's module and short help: told here so that `--help` imports none of them."""


SERVER: Final = "TRUELINE_SERVER"
"""The variable that names a server, for every command that can ask one."""
OVER_A_LINE: Final = frozenset(
    {
        "apply",
        "approve",
        "status",
        "diff",
        "drift",
        "history",
        "rollback",
        "hold",
        "resume",
        "refresh",
        "heal",
        "adopt",
        "restart",
        "logs",
        "user",
        "token",
        "verify",
    }
)
"""The commands that ask an `up`, and so a server as well."""


class LazyGroup(click.Group):
    """A group whose commands are imported when one of them is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """The names, in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import the module of one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"trueline.cli.{COMMANDS[cmd_name][0]}")
        found = getattr(module, cmd_name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and a name that is almost right is named."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command {args[0]!r}{_suggestion(args[0])}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-o", "--output", default="", metavar="FORMAT", help="text, json, or what the command offers besides.")
@click.option("--server", default="", envvar=SERVER, metavar="URL", help="Ask a server instead of this machine.")
@click.pass_context
def trueline(context: click.Context, output: str, server: str) -> None:
    """GitOps: what runs is held to what Git says, at once, and provably."""
    context.obj = {"output": output}
    os.environ.pop(SERVER, None)
    if server and context.invoked_subcommand in OVER_A_LINE:
        os.environ[SERVER] = server
    elif server and context.get_parameter_source("server") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError(f"`{context.invoked_subcommand}` asks no server: it works on this machine")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and end the process with its exit code."""
    code = run_arguments(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run_arguments(arguments: Sequence[str]) -> int:
    """Run a command line; the answer is the exit code."""
    try:
        return _code(trueline.main(list(arguments), prog_name="trueline", standalone_mode=False))
    except click.UsageError as error:
        error.show(sys.stderr)
        return USAGE
    except click.ClickException as error:
        error.show(sys.stderr)
        return FAULT
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except BaseException as error:  # noqa: BLE001 - the last place that can tell whose fault it is
        return _tell(error)


def _code(result: Any) -> int:
    return result if isinstance(result, int) else 0


def _tell(error: BaseException) -> int:
    from trueline.cli.blame import faults_of  # noqa: PLC0415 - only where something went wrong

    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAULT
    faults = faults_of(error)
    if faults is None:
        traceback.print_exception(error, file=sys.stderr)
        print("This is a bug of Trueline, not your fault: please report it with the lines above.", file=sys.stderr)  # noqa: T201
        return FAULT
    for diagnostic in dict.fromkeys(d for fault in faults for d in fault.diagnostics):
        print(diagnostic, file=sys.stderr)  # noqa: T201
    return FAULT if faults else INTERRUPTED


def _suggestion(name: str) -> str:
    import difflib  # noqa: PLC0415 - only where a name is wrong

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
