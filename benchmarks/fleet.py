"""The files that are measured: applications with their objects, one file each. The same text on every machine."""

FILLER = "0123456789abcdef" * 60


def application(name: str, *, namespace: str, path: str = "") -> str:
    """A declaration; its files lie under `apps/NAME`, its own file under `fleet/`."""
    return (
        "apiVersion: trueline.dev/v1\nkind: Application\n"
        f"metadata: {{name: {name}}}\n"
        f"spec:\n  source: {{path: {path or f'apps/{name}'}}}\n"
        f"  target: {{namespace: {namespace}}}\n"
    )


def config_map(name: str, value: str = "1") -> str:
    """A ConfigMap of about 1 kB."""
    return (
        f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  value: "{value}"\n  filler: {FILLER}\n'
    )


def service(name: str) -> str:
    """A Service of one port."""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
        f"spec:\n  selector: {{app: {name}}}\n  ports: [{{name: http, port: 80, targetPort: 8080}}]\n"
    )


def deployment(name: str) -> str:
    """A Deployment that wants no Pod."""
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec:\n  replicas: 0\n  selector: {{matchLabels: {{app: {name}}}}}\n"
        f"  template:\n    metadata: {{labels: {{app: {name}}}}}\n"
        "    spec:\n      containers:\n"
        "        - name: app\n          image: example.test/app:1\n"
        '          resources: {requests: {cpu: 10m, memory: 16Mi}}\n          env: [{name: A, value: "1"}]\n'
    )


def mixed(folder: str) -> dict[str, str]:
    """1,000 objects in 1,000 files: 700 ConfigMaps of 1 kB, 150 Services, 150 Deployments with 0 replicas."""
    files = {f"{folder}/c{number:04}.yaml": config_map(f"c{number:04}") for number in range(700)}
    files |= {f"{folder}/s{number:04}.yaml": service(f"s{number:04}") for number in range(150)}
    return files | {f"{folder}/d{number:04}.yaml": deployment(f"d{number:04}") for number in range(150)}


def one_of_each(folder: str) -> dict[str, str]:
    """One object of each of the three kinds, so that discovery and watches are there before anything is timed."""
    return {f"{folder}/all.yaml": "---\n".join((config_map("one"), service("one"), deployment("one")))}


def maps(folder: str, count: int) -> dict[str, str]:
    """So many ConfigMaps, one file each."""
    return {f"{folder}/c{number:04}.yaml": config_map(f"c{number:04}") for number in range(count)}


def overlay(folder: str, value: str = "1") -> dict[str, str]:
    """A Kustomize overlay of a shared base under `base`, with one leaf of its own."""
    up = "/".join([".."] * len(folder.split("/")))
    return {
        f"{folder}/kustomization.yaml": (
            f"resources: [{up}/base]\nnameSuffix: -{folder.rpartition('/')[2]}\npatches: [{{path: patch.yaml}}]\n"
        ),
        f"{folder}/patch.yaml": (
            f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{value: "{value}"}}\n'
        ),
    }


BASE = {
    "base/kustomization.yaml": "resources: [settings.yaml, service.yaml]\n",
    "base/settings.yaml": config_map("settings"),
    "base/service.yaml": service("web"),
}
