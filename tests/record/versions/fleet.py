"""The fleet that every kept data directory was written for: the same commits on every machine."""

from pathlib import Path

from testbed.repository import Repository

_APPLICATION = """apiVersion: trueline.dev/v1
kind: Application
metadata: {{name: {name}}}
spec:
  source: {{path: apps/{name}}}
  target: {{cluster: embedded, namespace: {name}, createNamespace: true}}
"""
_SHOP = """apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data: {{colour: {colour}}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: web}}}}
  template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: web, image: "web:1"}}]}}}}
"""
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{page: '{name}'}}\n"


async def fleet(path: Path, *, turns: int = 2) -> Repository:
    """The repository after so many commits, at most 2. The second changes one object, adds one and removes one."""
    repository = await Repository.create(path)
    first = {f"{name}.yaml": _APPLICATION.format(name=name) for name in ("shop", "docs")}
    first |= {"apps/shop/all.yaml": _SHOP.format(colour="blue"), "apps/docs/old.yaml": _MAP.format(name="old")}
    first["apps/docs/kept.yaml"] = _MAP.format(name="kept")
    await repository.commit("The first", dict(first))
    if turns > 1:
        changed = {"apps/shop/all.yaml": _SHOP.format(colour="green"), "apps/docs/new.yaml": _MAP.format(name="new")}
        await repository.commit("The second", {**changed, "apps/docs/old.yaml": None})
    return repository
