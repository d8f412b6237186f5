"""A form without faults → the values that the loop works with. What spans several fields is checked here.

It asks nothing and reads nothing: sources that are taken `from` elsewhere are resolved by the caller's mapping.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from trueline.declare import form as written
from trueline.declare.application import (
    DEFAULT_PROJECT,
    AddedMode,
    Application,
    Auth,
    BranchTarget,
    BucketTarget,
    ClusterConnection,
    ClusterTarget,
    ComposeTarget,
    DirectoryTarget,
    DriftMode,
    HostTarget,
    Mode,
    OnRemoval,
    Project,
    Removal,
    RemovalWay,
    Role,
    ServedTarget,
    SourceSpec,
    SshTarget,
    SyncOptions,
    TargetSpec,
    TofuTarget,
    Verify,
    VerifyMode,
)
from trueline.declare.finding import (
    LEADS_OUT,
    NO_OWN_PROJECT,
    NO_PROJECT,
    NO_SOURCE,
    REFUSED_VALUE,
    STILL_DECLARED,
    TWICE,
    UNBOUNDED_REMOVAL,
    Finding,
    shown,
    suggestion,
)
from trueline.declare.text import is_outside, normal_path
from trueline.model.origin import Origin
from trueline.model.pointer import Path, text
from trueline.plan.guard import Approve
from trueline.render.options import (
    GeneratedSite,
    Helm,
    Jsonnet,
    JsonnetVariable,
    Kustomize,
    NavigationEntry,
    Plain,
    RenderOptions,
    Site,
    Versions,
)
from trueline.runtime.secret import SecretReference
from trueline.source.signature.key import KeyRing, Scheme, TrustedKey

T = TypeVar("T")
Sources = Mapping[str, SourceSpec]
Rings = Mapping[str, KeyRing]
Where: TypeAlias = Callable[[Path], Origin]
"""Where a field of the declaration is written."""


def application(
    read: written.ApplicationForm,
    origin: Origin,
    sources: Sources,
    where: Where | None = None,
    rings: Rings | None = None,
) -> Application:
    """The application; every source that it takes `from` elsewhere is among `sources`, and every project's ring."""
    spec, place = read.spec, where or _everywhere(origin)
    return Application(
        name=read.metadata.name,
        labels=read.metadata.labels,
        sources=tuple(_source(one, at, sources, place, rings or {}) for at, one in _sources(spec)),
        render=_render(spec.render) if not isinstance(spec.render, UnsetType) else None,
        decryption=_decryption(spec.decryption, place),
        target=_target(spec.target, place, read.metadata.name),
        depends_on=tuple(dict.fromkeys(spec.depends_on)),
        project=_or(spec.project, DEFAULT_PROJECT),
        sync=_sync(spec.sync),
        origin=origin,
    )


def source(
    read: written.SourceKindForm, origin: Origin, where: Where | None = None, rings: Rings | None = None
) -> SourceSpec:
    """A declared source; without an address it is what is demanded of the fleet repository."""
    spec, place = read.spec, where or _everywhere(origin)
    return SourceSpec(
        name=read.metadata.name,
        url=_or(spec.url, ""),
        revision=spec.revision,
        auth=_auth(spec.auth, ("spec", "auth"), place),
        known_hosts=spec.known_hosts,
        verify=_verify(spec.verify, rings or {}),
        origin=place(("spec", "url")),
    )


def project(read: written.ProjectForm, origin: Origin) -> Project:
    """A declared project."""
    name = read.metadata.name
    keys = tuple(map(_trusted_key, _or(read.spec.trusted_keys, ())))
    return Project(
        name=name, ring=KeyRing(name=name, keys=keys), origin=origin, roles=_roles(_or(read.spec.roles, None))
    )


def _roles(roles: written.RolesForm | None) -> Mapping[Role, tuple[str, ...]]:
    if roles is None:
        return {}
    said = {
        Role.VIEWER: roles.viewer,
        Role.DEPLOYER: roles.deployer,
        Role.APPROVER: roles.approver,
        Role.ADMIN: roles.admin,
    }
    return {role: subjects for role, subjects in said.items() if subjects}


