"""Declarations as people write them → applications, or the diagnostics that they read."""

from typing import Any

import pytest
from inline_snapshot import snapshot

from trueline.declare.application import (
    AddedMode,
    Application,
    Auth,
    ClusterConnection,
    ClusterTarget,
    DriftMode,
    Mode,
    OnRemoval,
    SourceSpec,
    SyncOptions,
)
from trueline.declare.native import NativeDialect
from trueline.declare.protocol import Declared, Dialect
from trueline.model.fault import UserError
from trueline.model.origin import Origin
from trueline.render.options import Helm, Jsonnet, JsonnetVariable, Kustomize, Plain
from trueline.runtime.files import FileTree, MemoryTree
from trueline.runtime.secret import SecretPlace, SecretReference
from trueline.runtime.toolbox import NO_FILES, Toolbox

HEAD = "apiVersion: trueline.dev/v1\nkind: Application\n"
SHOP = HEAD + "metadata: {name: shop}\nspec: {source: {path: apps/shop}, target: {cluster: prod, namespace: shop}}\n"


def application(name: str, spec: str = "") -> str:
    return f"{HEAD}metadata: {{name: {name}}}\nspec:\n  source: {{path: {name}}}\n  target: {{cluster: prod}}\n{spec}"


async def read(toolbox: Toolbox, files: dict[str, str], path: str = "") -> Declared:
    dialect: Dialect = NativeDialect(toolbox)
    return await dialect.read(MemoryTree({name: text.encode() for name, text in files.items()}), path, "c0ffee")


async def faults(toolbox: Toolbox, text: str) -> str:
    declared = await read(toolbox, {"a.yaml": text})
    return "\n".join(map(str, declared.diagnostics))


async def test_the_example_of_the_design(toolbox: Toolbox) -> None:
    text = """\
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop, labels: {team: web}}
spec:
  source: {path: apps/shop}
  render: {kustomize: {}}
  target: {cluster: prod, namespace: shop, createNamespace: true}
  dependsOn: [podinfo]
  sync: {mode: auto, prune: true, drift: heal, approve: destructive}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: podinfo}
spec:
  source: {path: ./charts//podinfo/}
  render:
    helm:
      releaseName: podinfo
      valueFiles: [values-prod.yaml]
      values: {replicaCount: 3}
      parameters: {ui.color: "#34577c", count: 3, debug: true}
  target: {cluster: prod, namespace: podinfo, createNamespace: true}
---
apiVersion: trueline.dev/v1
kind: Source
metadata: {name: charts}
spec:
  url: "https://git.example.com/charts.git"
  revision: ">=1.2 <2"
  auth: {username: ci, password: {secret: {env: CHARTS_TOKEN}}}
"""
    declared = await read(toolbox, {"fleet.yaml": text})
    assert not declared.diagnostics
    assert declared.applications == (
        Application(
            name="podinfo",
            sources=(SourceSpec(path="charts/podinfo"),),
            render=Helm(
                release_name="podinfo",
                value_files=("values-prod.yaml",),
                values={"replicaCount": 3},
                parameters={"ui.color": "#34577c", "count": "3", "debug": "true"},
            ),
            target=ClusterTarget(cluster="prod", namespace="podinfo", create_namespace=True),
            origin=Origin(path="fleet.yaml", line=11, commit="c0ffee"),
        ),
        Application(
            name="shop",
            labels={"team": "web"},
            sources=(SourceSpec(path="apps/shop"),),
            render=Kustomize(),
            target=ClusterTarget(cluster="prod", namespace="shop", create_namespace=True),
            depends_on=("podinfo",),
            origin=Origin(path="fleet.yaml", line=1, commit="c0ffee"),
        ),
    )
    (source,) = declared.sources
    assert (source.name, source.revision, source.auth.username) == ("charts", ">=1.2 <2", "ci")
    assert str(source.auth.password) == "env: CHARTS_TOKEN"


