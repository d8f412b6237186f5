"""The word by which history may be rewritten: a line of a signed message that names what it replaces."""

import re
from typing import Final

LINE: Final = "Trueline-Replaces"
_LINE: Final = re.compile(rb"^" + LINE.encode() + rb": ([0-9a-f]{40}|[0-9a-f]{64})[ \t]*$", re.MULTILINE)


def replaced_by(message: bytes) -> frozenset[str]:
    """The commits that a message says it replaces; only whole ids count.

    >>> len(replaced_by(b"Trueline-Replaces: " + b"a" * 40)), len(replaced_by(b"Trueline-Replaces: abc"))
    (1, 0)
    """
    return frozenset(found.decode() for found in _LINE.findall(message))
