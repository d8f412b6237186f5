"""The written form of our kinds: the one table that reader, conversion and JSON schema are made from.

What a form cannot say by its types stands in its class variables: which fields exclude each other, which need another,
of which at least one is there, and which this version only knows by name.
"""

from itertools import combinations, product
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from trueline.declare.text import (
    check_address,
    check_branch,
    check_date,
    check_file,
    check_openpgp,
    check_path,
    check_ref,
    check_revision,
    check_ssh_key,
)

API_GROUP = "trueline.dev/"
API_VERSION = "trueline.dev/v1"
_END = r"$(?!\n)"
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

Name: TypeAlias = Annotated[
    str,
    Meta(
        pattern=rf"^{_LABEL}(\.{_LABEL})*{_END}",
        max_length=253,
        extra={"what": "lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit"},
    ),
]
Namespace: TypeAlias = Annotated[
    str,
    Meta(
        pattern=f"^{_LABEL}{_END}",
        max_length=63,
        extra={"what": "at most 63 lower-case letters, digits and `-`, beginning and ending with a letter or digit"},
    ),
]
Glob: TypeAlias = Annotated[str, Meta(min_length=1, max_length=250, extra={"what": "a glob pattern"})]
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1024, extra={"what": "a text that is not empty"})]
InnerPath: TypeAlias = Annotated[str, Meta(max_length=1024, extra={"check": check_path})]
FilePath: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1024, extra={"check": check_file})]
InnerFile: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1024, extra={"check": check_path})]
Revision: TypeAlias = Annotated[str, Meta(extra={"check": check_revision})]
Address: TypeAlias = Annotated[str, Meta(min_length=1, extra={"check": check_address})]
BranchName: TypeAlias = Annotated[str, Meta(min_length=1, extra={"check": check_branch})]
Days: TypeAlias = Annotated[
    str, Meta(pattern=rf"^[1-9][0-9]{{0,3}}[hd]{_END}", extra={"what": "hours or days, such as 12h or 30d"})
]
Day: TypeAlias = Annotated[str, Meta(extra={"check": check_date})]
OpenPgpKey: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256 << 10, extra={"check": check_openpgp})]
SshKey: TypeAlias = Annotated[str, Meta(min_length=1, max_length=16 << 10, extra={"check": check_ssh_key})]
Subject: TypeAlias = Annotated[
    str,
    Meta(
        pattern=rf"^(user|oidc|group):[A-Za-z0-9][A-Za-z0-9._@+/-]{{0,127}}{_END}",
        extra={"what": "user:NAME, oidc:NAME or group:NAME, such as user:ada; a name has letters, digits and `._@+/-`"},
    ),
]
Subjects: TypeAlias = Annotated[tuple[Subject, ...], Meta(max_length=1000)]
RefText: TypeAlias = Annotated[str, Meta(extra={"check": check_ref})]
Listen: TypeAlias = Annotated[
    str,
    Meta(
        pattern=rf"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):[0-9]{{1,5}}{_END}",
        extra={"what": "HOST:PORT, such as 127.0.0.1:8080"},
    ),
]
Scalar: TypeAlias = str | int | float | bool
Pairs: TypeAlias = tuple[tuple[str, str], ...]


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What every form has in common."""

    EXCLUDES: ClassVar[Pairs] = ()
    NEEDS: ClassVar[Pairs] = ()
    SOME_OF: ClassVar[tuple[str, ...]] = ()
    LATER: ClassVar[frozenset[str]] = frozenset()


def one_of_fields(*names: str) -> tuple[Pairs, tuple[str, ...]]:
    """What a form says of fields of which exactly one is there."""
    return tuple(combinations(names, 2)), names


class SecretPlaceForm(Form, frozen=True, kw_only=True):
    """Where a secret stands."""

    EXCLUDES, SOME_OF = one_of_fields("env", "file", "sops", "kubernetes")
    env: Words | UnsetType = UNSET
    file: Words | UnsetType = UNSET
    sops: Words | UnsetType = UNSET
    kubernetes: Words | UnsetType = UNSET


class SecretForm(Form, frozen=True, kw_only=True):
    """The name of a secret; never its value."""

    secret: SecretPlaceForm


class AuthForm(Form, frozen=True, kw_only=True):
    """What opens a source."""

    EXCLUDES = (("password", "bearer"), ("password", "sshKey"), ("bearer", "sshKey"), ("username", "bearer"))
    username: Words | UnsetType = UNSET
    password: SecretForm | UnsetType = UNSET
    bearer: SecretForm | UnsetType = UNSET
    ssh_key: SecretForm | UnsetType = UNSET


class VerifyForm(Form, frozen=True, kw_only=True):
    """What a source demands of its revisions."""

    mode: Literal["head", "range"] = "head"
    keys: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=32)]


_PLACES = tuple(product(("from",), ("url", "auth", "knownHosts", "verify")))
_WITH_URL = (("auth", "url"), ("knownHosts", "url"), ("verify", "url"))
_SOURCE_EXCLUDES = (*_PLACES, ("chart", "path"), ("image", "path"), ("chart", "image"))


class SourceForm(Form, frozen=True, kw_only=True, rename={"from_": "from", "known_hosts": "knownHosts"}):
    """Where an application's files come from; without `url` and `from`, the fleet repository."""

    EXCLUDES = _SOURCE_EXCLUDES
    NEEDS = _WITH_URL
    LATER = frozenset({"chart", "image"})
    from_: Name | UnsetType = UNSET
    url: Address | UnsetType = UNSET
    revision: Revision = ""
    path: InnerPath = ""
    chart: Words | UnsetType = UNSET
    image: Words | UnsetType = UNSET
    auth: AuthForm | UnsetType = UNSET
    known_hosts: str = ""
    verify: VerifyForm | UnsetType = UNSET


