"""The file by which whoever starts Trueline says whom to trust first: OpenPGP blocks and lines of SSH keys."""

import re
from typing import Final

from trueline.model.fault import UserError
from trueline.source.signature.key import Scheme, TrustedKey, ssh_kind
from trueline.source.signature.refusal import BAD_KEY

_BLOCK: Final = re.compile(
    r"^-----BEGIN PGP PUBLIC KEY BLOCK-----$.*?^-----END PGP PUBLIC KEY BLOCK-----$", re.MULTILINE | re.DOTALL
)


def read_keys(data: bytes, name: str) -> tuple[TrustedKey, ...]:
    """The keys of a file. An SSH line may begin with its owner, as in an `allowed_signers` file, or end with it.

    Raises:
        UserError: TL0147, there is none, or a line is no public key, or the file is no text.

    >>> [key.owner for key in read_keys(b"ada ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "keys")]
    ['ada']
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UserError([BAD_KEY.about(f"{name} is no text; `gpg --armor --export NAME` gives one")]) from None
    blocks = _BLOCK.findall(text)
    found = [TrustedKey(owner=name, scheme=Scheme.OPENPGP, text=block) for block in blocks]
    lines = (line for line in _BLOCK.sub("", text).splitlines() if line.strip() and not line.startswith("#"))
    found += (_ssh_key(line.split(), name) for line in lines)
    if not found:
        raise UserError([BAD_KEY.about(f"{name} holds none")])
    return tuple(found)


def _ssh_key(words: list[str], name: str) -> TrustedKey:
    """`ssh-ed25519 AAAA… ada`, or `ada ssh-ed25519 AAAA…`; what else such lines may say is not known here."""
    for start, owner in ((0, " ".join(words[2:]) or name), (1, words[0])):
        text = " ".join(words[start : start + 2])
        if words[start:] and ssh_kind(text) == words[start]:
            return TrustedKey(owner=owner, scheme=Scheme.SSH, text=text)
    raise UserError([BAD_KEY.about(f"{name}: a line that begins with {words[0][:20]!r}")])
