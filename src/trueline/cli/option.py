"""What several commands take: the form of the answer, durations, and where the data directory is."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SSH_ADDRESS = re.compile(r"[^/\s:@]+@[^/\s:]+:")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)")


def is_address(text: str) -> bool:
    """Whether a repository is named by an address, `user@host:path` too, rather than by a folder."""
    return "://" in text or _SSH_ADDRESS.match(text) is not None


class Duration(click.ParamType[float]):
    """Seconds, written as `30s`, `5m`, `1h30m`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds of a text."""
        if isinstance(value, float):
            return value
        found = _DURATION.findall(value)
        if not found or "".join(number + unit for number, unit in found) != value:
            self.fail(f"{value!r} is no duration: write 30s, 5m or 1h30m", param, ctx)
        return sum(float(number) * _UNITS_S[unit] for number, unit in found)


def output_option(*forms: str) -> Callable[[Command], Command]:
    """`-o`, with the forms that a command offers; the first is the default. One given before the command counts too."""

    def choose(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
        chosen = value or (context.find_root().obj or {}).get("output") or forms[0]
        if chosen not in forms:
            raise click.BadParameter(f"{chosen!r} is not one of {', '.join(forms)}", context, parameter)
        return chosen

    return click.option("-o", "--output", default=None, metavar="|".join(forms), callback=choose, help="How to answer.")


def place_options(command: Command) -> Command:
    """`--data-dir` and `--repo`: which data directory is meant."""
    repo = click.option("--repo", default="", metavar="REPO", help="The repository whose `up` is meant.")
    data = click.option(
        "--data-dir", type=click.Path(path_type=Path), envvar="TRUELINE_DATA_DIR", help="The data directory itself."
    )
    return repo(data(command))


def _take_age_key(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:  # noqa: ARG001 - click's
    """As if whoever types the command had set the variable that `sops` itself reads."""
    if value is not None:
        os.environ["SOPS_AGE_KEY_FILE"] = str(value.absolute())


AGE_KEY = click.option(
    "--age-key-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    callback=_take_age_key,
    expose_value=False,
    metavar="F",
    help="Age identities that open encrypted files.",
)
KUBECONFIG = click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Its contexts are the clusters; its current context is the default.",
)

ADOPT = click.option(
    "--adopt-installation",
    "adopted_installation",
    default="",
    metavar="ID|new",
    help="Whose data a new data directory is: an installation's that is known, or a new one's all the same.",
)
