"""Resources that are no Secrets and hold an encrypted value: they are marked, so that whoever shows one hides it.

The mark is an annotation of the object itself. So it is there wherever the object is met: in a kept render, in the
cluster, in another process, after the value has left the object.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from trueline.model.digest import canonical, digest_bytes, parse
from trueline.model.masked import Masked
from trueline.render.body import is_secret
from trueline.render.decrypted import without
from trueline.render.resource import Rendered
from trueline.runtime.sops.refusal import NO_SECRET

ENCRYPTED: Final = "trueline.dev/encrypted"


def marked(rendered: Rendered, secrets: Sequence[Masked]) -> Rendered:
    """The same, each such resource with its mark, and a note of each (INV-25)."""
    if not secrets:
        return rendered
    resources, bodies, notes = [], dict(rendered.bodies), list(rendered.notes)
    for resource in rendered.resources:
        text = rendered.body(resource).decode()
        body = parse(text.encode())
        if is_secret(body) or without(text, secrets) == text:
            resources.append(resource)
            continue
        made = canonical(_with_mark(body))
        digest = digest_bytes(made)
        bodies[digest] = made
        resources.append(msgspec.structs.replace(resource, digest=digest))
        notes.append(NO_SECRET.note(str(resource.ref), resource.origin))
    needed = {resource.digest for resource in resources}
    kept = {digest: body for digest, body in bodies.items() if digest in needed}
    return replace(rendered, resources=tuple(resources), bodies=kept, notes=tuple(notes))


def is_private(body: Any) -> bool:
    """Whether an object carries the mark."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and ENCRYPTED in annotations


def _with_mark(body: dict[str, Any]) -> dict[str, Any]:
    metadata = body.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), ENCRYPTED: "true"}
    return {**body, "metadata": {**metadata, "annotations": annotations}}
