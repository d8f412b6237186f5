"""Which private keys are at hand: those that Git names by reference, then those of whoever runs this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trueline.model.masked import Masked
from trueline.runtime.secret import SecretPlace, SecretReference, Secrets
from trueline.runtime.sops.key import PrivateKey

TEXT: Final = "SOPS_AGE_KEY"
FILES: Final = ("SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "TRUELINE_PGP_KEY_FILE")
"""Variables of the environment that hold a key, and those that name the file of one; as sops has them, but the last."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Reads private keys when they are needed; none is remembered."""

    environment: Mapping[str, str] = field(repr=False)
    secrets: Secrets

    async def keys(self, references: Sequence[SecretReference] = ()) -> tuple[PrivateKey, ...]:
        """The keys, those of the references first.

        Raises:
            UserError: TL0152, one cannot be read.
        """
        every = (*references, *self._own())
        return tuple([PrivateKey(name=str(one), value=await self._read(one)) for one in every])

    async def _read(self, reference: SecretReference) -> Masked:
        return await self.secrets.resolve(reference)

    def _own(self) -> list[SecretReference]:
        named = [(SecretPlace.FILE, self.environment.get(variable, "")) for variable in FILES]
        text = [(SecretPlace.ENV, TEXT)] if self.environment.get(TEXT) else []
        return [SecretReference(place=place, name=name) for place, name in (*text, *named) if name]
