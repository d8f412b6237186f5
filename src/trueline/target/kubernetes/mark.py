"""Whose object it is, as it says itself (D16): our label and our field manager. A copied label proves nothing."""

import hashlib
import re
from dataclasses import dataclass

LABEL = "trueline.dev/application"
LABEL_CHARACTERS_MAX = 63
_HASH_CHARACTERS = 16
_INSTALLATION = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,30}[a-z0-9])?")
_VALUE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_STRANGE = re.compile(r"[^-A-Za-z0-9_.]")


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation of Trueline, by the id that it made at its first start.

    >>> Installation("k3x9").mark("shop"), Installation("k3x9").manager
    ('k3x9.shop', 'trueline:k3x9')

    Raises:
        ValueError: the id has other characters than small letters, digits and inner hyphens, or more than 32.

    """

    name: str

    def __post_init__(self) -> None:
        if not _INSTALLATION.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no id of an installation")

    @property
    def manager(self) -> str:
        """The field manager of every request that writes."""
        return f"trueline:{self.name}"

    def mark(self, application: str) -> str:
        """The label's value; where `INSTALLATION.NAME` cannot stand in a label, its begin and its hash do.

        >>> Installation("k3x9").mark("team/" + "shop" * 20)
        'k3x9.team-shopshopshopshopshopshopshopshopshop-ed2138bed8129870'
        """
        text = f"{self.name}.{application}"
        if len(text) <= LABEL_CHARACTERS_MAX and _VALUE.fullmatch(text):
            return text
        hashed = hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARACTERS]
        begin = _STRANGE.sub("-", text)[: LABEL_CHARACTERS_MAX - _HASH_CHARACTERS - 1].rstrip("-_.")
        return f"{begin}-{hashed}"

    def is_own(self, mark: str) -> bool:
        """Whether a mark is of this installation; another's objects are never touched.

        >>> Installation("k3x9").is_own("k3x9.shop"), Installation("k3x9").is_own("other.shop")
        (True, False)
        """
        return mark.startswith(f"{self.name}.")
