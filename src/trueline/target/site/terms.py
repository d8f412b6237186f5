"""What every place of a site says to the engine in the same words: its name and rules, and what was seen there last.

A subclass says what stands at a ref now; this asks nothing by itself and writes nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping

from trueline.model.digest import canonical
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.render.options import Capabilities
from trueline.render.site.file import RELEASE_REF
from trueline.target.answer import Accepted, Answer, Refusal, Refused
from trueline.target.reclaim import Reclaim
from trueline.target.rules import Rules
from trueline.target.site.normalise import RULES
from trueline.target.snapshot import Observed

Part = Known[Observed | None] | Unknown
_THERE, _GONE = Known(value=True), Known(value=False)


class SiteTerms(ABC):
    """The engine's `Target`, as far as all places of a site are alike.

    `family` is what every mark of this installation begins with, `mark` an application's.
    """

    def __init__(self, name: str, *, family: str, mark: Callable[[str], str]) -> None:
        self._name = name
        self._family = family
        self._mark = mark
        self._seen: dict[Ref, Part] = {}

    @property
    def name(self) -> str:
        """The name under which declarations know it."""
        return self._name

    @property
    def rules(self) -> Rules:
        """Files come before their release."""
        return RULES

    @property
    def family(self) -> str:
        """What every mark of this installation begins with."""
        return self._family

    def mark(self, application: str) -> str:
        """What the platform says of the application that owns it."""
        return self._mark(application)

    async def read(self, ref: Ref) -> Known[bytes | None] | Unknown:
        """What stands there, as JSON: the content's digest of a file, the digest of the release that is live."""
        match await self._part(ref):
            case Known(None):
                return Known(None)
            case Known(observed):
                assert observed is not None
                metadata = {"name": ref.name, "uid": observed.uid}
                return Known(canonical({"kind": ref.kind, "metadata": metadata, "content": observed.ours}))
            case Unknown() as unknown:
                return unknown

    def marked(self, mark: str, refs: Collection[Ref] | None = None) -> Mapping[Ref, Observed]:
        """The release, where that mark owns it: its files leave with it, and none of them is left behind alone."""
        part = self._seen.get(RELEASE_REF)
        observed = part.value if isinstance(part, Known) else None
        is_asked = refs is None or RELEASE_REF in refs
        return {RELEASE_REF: observed} if observed is not None and observed.mark == mark and is_asked else {}

    def marks(self) -> Mapping[str, Collection[Ref]]:
        """None: a place is named by its application, and nobody else's is in view."""
        return {}

    async def capabilities(self) -> Capabilities:
        """Nothing that a render may ask of."""
        return Capabilities()

    async def take_over(self, ref: Ref, *, seen: Observed, dry: bool) -> Answer:  # noqa: ARG002 - there is nothing to take over
        """Nothing here is ever another tool's with our mark on it."""
        return Refused(refusal=Refusal.STALE, message=f"{ref} was made by no other tool")

    async def reclaim(self, ref: Ref, *, body: bytes, extent: Reclaim, seen: Observed, dry: bool) -> Answer:  # noqa: ARG002 - files have no parts that others own
        """A file is whole: nothing can stand in the place of a part of it."""
        match await self._part(ref):
            case Known(observed) if observed is not None:
                return Accepted(observed=observed, wrote=False)
            case _:
                return Refused(refusal=Refusal.GONE, message="it is not there any more")

    def judged(self, ref: Ref) -> Known[None] | Unknown:
        """Files have no state of their own."""
        there = self.is_there(ref)
        return there if isinstance(there, Unknown) else Known(None)

    def last_judged(self, uid: str) -> None:  # noqa: B027 - an answer, not a gap
        """Nothing is remembered of what left."""

    def is_there(self, ref: Ref) -> Known[bool] | Unknown:
        """Whether it was there when it was last seen."""
        match self._seen.get(ref):
            case Known(observed):
                return _GONE if observed is None else _THERE
            case Unknown() as unknown:
                return unknown
            case _:
                return Unknown("it was not looked at yet")

    @abstractmethod
    async def _part(self, ref: Ref) -> Part:
        """What stands at a ref now, whoever asks."""