class NamedSourceForm(SourceForm, frozen=True, kw_only=True, rename={"from_": "from", "known_hosts": "knownHosts"}):
    """One of several sources."""

    EXCLUDES = _SOURCE_EXCLUDES
    NEEDS = _WITH_URL
    LATER = frozenset({"chart", "image"})
    name: Name


class PlainForm(Form, frozen=True, kw_only=True):
    """Manifests as they stand."""

    recursive: bool = True
    include: tuple[InnerPath, ...] = ()
    exclude: tuple[InnerPath, ...] = ()


class KustomizeForm(Form, frozen=True, kw_only=True):
    """A folder with a kustomization."""


class HelmForm(
    Form,
    frozen=True,
    kw_only=True,
    rename={
        "release_name": "releaseName",
        "value_files": "valueFiles",
        "include_crds": "includeCRDs",
    },
):
    """A chart."""

    release_name: Annotated[str, Meta(max_length=53)] = ""
    value_files: tuple[FilePath, ...] = ()
    values: dict[str, Any] = {}
    parameters: dict[str, Scalar] = {}
    include_crds: bool = True


class JsonnetVariableForm(Form, frozen=True, kw_only=True):
    """A variable: a text, or code to evaluate."""

    EXCLUDES, SOME_OF = one_of_fields("value", "code")
    value: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class JsonnetForm(Form, frozen=True, kw_only=True):
    """Jsonnet files."""

    file: FilePath | UnsetType = UNSET
    external_variables: dict[str, str | JsonnetVariableForm] = {}
    arguments: dict[str, str | JsonnetVariableForm] = {}
    libraries: tuple[FilePath, ...] = ()


class NavigationForm(Form, frozen=True, kw_only=True):
    """One entry of a navigation."""

    EXCLUDES, SOME_OF = one_of_fields("path", "address", "items")
    title: Words
    path: FilePath | UnsetType = UNSET
    address: str | UnsetType = UNSET
    items: tuple["NavigationForm", ...] | UnsetType = UNSET


