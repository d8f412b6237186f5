"""Programs that a person lets act as them: a code that goes through the browser once, and is good for one program.

Whoever reads the code on its way cannot use it: it is exchanged by whoever knows the secret that it was asked with.
"""

import re
from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.runtime.clock import Clock
from trueline.server.access.refusal import Refusal
from trueline.server.access.secret import SHOWN_CHARACTERS_MAX, Random, digest_of, new_secret

LASTS_S: Final = 60.0
CODES_MAX: Final = 1_000
PORTS: Final = range(1024, 1 << 16)
MACHINE: Final = r"^[a-z0-9][a-z0-9.-]{0,59}$"
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PURPOSE: Final = "program"
_FORBIDDEN: Final = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that waits on a port of the machine that the browser runs on."""

    machine: str
    port: int
    challenge: str
    state: str

    @property
    def origin(self) -> str:
        """Where it waits."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    owner: str
    program: Program
    until_s: float


class Programs:
    """Codes that were given and not taken yet: in memory, few, and for a minute."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._codes: OrderedDict[str, _Code] = OrderedDict()

    def begin(self, owner: str, program: Program) -> str:
        """A new code by which a program becomes somebody's."""
        code = new_secret(self._random)
        until_s = self._clock.monotonic_s() + LASTS_S
        self._codes[digest_of(code, _PURPOSE)] = _Code(owner=owner, program=program, until_s=until_s)
        if len(self._codes) > CODES_MAX:
            self._codes.popitem(last=False)
        return code

    def finish(self, code: str, verifier: str) -> tuple[str, str]:
        """Whose program it is, and on which machine, once.

        Raises:
            Refusal: TL2215.
        """
        digest = digest_of(code[:SHOWN_CHARACTERS_MAX], _PURPOSE)
        found = self._codes.pop(digest, None)
        if found is None or self._clock.monotonic_s() > found.until_s:
            raise _over("it was used, is older than a minute, or never was one")
        if not compare_digest(challenge_of(verifier).encode(), found.program.challenge.encode()):
            raise _over("another program asked for it")
        return found.owner, found.program.machine


def read_program(machine: str, port: str, challenge: str, state: str) -> Program | None:
    """The program that sends a browser, as its address says; `None` where anything is odd."""
    is_port = port.isascii() and port.isdecimal() and len(port) <= len(str(PORTS.stop)) and int(port) in PORTS
    is_word = bool(_WORD.fullmatch(challenge) and _WORD.fullmatch(state))
    if not is_port or not is_word or re.fullmatch(MACHINE, machine, re.ASCII) is None:
        return None
    return Program(machine=machine, port=int(port), challenge=challenge, state=state)


def challenge_of(verifier: str) -> str:
    """What a code is asked with, by who alone knows the verifier.

    >>> challenge_of("x" * 43)[:8]
    'zAscLGbz'
    """
    return urlsafe_b64encode(sha256(verifier.encode(errors="replace")).digest()).rstrip(b"=").decode()


def _over(detail: str) -> Refusal:
    told = Diagnostic(
        code="TL2215", summary="the code of a program is over", detail=detail, remedy="use `trueline login` again"
    )
    return Refusal(_FORBIDDEN, told)
