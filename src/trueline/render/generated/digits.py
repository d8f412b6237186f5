"""Whether a file's name holds its content's digest: then a browser may keep it for ever.

Only what can be proven counts: the letters in the name are the beginning of a known digest of the file's own bytes. A
name alone proves nothing (a date looks the same, and so does the digest of what a file was made from), and to remember
under which name which bytes stood would let one build give another site on another machine.
"""

import hashlib
import posixpath
import re
from typing import Final

DIGITS_MIN: Final = 8
_DIGITS: Final = re.compile(rf"(?<![0-9a-z])[0-9a-f]{{{DIGITS_MIN},128}}(?![0-9a-z])", re.IGNORECASE)
_DIGESTS: Final = ("md5", "sha1", "sha256", "sha384", "sha512")


def holds_digest(path: str, data: bytes) -> bool:
    """Whether the name says what is in the file.

    >>> holds_digest("css/main.e3b0c44298fc.css", b""), holds_digest("css/main.20261128.css", b"")
    (True, False)
    """
    written = [one.lower() for one in _DIGITS.findall(posixpath.basename(path))]
    if not written:
        return False
    found = [hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in _DIGESTS]
    return any(digest.startswith(one) for digest in found for one in written)
