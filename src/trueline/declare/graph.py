"""The order of applications by `dependsOn` (D10). Pure: names in, names out, never dependent on the order of input."""

from collections.abc import Mapping
from dataclasses import dataclass

Dependencies = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Names that depend on each other in a circle, each on the next, the last on the first; the least stands first."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return " → ".join([*self.names, self.names[0]])


def creation_order(dependencies: Dependencies) -> tuple[str, ...]:
    """What is depended on comes first; what is free comes by name. Names without an entry of their own are passed over.

    Raises:
        ValueError: there is a cycle; ask `find_cycles` first.

    >>> creation_order({"web": ("api", "cache"), "api": ("database",), "database": (), "cache": ()})
    ('cache', 'database', 'api', 'web')
    """
    order = _orderable(dependencies, set(dependencies))
    if len(order) < len(dependencies):
        raise ValueError(f"a cycle among {', '.join(sorted(set(dependencies).difference(order)))}")
    return tuple(order)


def deletion_order(dependencies: Dependencies) -> tuple[str, ...]:
    """The reverse: what depends on others goes first.

    >>> deletion_order({"web": ("database",), "database": ()})
    ('web', 'database')
    """
    return creation_order(dependencies)[::-1]


def find_cycles(dependencies: Dependencies) -> tuple[Cycle, ...]:
    """One cycle for each knot of names that cannot be ordered, as short as can be found from its least name.

    >>> [str(cycle) for cycle in find_cycles({"a": ("b",), "b": ("c",), "c": ("a",), "d": ("d",), "e": ("a",)})]
    ['a → b → c → a', 'd → d']
    """
    rest = set(dependencies).difference(_orderable(dependencies, set(dependencies)))
    rest.difference_update(_orderable(_reverse(dependencies), rest))
    cycles: list[Cycle] = []
    for name in sorted(rest):
        path = _way_back(name, dependencies, rest) if name in rest else ()
        if path:
            least = path.index(min(path))
            cycles.append(Cycle((*path[least:], *path[:least])))
            rest.difference_update(path)
    return tuple(cycles)


def _orderable(dependencies: Dependencies, within: set[str]) -> list[str]:
    """Layer by layer, what depends on nothing but the layers before; what hangs on a cycle is left out."""
    waits_for = {name: len(within.intersection(dependencies[name])) for name in within}
    needed_by = _reverse(dependencies)
    order: list[str] = []
    ready = sorted(name for name, count in waits_for.items() if not count)
    while ready:
        order += ready
        following: list[str] = []
        for name in ready:
            for other in within.intersection(needed_by[name]):
                waits_for[other] -= 1
                if not waits_for[other]:
                    following.append(other)
        ready = sorted(following)
    return order


def _reverse(dependencies: Dependencies) -> dict[str, tuple[str, ...]]:
    """Who is needed by whom; only names with an entry of their own."""
    needed_by: dict[str, list[str]] = {name: [] for name in dependencies}
    for name, needed in dependencies.items():
        for other in set(needed):
            if other in needed_by:
                needed_by[other].append(name)
    return {name: tuple(others) for name, others in needed_by.items()}


def _way_back(start: str, dependencies: Dependencies, within: set[str]) -> tuple[str, ...]:
    """The shortest way from a name to itself; empty where there is none."""
    came_from: dict[str, str] = {}
    edge = [start]
    while edge:
        following: list[str] = []
        for name in edge:
            for other in sorted(dependencies[name]):
                if other == start:
                    return _trace(start, name, came_from)
                if other in within and other not in came_from:
                    came_from[other] = name
                    following.append(other)
        edge = following
    return ()


def _trace(start: str, end: str, came_from: Mapping[str, str]) -> tuple[str, ...]:
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
