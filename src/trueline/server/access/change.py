"""Counts the changes of who may come in, so that long streams ask anew only when there is one."""


class Changes:
    """How many there were since the start."""

    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        """One more: a user, session or token came to its end."""
        self.count += 1
