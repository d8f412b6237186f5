"""Secrets by reference: where a secret is named one way. Its value comes in a wrapping that no message can open.

A reference is a value that may be shown; what it refers to is read when it is needed and never kept here.
"""

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol, assert_never

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.masked import MASK, Masked
from trueline.model.origin import Origin

SECRET_BYTES_MAX = 1024 * 1024
_HOW = "write secret: {env: NAME}, {file: PATH}, {sops: PATH#KEY} or {kubernetes: NAMESPACE/NAME#KEY}"


def encode_masked(value: object) -> str:
    """The hook for JSON encoders (`msgspec`'s `enc_hook`, `json`'s `default`): a secret is written as `***`.

    Raises:
        NotImplementedError: it is something else that cannot be encoded; so `msgspec` wants it of a hook.
    """
    if isinstance(value, Masked):
        return MASK
    raise NotImplementedError(f"{type(value).__name__} cannot be written as JSON")


def scrub(text: str, secrets: Iterable[Masked]) -> str:
    """A foreign text (what a child said) without the secrets that were given to the child.

    >>> scrub("fatal: hunter2 refused", [Masked("hunter2")])
    'fatal: *** refused'
    """
    for secret in secrets:
        if secret.reveal():
            text = text.replace(secret.reveal(), MASK)
    return text


class SecretPlace(Enum):
    """Where a secret's value stands."""

    ENV = "env"
    FILE = "file"
    KUBERNETES = "kubernetes"
    SOPS = "sops"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretReference:
    """The name of a secret: a variable, a path, `NAMESPACE/NAME#KEY`, or `PATH#KEY` of an encrypted file."""

    place: SecretPlace
    name: str
    origin: Origin | None = None

    def __str__(self) -> str:
        return f"{self.place.value}: {self.name}"

    @classmethod
    def parse(cls, value: object, origin: Origin | None = None) -> "SecretReference":
        """Read what stands where a secret belongs: `{secret: {env: NAME}}`.

        Raises:
            UserError: TL0150 plain text, TL0153 another shape. The value itself is in no message.

        >>> str(SecretReference.parse({"secret": {"env": "TOKEN"}}))
        'env: TOKEN'
        """
        match value:
            case {"secret": Mapping() as where, **rest} if not rest and len(where) == 1:
                ((key, name),) = where.items()
            case _:
                raise _not_a_reference(value, origin)
        if key not in {place.value for place in SecretPlace} or not isinstance(name, str) or not name:
            raise _not_a_reference(value, origin)
        if key == SecretPlace.KUBERNETES.value and split_kubernetes(name) is None:
            detail = "kubernetes: wants NAMESPACE/NAME#KEY; what stands there is not repeated"
            raise _refused("TL0153", "a secret reference has the wrong form", detail, _HOW, origin)
        return cls(place=SecretPlace(key), name=name, origin=origin)


def split_kubernetes(name: str) -> tuple[str, str, str] | None:
    """Namespace, name and key of `NAMESPACE/NAME#KEY`.

    >>> split_kubernetes("flux-system/git#password"), split_kubernetes("git")
    (('flux-system', 'git', 'password'), None)
    """
    place, _, key = name.partition("#")
    namespace, _, secret = place.partition("/")
    return (namespace, secret, key) if namespace and secret and key and "/" not in secret else None


class Secrets(Protocol):
    """Finds the values of references."""

    async def resolve(self, reference: SecretReference) -> Masked:
        """The value, read now.

        Raises:
            UserError: TL0152, it is not there or cannot be read.
        """
        ...


KubernetesSecret = Callable[[str, str, str], Awaitable[str]]
"""Namespace, name, key; a `LookupError` says why there is no value."""
SopsSecret = Callable[[str], Awaitable[Masked]]
"""`PATH#KEY`; a `LookupError` says why there is no value, and a `UserError` why the file does not open."""


class SystemSecrets:
    """Variables of a given environment, files, and through callables Kubernetes Secrets and encrypted files."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        kubernetes: KubernetesSecret | None = None,
        sops: SopsSecret | None = None,
        directory: Path | None = None,
    ) -> None:
        self.environment = environment
        self._kubernetes = kubernetes
        self._sops = sops
        self._directory = directory if directory is not None else Path()

    async def resolve(self, reference: SecretReference) -> Masked:
        """The value, read now; one trailing line end of a file is not part of it."""
        match reference.place:
            case SecretPlace.ENV:
                value = self.environment.get(reference.name)
                if value is None:
                    raise _missing(reference, "the variable is not set")
                return Masked(value)
            case SecretPlace.FILE:
                return Masked(self._read(reference))
            case SecretPlace.KUBERNETES:
                return Masked(await self._ask(reference))
            case SecretPlace.SOPS:
                return await self._open(reference)
            case _:
                assert_never(reference.place)

    def _read(self, reference: SecretReference) -> str:
        try:
            with (self._directory / reference.name).open("rb") as file:
                data = file.read(SECRET_BYTES_MAX + 1)
            text = data.decode()
        except OSError as error:
            raise _missing(reference, os.strerror(error.errno or 0)) from error
        except UnicodeDecodeError as error:
            raise _missing(reference, "the file is not UTF-8 text") from error.with_traceback(None)
        if len(data) > SECRET_BYTES_MAX:
            raise _missing(reference, f"the file is larger than {SECRET_BYTES_MAX} bytes")
        return text.removesuffix("\n").removesuffix("\r")

    async def _ask(self, reference: SecretReference) -> str:
        parts = split_kubernetes(reference.name)
        if self._kubernetes is None or parts is None:
            raise _missing(reference, "no cluster to read Secrets from is configured")
        try:
            return await self._kubernetes(*parts)
        except LookupError as error:
            raise _missing(reference, str(error.args[0])) from None

    async def _open(self, reference: SecretReference) -> Masked:
        if self._sops is None:
            raise _missing(reference, "an encrypted file cannot be read here")
        try:
            return await self._sops(reference.name)
        except LookupError as error:
            raise _missing(reference, str(error.args[0])) from None


def _missing(reference: SecretReference, reason: str) -> UserError:
    detail = f"{reference}: {reason}"
    return _refused("TL0152", "a secret cannot be read", detail, "provide it, or correct its name", reference.origin)


def _not_a_reference(value: object, origin: Origin | None) -> UserError:
    if isinstance(value, str | int | float):
        detail = "a value stands there in clear; it is not repeated here"
        remedy = f"{_HOW}; treat the value as known and change it"
        return _refused("TL0150", "plain text stands where a secret reference belongs", detail, remedy, origin)
    return _refused("TL0153", "a secret reference has the wrong form", f"a {type(value).__name__}", _HOW, origin)


def _refused(code: str, summary: str, detail: str, remedy: str, origin: Origin | None) -> UserError:
    return UserError([Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy, origin=origin)])
