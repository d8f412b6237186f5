"""How applications stand, as an answer: a table for people, JSON for programs, and the exit code."""

from collections.abc import Mapping, Sequence
from typing import Any

from trueline.cli.answer import say, say_json, say_table
from trueline.record.line import one_line

NOT_TRUE = 2


def answer_code(statuses: Sequence[Mapping[str, Any]]) -> int:
    """0 where all of them are True."""
    return 0 if all(status["true"] for status in statuses) else NOT_TRUE


def say_statuses(statuses: Sequence[Mapping[str, Any]], output: str) -> None:
    """Print them."""
    if output == "json":
        say_json(list(statuses))
        return
    if not statuses:
        say("no applications")
        return
    head = ("APPLICATION", "SYNC", "HEALTH", "REVISION", "MESSAGE")
    say_table(head, [_row(status) for status in statuses])


def _row(status: Mapping[str, Any]) -> tuple[str, ...]:
    return status["application"], status["sync"], status["health"], revision_of(status), message_of(status)


def message_of(status: Mapping[str, Any]) -> str:
    """Why it stands as it does, on one line."""
    message = status["message"] or status["healthMessage"] or _added(status.get("added", 0))
    if status["sync"] == "Unknown" and status["since"] and "since" not in message:
        message = f"{message} (since {status['since'][:19]}Z)"
    return one_line(message) or "-"


def revision_of(status: Mapping[str, Any]) -> str:
    """What runs, and what Git says where that is something else."""
    revision: str = status["revision"] or "-"
    if status["wanted"] and status["wanted"] != status["revision"]:
        revision = f"{revision} (Git: {status['wanted']})"
    return revision


def _added(count: int) -> str:
    """What others put into our objects is no fault, but is said where nothing else is."""
    if not count:
        return ""
    return f"{count} object{'s hold' if count > 1 else ' holds'} fields that others added: trueline drift"