class VersionsForm(Form, frozen=True, kw_only=True):
    """Branches and tags as versions of a site."""

    branches: tuple[Glob, ...] = ()
    tags: tuple[Glob, ...] = ()
    default: str = ""
    latest: str = ""
    keep: Annotated[int, Meta(ge=0)] = 0
    broken_tags: Literal["error", "skip"] = "error"


Command: TypeAlias = Annotated[tuple[Words, ...], Meta(min_length=1, max_length=256)]
Variables: TypeAlias = dict[str, str]
Seconds: TypeAlias = Annotated[int, Meta(ge=1, le=3600)]
Memory: TypeAlias = Annotated[int, Meta(ge=64 << 20, le=16 << 30)]


class MkDocsForm(Form, frozen=True, kw_only=True):
    """A documentation project of MkDocs."""

    config: InnerFile = "mkdocs.yml"
    variables: Variables = {}
    timeout_seconds: Seconds = 300
    memory_bytes_max: Memory = 2 << 30


_OWN_FIELDS = (
    *("title", "language", "navigation", "allowHtml", "externalLinks", "drafts", "feed", "search", "versions"),
    *("pageBytesMax", "imageBytesMax"),
)
_COMMAND_FIELDS = ("output", "variables", "timeoutSeconds", "memoryBytesMax")


class SiteForm(Form, frozen=True, kw_only=True):
    """A site: from Markdown by our own builder, or by MkDocs, or by a command."""

    EXCLUDES = (
        *product(("mkdocs",), ("command", *_COMMAND_FIELDS)),
        *product(("mkdocs", "command"), _OWN_FIELDS),
    )
    NEEDS = (("command", "output"), *product(_COMMAND_FIELDS, ("command",)))
    mkdocs: MkDocsForm | UnsetType = UNSET
    command: Command | UnsetType = UNSET
    output: InnerFile | UnsetType = UNSET
    variables: Variables = {}
    timeout_seconds: Seconds = 300
    memory_bytes_max: Memory = 2 << 30
    title: str = ""
    url: Annotated[str, Meta(pattern="^(https?://.+)?$")] = ""
    language: Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    navigation: tuple[NavigationForm, ...] = ()
    allow_html: bool = False
    broken_links: Literal["error", "warn"] | UnsetType = UNSET
    removed_pages: Literal["redirect", "allow"] = "redirect"
    external_links: Literal["ignore", "warn"] = "ignore"
    drafts: bool = False
    feed: bool = True
    search: bool = True
    page_bytes_max: Annotated[int, Meta(ge=1024)] = 5 << 20
    image_bytes_max: Annotated[int, Meta(ge=1024)] = 20 << 20
    keep_assets: Days = "7d"
    versions: VersionsForm | UnsetType = UNSET


class RenderForm(Form, frozen=True, kw_only=True):
    """How files become resources; found from the files where absent."""

    EXCLUDES, SOME_OF = one_of_fields("plain", "kustomize", "helm", "jsonnet", "site")
    plain: PlainForm | UnsetType = UNSET
    kustomize: KustomizeForm | UnsetType = UNSET
    helm: HelmForm | UnsetType = UNSET
    jsonnet: JsonnetForm | UnsetType = UNSET
    site: SiteForm | UnsetType = UNSET


class TofuForm(Form, frozen=True, kw_only=True):
    """An OpenTofu workspace."""

    workspace: Words


class SshPlaceForm(Form, frozen=True, kw_only=True):
    """A directory of a host over SSH."""

    host: Words
    path: Words
    user: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 22
    key: SecretForm | UnsetType = UNSET
    known_hosts: str = ""


class BucketPlaceForm(Form, frozen=True, kw_only=True):
    """A bucket that speaks S3."""

    NEEDS = (("accessKey", "secretKey"), ("secretKey", "accessKey"))
    bucket: Words
    prefix: str = ""
    region: str = ""
    endpoint: Annotated[str, Meta(pattern="^(https?://.+)?$")] = ""
    access_key: SecretForm | UnsetType = UNSET
    secret_key: SecretForm | UnsetType = UNSET


