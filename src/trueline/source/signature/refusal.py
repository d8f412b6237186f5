"""Why a signature does not count: one diagnostic for each way, so that nobody has to guess."""

from dataclasses import dataclass
from typing import Final

from trueline.model.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One way to fail."""

    code: str
    summary: str
    remedy: str

    def about(self, detail: str) -> Diagnostic:
        """The diagnostic of one case."""
        return Diagnostic(code=self.code, summary=self.summary, detail=detail, remedy=self.remedy)


def _failure(code: str, summary: str, remedy: str) -> Failure:
    return Failure(code=code, summary=summary, remedy=remedy)


UNSIGNED: Final = _failure(
    "TL0136", "a revision is not signed", "sign it with a trusted key (`git commit -S`, `git tag -s`) and push again"
)
UNKNOWN_KEY: Final = _failure(
    "TL0138",
    "a revision is signed by a key that is not trusted",
    "have somebody whose key is trusted add the key to the project's `trustedKeys`, or sign with a trusted key",
)
EXPIRED: Final = _failure(
    "TL0139",
    "a revision is signed by a key outside its time",
    "sign with a key that is valid now; or a trusted person gives the key another `until`, or its renewed block",
)
REVOKED: Final = _failure(
    "TL0140", "a revision is signed by a revoked key", "sign it with another trusted key; find out who used this one"
)
WEAK: Final = _failure(
    "TL0141",
    "a signature uses an algorithm that is not accepted",
    "sign with Ed25519, ECDSA or RSA of at least 2048 bits, over SHA-256 or stronger",
)
OTHER_OBJECT: Final = _failure(
    "TL0142",
    "a signature does not fit the revision",
    "the signature was made for other content: find out who put it there, and sign anew",
)
OTHER_TAG: Final = _failure(
    "TL0143",
    "a signed tag names something else than where it stands",
    "make the tag anew where it belongs (`git tag -s NAME COMMIT`); find out who moved or renamed it",
)
UNREADABLE: Final = _failure(
    "TL0144",
    "a signature cannot be read",
    "sign with OpenPGP or SSH (`git config gpg.format`), once; X.509 and several signatures are not accepted",
)
REWRITTEN: Final = _failure(
    "TL0145",
    "the history of a verified source was rewritten",
    "restore the branch; or whoever may sign pushes a signed commit whose message ends with the line that is named",
)
KEYS_UNSIGNED: Final = _failure(
    "TL0149",
    "trusted keys were changed by a commit that no trusted key signed",
    "have somebody whose key is trusted sign a commit on top of it; until then the keys of before count",
)
NO_LIBRARY: Final = _failure(
    "TL0146", "what checks signatures is not installed", 'install it: pip install "trueline[verify]"'
)
BAD_KEY: Final = _failure(
    "TL0147", "a trusted key cannot be read", "give one public key, as `gpg --armor --export` or `ssh-keygen` write it"
)