async def test_everything_that_can_be_written(toolbox: Toolbox) -> None:
    text = """\
apiVersion: trueline.dev/v1
kind: Source
metadata: {name: shared}
spec:
  url: "git@example.com:team/shared.git"
  revision: v1
  auth: {sshKey: {secret: {file: key}}}
  knownHosts: "example.com ssh-ed25519 AAAA"
---
apiVersion: trueline.dev/v1
kind: Target
metadata: {name: prod}
spec: {cluster: {kubeconfig: {secret: {kubernetes: fleet/prod#kubeconfig}}, context: admin@prod}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: all}
spec:
  sources:
    - {name: main, path: lib}
    - {name: values, from: shared, revision: main}
  render:
    jsonnet:
      file: main.jsonnet
      externalVariables: {a: x, b: {code: "1+1"}, c: {value: why}}
      arguments: {d: z}
      libraries: [../vendor, $values/lib]
  target: {namespace: all}
  sync:
    mode: plan-only
    prune: false
    drift: warn
    takeOver: [spec.replicas]
    added: heal
    allowDelete: [PersistentVolumeClaim/shop/data]
    replace: [Job.batch/shop/migrate]
    onRemoval: keep
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: plain}
spec: {source: {path: "."}, render: {plain: {recursive: false, include: ["*.yaml"]}}, target: {cluster: embedded}}
"""
    declared = await read(toolbox, {"fleet/all.yml": text})
    assert not declared.diagnostics
    origin = Origin(path="fleet/all.yml", line=10, commit="c0ffee")
    place = Origin(path="fleet/all.yml", line=13)
    kubeconfig = SecretReference(place=SecretPlace.KUBERNETES, name="fleet/prod#kubeconfig", origin=place)
    assert declared.targets == (
        ClusterConnection(name="prod", kubeconfig=kubeconfig, context="admin@prod", origin=origin),
    )
    everything, plain = declared.applications
    key = SecretReference(place=SecretPlace.FILE, name="key", origin=Origin(path="fleet/all.yml", line=7))
    assert [str(one.origin) for one in everything.sources] == ["fleet/all.yml:15", "fleet/all.yml:5"]
    assert everything.sources == (
        SourceSpec(name="main", path="lib"),
        SourceSpec(
            name="values",
            url="git@example.com:team/shared.git",
            revision="main",
            auth=Auth(ssh_key=key),
            known_hosts="example.com ssh-ed25519 AAAA",
        ),
    )
    assert everything.render == Jsonnet(
        file="main.jsonnet",
        external_variables={
            "a": JsonnetVariable(value="x"),
            "b": JsonnetVariable(value="1+1", code=True),
            "c": JsonnetVariable(value="why"),
        },
        arguments={"d": JsonnetVariable(value="z")},
        libraries=("../vendor", "$values/lib"),
    )
    assert everything.sync == SyncOptions(
        mode=Mode.PLAN_ONLY,
        prune=False,
        drift=DriftMode.WARN,
        take_over=("spec.replicas",),
        allow_delete=("PersistentVolumeClaim/shop/data",),
        replace=("Job.batch/shop/migrate",),
        on_removal=OnRemoval.KEEP,
        added=AddedMode.HEAL,
    )
    assert plain.render == Plain(recursive=False, include=("*.yaml",))
    assert plain.sources == (SourceSpec(),)


async def test_unknown_fields_and_wrong_types_all_at_once(toolbox: Toolbox) -> None:
    text = """\
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: Shop_1, label: {a: b}}
spec:
  source: {path: ../out, revision: 1.2}
  target: {cluster: prod, nameSpace: shop, createNamespace: "yes"}
  dependsOn: database
  render:
  sync:
    prun: true
    drift: heel
    allowDelete: [data]
"""
    assert await faults(toolbox, text) == snapshot("""\
TL0204 a field is not known (a.yaml:3)
  `metadata.label`; did you mean `labels`?
  remedy: write one of: name, labels
TL0207 the value of a field is not allowed (a.yaml:3)
  `metadata.name` is 'Shop_1'
  remedy: write lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit
TL0205 a field has the wrong type (a.yaml:5)
  `spec.source.revision` is a number, not a text
  remedy: put it into quotes
TL0209 a path leads out of its source (a.yaml:5)
  `spec.source.path` is '../out': it goes upwards
  remedy: write a path relative to the root of the source
TL0204 a field is not known (a.yaml:6)
  `spec.target.nameSpace`; did you mean `namespace`?
  remedy: write one of: cluster, namespace, createNamespace, directory, site
TL0205 a field has the wrong type (a.yaml:6)
  `spec.target.createNamespace` is a text, not true or false
  remedy: write true or false
TL0208 fields contradict each other (a.yaml:6)
  `spec.target.createNamespace` without `spec.target.namespace`
  remedy: add `namespace`, or remove `createNamespace`
TL0205 a field has the wrong type (a.yaml:7)
  `spec.dependsOn` is a text, not a list
  remedy: write a list
TL0205 a field has the wrong type (a.yaml:8)
  `spec.render` is nothing, not a mapping
  remedy: write a mapping, or remove the field
TL0204 a field is not known (a.yaml:10)
  `spec.sync.prun`; did you mean `prune`?
  remedy: write one of: mode, prune, drift, added, approve, takeOver, allowDelete, replace, onRemoval
TL0207 the value of a field is not allowed (a.yaml:11)
  `spec.sync.drift` is 'heel'; did you mean `heal`?
  remedy: write one of: heal, ignore, warn
TL0207 the value of a field is not allowed (a.yaml:12)
  `spec.sync.allowDelete[0]` is 'data'
  remedy: write KIND/NAMESPACE/NAME, or KIND/NAME for what has no namespace\
""")


