"""The table of bad inputs that stand in a fleet's own files: what goes bad, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.cli.bad_input_case import CANARY, config_map, declared

RENDER, PLAN, UP = "render", "plan", "up"
COMMANDS = (RENDER, PLAN, UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An application that goes bad: its files below `apps/NAME`, its declaration in `NAME.yaml`, what is to be told.

    `told`: code, origin and a part of the detail; `seen_by` is the first command that can know.
    """

    name: str
    told: tuple[tuple[str, str, str], ...]
    files: Mapping[str, str] = field(default_factory=dict)
    declaration: str = ""
    seen_by: str = RENDER


CHART = "apiVersion: v2\nname: chart\nversion: 1.0.0\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: "three"
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
      - name: web
        image: nginx
        ports:
        - containerPort: eighty
        imagePullPolic: Always
"""
SECRETS = f"""apiVersion: v1
kind: Secret
metadata: {{name: clear}}
data:
  user: YWRh
  password: {CANARY}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec:
  ports:
  - port: 80
    targetPrt: 8080
"""
PORTS = """apiVersion: v1
kind: Service
metadata: {name: one}
spec:
  type: NodePort
  ports: [{port: 80, nodePort: 30080}]
---
apiVersion: v1
kind: Service
metadata:
  name: two
spec:
  type: NodePort
  ports:
  - port: 81
    nodePort: 30081
  - port: 82
    nodePort: 30080
