"""Health of what waits for an address: Service and Ingress."""

from trueline.health.field import Fields
from trueline.health.reason import Reason
from trueline.health.status import Health, healthy, progressing


def judge_service(live: Fields) -> Health:
    """Only a LoadBalancer waits for somebody else."""
    kind = live.at("spec").text("type")
    if kind == "LoadBalancer":
        return judge_address(live)
    return healthy(Reason.NO_ADDRESS_NEEDED, f"a Service of type {live.at('spec').phrase('type') or 'ClusterIP'}")


def judge_address(live: Fields) -> Health:
    """Whether the load balancer gave an IP address or a host name."""
    entries = live.at("status", "loadBalancer").each("ingress")
    addresses = [address for entry in entries if (address := entry.phrase("ip") or entry.phrase("hostname"))]
    if not addresses:
        return progressing(Reason.ADDRESS_PENDING, "it has no address yet")
    return healthy(Reason.ADDRESS_ASSIGNED, f"it has the address {', '.join(addresses[:4])}")