async def test_contradictions(toolbox: Toolbox) -> None:
    text = """\
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec:
  source: {chart: podinfo, path: charts, auth: {username: ci}}
  sources: []
  target: {cluster: prod, directory: /srv}
  render: {helm: {}, kustomize: {}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: web}
spec:
  source: {from: chart, url: "https://ci:hunter2@example.com/x"}
  target: {createNamespace: true}
  render: {}
"""
    said = await faults(toolbox, text)
    assert "hunter2" not in said
    assert said == snapshot("""\
TL0208 fields contradict each other (a.yaml:5)
  `spec.source.auth` without `spec.source.url`
  remedy: add `url`, or remove `auth`
TL0208 fields contradict each other (a.yaml:5)
  `spec.source.chart` and `spec.source.path`
  remedy: remove one of the two
TL0213 this is not supported by this version (a.yaml:5)
  `spec.source.chart`
  remedy: remove it, or use a version that supports it
TL0207 the value of a field is not allowed (a.yaml:6)
  `spec.sources` has 0 items
  remedy: write at least 1
TL0208 fields contradict each other (a.yaml:6)
  `spec.source` and `spec.sources`
  remedy: remove one of the two
TL0208 fields contradict each other (a.yaml:7)
  `spec.target.cluster` and `spec.target.directory`
  remedy: remove one of the two
TL0208 fields contradict each other (a.yaml:8)
  `spec.render.kustomize` and `spec.render.helm`
  remedy: remove one of the two
TL0102 a credential stands in the address of the repository (a.yaml:14)
  `spec.source.url`: https://example.com/x: the user or password before the host is not repeated here, and was not used
  remedy: write it as `auth` with a secret reference; if it is in Git, treat it as known and change it
TL0208 fields contradict each other (a.yaml:14)
  `spec.source.from` and `spec.source.url`
  remedy: remove one of the two
TL0206 a field is missing (a.yaml:15)
  `spec.target` says none of what it has to
  remedy: write one of: cluster, namespace, directory, site
TL0208 fields contradict each other (a.yaml:15)
  `spec.target.createNamespace` without `spec.target.namespace`
  remedy: add `namespace`, or remove `createNamespace`
TL0206 a field is missing (a.yaml:16)
  `spec.render` says none of what it has to
  remedy: write one of: plain, kustomize, helm, jsonnet, site\
""")


async def test_a_secret_in_clear_is_refused_and_never_repeated(toolbox: Toolbox) -> None:
    text = """\
apiVersion: trueline.dev/v1
kind: Source
metadata: {name: charts}
spec:
  url: https://example.com/charts.git
  auth:
    username: ci
    password: hunter2
---
apiVersion: trueline.dev/v1
kind: Target
metadata: {name: prod}
spec: {cluster: {kubeconfig: {secret: hunter2}}}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec: {source: {from: charts}, target: {cluster: prod}}
"""
    said = await faults(toolbox, text)
    assert "hunter2" not in said
    assert said == snapshot("""\
TL0150 plain text stands where a secret reference belongs (a.yaml:8)
  `spec.auth.password`: a value stands there in clear; it is not repeated here
  remedy: write secret: {env: NAME}, {file: PATH}, {sops: PATH#KEY} or {kubernetes: NAMESPACE/NAME#KEY}; treat the value as known and change it
TL0153 a secret reference has the wrong form (a.yaml:13)
  `spec.cluster.kubeconfig`: a dict
  remedy: write secret: {env: NAME}, {file: PATH}, {sops: PATH#KEY} or {kubernetes: NAMESPACE/NAME#KEY}
TL0212 the source is not declared (a.yaml:18)
  `spec.source.from` is 'charts': its declaration is broken
  remedy: correct the Source\
""")  # noqa: E501 - as it is printed