def find_missing_own_project(
    read: written.ApplicationForm, projects: Collection[str], broken: Collection[str] = ()
) -> Iterator[Finding]:
    """The project that an application names is declared; in the default one it is where it names none."""
    name = _or(read.spec.project, DEFAULT_PROJECT)
    if name != DEFAULT_PROJECT and name not in projects:
        said = ": its declaration is broken" if name in broken else suggestion(name, projects)
        remedy = "correct the Project" if name in broken else "declare a Project with this name, or correct it"
        yield NO_OWN_PROJECT.at(("spec", "project"), f"`spec.project` is {shown(name)}{said}", remedy)


def find_missing_projects(
    read: written.ApplicationForm | written.SourceKindForm, projects: Collection[str], broken: Collection[str] = ()
) -> Iterator[Finding]:
    """Every project whose keys a source demands is declared, and has keys: `projects` are those."""
    asked = (
        [(("spec", "verify"), read.spec.verify)]
        if isinstance(read, written.SourceKindForm)
        else [((*at, "verify"), one.verify) for at, one in _sources(read.spec)]
    )
    for at, verify in asked:
        for index, name in enumerate(() if isinstance(verify, UnsetType) else verify.keys):
            if name not in projects:
                said = ": its declaration is broken" if name in broken else suggestion(name, projects)
                remedy = "correct the Project" if name in broken else "declare a Project with this name"
                place: Path = (*at, "keys", index)
                yield NO_PROJECT.at(place, f"`{text(place)}` is {shown(name)}{said}", remedy)


def connection(read: written.TargetKindForm, origin: Origin, where: Where | None = None) -> ClusterConnection | None:
    """A declared cluster; `None` for a target of another kind."""
    cluster = read.spec.cluster
    if isinstance(cluster, UnsetType):
        return None
    place = where or _everywhere(origin)
    kubeconfig = secret_of(cluster.kubeconfig, place(("spec", "cluster", "kubeconfig")))
    return ClusterConnection(
        name=read.metadata.name, kubeconfig=kubeconfig, context=_or(cluster.context, ""), origin=origin
    )


def removal(read: written.RemovalForm, origin: Origin) -> Removal:
    """A declared removal."""
    spec = read.spec
    delete = _or(spec.delete, written.DeleteForm())
    ways = {RemovalWay.DELETE: spec.delete, RemovalWay.KEEP: spec.keep, RemovalWay.FORGET: spec.forget}
    return Removal(
        name=read.metadata.name,
        application=spec.application,
        way=next(way for way, said in ways.items() if not isinstance(said, UnsetType)),
        until=date.fromisoformat(spec.until),
        origin=origin,
        resources=_or(spec.resources, ()),
        count_max=_or(delete.count_max, 0),
        allow_delete=delete.allow_delete,
    )


def find_removal_contradictions(read: written.RemovalForm, applications: Collection[str]) -> Iterator[Finding]:
    """A whole application goes when its declaration is gone too, and only so much with it as was reviewed."""
    spec, is_whole = read.spec, isinstance(read.spec.resources, UnsetType)
    name = spec.application
    if is_whole and name in applications:
        remedy = "remove the Application too; or name `resources`, if it shall stay"
        yield STILL_DECLARED.at(("spec", "application"), shown(name), remedy)
    if is_whole and not isinstance(spec.delete, UnsetType) and isinstance(spec.delete.count_max, UnsetType):
        remedy = "write delete: {countMax: N} with the count of `trueline plan`; more than that waits for approval"
        yield UNBOUNDED_REMOVAL.at(("spec", "delete"), f"the application {shown(name)}", remedy)


