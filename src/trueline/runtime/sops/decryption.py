"""Opens encrypted files with whatever private keys are at hand, and values of them by reference."""

from collections.abc import Sequence
from dataclasses import dataclass

from trueline.model.masked import Masked
from trueline.runtime.files import FileTree
from trueline.runtime.secret import SecretReference
from trueline.runtime.sops.keyring import Keyring
from trueline.runtime.sops.pick import pick
from trueline.runtime.sops.reader import Clear, SopsReader


@dataclass(frozen=True, slots=True)
class Decryption:
    """A reader with its keys. Its toolbox is another one than that of who asks while a worker waits for a file."""

    reader: SopsReader
    keyring: Keyring

    async def open(self, path: str, data: bytes, references: Sequence[SecretReference] = (), commit: str = "") -> Clear:
        """An encrypted file in clear; see `SopsReader.open`. `references` name private keys beside our own."""
        return await self.reader.open(path, data, await self.keyring.keys(references), commit)

    async def value(self, name: str, files: FileTree) -> Masked:
        """What `PATH#KEY` names in some files.

        Raises:
            LookupError: there is no such file or value.
            UserError: the file does not open.
            Transient: it could not be read now.
        """
        path, _, key = name.partition("#")
        try:
            data = await files.read(path)
        except FileNotFoundError:
            raise LookupError("there is no such file in the fleet repository") from None
        return pick(await self.open(path, data), key)