async def test_the_same_name_twice_blocks_both(toolbox: Toolbox) -> None:
    declared = await read(toolbox, {"a.yaml": SHOP, "b/c.yaml": f"# ours\n{SHOP}", "d.yaml": application("web")})
    assert [one.name for one in declared.applications] == ["web"]
    assert "\n".join(map(str, declared.diagnostics)) == snapshot("""\
TL0201 declared twice (a.yaml:3)
  Application 'shop' here and at b/c.yaml:2
  remedy: remove one, or give it another name
TL0201 declared twice (b/c.yaml:4)
  Application 'shop' here and at a.yaml:1
  remedy: remove one, or give it another name\
""")
    assert declared.keeps("shop", "elsewhere.yaml")
    assert declared.keeps("once-declared-here", "b/c.yaml")
    assert not declared.keeps("once-declared-there", "d.yaml")


async def test_dependencies(toolbox: Toolbox) -> None:
    declared = await read(
        toolbox,
        {
            "a.yaml": application("a", "  dependsOn: [b]\n"),
            "b.yaml": application("b", "  dependsOn: [c]\n"),
            "c.yaml": application("c", "  dependsOn:\n    - a\n"),
            "d.yaml": application("d", "  dependsOn: [a, databse]\n"),
            "e.yaml": application("database", "  dependsOn: [a]\n"),
            "f.yaml": application("self", "  dependsOn: [self]\n"),
        },
    )
    assert [one.name for one in declared.applications] == ["database"]
    assert "\n".join(map(str, declared.diagnostics)) == snapshot("""\
TL0211 applications depend on each other in a circle (a.yaml:7)
  a → b → c → a
  remedy: remove one of these dependencies
TL0211 applications depend on each other in a circle (b.yaml:7)
  a → b → c → a
  remedy: remove one of these dependencies
TL0211 applications depend on each other in a circle (c.yaml:7)
  a → b → c → a
  remedy: remove one of these dependencies
TL0210 an application depends on one that is not declared (d.yaml:7)
  'd' depends on 'databse'; did you mean `database`?
  remedy: declare it, or correct `dependsOn`
TL0211 applications depend on each other in a circle (f.yaml:7)
  self → self
  remedy: remove one of these dependencies\
""")


async def test_what_is_not_supported_yet_is_said_by_name(toolbox: Toolbox) -> None:
    text = """\
apiVersion: trueline.dev/v1
kind: Policy
metadata: {name: no-root}
spec: {whatever: 1}
---
apiVersion: trueline.dev/v1
kind: Aplication
metadata: {name: typo}
---
apiVersion: trueline.dev/v2
kind: Application
metadata: {name: later}
---
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: site}
spec: {source: {path: docs}, render: {site: {}}, target: {host: www}, sync: {drift: adopt}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: foreign, annotations: {trueline.dev/wave: "1"}}
"""
    declared = await read(toolbox, {"a.yaml": text, "b.yaml": application("web")})
    assert [one.name for one in declared.applications] == ["web"]
    assert "\n".join(map(str, declared.notes)) == snapshot("""\
TL0213 this is not supported by this version (a.yaml:2)
  the kind Policy, 'no-root': it has no effect
  remedy: remove it, or use a version that supports it\
""")
    assert "\n".join(map(str, declared.diagnostics)) == snapshot("""\
TL0203 the kind or its version is not known (a.yaml:7)
  `kind` is 'Aplication'; did you mean `Application`?
  remedy: write one of: Application, Notifier, Project, Removal, Source, Target
TL0203 the kind or its version is not known (a.yaml:10)
  `apiVersion` is 'trueline.dev/v2'
  remedy: write trueline.dev/v1
TL0213 this is not supported by this version (a.yaml:17)
  `spec.sync.drift: adopt`
  remedy: write one of: heal, ignore, warn
TL0213 this is not supported by this version (a.yaml:17)
  `spec.target.host`
  remedy: remove it, or use a version that supports it\
""")
    assert declared.keeps("typo", "a.yaml")
    assert declared.keeps("later", "a.yaml")
    assert not declared.keeps("gone", "a.yaml")