def find_contradictions(
    read: written.ApplicationForm, sources: Sources, broken: Collection[str] = ()
) -> Iterator[Finding]:
    """What the form alone cannot tell: unknown sources, names twice, files that lead out of their source."""
    names: dict[str, int] = {}
    for at, one in _sources(read.spec):
        origin = _or(one.from_, "")
        if origin and origin not in sources:
            said = ": its declaration is broken" if origin in broken else suggestion(origin, sources)
            remedy = "correct the Source" if origin in broken else "declare a Source with this name, or write `url`"
            yield NO_SOURCE.at((*at, "from"), f"`{text((*at, 'from'))}` is {shown(origin)}{said}", remedy)
        if isinstance(one, written.NamedSourceForm):
            if one.name in names:
                yield TWICE.at((*at, "name"), f"the source {shown(one.name)}", "give each source a name of its own")
            names[one.name] = len(names)
    yield from _files_that_lead_out(read.spec, names)


def _files_that_lead_out(spec: written.ApplicationSpecForm, names: Mapping[str, int]) -> Iterator[Finding]:
    rendered = next((one for _, one in _sources(spec)), None)
    folder = normal_path(rendered.path) if rendered is not None else ""
    for at, file in _files(spec.render):
        other, _, below = file[1:].partition("/") if file.startswith("$") else ("", "", file)
        if file.startswith("$") and other not in names:
            yield REFUSED_VALUE.at(
                at, f"`{text(at)}` is {shown(file)}: no source has this name", "write $NAME/PATH with one of `sources`"
            )
        elif is_outside("" if other else folder, below):
            yield LEADS_OUT.at(
                at, f"`{text(at)}` is {shown(file)}, in {shown(folder)}", "move the file into the source"
            )


def _files(render: written.RenderForm | UnsetType) -> Iterator[tuple[Path, str]]:
    """Every file that the render options name, beside the rendered folder."""
    base: Path = ("spec", "render")
    if isinstance(render, UnsetType):
        return
    if not isinstance(render.helm, UnsetType):
        for index, file in enumerate(render.helm.value_files):
            yield (*base, "helm", "valueFiles", index), file
    if not isinstance(render.jsonnet, UnsetType):
        for index, file in enumerate(render.jsonnet.libraries):
            yield (*base, "jsonnet", "libraries", index), file
        if not isinstance(render.jsonnet.file, UnsetType):
            yield (*base, "jsonnet", "file"), render.jsonnet.file


def _sources(spec: written.ApplicationSpecForm) -> Iterator[tuple[Path, written.SourceForm]]:
    if not isinstance(spec.source, UnsetType):
        yield ("spec", "source"), spec.source
    if not isinstance(spec.sources, UnsetType):
        for index, one in enumerate(spec.sources):
            yield ("spec", "sources", index), one


def _everywhere(origin: Origin) -> Where:
    return lambda _: origin


def _source(one: written.SourceForm, at: Path, sources: Sources, place: Where, rings: Rings) -> SourceSpec:
    shared = sources[one.from_] if not isinstance(one.from_, UnsetType) else None
    return SourceSpec(
        name=one.name if isinstance(one, written.NamedSourceForm) else "",
        url=shared.url if shared else _or(one.url, ""),
        revision=one.revision or (shared.revision if shared else ""),
        path=normal_path(one.path),
        chart=_or(one.chart, ""),
        image=_or(one.image, ""),
        auth=shared.auth if shared else _auth(one.auth, (*at, "auth"), place),
        known_hosts=shared.known_hosts if shared else one.known_hosts,
        verify=shared.verify if shared else _verify(one.verify, rings),
        origin=shared.origin if shared else place((*at, "url")),
    )


def _verify(verify: written.VerifyForm | UnsetType, rings: Rings) -> Verify | None:
    if isinstance(verify, UnsetType):
        return None
    return Verify(mode=VerifyMode(verify.mode), rings=tuple(rings[name] for name in dict.fromkeys(verify.keys)))


def _trusted_key(key: written.TrustedKeyForm) -> TrustedKey:
    is_openpgp = not isinstance(key.openpgp, UnsetType)
    since, until = (None if isinstance(day, UnsetType) else date.fromisoformat(day) for day in (key.since, key.until))
    return TrustedKey(
        owner=key.owner,
        scheme=Scheme.OPENPGP if is_openpgp else Scheme.SSH,
        text=_or(key.openpgp, "") if is_openpgp else _or(key.ssh, "").strip(),
        since=since,
        until=until,
        revoked=_or(key.revoked, ""),
    )


