"""What translation knows beyond what this version follows, and what spans several fields."""

from typing import Any

import msgspec
import pytest

from trueline.declare import translation
from trueline.declare.application import (
    BranchTarget,
    ComposeTarget,
    DirectoryTarget,
    HostTarget,
    ServedTarget,
    SourceSpec,
    SshTarget,
    TargetSpec,
    TofuTarget,
)
from trueline.declare.form import ApplicationForm, SiteForm
from trueline.model.origin import Origin
from trueline.render.options import GeneratedSite, RenderOptions, Site
from trueline.runtime.secret import SecretPlace, SecretReference

ORIGIN = Origin(path="a.yaml")


def form(**spec: Any) -> ApplicationForm:
    source = {} if "sources" in spec else {"source": {"path": "charts/shop"}}
    value = {
        "apiVersion": "trueline.dev/v1",
        "kind": "Application",
        "metadata": {"name": "shop"},
        "spec": {"target": {"cluster": "prod"}} | source | spec,
    }
    return msgspec.convert(value, ApplicationForm)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ({"directory": "/srv"}, DirectoryTarget(path="/srv")),
        ({"site": {"directory": "/srv/www"}}, DirectoryTarget(path="/srv/www")),
        (
            {"site": {"branch": {"url": "https://git.example.com/site.git", "name": "gh-pages", "folder": "./a//b/"}}},
            BranchTarget(url="https://git.example.com/site.git", branch="gh-pages", folder="a/b"),
        ),
        ({"site": {"serve": "0.0.0.0:80"}}, ServedTarget(address="0.0.0.0:80", site="shop")),
        ({"site": {"serve": ":8080"}}, ServedTarget(address=":8080", site="shop")),
        (
            {"site": {"ssh": {"host": "web1", "path": "/srv/www", "key": {"secret": {"env": "K"}}, "knownHosts": "x"}}},
            SshTarget(
                host="web1",
                path="/srv/www",
                key=SecretReference(place=SecretPlace.ENV, name="K", origin=ORIGIN),
                known_hosts="x",
            ),
        ),
        ({"host": "web1"}, HostTarget(host="web1")),
        ({"compose": "shop"}, ComposeTarget(project="shop")),
        ({"tofu": {"workspace": "net"}}, TofuTarget(workspace="net")),
    ],
)
def test_other_targets_are_values_already(written: dict[str, Any], target: TargetSpec) -> None:
    assert translation.application(form(target=written), ORIGIN, {}).target == target


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ({}, Site()),
        ({"brokenLinks": "warn"}, Site(broken_links="warn")),
        ({"mkdocs": {}}, GeneratedSite(mkdocs="mkdocs.yml")),
        (
            {"mkdocs": {"config": "./a/m.yml", "variables": {"A": "b"}, "timeoutSeconds": 9}, "brokenLinks": "error"},
            GeneratedSite(mkdocs="a/m.yml", variables={"A": "b"}, timeout_s=9, broken_links="error"),
        ),
        (
            {"command": ["hugo", "-D"], "output": "public/", "url": "https://x.example", "memoryBytesMax": 1 << 28},
            GeneratedSite(command=("hugo", "-D"), output="public", url="https://x.example", memory_bytes_max=1 << 28),
        ),
    ],
)
def test_a_site_is_our_own_builders_or_another_ones(written: dict[str, Any], options: RenderOptions) -> None:
    assert translation.application(form(render={"site": written}), ORIGIN, {}).render == options


def details(read: ApplicationForm, sources: dict[str, SourceSpec] | None = None) -> list[str]:
    return [f"{one.code} {one.detail}" for one in translation.find_contradictions(read, sources or {})]


def test_every_field_of_a_site_is_our_own_builders_or_another_ones() -> None:
    """Whoever adds a field says whether a site that another program builds has it too."""
    fields = {field.encode_name for field in msgspec.structs.fields(SiteForm)}
    own = {other for one, other in SiteForm.EXCLUDES if one == "command"}
    others = {one for one, other in SiteForm.NEEDS if other == "command"}
    assert fields == own | others | {"mkdocs", "command", "url", "brokenLinks", "removedPages", "keepAssets"}
    assert {other for one, other in SiteForm.EXCLUDES if one == "mkdocs"} == own | others | {"command"}


def test_files_stay_inside_their_source() -> None:
    files = ["values.yaml", "../../values.yaml", "../../../values.yaml", "$other/values.yaml"]
    assert details(form(render={"helm": {"valueFiles": files}})) == [
        "TL0209 `spec.render.helm.valueFiles[2]` is '../../../values.yaml', in 'charts/shop'",
        "TL0207 `spec.render.helm.valueFiles[3]` is '$other/values.yaml': no source has this name",
    ]


def test_files_of_another_source() -> None:
    sources = [{"name": "main", "path": "a"}, {"name": "other", "path": "b"}]
    render = {"jsonnet": {"file": "x.jsonnet", "libraries": ["$other/lib", "$other/../lib"]}}
    read = form(sources=sources, render=render)
    assert details(read) == ["TL0209 `spec.render.jsonnet.libraries[1]` is '$other/../lib', in 'a'"]


def test_sources_with_the_same_name_or_none() -> None:
    read = form(sources=[{"name": "a", "from": "chart"}, {"name": "a"}])
    assert details(read, {"charts": SourceSpec(name="charts", url="https://example.com/x")}) == [
        "TL0212 `spec.sources[0].from` is 'chart'; did you mean `charts`?",
        "TL0201 the source 'a'",
    ]