class BranchPlaceForm(Form, frozen=True, kw_only=True):
    """A branch of a Git repository."""

    url: Address
    name: BranchName
    folder: InnerPath = ""
    auth: AuthForm | UnsetType = UNSET
    known_hosts: str = ""


class SitePlaceForm(Form, frozen=True, kw_only=True):
    """Where a site is published."""

    EXCLUDES, SOME_OF = one_of_fields("directory", "serve", "s3", "ssh", "branch")
    directory: Words | UnsetType = UNSET
    serve: Listen | UnsetType = UNSET
    s3: BucketPlaceForm | UnsetType = UNSET
    ssh: SshPlaceForm | UnsetType = UNSET
    branch: BranchPlaceForm | UnsetType = UNSET


_OTHER_TARGETS = ("directory", "site", "host", "compose", "tofu")


class TargetForm(Form, frozen=True, kw_only=True):
    """Where resources are made live."""

    EXCLUDES = (
        *combinations(("cluster", *_OTHER_TARGETS), 2),
        *product(("namespace", "createNamespace"), _OTHER_TARGETS),
    )
    NEEDS = (("createNamespace", "namespace"),)
    SOME_OF = ("cluster", "namespace", *_OTHER_TARGETS)
    LATER = frozenset(_OTHER_TARGETS) - {"directory", "site"}
    cluster: Words | UnsetType = UNSET
    namespace: Namespace | UnsetType = UNSET
    create_namespace: bool = False
    directory: Words | UnsetType = UNSET
    site: SitePlaceForm | UnsetType = UNSET
    host: Words | UnsetType = UNSET
    compose: Words | UnsetType = UNSET
    tofu: TofuForm | UnsetType = UNSET


class SyncForm(Form, frozen=True, kw_only=True):
    """How an application is kept."""

    mode: Literal["auto", "plan-only", "manual"] = "auto"
    prune: bool = True
    drift: Annotated[
        Literal["heal", "warn", "ignore", "adopt"],
        Meta(extra={"later": "adopt"}),
    ] = "heal"
    added: Literal["warn", "heal"] = "warn"
    approve: Literal["never", "destructive", "always"] = "destructive"
    take_over: tuple[Words, ...] = ()
    allow_delete: tuple[RefText, ...] = ()
    replace: tuple[RefText, ...] = ()
    on_removal: Literal["prune", "keep"] = "prune"


class MetadataForm(Form, frozen=True, kw_only=True):
    """The name of a declaration."""

    name: Name
    labels: dict[str, str] = {}


class DecryptionForm(Form, frozen=True, kw_only=True):
    """The private keys of an application's encrypted files."""

    keys: Annotated[tuple[SecretForm, ...], Meta(min_length=1, max_length=16)]


class ApplicationSpecForm(Form, frozen=True, kw_only=True):
    """What is delivered as one."""

    EXCLUDES, SOME_OF = one_of_fields("source", "sources")
    source: SourceForm | UnsetType = UNSET
    sources: Annotated[tuple[NamedSourceForm, ...], Meta(min_length=1, max_length=32)] | UnsetType = UNSET
    target: TargetForm
    render: RenderForm | UnsetType = UNSET
    decryption: DecryptionForm | UnsetType = UNSET
    depends_on: tuple[Name, ...] = ()
    project: Name | UnsetType = UNSET
    sync: SyncForm = SyncForm()


class ApplicationForm(Form, frozen=True, kw_only=True):
    """An Application."""

    api_version: Literal["trueline.dev/v1"]
    kind: Literal["Application"]
    metadata: MetadataForm
    spec: ApplicationSpecForm


class SourceSpecForm(Form, frozen=True, kw_only=True):
    """A source that several applications take `from`; without `url`, what is demanded of the fleet repository."""

    NEEDS = (("revision", "url"), ("auth", "url"), ("knownHosts", "url"))
    SOME_OF = ("url", "verify")
    url: Address | UnsetType = UNSET
    revision: Revision = ""
    auth: AuthForm | UnsetType = UNSET
    known_hosts: str = ""
    verify: VerifyForm | UnsetType = UNSET


