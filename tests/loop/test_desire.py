"""What is desired is told apart by the files that were rendered, not by those that a source has by then."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from trueline.declare.application import Application, ClusterTarget, SourceSpec
from trueline.loop.desire import Desirer
from trueline.loop.verifier import Admission
from trueline.model.diagnostic import Diagnostic
from trueline.model.origin import Origin
from trueline.render.options import Capabilities
from trueline.render.protocol import RenderRequest
from trueline.runtime.files import FileTree

APPLICATION = Application(
    name="shop",
    sources=(SourceSpec(url="https://example.test/shop.git", path="apps/shop"),),
    target=ClusterTarget(),
    origin=Origin(path=""),
)
NOTES = tuple(
    Diagnostic(code="TL0125", summary="a submodule is left out", detail=path, remedy="", origin=Origin(path=path))
    for path in ("apps/shop/charts/one", "apps/shopping")
)


@dataclass
class MovingSource:
    """A source that has moved each time it is asked; its files are the number of the commit."""

    polls: int = 0

    async def poll(self) -> Any:
        """One commit further."""
        self.polls += 1
        return SimpleNamespace(commit=str(self.polls))

    async def artifact(self, revision: Any) -> Any:
        """The revision stands for its files."""
        return SimpleNamespace(commit=revision.commit, notes=NOTES)

    def files(self, artifact: Any) -> Any:
        """As above."""
        return SimpleNamespace(commit=artifact.commit)


class Renderer:
    """Knows a render of the files only after it was made."""

    def __init__(self) -> None:
        self.made: set[str] = set()

    def digest(self, request: RenderRequest, files: FileTree) -> str:
        """The commit that the files are of."""
        return request.commit if request.commit in self.made else ""


class Verifier:
    """Demands nothing."""

    async def admit(self, *_: object) -> Admission:
        """Whatever it is."""
        return Admission()


class Targets:
    """One target that offers nothing."""

    async def parts(self, target: object) -> Any:
        """Only what is asked here."""

        async def capabilities() -> Capabilities:
            return Capabilities()

        return SimpleNamespace(target=SimpleNamespace(capabilities=capabilities))


async def test_a_source_that_moves_meanwhile_does_not_pass_for_what_was_rendered() -> None:
    source, renderer = MovingSource(), Renderer()
    sources: Any = SimpleNamespace(open=lambda _: source)
    known: Any = renderer
    targets: Any = Targets()
    verifier: Any = Verifier()
    desirer = Desirer(sources=sources, targets=targets, renderer=known, verifier=verifier)
    ground: Any = SimpleNamespace(revision=SimpleNamespace(commit="fleet"), signer=None)
    wish = await desirer.wish(APPLICATION, ground)
    assert (wish.identity, source.polls) == (None, 1)
    renderer.made = {"1", "2"}
    rendered = desirer.identity(wish)
    assert source.polls == 1
    assert wish.notes == NOTES[:1], "what another folder leaves out is not this application's"
    later = await desirer.wish(APPLICATION, ground)
    assert rendered is not None
    assert later.identity not in {None, rendered}
