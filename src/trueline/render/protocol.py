"""What a renderer is: files and options in, resources out. It decides nothing and reads nothing else."""

from dataclasses import dataclass, field
from typing import Protocol

from trueline.render.misfit import Locate
from trueline.render.options import Capabilities, RenderOptions
from trueline.render.resource import Rendered
from trueline.render.site.version import SiteVersion
from trueline.runtime.files import FileTree
from trueline.runtime.secret import SecretReference


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRequest:
    """One application's render. `options` is `None` where the files shall tell; `commit` goes into origins only.

    `source` names where the files come from, so that equal paths of two sources do not displace each other in a cache.
    `versions` are those of a site that has some, each with its files; the request's own are those of one of them.
    `decryption` names the private keys of its encrypted files.
    """

    application: str
    path: str
    options: RenderOptions | None
    namespace: str = ""
    commit: str = ""
    source: str = ""
    capabilities: Capabilities = field(default_factory=Capabilities)
    versions: tuple[SiteVersion, ...] = ()
    decryption: tuple[SecretReference, ...] = ()


class Renderer(Protocol):
    """Turns one application's files into resources."""

    async def render(self, request: RenderRequest, files: FileTree) -> Rendered:
        """Render, reading nothing but `files`.

        Raises:
            UserError: the files do not render; every diagnostic that could be found.
            Transient: the renderer ended without an answer.
        """
        ...


class LocatingRenderer(Renderer, Protocol):
    """A renderer that can also tell where a field was written."""

    def locator(self, files: FileTree) -> Locate:
        """What finds the line of a field in these files; it reads them when it is asked."""
        ...