class SourceKindForm(Form, frozen=True, kw_only=True):
    """A Source."""

    api_version: Literal["trueline.dev/v1"]
    kind: Literal["Source"]
    metadata: MetadataForm
    spec: SourceSpecForm


class TrustedKeyForm(Form, frozen=True, kw_only=True):
    """A public key, whose it is, and when it counts."""

    EXCLUDES, SOME_OF = one_of_fields("openpgp", "ssh")
    owner: Words
    openpgp: OpenPgpKey | UnsetType = UNSET
    ssh: SshKey | UnsetType = UNSET
    since: Day | UnsetType = UNSET
    until: Day | UnsetType = UNSET
    revoked: Words | UnsetType = UNSET


class RolesForm(Form, frozen=True, kw_only=True):
    """Who has which role in a project."""

    SOME_OF = ("viewer", "deployer", "approver", "admin")
    viewer: Subjects = ()
    deployer: Subjects = ()
    approver: Subjects = ()
    admin: Subjects = ()


class ProjectSpecForm(Form, frozen=True, kw_only=True):
    """Whose signatures count, and who may do what."""

    SOME_OF = ("trustedKeys", "roles")
    trusted_keys: Annotated[tuple[TrustedKeyForm, ...], Meta(min_length=1, max_length=1000)] | UnsetType = UNSET
    roles: RolesForm | UnsetType = UNSET


class ProjectForm(Form, frozen=True, kw_only=True):
    """A Project."""

    api_version: Literal["trueline.dev/v1"]
    kind: Literal["Project"]
    metadata: MetadataForm
    spec: ProjectSpecForm


class ClusterForm(Form, frozen=True, kw_only=True):
    """A cluster, by its kubeconfig."""

    kubeconfig: SecretForm
    context: Words | UnsetType = UNSET


class TargetSpecForm(Form, frozen=True, kw_only=True):
    """What a declared target is."""

    EXCLUDES, SOME_OF = one_of_fields("cluster", *_OTHER_TARGETS)
    LATER = frozenset(_OTHER_TARGETS)
    cluster: ClusterForm | UnsetType = UNSET
    directory: dict[str, Any] | UnsetType = UNSET
    site: dict[str, Any] | UnsetType = UNSET
    host: dict[str, Any] | UnsetType = UNSET
    compose: dict[str, Any] | UnsetType = UNSET
    tofu: dict[str, Any] | UnsetType = UNSET


class TargetKindForm(Form, frozen=True, kw_only=True):
    """A Target."""

    api_version: Literal["trueline.dev/v1"]
    kind: Literal["Target"]
    metadata: MetadataForm
    spec: TargetSpecForm


class DeleteForm(Form, frozen=True, kw_only=True):
    """What leaves is deleted."""

    count_max: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    allow_delete: tuple[RefText, ...] = ()


class NothingForm(Form, frozen=True, kw_only=True):
    """Nothing more is to be said."""


class RemovalSpecForm(Form, frozen=True, kw_only=True):
    """How an application, or some of its resources, shall go."""

    EXCLUDES = (*combinations(("delete", "keep", "forget"), 2), ("forget", "resources"))
    SOME_OF = ("delete", "keep", "forget")
    application: Name
    resources: Annotated[tuple[RefText, ...], Meta(min_length=1, max_length=1000)] | UnsetType = UNSET
    delete: DeleteForm | UnsetType = UNSET
    keep: NothingForm | UnsetType = UNSET
    forget: NothingForm | UnsetType = UNSET
    until: Day


class RemovalForm(Form, frozen=True, kw_only=True):
    """A Removal."""

    api_version: Literal["trueline.dev/v1"]
    kind: Literal["Removal"]
    metadata: MetadataForm
    spec: RemovalSpecForm
