"""Bodies as the YAML that people read, written as Kubernetes writes it."""

from collections.abc import Iterable

import msgspec

from trueline.runtime.toolbox import Toolbox


class _Answer(msgspec.Struct, frozen=True):
    text: str


async def encode_yaml(toolbox: Toolbox, bodies: Iterable[bytes]) -> str:
    """One document after the other, parted by `---`.

    Raises:
        ToolboxFailed: more than the toolbox may answer, or no answer.
    """
    answer = await toolbox.ask("encode", {"values": [msgspec.Raw(body) for body in bodies]})
    return msgspec.json.decode(answer, type=_Answer).text
