"""What the driver of MkDocs reports. A plug-in could have written it: it is read by its types, and only shown."""

from typing import Final

import msgspec


class Said(msgspec.Struct, frozen=True):
    """One message of the log."""

    level: str
    text: str
    by: str = ""

    @property
    def is_grave(self) -> bool:
        """A warning or worse."""
        return self.level in {"WARNING", "ERROR", "CRITICAL"}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`aborted` is MkDocs' own word that the log stopped it, `refused` what it raised, `crashed` a plug-in's bug."""

    built: bool
    strict: bool = False
    documents: str = ""
    address: str = ""
    aborted: str = ""
    refused: str = ""
    crashed: str = ""
    said: tuple[Said, ...] = ()


DECODER: Final = msgspec.json.Decoder(Report)
