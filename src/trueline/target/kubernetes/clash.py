"""What two resources of one render cannot both have, though each alone passes its dry run (D6). It asks nobody."""

from collections.abc import Iterator, Sequence
from typing import Any

from trueline.model.field_path import Key
from trueline.render.misfit import Misfit
from trueline.target.kubernetes import problem
from trueline.target.kubernetes.need import Placed

PROTOCOL_DEFAULT = "TCP"


def clashes(placed: Sequence[Placed]) -> Iterator[Misfit]:
    """The same nodePort of the same protocol in two Services; twice in one is refused by its own dry run."""
    first: dict[tuple[int, str], Placed] = {}
    for one in placed:
        if one.ref.kind != "Service":
            continue
        for key in _node_ports(one.body):
            before = first.setdefault(key, one)
            if before is not one:
                wrong = problem.port_twice(f"{key[0]}/{key[1]}", before.ref, one.ref, one.resource.origin)
                at = ("spec", "ports", Key((("nodePort", str(key[0])),)), "nodePort")
                yield Misfit(diagnostic=wrong, body=one.body, at=at)


def claims_ports(placed: Placed) -> bool:
    """Whether it says something that another resource may not say too."""
    return placed.ref.kind == "Service" and any(_node_ports(placed.body))


def _node_ports(body: dict[str, Any]) -> Iterator[tuple[int, str]]:
    spec = body.get("spec")
    ports = spec.get("ports") if isinstance(spec, dict) else None
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, dict) and isinstance(port.get("nodePort"), int) and port["nodePort"]:
            yield port["nodePort"], str(port.get("protocol") or PROTOCOL_DEFAULT)
