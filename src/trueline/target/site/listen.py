"""An address to listen on, as a declaration writes it. Who names no host gets this machine only."""

import re
from dataclasses import dataclass
from typing import Final, Self

LOOPBACK: Final = "127.0.0.1"
PORT_MAX: Final = 65_535
_WRITTEN: Final = re.compile(r"(?:\[([0-9A-Fa-f:.%a-z]+)\]|([A-Za-z0-9._-]*)):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A host and a port; port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The address of a text; `None` where it is none.

        >>> ListenAddress.parse("0.0.0.0:80"), ListenAddress.parse(":8080"), ListenAddress.parse("8080")
        (ListenAddress(host='0.0.0.0', port=80), ListenAddress(host='127.0.0.1', port=8080), None)
        """
        found = _WRITTEN.fullmatch(text)
        if found is None or int(found[3]) > PORT_MAX:
            return None
        return cls(found[1] or found[2] or LOOPBACK, int(found[3]))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
