"""What can be wrong with an encrypted file. A message names files, keys of mappings and recipients; never a value."""

from dataclasses import dataclass
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.origin import Origin


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of fault."""

    code: str
    summary: str
    remedy: str

    def about(self, detail: str, origin: Origin | None = None) -> UserError:
        """The fault, of one file."""
        return UserError([self.note(detail, origin)])

    def note(self, detail: str, origin: Origin | None = None) -> Diagnostic:
        """What is to be told, and stops nothing."""
        return Diagnostic(code=self.code, summary=self.summary, detail=detail, remedy=self.remedy, origin=origin)


MISSING: Final = Refusal(
    "TL0160",
    "what opens encrypted files is not installed",
    "install trueline[secrets]",
)
UNREADABLE: Final = Refusal(
    "TL0161",
    "an encrypted file cannot be read",
    "encrypt it again with sops from its clear text",
)
VERSION: Final = Refusal(
    "TL0162",
    "an encrypted file was written by a version of SOPS that is not known",
    "encrypt it again with sops 3",
)
NO_KEY: Final = Refusal(
    "TL0163",
    "no private key is at hand for an encrypted file",
    "name one under decryption: {keys: [{secret: …}]} of the application, or in SOPS_AGE_KEY_FILE",
)
WRONG_KEY: Final = Refusal(
    "TL0164",
    "an encrypted file is not encrypted to any key that is at hand",
    "add the recipient to .sops.yaml and run `sops updatekeys`, or provide the private key of one that is named",
)
GROUPS: Final = Refusal(
    "TL0165",
    "an encrypted file needs the keys of several groups",
    "encrypt it to one group of recipients; shared keys (shamir_threshold) are not supported",
)
DAMAGED_VALUE: Final = Refusal(
    "TL0166",
    "an encrypted value was changed or moved",
    "restore the file from its history; what was changed by hand has to go through `sops edit`",
)
DAMAGED_MAC: Final = Refusal(
    "TL0167",
    "an encrypted file is not as it was when it was encrypted",
    "restore the file from its history; what was changed by hand has to go through `sops edit`",
)
CLEAR_VALUE: Final = Refusal(
    "TL0168",
    "a value of an encrypted file stands in clear",
    "run `sops encrypt` on the file, or `sops edit`; treat the value as known and change it",
)
BAD_KEY: Final = Refusal(
    "TL0169",
    "a private key cannot be read",
    "give an age identity (AGE-SECRET-KEY-…), an SSH key without a passphrase, or an armoured OpenPGP key without one",
)
DAMAGED_KEY: Final = Refusal(
    "TL0170",
    "the data key of an encrypted file is damaged",
    "restore the file from its history, or encrypt it again from its clear text",
)
STANDS_IN_CLEAR: Final = Refusal(
    "TL0175",
    "a file that should be encrypted stands in clear",
    "run `sops encrypt -i` on it; treat what it holds as known and change it; or correct the rule in .sops.yaml",
)
NO_SECRET: Final = Refusal(
    "TL0177",
    "an encrypted value stands in something that is no Secret",
    "take it from a Secret there (valueFrom, envFrom, a volume): elsewhere everybody who may read the object sees it",
)
