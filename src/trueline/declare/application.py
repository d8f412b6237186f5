"""An application as it is declared, whatever the dialect: where its files come from, how, whereto, and how it is kept.

Values only. Nothing here reads YAML or knows a dialect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final, TypeAlias

from trueline.model.origin import Origin
from trueline.plan.guard import Approve
from trueline.render.options import RenderOptions
from trueline.runtime.secret import SecretReference
from trueline.source.signature.key import KeyRing


class Mode(Enum):
    """Who starts a sync."""

    AUTO = "auto"
    PLAN_ONLY = "plan-only"
    MANUAL = "manual"


class DriftMode(Enum):
    """What is done about a declared field that somebody changed on the target."""

    HEAL = "heal"
    WARN = "warn"
    IGNORE = "ignore"
    ADOPT = "adopt"


class AddedMode(Enum):
    """What is done about fields that tools added to an object of ours."""

    WARN = "warn"
    HEAL = "heal"


class OnRemoval(Enum):
    """What becomes of the resources when the application leaves Git."""

    PRUNE = "prune"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """What opens a source: names of secrets, never secrets."""

    username: str = ""
    password: SecretReference | None = None
    bearer: SecretReference | None = None
    ssh_key: SecretReference | None = None


class VerifyMode(Enum):
    """Which commits of a source have to be signed."""

    HEAD = "head"
    RANGE = "range"
    """Every commit since the last verified one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """What a source demands of its revisions: a signature by a key of one of these rings."""

    mode: VerifyMode
    rings: tuple[KeyRing, ...]


class Role(Enum):
    """What somebody is in a project."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    APPROVER = "approver"
    ADMIN = "admin"


DEFAULT_PROJECT: Final = "default"
"""The project of an application that names none; it may be declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A declared project: whose keys are trusted, and who has which role. A ring without keys says nothing of trust.

    `roles` has subjects as they are written: `user:NAME`, `oidc:NAME` and `group:NAME`.
    """

    name: str
    ring: KeyRing
    origin: Origin
    roles: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """Where files come from. An empty `url` is the fleet repository; with an empty `revision`, at its own revision.

    `path` is normalised, relative to the source's root; `""` is the root. `name` is empty for an only source. `chart`
    (of a Helm repository) and `image` (of a registry) stand in the place of a path. `origin` is where `url` is written.
    """

    name: str = ""
    url: str = ""
    revision: str = ""
    path: str = ""
    chart: str = ""
    image: str = ""
    auth: Auth = Auth()
    known_hosts: str = ""
    verify: Verify | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterTarget:
    """A Kubernetes cluster; an empty `cluster` is the default one. `namespace` is for resources that name none."""

    cluster: str = ""
    namespace: str = ""
    create_namespace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryTarget:
    """A directory of this machine, as a web server serves it."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedTarget:
    """A site that this process serves itself, at `HOST:PORT`; `site` is the application's name.

    It is published below the data directory by that name, so that another address is no other release.
    """

    address: str
    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTarget:
    """A directory of a host over SSH. `known_hosts` are its keys, as `known_hosts` files have them."""

    host: str
    path: str
    user: str = ""
    port: int = 22
    key: SecretReference | None = None
    known_hosts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketTarget:
    """A bucket that speaks S3; an empty `endpoint` is Amazon's. Without keys it is asked without a signature.

    `prefix` begins and ends without a slash; `""` is the whole bucket.
    """

    bucket: str
    prefix: str = ""
    region: str = ""
    endpoint: str = ""
    access_key: SecretReference | None = None
    secret_key: SecretReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTarget:
    """A branch of a Git repository, as forges serve it for Pages. `folder` is where the site stands in it."""

    url: str
    branch: str
    folder: str = ""
    auth: Auth = Auth()
    known_hosts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTarget:
    """A host, by its name."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeTarget:
    """A Compose project."""

    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TofuTarget:
    """An OpenTofu workspace."""

    workspace: str


TargetSpec: TypeAlias = (
    ClusterTarget
    | DirectoryTarget
    | ServedTarget
    | SshTarget
    | BucketTarget
    | BranchTarget
    | HostTarget
    | ComposeTarget
    | TofuTarget
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """How an application is kept. `take_over` are field paths; `allow_delete` and `replace` are refs as text.

    `replace` consents to delete and create again where an immutable field changed; never for what holds data. `added`
    counts where `drift` is `heal`.
    """

    mode: Mode = Mode.AUTO
    prune: bool = True
    drift: DriftMode = DriftMode.HEAL
    added: AddedMode = AddedMode.WARN
    approve: Approve = Approve.DESTRUCTIVE
    take_over: tuple[str, ...] = ()
    allow_delete: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    on_removal: OnRemoval = OnRemoval.PRUNE


class RemovalWay(Enum):
    """How an application, or some of its resources, shall go."""

    DELETE = "delete"
    KEEP = "keep"
    FORGET = "forget"
    """Without a word to its target, which is gone for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What Git says of the leaving of an application, or of the `resources` of one that stays: a reviewed consent.

    It holds until the end of a day, and for no more than `count_max` deletes; `allow_delete` names what may hold data.
    """

    name: str
    application: str
    way: RemovalWay
    until: date
    origin: Origin = field(compare=False, repr=False)
    resources: tuple[str, ...] = ()
    count_max: int = 0
    allow_delete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What is delivered as one. `render` is `None` where the files shall tell.

    Of several sources the first is rendered; the others lend it files, as `$NAME/path`. `decryption` names the private
    keys of its encrypted files. An empty `project` is none at all: nobody has a role in it.
    """

    name: str
    sources: tuple[SourceSpec, ...]
    target: TargetSpec
    origin: Origin
    labels: Mapping[str, str] = field(default_factory=dict)
    render: RenderOptions | None = None
    depends_on: tuple[str, ...] = ()
    project: str = DEFAULT_PROJECT
    sync: SyncOptions = SyncOptions()
    removals: tuple[Removal, ...] = ()
    decryption: tuple[SecretReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConnection:
    """A declared `Target`: a cluster by its name here; an empty `context` is the kubeconfig's current one."""

    name: str
    kubeconfig: SecretReference
    origin: Origin
    context: str = ""
