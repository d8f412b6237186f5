"""What a cloud gives: addresses for load balancers and ingresses, volumes for claims."""

from trueline.embedded.controller.hand import Hand, digest
from trueline.embedded.store import Kept


def _address(kept: Kept) -> str:
    """An address of the network that is reserved for documentation."""
    return f"198.51.100.{1 + int(digest(kept.metadata.uid, letters=4), 16) % 254}"


async def look_at_service(hand: Hand, kept: Kept) -> None:
    """A load balancer gets an address; one of a class is somebody else's."""
    spec = kept.body["spec"]
    if spec.get("type") != "LoadBalancer" or spec.get("loadBalancerClass") or kept.metadata.deletion_timestamp:
        return
    if not kept.body.get("status", {}).get("loadBalancer", {}).get("ingress"):
        given = [{"ip": _address(kept), "ipMode": "VIP"}]
        await hand.patch(kept, {"status": {"loadBalancer": {"ingress": given}}}, "status")


async def look_at_ingress(hand: Hand, kept: Kept) -> None:
    """An ingress gets an address."""
    if kept.metadata.deletion_timestamp or kept.body.get("status", {}).get("loadBalancer", {}).get("ingress"):
        return
    await hand.patch(kept, {"status": {"loadBalancer": {"ingress": [{"ip": _address(kept)}]}}}, "status")


async def look_at_claim(hand: Hand, kept: Kept) -> None:
    """A claim is bound to a volume made for it; one that ends is let go at once."""
    if kept.metadata.deletion_timestamp:
        return
    spec = kept.body["spec"]
    if kept.body.get("status", {}).get("phase") == "Bound":
        return
    name = f"pvc-{kept.metadata.uid}"
    room = spec["resources"]["requests"]
    metadata = kept.metadata
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": room["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec.get("storageClassName", ""),
            "hostPath": {"path": f"/embedded/{name}"},
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "namespace": metadata.namespace,
                "name": metadata.name,
                "uid": metadata.uid,
            },
        },
    }
    if not spec.get("volumeName"):
        await hand.create("/api/v1/persistentvolumes", volume)
        await hand.patch(kept, {"spec": {"volumeName": name}})
        return
    status = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": {"storage": room["storage"]}}
    await hand.patch(kept, {"status": status}, "status")
