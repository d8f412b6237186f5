"""Files as an engine of a render reads them: what SOPS encrypted is in clear, in memory, for as long as the render."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from trueline.model.diagnostic import Diagnostic
from trueline.model.masked import MASK, Masked
from trueline.model.origin import Origin
from trueline.render.protocol import RenderRequest
from trueline.runtime.files import FileEntry, FileTree
from trueline.runtime.sops import refusal
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.sops.reader import SECRET_CHARACTERS_MIN, Clear
from trueline.runtime.sops.shape import shape_of


@dataclass(slots=True)
class DecryptedTree:
    """A `FileTree` over another one. What identifies a file stays that of the encrypted one, so caches see no secret.

    An encrypted file is never read as it stands: where it cannot be opened, the render fails. `is_lined` gives every
    value in the line where its encrypted one stands; else the bytes are those that SOPS gives.
    """

    files: FileTree
    request: RenderRequest
    decryption: Decryption | None
    is_lined: bool = False
    opened: dict[str, Clear | None] = field(default_factory=dict, repr=False)

    def entry(self, path: str) -> FileEntry | None:
        """What stands at a path."""
        return self.files.entry(path)

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory."""
        return self.files.names(path)

    async def read(self, path: str) -> bytes:
        """The bytes of a file, in clear.

        Raises:
            FileNotFoundError: there is no file at that path.
            UserError: it is encrypted and does not open.
        """
        known = self.opened.get(path)
        if known is None:
            data = await self.files.read(path)
            if path in self.opened or shape_of(path, data) is None:
                self.opened[path] = None
                return data
            known = self.opened[path] = await self._open(path, data)
        return known.lined if self.is_lined else known.exact

    def clear(self) -> tuple[str, ...]:
        """The files that were read as they stand."""
        return tuple(path for path, one in self.opened.items() if one is None)

    def secrets(self) -> tuple[Masked, ...]:
        """What was opened so far and must not be told."""
        opened = (one for one in self.opened.values() if one is not None)
        return tuple(secret for one in opened for secret in one.secrets())

    async def _open(self, path: str, data: bytes) -> Clear:
        if self.decryption is None:
            origin = Origin(path=path, commit=self.request.commit)
            raise refusal.NO_KEY.about(f"{path}: nothing here opens encrypted files", origin)
        return await self.decryption.open(path, data, self.request.decryption, self.request.commit)


def untold(diagnostics: Iterable[Diagnostic], secrets: Sequence[Masked]) -> tuple[Diagnostic, ...]:
    """Diagnostics without the values that an engine repeats of what it was given (INV-25)."""
    if not secrets:
        return tuple(diagnostics)
    return tuple(replace(one, detail=without(one.detail, secrets)) for one in diagnostics)


def without(text: str, secrets: Sequence[Masked]) -> str:
    """A text without secrets, as they stand in it: whole, a line of them, quoted, or in base64."""
    forms = {form for secret in secrets for form in _forms(secret.reveal()) if len(form) >= SECRET_CHARACTERS_MIN}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> Iterator[str]:
    for text in (secret, *(secret.splitlines() if "\n" in secret else ())):
        yield from (text, text.strip(), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        yield base64.b64encode(text.encode()).decode()


def lined(files: FileTree) -> FileTree:
    """The same files, each line where it is in the encrypted one."""
    if not isinstance(files, DecryptedTree):
        return files
    return DecryptedTree(files.files, files.request, files.decryption, is_lined=True, opened=files.opened)
