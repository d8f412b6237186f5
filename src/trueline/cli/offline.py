"""Rendering without a cluster: the same declarations and the same renderers, and capabilities as they were typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from trueline.cli.folder import locate
from trueline.cli.meter import Meter
from trueline.cli.place import is_folder
from trueline.cli.render import Answer, Request
from trueline.declare.application import Application, ClusterConnection, TargetSpec
from trueline.loop.desire import Desirer
from trueline.loop.fleet import Look, find
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import canonical, parse
from trueline.model.fault import UserError
from trueline.render.options import Capabilities
from trueline.render.resource import Rendered, Resource
from trueline.render.shown import shown
from trueline.render.text import encode_yaml
from trueline.wiring.assembly import Assembly, assemble
from trueline.wiring.settings import Settings

if TYPE_CHECKING:
    from trueline.target.protocol import Target


@dataclass(frozen=True, slots=True)
class Nowhere:
    """The part of a target that a render asks."""

    known: Capabilities

    async def capabilities(self) -> Capabilities:
        """What was typed."""
        return self.known


@dataclass(frozen=True, slots=True)
class NoTargets:
    """Targets of which only the capabilities are asked."""

    known: Capabilities

    def declare(self, connections: Sequence[ClusterConnection]) -> None:
        """None of them is reached."""

    async def parts(self, target: TargetSpec) -> Parts:  # noqa: ARG002 - all are alike
        """Nothing but what was typed."""
        nothing = cast("Any", None)
        return Parts(
            target=cast("Target", Nowhere(self.known)),
            watcher=nothing,
            owners=nothing,
            health=nothing,
            ledger=nothing,
            bodies=nothing,
            approvals=nothing,
            claims=nothing,
        )


async def render_all(request: Request, directory: Path) -> Answer:
    """Render what was asked for; what fails is told beside what does not.

    Raises:
        UserError: nothing can be told of PATH, or the application is not declared.
    """
    repository, path = locate(request.path, request.below, request.revision)
    settings = Settings(
        repository=repository,
        path=path,
        revision=request.revision,
        data_directory=directory,
        namespace=request.namespace,
        is_working_tree=is_folder(repository) and not request.revision,
        progress=Meter().show,
    )
    async with assemble(settings) as assembly:
        look = await assembly.fleet.look(await assembly.fleet.poll())
        applications = [find(look, request.application)] if request.application else look.applications
        problems = [] if request.application else list(look.declared.diagnostics)
        desirer = _desirer(assembly, request)
        rendered = await _rendered(assembly, desirer, look, applications, problems)
        bodies = [_body(one, resource, request) for one in rendered for resource in one.resources]
        is_text = bool(bodies) and request.output == "yaml"
        text = await encode_yaml(assembly.toolbox, [canonical(one) for one in bodies]) if is_text else ""
        notes = (*look.declared.notes, *(note for one in rendered for note in one.notes))
        return Answer(bodies=bodies, text=text, notes=notes, problems=tuple(problems))


def _body(rendered: Rendered, resource: Resource, request: Request) -> Any:
    return parse(rendered.body(resource)) if request.reveal else shown(rendered, resource)


def _desirer(assembly: Assembly, request: Request) -> Desirer:
    known = Capabilities(api_versions=request.api_versions)
    if request.kube_version:
        version = request.kube_version if request.kube_version.startswith("v") else f"v{request.kube_version}"
        known = Capabilities(kube_version=version, api_versions=request.api_versions)
    return Desirer(
        sources=assembly.sources, targets=NoTargets(known), renderer=assembly.renderer, verifier=assembly.verifier
    )


async def _rendered(
    assembly: Assembly,
    desirer: Desirer,
    look: Look,
    applications: Sequence[Application],
    problems: list[Diagnostic],
) -> list[Rendered]:
    found = []
    for application in applications:
        try:
            wish = await desirer.wish(application, look.ground)
            found.append(await assembly.renderer.render(wish.request, wish.files))
        except UserError as error:
            problems += error.diagnostics
    return found
