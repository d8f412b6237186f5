"""One value of an encrypted file, as `secret: {sops: PATH#KEY}` names it. Pure."""

from collections.abc import Sequence

from trueline.model.masked import Masked
from trueline.runtime.sops.reader import Clear
from trueline.runtime.sops.tree import COMMENT, MAPPING, NULL, Node


def pick(clear: Clear, key: str) -> Masked:
    """The value of a key: names joined by `.`, or a JSON pointer; items of lists by their number. No key is the file.

    Raises:
        LookupError: there is no such value, or it is no text. Its message holds names only.
    """
    if not key:
        try:
            return Masked(clear.exact.decode())
        except UnicodeDecodeError:
            raise LookupError("the file is not UTF-8 text") from None
    for document in clear.documents:
        found = _found(document, _steps(key))
        if found is not None:
            if found.is_branch or found.kind == NULL:
                raise LookupError(f"{key} is no single value")
            return Masked(found.text)
    raise LookupError(f"there is no key {key} in it")


def _steps(key: str) -> list[str]:
    if not key.startswith("/"):
        return key.split(".")
    return [step.replace("~1", "/").replace("~0", "~") for step in key[1:].split("/")]


def _found(node: Node, steps: Sequence[str]) -> Node | None:
    for step in steps:
        values = [one for one in node.nodes if one.kind != COMMENT]
        if node.kind == MAPPING:
            below = next((one for one in values if one.key == step), None)
        else:
            below = values[int(step)] if step.isdecimal() and int(step) < len(values) else None
        if below is None:
            return None
        node = below
    return node
