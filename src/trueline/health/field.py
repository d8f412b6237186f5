"""Live objects read with types. What is absent or null reads as empty; what has the wrong type is `Malformed`.

Never guesses: a server or a broken controller can put anything into a status, and health must say so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COUNT_MAX = 2**63 - 1
"""The API's own bound of an integer; beyond it a number is not one of ours."""
TEXT_CHARS_MAX = 300
"""How much of a foreign message is repeated: enough to search for, not enough to flood a page."""


class Malformed(Exception):
    """A field of a live object has a type that its kind does not allow."""

    def __init__(self, path: str, expected: str, value: object) -> None:
        super().__init__(f"{path} is {_TYPE_NAMES.get(type(value), 'of a foreign type')}, not {expected}")


_TYPE_NAMES = {
    list: "a list",
    dict: "a mapping",
    str: "a text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping inside a live object, with the path that messages name."""

    body: Mapping[str, Any]
    path: str = ""

    @classmethod
    def of(cls, value: object, path: str = "") -> "Fields":
        """Take `value` as a mapping; null is an empty one, and anything else is `Malformed`."""
        if value is None:
            return cls({}, path)
        if not isinstance(value, Mapping):
            raise Malformed(path or "the object", "a mapping", value)
        return cls(value, path)

    def at(self, *names: str) -> "Fields":
        """The mapping below, by names; empty where it is absent."""
        fields = self
        for name in names:
            fields = Fields.of(fields.body.get(name), fields._path_of(name))
        return fields

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.body.get(name) is not None

    def count(self, name: str, absent: int = 0) -> int:
        """An integer."""
        value = self.body.get(name)
        if value is None:
            return absent
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > COUNT_MAX:
            raise Malformed(self._path_of(name), "an integer", value)
        return value

    def text(self, name: str) -> str:
        """A text, as it stands."""
        value = self.body.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Malformed(self._path_of(name), "a text", value)
        return value

    def phrase(self, name: str) -> str:
        """A text for people: one line, no longer than `TEXT_CHARS_MAX`."""
        line = " ".join(self.text(name).split())
        return line if len(line) <= TEXT_CHARS_MAX else f"{line[: TEXT_CHARS_MAX - 1]}…"

    def is_true(self, name: str) -> bool:
        """A truth value; absent is false."""
        value = self.body.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise Malformed(self._path_of(name), "a truth value", value)
        return value

    def each(self, name: str) -> Iterator["Fields"]:
        """The mappings of a list."""
        value = self.body.get(name)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            raise Malformed(self._path_of(name), "a list", value)
        for index, item in enumerate(value):
            if not isinstance(item, Mapping):
                raise Malformed(f"{self._path_of(name)}[{index}]", "a mapping", item)
            yield Fields(item, f"{self._path_of(name)}[{index}]")

    def _path_of(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: `status` is True, False or Unknown; `observed_generation` is 0 where it has none."""

    kind: str
    status: str
    reason: str
    message: str
    observed_generation: int

    @property
    def is_true(self) -> bool:
        """Whether it holds."""
        return self.status == "True"

    @property
    def is_false(self) -> bool:
        """Whether it surely does not hold; Unknown is not false."""
        return self.status == "False"

    def __str__(self) -> str:
        return ": ".join(part for part in (self.reason, self.message) if part) or f"{self.kind} is {self.status}"


def conditions(holder: Fields, name: str = "conditions") -> dict[str, Condition]:
    """The conditions by type, in their order; the last of a type counts."""
    return {
        condition.kind: condition
        for condition in (
            Condition(
                kind=fields.phrase("type"),
                status=fields.text("status"),
                reason=fields.phrase("reason"),
                message=fields.phrase("message"),
                observed_generation=fields.count("observedGeneration"),
            )
            for fields in holder.each(name)
        )
    }


def holds(found: Mapping[str, Condition], kind: str) -> Condition | None:
    """The condition if it is True."""
    condition = found.get(kind)
    return condition if condition is not None and condition.is_true else None


def fails(found: Mapping[str, Condition], kind: str) -> Condition | None:
    """The condition if it is False."""
    condition = found.get(kind)
    return condition if condition is not None and condition.is_false else None
