"""What a branch may be called, by Git's own rules."""

import re

NAME_BYTES_MAX = 240
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def fault_of_branch(name: str) -> str:
    """Why Git takes no branch of this name, empty where it does.

    >>> fault_of_branch("gh-pages"), fault_of_branch("a..b")
    ('', 'it has a character or a pair that Git takes in no name')
    """
    if not name or len(name.encode(errors="replace")) > NAME_BYTES_MAX:
        return f"it is empty, or longer than {NAME_BYTES_MAX} bytes"
    if name.startswith("refs/"):
        return "it is the name of a ref; a branch is named without refs/heads/"
    if _FORBIDDEN.search(name):
        return "it has a character or a pair that Git takes in no name"
    if name in {"@", "HEAD"} or name.startswith(("-", "/")) or name.endswith(("/", ".")):
        return "it begins or ends as no branch does"
    if any(part.startswith(".") or part.endswith(".lock") for part in name.split("/")):
        return "a part of it begins with a dot or ends with .lock"
    return ""
