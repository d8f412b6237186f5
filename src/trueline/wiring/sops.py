"""What opens encrypted files, with a toolbox of its own: that of the renders waits for the files."""

from trueline.loop.fleet import Fleet
from trueline.model.masked import Masked
from trueline.runtime.clock import Clock
from trueline.runtime.files import FileTree
from trueline.runtime.secret import SystemSecrets
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.sops.keyring import Keyring
from trueline.runtime.sops.reader import SopsReader
from trueline.runtime.toolbox_process import ProcessToolbox, ToolboxBinary


class FleetSecrets:
    """Values of encrypted files in the fleet repository, at the revision that was looked at last."""

    def __init__(self, decryption: Decryption) -> None:
        self._decryption = decryption
        self._fleet: Fleet | None = None

    def follow(self, fleet: Fleet) -> None:
        """Read from this repository; before, there is none to read from."""
        self._fleet = fleet

    async def value(self, name: str) -> Masked:
        """What `PATH#KEY` names; see `SopsSecret`."""
        files: FileTree | None = self._fleet.files if self._fleet is not None else None
        if files is None:
            raise LookupError("the fleet repository was not read yet")
        return await self._decryption.value(name, files)


def sops_toolbox(binary: ToolboxBinary, clock: Clock) -> ProcessToolbox:
    """One worker, started by the first encrypted file, and ended when there were none for a while."""
    return ProcessToolbox(path=binary.path, clock=clock, workers_max=1)


def decryption(toolbox: ProcessToolbox, secrets: SystemSecrets) -> Decryption:
    """Private keys stand where `secrets` finds them: in no encrypted file."""
    return Decryption(SopsReader(toolbox), Keyring(secrets.environment, secrets))
