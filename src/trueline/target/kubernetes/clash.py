"""What two resources of one render cannot both have, though each alone passes its dry run (D6). It asks nobody."""

from collections.abc import Iterator, Sequence
from typing import Any

from trueline.model.diagnostic import Diagnostic
from trueline.target.kubernetes import problem
from trueline.target.kubernetes.need import Placed

PROTOCOL_DEFAULT = "TCP"


def clashes(placed: Sequence[Placed]) -> Iterator[Diagnostic]:
    """The same nodePort of the same protocol in two Services; twice in one is refused by its own dry run."""
    first: dict[tuple[int, str], Placed] = {}
    for one in placed:
        if one.ref.kind != "Service":
            continue
        for key in _node_ports(one.body):
            before = first.setdefault(key, one)
            if before is not one:
                yield problem.port_twice(f"{key[0]}/{key[1]}", before.ref, one.ref, one.resource.origin)


def _node_ports(body: dict[str, Any]) -> Iterator[tuple[int, str]]:
    spec = body.get("spec")
    ports = spec.get("ports") if isinstance(spec, dict) else None
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, dict) and isinstance(port.get("nodePort"), int) and port["nodePort"]:
            yield port["nodePort"], str(port.get("protocol") or PROTOCOL_DEFAULT)