"""
STRANGE_KINDS = """apiVersion: apps/v1
kind: Deploymnt
metadata: {name: a}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: a}
"""
NO_KINDS = "metadata: {name: a}\napiVersion: v1\n---\nkind: ConfigMap\nmetadata: {name: a}\n"
SHARED = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared, namespace: good}\n"
UNKNOWN_FIELDS = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: field}
spec:
  source: {path: apps/field, pth: x}
  target: {cluster: embedded, namspace: x}
  sync:
    drift: heel
    prun: true
"""
CLEAR_SECRETS = f"""apiVersion: trueline.dev/v1
kind: Source
metadata: {{name: clear}}
spec:
  url: https://git.example.com/charts.git
  auth:
    username: ci
    password: {CANARY}
---
apiVersion: trueline.dev/v1
kind: Source
metadata: {{name: in-the-address}}
spec:
  url: https://ci:{CANARY}@git.example.com/charts.git
"""
HOSTILE_SOURCES = """apiVersion: trueline.dev/v1
kind: Source
metadata: {name: helper}
spec:
  url: "ext::sh -c id"
---
apiVersion: trueline.dev/v1
kind: Source
metadata: {name: option}
spec:
  url: https://git.example.com/a.git
  revision: "--upload-pack=id"
"""
KUBERNETES_SECRET = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: reference}
spec:
  source:
    url: http://127.0.0.1:1/a.git
    auth:
      username: ci
      password:
        secret: {kubernetes: shop/git#password}
  target: {cluster: embedded, namespace: reference}
"""


def _kustomize(*entries: str) -> str:
    return "resources:\n" + "".join(f"- {entry}\n" for entry in entries)


CASES = (
    Case(
        name="parse",
        files={
            "b.yaml": f"{config_map('b')}more: [\n",
            "c.yaml": f"{config_map('c')}kind: Secret\n",
            "d.yaml": f"{config_map('d')}more: &a [*a]\n",
        },
        told=(
            ("TL0303", "apps/parse/b.yaml:5", "did not find expected node content"),
            ("TL0303", "apps/parse/c.yaml:5", 'key "kind" already set'),
            ("TL0303", "apps/parse/d.yaml:1", "contains itself"),
        ),
    ),
    Case(
        name="field",
        declaration=UNKNOWN_FIELDS,
        told=(
            ("TL0204", "field.yaml:5", "did you mean `path`?"),
            ("TL0204", "field.yaml:6", "did you mean `namespace`?"),
            ("TL0204", "field.yaml:9", "did you mean `prune`?"),
            ("TL0207", "field.yaml:8", "did you mean `heal`?"),
        ),
    ),
    Case(
        name="unparsed",
        declaration="apiVersion: trueline.dev/v1\nkind: Application\nmetadata: {name: unparsed}\nspec: {source: [\n",
        told=(("TL0202", "unparsed.yaml:4", "did not find expected node content"),),
    ),
    Case(
        name="clear",
        declaration=declared("clear") + "---\n" + CLEAR_SECRETS,
        told=(
            ("TL0150", "clear.yaml:15", "a value stands there in clear"),
            ("TL0102", "clear.yaml:21", "the user or password before the host is not repeated here"),
        ),
    ),
    Case(
        name="hostile",
        declaration=declared("hostile") + "---\n" + HOSTILE_SOURCES,
        told=(
            ("TL0101", "hostile.yaml:12", "it names a helper program"),
            ("TL0103", "hostile.yaml:19", "--upload-pack"),
        ),
    ),
    Case(
        name="reference",
        declaration=KUBERNETES_SECRET,
        told=(("TL0152", "reference.yaml:9", "kubernetes: shop/git#password: "),),
    ),
    Case(
        name="circle-a",
        declaration=declared("circle-a", "  dependsOn: [circle-b]\n"),
        told=(("TL0211", "circle-a.yaml:7", "circle-a → circle-b → circle-a"),),
    ),
    Case(
        name="circle-b",
        declaration=declared("circle-b", "  dependsOn: [circle-a]\n"),
        told=(("TL0211", "circle-b.yaml:7", "circle-a → circle-b → circle-a"),),
    ),
    Case(
        name="dependency",
        declaration=declared("dependency", "  dependsOn:\n  - goood\n"),
        told=(("TL0210", "dependency.yaml:8", "did you mean `good`?"),),
    ),
    Case(
        name="outside",
        declaration=declared("outside", "  render:\n    helm:\n      valueFiles:\n      - ../../../etc/passwd\n"),
        told=(("TL0209", "outside.yaml:10", "'../../../etc/passwd'"),),
    ),
    Case(
        name="twice",
        files={"a.yaml": config_map(), "b.yaml": config_map()},
        told=(("TL0504", "apps/twice/b.yaml:1", "apps/twice/a.yaml:1"),),
        seen_by=PLAN,
    ),
    Case(
        name="claim-a",
        files={"a.yaml": SHARED},
        told=(("TL0408", "apps/claim-a/a.yaml:1", "claim-b (apps/claim-b/a.yaml:1)"),),
        seen_by=UP,
    ),
    Case(
        name="claim-b",
        files={"a.yaml": SHARED},
        told=(("TL0408", "apps/claim-b/a.yaml:1", "claim-a (apps/claim-a/a.yaml:1)"),),
        seen_by=UP,
    ),
    Case(
        name="namespace",
        files={"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: nowhere}\n"},
        told=(("TL0405", "apps/namespace/a.yaml:1", 'namespaces "nowhere" not found'),),
        seen_by=PLAN,
    ),
    Case(
        name="homeless",
        files={"a.yaml": config_map()},
        declaration=declared("homeless").replace(", namespace: homeless, createNamespace: true", ""),
        told=(("TL0502", "apps/homeless/a.yaml:1", "ConfigMap/settings"),),
        seen_by=PLAN,
    ),
    Case(
        name="kinds",
        files={"a.yaml": STRANGE_KINDS},
        told=(
            (
                "TL0501",
                "apps/kinds/a.yaml:2",
                "apps/v1: Deploymnt (apps/kinds/a.yaml:2); example.com/v1: Thing (apps/kinds/a.yaml:6)",
            ),
        ),
        seen_by=PLAN,
    ),
    Case(
        name="nothing",
        files={"a.yaml": NO_KINDS},
        told=(
            ("TL0304", "apps/nothing/a.yaml:1", "it has no kind"),
            ("TL0304", "apps/nothing/a.yaml:4", "it has no apiVersion"),
        ),
    ),
    Case(
        name="schema",
        files={"a.yaml": DEPLOYMENT, "b.yaml": SECRETS},
        told=(
            ("TL0505", "apps/schema/a.yaml:6", "spec.replicas: expected numeric"),
            ("TL0505", "apps/schema/a.yaml:15", ".containerPort: expected numeric"),
            ("TL0505", "apps/schema/a.yaml:16", ".imagePullPolic: field not declared in schema"),
            ("TL0505", "apps/schema/b.yaml:6", "data.password: it is not base64"),
            ("TL0505", "apps/schema/b.yaml:14", ".targetPrt: field not declared in schema"),
        ),
        seen_by=PLAN,
    ),
    Case(
        name="ports",
        files={"a.yaml": PORTS},
        told=(("TL0508", "apps/ports/a.yaml:18", "30080/TCP"),),
        seen_by=PLAN,
    ),
    Case(
        name="chart",
        files={
            "Chart.yaml": CHART,
            "templates/a.yaml": config_map().replace("blue", '{{ required "a colour is needed" .Values.colour }}'),
        },
        told=(("TL0306", "apps/chart/templates/a.yaml:4", "a colour is needed"),),
    ),
    Case(
        name="base-outside",
        files={"kustomization.yaml": _kustomize("../../../elsewhere", "https://example.com/base")},
        told=(
            ("TL0314", "apps/base-outside/kustomization.yaml:2", "../../../elsewhere leads outside"),
            ("TL0314", "apps/base-outside/kustomization.yaml:3", "is remote"),
        ),
    ),
    Case(
        name="bases",
        files={
            "kustomization.yaml": _kustomize("one"),
            "one/kustomization.yaml": _kustomize("../two"),
            "two/kustomization.yaml": _kustomize("../one"),
        },
        told=(("TL0305", "apps/bases/two/kustomization.yaml:2", "apps/bases/one → apps/bases/two → apps/bases/one"),),
    ),
    Case(
        name="kustomization",
        files={"kustomization.yaml": "namePrefix: a-\nresorces: []\n"},
        told=(("TL0305", "apps/kustomization/kustomization.yaml:2", "did you mean `resources`?"),),
    ),
    Case(
        name="jsonnet",
        files={"main.jsonnet": '{\n  a: importstr "/etc/passwd",\n}\n'},
        told=(("TL0314", "apps/jsonnet/main.jsonnet:2", "/etc/passwd"),),
    ),
    Case(
        name="link",
        files={"a.yaml": "-> /etc/passwd", "b.yaml": config_map()},
        told=(("TL0314", "apps/link/a.yaml", "apps/link/a.yaml is a link that leads out"),),
    ),
    Case(
        name="names",
        files={"a.yaml": config_map('"a\\u202eb"') + "---\n" + config_map("../kube-system/a")},
        told=(
            ("TL0304", "apps/names/a.yaml:3", "'a\\u202eb'"),
            ("TL0304", "apps/names/a.yaml:8", "'../kube-system/a'"),
        ),
    ),
    Case(
        name="digits",
        files={"a.json": '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"x":' + "9" * 10_000 + "}"},
        told=(("TL0303", "apps/digits/a.json", "a number too large"),),
    ),
    Case(
        name="gone",
        declaration=declared("gone").replace("apps/gone", "apps/goon"),
        told=(("TL0301", "apps/goon", "did you mean apps/good?"),),
    ),
)
UNSTABLE = {
    "apps/unstable/Chart.yaml": CHART,
    "apps/unstable/templates/a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: made}\nstringData:\n"
    "  password: {{ randAlphaNum 20 }}\n  colour: {{ .Values.colour }}\n",
    "apps/unstable/values.yaml": "colour: blue\n",
}
