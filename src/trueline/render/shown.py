"""What may be shown of what was rendered: no value of a Secret, and no value of an encrypted file anywhere (INV-25)."""

from typing import Any

from trueline.model.digest import parse
from trueline.model.masked import MASK
from trueline.render.body import is_secret
from trueline.render.decrypted import without
from trueline.render.resource import Rendered, Resource


def shown(rendered: Rendered, resource: Resource) -> Any:
    """The body as a value, without secrets; `rendered` is fresh, for a kept one no longer knows what was encrypted."""
    text = rendered.body(resource).decode()
    body = parse(without(text, rendered.secrets).encode())
    if not is_secret(body):
        return body
    data = body.get("data")
    return {**body, "data": dict.fromkeys(data, MASK) if isinstance(data, dict) else MASK}
