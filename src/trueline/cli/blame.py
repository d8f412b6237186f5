"""Whose fault an exception is. It prints nothing."""

import asyncio

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient
from trueline.runtime.store import full_disk
from trueline.runtime.toolbox import ToolboxFailed


def faults_of(error: BaseException) -> tuple[Fault, ...] | None:
    """The faults in an exception or a group of them; empty for a mere interrupt, `None` where it is our bug."""
    match error:
        case Fault():
            return (error,)
        case ToolboxFailed():
            return (_no_answer(error),)
        case OSError() if (full := full_disk(error)) is not None:
            return (full,)
        case KeyboardInterrupt() | asyncio.CancelledError():
            return ()
        case BaseExceptionGroup():
            parts = [faults_of(part) for part in error.exceptions]
            known = [part for part in parts if part is not None]
            return tuple(fault for part in known for fault in part) if len(known) == len(parts) else None
        case _:
            return None


def _no_answer(error: ToolboxFailed) -> Transient:
    diagnostic = Diagnostic(
        code="TL0902",
        summary="the toolbox gave no answer",
        detail=error.reason,
        remedy="try again; where it happens again, the input may exceed a limit",
    )
    return Transient([diagnostic])