async def test_a_file_that_does_not_parse_keeps_what_it_declared(toolbox: Toolbox) -> None:
    broken = SHOP + "---\n" + application("web") + "  sync: {mode: auto\n" + "---\na: 1\na: !!int hunter2\n"
    declared = await read(toolbox, {"a.yaml": broken, "b.yaml": application("other", "  dependsOn: [web]\n")})
    assert [one.name for one in declared.applications] == ["other"]
    (bad,) = declared.broken
    assert (bad.path, bad.names, bad.is_whole) == ("a.yaml", ("shop", "web"), True)
    assert "\n".join(map(str, bad.diagnostics)) == snapshot("""\
TL0202 a declaration does not parse (a.yaml:12)
  did not find expected ',' or '}'
  remedy: correct the file; until then what it declared is kept as it is
TL0202 a declaration does not parse (a.yaml:13)
  cannot decode !!str a value as a !!int
  remedy: correct the file; until then what it declared is kept as it is\
""")
    assert declared.keeps("shop", "moved.yaml")
    assert declared.keeps("once-declared-here", "a.yaml")
    assert not declared.keeps("gone", "b.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "metadata: {annotations: {trueline.dev/wave: '1'}}\n{{ if }}\n",
        "# see trueline.dev/v1\na: [\n",
        'spec: "trueline.dev/v1"\n',
        "- apiVersion: trueline.dev/v1\n",
    ],
)
async def test_what_is_no_declaration_is_left_alone(toolbox: Toolbox, text: str) -> None:
    declared = await read(toolbox, {"a.yaml": text, "b.txt": SHOP, "c.json": "{}"})
    assert not declared.is_fleet


async def test_templates_of_a_chart_are_the_charts(toolbox: Toolbox) -> None:
    files = {"c/Chart.yaml": "name: c", "c/templates/app.yaml": HEAD + "metadata: {name: {{ .x }}}", "c/app.yaml": SHOP}
    declared = await read(toolbox, files)
    assert [one.name for one in declared.applications] == ["shop"]
    assert not declared.broken


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (SHOP.encode() + b"# \xff\n", "TL0202"),
        (SHOP.encode() + b"#" * 1024 * 1024, "TL0214"),
        (SHOP.encode() + b"x: " + b"[" * 3000 + b"]" * 3000, "TL0214"),
        (SHOP.encode() + b"x: &a [1]\ny: &b [*a,*a]\nx: 2\n", "TL0202"),
    ],
)
async def test_hostile_files_block_only_themselves(toolbox: Toolbox, content: bytes, code: str) -> None:
    tree = MemoryTree({"a.yaml": content, "b.yaml": application("web").encode()})
    declared = await NativeDialect(toolbox).read(tree, "", "c")
    assert [one.name for one in declared.applications] == ["web"]
    assert [one.code for one in declared.diagnostics] == [code]
    assert declared.keeps("shop", "a.yaml")


async def test_the_path_limits_what_is_looked_at(toolbox: Toolbox) -> None:
    files = {"prod/a.yaml": SHOP, "test/b.yaml": application("web")}
    assert [one.name for one in (await read(toolbox, files, "prod")).applications] == ["shop"]
    assert [one.name for one in (await read(toolbox, files, "test/b.yaml")).applications] == ["web"]
    with pytest.raises(UserError, match="TL0216 there is nothing at the path of the fleet"):
        await read(toolbox, files, "prd")


class Counting:
    """A toolbox that notes what it is asked."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self.asked: list[tuple[str, int]] = []

    async def ask(self, operation: str, arguments: Any, files: FileTree = NO_FILES) -> bytes:
        """Note it and pass it on."""
        self.asked.append((operation, len(arguments["texts"])))
        return await self._toolbox.ask(operation, arguments, files)


async def test_what_did_not_change_is_not_asked_again(toolbox: Toolbox) -> None:
    counting = Counting(toolbox)
    dialect = NativeDialect(counting)
    tree = {"a.yaml": SHOP.encode(), "b.yaml": application("web").encode(), "c.yaml": b"kind: Service"}
    first = await dialect.read(MemoryTree(tree), "", "1")
    again = await dialect.read(MemoryTree(tree), "", "2")
    assert [one.name for one in again.applications] == [one.name for one in first.applications]
    assert again.applications[0].origin.commit == "2"
    changed = await dialect.read(MemoryTree(tree | {"b.yaml": application("www").encode()}), "", "3")
    assert [one.name for one in changed.applications] == ["shop", "www"]
    assert counting.asked == [("yaml", 2), ("yaml", 1)]


async def test_a_number_out_of_its_bounds_stops_its_own_declaration_alone(toolbox: Toolbox) -> None:
    """INV-30: it was raised, and stopped the whole fleet."""
    site = application("site").replace(
        "target: {cluster: prod}", "target: {site: {ssh: {host: www, path: /srv, port: 70000}}}"
    )
    declared = await read(toolbox, {"a.yaml": site, "b.yaml": application("web")})
    assert [one.name for one in declared.applications] == ["web"]
    assert [(one.code, one.detail, one.remedy) for one in declared.diagnostics] == [
        ("TL0207", "`spec.target.site.ssh.port` is 70000", "write at most 65535")
    ]
