"""A record of the journal → what people are told happened. Pure: what is not in the record is not said."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from trueline.notify.event import Event
from trueline.notify.incident import Happening

KNOWN_MAX: Final = 10_000
FIELDS_MAX: Final = 5
REVISION_CHARACTERS: Final = 10
K = TypeVar("K")


class Recorded(Protocol):
    """What a record has, whoever wrote it."""

    @property
    def sequence(self) -> int:
        """Its number."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def kind(self) -> str:
        """What it tells of."""
        ...

    @property
    def application(self) -> str:
        """Of whom."""
        ...

    @property
    def body(self) -> Any:
        """What it says."""
        ...


class MomentReader:
    """Reads records in their order, look after look. A heal is told with the drift that was found before it; without
    one it was no drift: a value that somebody put back, which is taken back in silence (D5).
    """  # noqa: D205 - one sentence needs two lines

    def __init__(self) -> None:
        self._drifts: dict[tuple[str, str], str] = {}
        self._begun: dict[str, str] = {}

    def read(self, records: Iterable[Recorded]) -> Iterator[Happening]:
        """What happened; read twice, a record says the same."""
        for record in records:
            body: Mapping[str, Any] = record.body if isinstance(record.body, dict) else {}
            self._remember(record, body)
            if (told := self._told(record, body)) is not None:
                event, line, revision = told
                yield Happening(
                    event=event.value,
                    application=record.application,
                    line=line,
                    at=record.at,
                    sequence=record.sequence,
                    revision=revision[:REVISION_CHARACTERS],
                )

    def _remember(self, record: Recorded, body: Mapping[str, Any]) -> None:
        if record.kind == "drift found" and body.get("drift") not in {"fight", "added"}:
            _put(self._drifts, (record.application, str(body.get("ref", ""))), _drift(body))
        if record.kind == "deployment begun":
            _put(self._begun, record.application, str(body.get("revision", "")))

    def _told(self, record: Recorded, body: Mapping[str, Any]) -> tuple[Event, str, str] | None:
        match record.kind, body:
            case "deployment ended", {"result": "done"}:
                return Event.APPLIED, "", self._begun.get(record.application, "")
            case "outcome", {"action": "heal", "result": "done", "ref": str(ref)}:
                drift = self._drifts.get((record.application, ref))
                return (Event.HEALED, f"{ref} {drift}", "") if drift is not None else None
            case "drift found", {"drift": "fight"}:
                return Event.FOUGHT, str(body.get("message", "")), ""
            case "rollback", _:
                return Event.ROLLED_BACK, f"by {body.get('who', '')}", str(body.get("to", ""))
            case "removed", _:
                return Event.REMOVED, "with everything it owned that Git does not keep", ""
            case _:
                return None


def _put(known: dict[K, str], key: K, text: str) -> None:
    """INV-31: what was said longest ago is forgotten."""
    known.pop(key, None)
    known[key] = text
    if len(known) > KNOWN_MAX:
        known.pop(next(iter(known)))


def _drift(body: Mapping[str, Any]) -> str:
    fields = [str(one) for one in body.get("fields") or ()]
    managers = ", ".join(str(one) for one in body.get("managers") or () if one)
    more = f" and {len(fields) - FIELDS_MAX} more" if len(fields) > FIELDS_MAX else ""
    shown = f": {', '.join(fields[:FIELDS_MAX])}{more}" if fields else ""
    return f"was {body.get('drift', '')}{f' by {managers}' if managers else ''}{shown}"
