"""One key of one Secret, read when somebody needs it and kept nowhere."""

import base64
import binascii

import msgspec

from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.status import Refusal

SECRET = ResourceType(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)


class _Secret(msgspec.Struct, frozen=True):
    data: dict[str, str] = {}


async def read_secret_key(client: KubernetesClient, namespace: str, name: str, key: str) -> str:
    """The value of a key, as text.

    Raises:
        LookupError: it is not there, may not be read, or is no text; with the reason, never with the value.
    """
    answer = await client.get(SECRET, namespace, name, whole=True)
    if isinstance(answer, Refusal):
        raise LookupError(answer.message)  # noqa: TRY004 - an answer, not an argument
    value = msgspec.json.decode(answer.body, type=_Secret).data.get(key)
    if value is None:
        raise LookupError("the Secret has no such key")
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise LookupError("the value is no text") from None
