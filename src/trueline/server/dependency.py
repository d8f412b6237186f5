"""Which application needs which, of what is declared and kept now, and what waits for what."""

from collections.abc import Iterator

from trueline.declare.graph import find_cycles
from trueline.loop.engine import Engine
from trueline.loop.kept import Kept
from trueline.server.access.grant import Reader
from trueline.server.body import DependenciesBody, DependencyBody


def dependencies(engine: Engine, reader: Reader) -> DependenciesBody:
    """The graph of the applications that one may read; of others it is said how many are needed (INV-25)."""
    kept = {name: one for name, one in sorted(engine.kept.items()) if reader.reads(name)}
    told = tuple(_told(kept))
    graph = {one.application: one.needs for one in told}
    return DependenciesBody(applications=told, cycles=tuple(cycle.names for cycle in find_cycles(graph)))


def _told(kept: dict[str, Kept]) -> Iterator[DependencyBody]:
    for name, one in kept.items():
        needs = sorted(set(one.application.depends_on))
        yield DependencyBody(
            application=name,
            needs=tuple(other for other in needs if other in kept),
            unseen=sum(other not in kept for other in needs),
            waits=_waits(one, kept),
        )


def _waits(one: Kept, kept: dict[str, Kept]) -> str:
    """What has to come first; a name that may not be read is none."""
    if not one.waits_for or one.held:
        return ""
    name = one.waits_for if one.waits_for in kept else "an application that you may not read"
    is_leaving = one.desired is not None and one.desired.is_removal
    return f"waits until {name} is gone" if is_leaving else f"waits for {name}"
