"""By whose fault something went wrong; each fault carries diagnostics, all of them, not the first.

`UserError`: fix the repository · `TargetError`: the target refuses · `Transient`: we retry · anything else is our bug.
"""

from collections.abc import Iterable

from trueline.model.diagnostic import Diagnostic


class Fault(Exception):
    """What a stage raises to say that it cannot go on. Use one of the three kinds."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


class UserError(Fault):
    """The repository, a declaration or a command line is wrong. Retrying cannot help."""


class TargetError(Fault):
    """The target refuses: rights, quota, admission, an immutable field."""


class Transient(Fault):
    """It may pass: the network, a busy server, a lock. It is retried with growing pauses."""
