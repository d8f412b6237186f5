"""Which bytes a site's resources name: what is published somewhere, and what a kept render needs."""

from collections.abc import Callable

import msgspec

from trueline.model.digest import Digest
from trueline.record.keep import Bodies
from trueline.record.ledger import StoreLedger
from trueline.render.resource import Rendered
from trueline.render.site.file import FILE_KIND
from trueline.runtime.blob import BlobDirectory


def needed_blobs(ledger: StoreLedger, bodies: Bodies) -> list[Digest]:
    """The blobs of every file that is published somewhere."""
    found = bodies.get_many(ledger.bodies_of(FILE_KIND))
    return [Digest(msgspec.json.decode(body, type=_Blob).blob) for body in found.values()]


def has_blobs(blobs: BlobDirectory) -> Callable[[Rendered], bool]:
    """What says whether everything that a render of a site names is still there."""

    def has(rendered: Rendered) -> bool:
        files = (one for one in rendered.resources if one.ref.kind == FILE_KIND)
        wanted = {Digest(msgspec.json.decode(rendered.body(one), type=_Blob).blob) for one in files}
        return wanted == blobs.known(wanted)

    return has


class _Blob(msgspec.Struct, frozen=True):
    blob: str
