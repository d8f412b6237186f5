"""Namespaces: a new one gets its account and its certificate authority; one that ends takes its content along."""

from trueline.embedded.controller.hand import Hand
from trueline.embedded.store import Kept

_AUTHORITY = "kube-root-ca.crt"


async def look(hand: Hand, kept: Kept) -> None:
    """Furnish or end a namespace."""
    if kept.metadata.deletion_timestamp:
        await _end(hand, kept)
        return
    name = kept.metadata.name
    path = f"/api/v1/namespaces/{name}"
    if hand.get(f"/core/serviceaccounts/{name}/default") is None:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        await hand.create(f"{path}/serviceaccounts", account)
    if hand.get(f"/core/configmaps/{name}/{_AUTHORITY}") is None:
        authority = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _AUTHORITY}, "data": {"ca.crt": ""}}
        await hand.create(f"{path}/configmaps", authority)


async def _end(hand: Hand, kept: Kept) -> None:
    name, left = kept.metadata.name, False
    for resource in hand.front.catalogue.kept():
        if not resource.is_namespaced:
            continue
        for content in hand.under(resource.folder(name)):
            if not content.metadata.deletion_timestamp:
                await hand.delete(content, propagationPolicy="Background", gracePeriodSeconds=0)
            left = left or hand.get(content.key) is not None
    now = hand.get(kept.key)
    if left or now is None or not now.body["spec"].get("finalizers"):
        return
    body = dict(now.body) | {"spec": {"finalizers": []}}
    await hand.put(f"/api/v1/namespaces/{name}/finalize", body)
