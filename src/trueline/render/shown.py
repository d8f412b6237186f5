"""What may be shown of what was rendered: no value of a Secret, and no value of an encrypted file anywhere (INV-25)."""

from collections.abc import Iterator, Sequence
from typing import Any

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import parse
from trueline.model.masked import MASK, Masked
from trueline.render.body import is_secret
from trueline.render.decrypted import without
from trueline.render.resource import Rendered, Resource
from trueline.runtime.sops.refusal import NO_SECRET


def shown(rendered: Rendered, resource: Resource) -> Any:
    """The body as a value, without secrets; `rendered` is fresh, for a kept one no longer knows what was encrypted."""
    text = rendered.body(resource).decode()
    body = parse(without(text, rendered.secrets).encode())
    if not is_secret(body):
        return body
    data = body.get("data")
    return {**body, "data": dict.fromkeys(data, MASK) if isinstance(data, dict) else MASK}


def misplaced(rendered: Rendered, secrets: Sequence[Masked]) -> Iterator[Diagnostic]:
    """Resources that are no Secrets and hold an encrypted value: whoever may read the object sees it, and its diffs."""
    for resource in rendered.resources if secrets else ():
        text = rendered.body(resource).decode()
        if not is_secret(parse(text.encode())) and without(text, secrets) != text:
            yield NO_SECRET.note(str(resource.ref), resource.origin)
