"""`health`: the judgement of live objects in a file, offline, by the same table as in a cluster."""

from pathlib import Path
from typing import Any

import click

from trueline.cli.answer import say, say_json
from trueline.cli.option import output_option

FILE_BYTES_MAX = 64 << 20
NOT_HEALTHY = 2


@click.command()
@click.option("-f", "--file", required=True, type=click.File("rb"), help="Live objects as YAML or JSON; - is stdin.")
@output_option("text", "json")
def health(file: Any, output: str) -> int:
    """Judge live objects, a list of them too: exit 0 where each is Healthy, 2 where one is not."""
    from trueline.cli.judging import judge_all  # noqa: PLC0415 - `--help` shall not pay for the toolbox
    from trueline.cli.run import run  # noqa: PLC0415

    data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise click.ClickException(f"the file has more than {FILE_BYTES_MAX} bytes")
    judged = run(judge_all(Path(getattr(file, "name", "-")).name, data))
    if output == "json":
        say_json([{"ref": ref, **body} for ref, body in judged])
    else:
        for ref, body in judged:
            say(f"{body['status']:<12} {ref}  {body['reason']}: {body['message']}")
    return 0 if all(body["status"] == "Healthy" for _, body in judged) else NOT_HEALTHY
