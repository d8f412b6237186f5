"""What a case or a scenario declares, as a value, and the files of a fleet repository that say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from trueline.testing.conformance.api import Json
from trueline.testing.process import TARGET


@dataclass(slots=True, kw_only=True)
class Declaration:
    """An application as the repository shall say it; `files` are its manifests where they are not one a resource."""

    resources: Sequence[Json] = ()
    sync: Json = field(default_factory=dict)
    target: Json = field(default_factory=dict)
    source: Json = field(default_factory=dict)
    depends_on: Sequence[str] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def fleet_files(applications: Mapping[str, Declaration], namespace: str) -> dict[str, bytes]:
    """The files of a commit; `namespace` is where an application's resources stand that names no other."""
    files: dict[str, bytes] = {}
    for name, declared in applications.items():
        files[f"fleet/{name}.yaml"] = msgspec.json.encode(_document(name, declared, namespace))
        files[f"{name}/.keep"] = b""
        for resource in declared.resources:
            place = resource["metadata"].get("namespace", "")
            file = f"{resource['kind']}-{place and place + '-'}{resource['metadata']['name']}.yaml".lower()
            files[f"{name}/{file}"] = msgspec.json.format(msgspec.json.encode(resource))
        files |= {f"{name}/{path}": text for path, text in declared.files.items()}
    return files


def _document(name: str, declared: Declaration, namespace: str) -> Json:
    return {
        "apiVersion": "trueline.dev/v1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {
            "source": declared.source or {"path": name},
            "render": {"plain": {}},
            "target": {"cluster": TARGET, "namespace": namespace, **declared.target},
            **({"sync": declared.sync} if declared.sync else {}),
            **({"dependsOn": list(declared.depends_on)} if declared.depends_on else {}),
        },
    }