def _auth(auth: written.AuthForm | UnsetType, at: Path, place: Where) -> Auth:
    if isinstance(auth, UnsetType):
        return Auth()
    password, bearer, key = (
        _optional_secret(one, place((*at, name)))
        for name, one in (("password", auth.password), ("bearer", auth.bearer), ("sshKey", auth.ssh_key))
    )
    return Auth(username=_or(auth.username, ""), password=password, bearer=bearer, ssh_key=key)


def secret_of(secret: written.SecretForm, origin: Origin) -> SecretReference:
    """The name of a secret, without the commit: it tells where to look, and other commits change nothing of it."""
    place = secret.secret
    named = {"env": place.env, "file": place.file, "sops": place.sops, "kubernetes": place.kubernetes}
    written_as = {"secret": {key: name for key, name in named.items() if name is not UNSET}}
    return SecretReference.parse(written_as, msgspec.structs.replace(origin, commit=""))


def _target(target: written.TargetForm, place: Where, application: str) -> TargetSpec:
    match target:
        case written.TargetForm(directory=str(path)):
            return DirectoryTarget(path=path)
        case written.TargetForm(site=written.SitePlaceForm() as site):
            return _site_place(site, place, application)
        case written.TargetForm(host=str(host)):
            return HostTarget(host=host)
        case written.TargetForm(compose=str(project)):
            return ComposeTarget(project=project)
        case written.TargetForm(tofu=written.TofuForm(workspace=workspace)):
            return TofuTarget(workspace=workspace)
        case _:
            return ClusterTarget(
                cluster=_or(target.cluster, ""),
                namespace=_or(target.namespace, ""),
                create_namespace=target.create_namespace,
            )


def _site_place(site: written.SitePlaceForm, place: Where, application: str) -> TargetSpec:
    at: Path = ("spec", "target", "site")
    match site:
        case written.SitePlaceForm(ssh=written.SshPlaceForm() as ssh):
            return SshTarget(
                host=ssh.host,
                path=ssh.path,
                user=ssh.user,
                port=ssh.port,
                key=_optional_secret(ssh.key, place((*at, "ssh", "key"))),
                known_hosts=ssh.known_hosts,
            )
        case written.SitePlaceForm(s3=written.BucketPlaceForm() as s3):
            return BucketTarget(
                bucket=s3.bucket,
                prefix=s3.prefix.strip("/"),
                region=s3.region,
                endpoint=s3.endpoint,
                access_key=_optional_secret(s3.access_key, place((*at, "s3", "accessKey"))),
                secret_key=_optional_secret(s3.secret_key, place((*at, "s3", "secretKey"))),
            )
        case written.SitePlaceForm(branch=written.BranchPlaceForm() as branch):
            return BranchTarget(
                url=branch.url,
                branch=branch.name,
                folder=normal_path(branch.folder),
                auth=_auth(branch.auth, (*at, "branch", "auth"), place),
                known_hosts=branch.known_hosts,
            )
        case written.SitePlaceForm(serve=str(address)):
            return ServedTarget(address=address, site=application)
        case _:
            return DirectoryTarget(path=_or(site.directory, ""))


def _decryption(read: written.DecryptionForm | UnsetType, place: Where) -> tuple[SecretReference, ...]:
    if isinstance(read, UnsetType):
        return ()
    at = ("spec", "decryption", "keys")
    return tuple(secret_of(one, place((*at, index))) for index, one in enumerate(read.keys))


def _optional_secret(secret: written.SecretForm | UnsetType, origin: Origin) -> SecretReference | None:
    return None if isinstance(secret, UnsetType) else secret_of(secret, origin)


def _render(render: written.RenderForm) -> RenderOptions | None:
    match render:
        case written.RenderForm(plain=written.PlainForm() as plain):
            return Plain(recursive=plain.recursive, include=plain.include, exclude=plain.exclude)
        case written.RenderForm(kustomize=written.KustomizeForm()):
            return Kustomize()
        case written.RenderForm(helm=written.HelmForm() as helm):
            return _helm(helm)
        case written.RenderForm(jsonnet=written.JsonnetForm() as jsonnet):
            return _jsonnet(jsonnet)
        case written.RenderForm(site=written.SiteForm() as site):
            return _site(site)
        case _:
            return None


