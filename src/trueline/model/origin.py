"""Where a resource or a field was written: file, line and commit."""

import msgspec


class Origin(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """A place in a source. `path` is relative to the source's root; `line` counts from 1, 0 means the whole file.

    >>> str(Origin(path="apps/shop/web.yaml", line=12, commit="8f3a2c1d9e"))
    'apps/shop/web.yaml:12'
    """

    path: str
    line: int = 0
    commit: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path
