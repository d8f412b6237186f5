"""The secrets that deliveries are signed with: a file for each forge, a secret a line, read anew for each delivery.

So a secret is changed without a restart: the new one is added as a second line, then the old one is taken away.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.server.hook.forge import Forge

KEY_CHARACTERS_MIN: Final = 16
KEYS_MAX: Final = 4
_FILE_BYTES_MAX: Final = 16 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HookKeys:
    """Where the secret of each forge stands; a forge without one sends nothing here."""

    files: Mapping[Forge, Path] = field(default_factory=dict)

    def check(self) -> None:
        """Whether all of them can be read now, so that a start says so and not the first delivery.

        Raises:
            UserError: TL2010.
        """
        for forge in self.files:
            self.read(forge)

    def read(self, forge: Forge) -> tuple[Masked, ...]:
        """The secrets of a forge, as they stand now; none where it has no file.

        Raises:
            UserError: TL2010, the file cannot be read, has none, or one that can be guessed.
        """
        path = self.files.get(forge)
        if path is None:
            return ()
        lines = [line.strip() for line in _text(path).splitlines()]
        keys = [line for line in lines if line]
        if not 0 < len(keys) <= KEYS_MAX:
            raise _refused(path, f"it has {len(keys)} secrets, and shall have 1 to {KEYS_MAX}, one a line")
        if any(len(key) < KEY_CHARACTERS_MIN for key in keys):
            raise _refused(path, f"a secret of fewer than {KEY_CHARACTERS_MIN} characters can be guessed")
        return tuple(map(Masked, keys))


NO_KEYS: Final = HookKeys()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IWOTH:
                raise _refused(path, "everybody on this machine can write it")
            return file.read(_FILE_BYTES_MAX).decode()
    except OSError as error:
        raise _refused(path, os.strerror(error.errno or 0)) from None
    except UnicodeDecodeError:
        raise _refused(path, "it is not UTF-8 text") from None


def _refused(path: Path, reason: str) -> UserError:
    return UserError(
        [
            Diagnostic(
                code="TL2010",
                summary="the secret of a webhook cannot be used",
                detail=f"{path}: {reason}",
                remedy="write one secret a line, 32 random characters each, for the eyes of `up` alone",
            )
        ]
    )