def _seconds(days: str) -> int:
    return int(days[:-1]) * (3_600 if days.endswith("h") else 86_400)


def _site(site: written.SiteForm) -> Site | GeneratedSite:
    if not isinstance(site.mkdocs, UnsetType):
        return GeneratedSite(
            mkdocs=normal_path(site.mkdocs.config),
            variables=site.mkdocs.variables,
            timeout_s=site.mkdocs.timeout_seconds,
            memory_bytes_max=site.mkdocs.memory_bytes_max,
            url=site.url,
            broken_links=_or(site.broken_links, "warn"),
            removed_pages=site.removed_pages,
            keep_assets_s=_seconds(site.keep_assets),
        )
    if not isinstance(site.command, UnsetType):
        return GeneratedSite(
            command=site.command,
            output=normal_path(_or(site.output, "")),
            variables=site.variables,
            timeout_s=site.timeout_seconds,
            memory_bytes_max=site.memory_bytes_max,
            url=site.url,
            broken_links=_or(site.broken_links, "warn"),
            removed_pages=site.removed_pages,
            keep_assets_s=_seconds(site.keep_assets),
        )
    return Site(
        title=site.title,
        url=site.url,
        language=site.language,
        navigation=tuple(map(_entry, site.navigation)),
        allow_html=site.allow_html,
        broken_links=_or(site.broken_links, "error"),
        removed_pages=site.removed_pages,
        external_links=site.external_links,
        drafts=site.drafts,
        feed=site.feed,
        search=site.search,
        page_bytes_max=site.page_bytes_max,
        image_bytes_max=site.image_bytes_max,
        keep_assets_s=_seconds(site.keep_assets),
        versions=None if isinstance(site.versions, UnsetType) else _versions(site.versions),
    )


def _versions(versions: written.VersionsForm) -> Versions:
    return Versions(
        branches=versions.branches,
        tags=versions.tags,
        default=versions.default,
        latest=versions.latest,
        keep=versions.keep,
        broken_tags=versions.broken_tags,
    )


def _entry(entry: written.NavigationForm) -> NavigationEntry:
    items = () if isinstance(entry.items, UnsetType) else tuple(map(_entry, entry.items))
    return NavigationEntry(title=entry.title, path=_or(entry.path, ""), address=_or(entry.address, ""), items=items)


def _helm(helm: written.HelmForm) -> Helm:
    return Helm(
        release_name=helm.release_name,
        value_files=helm.value_files,
        values=helm.values,
        parameters={key: _scalar(value) for key, value in helm.parameters.items()},
        include_crds=helm.include_crds,
    )


def _jsonnet(jsonnet: written.JsonnetForm) -> Jsonnet:
    return Jsonnet(
        file=_or(jsonnet.file, ""),
        external_variables={key: _variable(value) for key, value in jsonnet.external_variables.items()},
        arguments={key: _variable(value) for key, value in jsonnet.arguments.items()},
        libraries=jsonnet.libraries,
    )


def _variable(value: str | written.JsonnetVariableForm) -> JsonnetVariable:
    if isinstance(value, str):
        return JsonnetVariable(value=value)
    if not isinstance(value.code, UnsetType):
        return JsonnetVariable(value=value.code, code=True)
    return JsonnetVariable(value=_or(value.value, ""))


def _scalar(value: written.Scalar) -> str:
    """A parameter as `--set` would have it on a command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sync(sync: written.SyncForm) -> SyncOptions:
    return SyncOptions(
        mode=Mode(sync.mode),
        prune=sync.prune,
        drift=DriftMode(sync.drift),
        added=AddedMode(sync.added),
        approve=Approve(sync.approve),
        take_over=sync.take_over,
        allow_delete=sync.allow_delete,
        replace=sync.replace,
        on_removal=OnRemoval(sync.on_removal),
    )


def _or(value: T | UnsetType, absent: T) -> T:
    return absent if isinstance(value, UnsetType) else value
