"""What an image's file is called on the site: its own name made plain, the digest of its content, its width."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from trueline.model.digest import Digest
from trueline.render.site.image.kind import Kind
from trueline.render.site.image.plan import Variant

FOLDER: Final = "assets/img"
_HASH_LENGTH: Final = 12
_NAME_LENGTH_MAX: Final = 40
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def file_name(path: str, variant: Variant, blob: Digest) -> str:
    """Where a file of the image at `path` is published; plain ASCII, so that no address of it needs an escape.

    >>> file_name("a/Größe 2.jpeg", Variant(kind=Kind.AVIF, width=640, height=480), Digest("0123456789abcdef"))
    'assets/img/grosse-2.0123456789ab-640.avif'
    """
    width = f"-{variant.width}" if variant.kind is not Kind.SVG else ""
    return f"{FOLDER}/{_plain(PurePosixPath(path).stem)}.{blob[:_HASH_LENGTH]}{width}.{variant.kind.value}"


def _plain(name: str) -> str:
    """Letters without their marks; the digest tells apart what becomes the same.

    >>> _plain("図"), _plain("Crème  brûlée")
    ('image', 'creme-brulee')
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    return _OTHER.sub("-", plain)[:_NAME_LENGTH_MAX].strip("-") or "image"
