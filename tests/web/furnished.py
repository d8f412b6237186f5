"""A fleet with something of everything, as one meets it: what pages are looked at with, and pictures are taken of."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final, cast

import msgspec

from tests.server.bench import Bench
from tests.server.page.seen import OURS, field, sight
from trueline.drift.drift import Drift, DriftKind
from trueline.health.status import Health, Status
from trueline.loop.status import WAITS, Sync
from trueline.model.digest import Digest, canonical
from trueline.model.known import Known
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.notify.event import Event, Selection, Severity
from trueline.notify.message import Line, Message, Phase as Told
from trueline.notify.notifier import Notifier, PagerDuty, ServiceSpec, Slack, Webhook
from trueline.plan.change import Action, Change
from trueline.plan.plan import Plan
from trueline.record.history import DeploymentResult
from trueline.record.journal import Kind, Note
from trueline.record.outbox import Post
from trueline.render.resource import Phase, Position
from trueline.runtime.secret import SecretReference
from trueline.target.insight import Descendant, Happening
from trueline.target.inventory import Ending

COMMITS: Final = (
    ("9f31c2e0aa", "Ana Ruiz", "Raise the limits of checkout before the sale"),
    ("41d07be6c1", "Ben Okafor", "Point the queue to the new broker"),
    ("c07aa1940d", "Chiara Conti", "Let invoices be sent again"),
)
SLOW: Final = "waits for Deployment.apps/checkout/web"
APPLICATIONS: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("database", "prod-eu", "data", {}),
    ("broker", "prod-eu", "data", {}),
    ("identity", "prod-eu", "core", {"sync": Sync.HELD, "message": "held by ana: an incident"}),
    (
        "checkout",
        "prod-eu",
        "shop",
        {"sync": Sync.SYNCING, "health": Status.PROGRESSING, "message": SLOW},
    ),
    ("catalogue", "prod-eu", "shop", {}),
    ("invoices", "prod-eu", "shop", {"sync": Sync.WAITING, "message": "deletes 1 PersistentVolumeClaim"}),
    ("search", "prod-us", "shop", {"health": Status.DEGRADED, "health_message": "Pod/search/search-0: OOMKilled"}),
    ("storefront", "prod-eu", "shop", {}),
    ("newsletter", "prod-us", "crm", {"sync": Sync.OUT_OF_SYNC, "message": "Git says 41d07be6c1"}),
    ("reports", "prod-us", "crm", {"sync": Sync.UNKNOWN, "message": "the cluster cannot be reached"}),
    ("handbook", "site", "docs", {}),
)
NEEDS: Final = {
    "identity": ("database",),
    "checkout": ("identity", "broker", "database"),
    "catalogue": ("database",),
    "search": ("catalogue",),
    "invoices": ("checkout", "broker"),
    "storefront": ("checkout", "catalogue", "search"),
    "newsletter": ("identity",),
    "reports": ("invoices",),
}
IMAGE: Final = "registry.example/checkout"
MIGRATE: Final = Ref.parse("Job.batch/checkout/migrate")
ANNOUNCE: Final = Ref.parse("Job.batch/checkout/announce")
WEB: Final = Ref.parse("Deployment.apps/checkout/web")
LEFT_FIELDS: Final = ("spec.replicas", "spec.template.spec.containers[name=web].image")
SETTINGS: Final = Ref.parse("ConfigMap/checkout/settings")


def furnish(made: Bench) -> None:
    """Fill a bench; what happened is of the last hours where its clock can be moved."""
    now = made.clock.now()
    made.engine.kept.pop("shop", None)
    for number, (commit, author, subject) in enumerate(COMMITS):
        _back(made, 9 * 60 - number * 200)
        body = {"commit": commit, "author": author, "subject": subject}
        made.journal.append([Note(kind=Kind.REVISION_SEEN, body=body)])
    made.parts.feed.look()
    _back(made, 0)
    for at, (name, target, team, told) in enumerate(APPLICATIONS):
        commit = COMMITS[at % 3][0]
        wanted = {"wanted": "main@41d07be6c1"} if name == "newsletter" else {"wanted": f"main@{commit}"}
        since = now - timedelta(minutes=7 + at * 41)
        made.stands(
            name,
            labels={"team": team},
            revision=f"main@{commit}",
            target=target,
            since=since,
            needs=NEEDS.get(name, ()),
            **(wanted | told),
        )
    for name, needed in (("storefront", "search"), ("invoices", "checkout")):
        made.engine.kept[name].waits_for = needed
    made.stands("storefront", sync=Sync.SYNCING, message=WAITS, waits_for="search")
    _checkout(made)
    _happened(made)
    _notified(made)


def _notified(made: Bench) -> None:
    """Who is told of it: one service that takes what it is sent, and one that does not."""
    key = SecretReference.parse({"secret": {"env": "CHAT"}})
    chats: dict[str, ServiceSpec] = {"slack-5f1c9a02b7de": Slack(url=key), "pagerduty-0c71d2f8a941": PagerDuty(key=key)}
    pages: dict[str, ServiceSpec] = {"webhook-9d04e61c2f3b": Webhook(url="https://hooks.example/in", key=key)}
    origin = Origin(path="notify.yaml", line=1, commit="")
    made.notifiers += [
        Notifier(name="on-call", origin=origin, services=chats),
        Notifier(name="crm", origin=origin, services=pages, selection=Selection(labels={"team": "crm"})),
    ]
    now = made.clock.now()
    line = Line(application="search", text="Pod/search/search-0: OOMKilled")
    message = Message(
        id="m1",
        incident="m1",
        notifier="on-call",
        phase=Told.OPENED,
        event=Event.DEGRADED,
        severity=Severity.ERROR,
        title="search is degraded",
        text="search: OOMKilled",
        count=1,
        opened_at=now,
        at=now,
        lines=(line,),
    )
    posts = [Post(service=service, body=canonical(message)) for service in chats]
    made.outbox.keep("on-call", b"{}", posts)
    taken, refused = made.outbox.heads()
    made.outbox.done(taken)
    made.outbox.retry(refused, now + timedelta(minutes=5), "the service answered 500")


def _happened(made: Bench) -> None:
    """What the journal tells of it, the oldest first."""
    some = Digest("5f1c" * 16)
    for number, (commit, _, _) in enumerate(COMMITS[::-1]):
        _back(made, 400 - number * 170)
        begun = made.history.begin("checkout", revision=commit, tree=commit, plan=some, by="git")
        outcome = {"ref": str(WEB), "action": "update", "result": "done", "revision": commit}
        made.journal.append([Note(kind=Kind.OUTCOME, application="checkout", body=outcome)])
        ends = DeploymentResult.FAILED if commit == COMMITS[1][0] else DeploymentResult.DONE
        _back(made, 400 - number * 170 - 0.4)
        made.history.end("checkout", begun.number, ends)
    _back(made, 55)
    made.carries("catalogue", "ConfigMap/catalogue/prices", "kubectl-edit data.NOTE")
    made.leaves("newsletter", "Deployment.apps/newsletter/web", "drift: warn", "spec.replicas", by="kubectl-scale")
    _back(made, 50)
    control = made.parts.answers.control.parts
    control.approvals.approve("checkout", some, who="ben")
    drift = {"ref": str(WEB), "drift": "changed", "fields": ["spec.replicas"], "managers": ["kubectl-scale"]}
    heal = {"ref": str(WEB), "action": "heal", "result": "done"}
    refused = {"ref": "Service/invoices/web", "action": "update", "result": "refused", "message": "port 80 is taken"}
    _back(made, 24.0005)
    made.journal.append([Note(kind=Kind.DRIFT_FOUND, application="checkout", body=drift)])
    _back(made, 24)
    made.journal.append(
        [
            Note(kind=Kind.OUTCOME, application="checkout", body=heal),
            Note(kind=Kind.OUTCOME, application="invoices", body=refused),
            Note(kind=Kind.SYNC_CHANGED, application="invoices", body={"sync": "Waiting", "message": "1 goes"}),
            Note(kind=Kind.HEALTH_CHANGED, application="search", body={"health": "Degraded", "message": "OOMKilled"}),
            Note(kind=Kind.SIGNED_IN, body={"who": "ana"}),
        ]
    )
    _back(made, 21)
    again = {"ref": str(WEB), "drift": "changed", "fields": list(LEFT_FIELDS), "managers": ["kubectl-edit"]}
    made.journal.append([Note(kind=Kind.DRIFT_FOUND, application="checkout", body=again)])
    _back(made, 8)
    control.holds.hold("identity", who="ana", why="an incident at the provider of identities")
    count = made.journal.head().sequence
    made.journal.append([Note(kind=Kind.JOURNAL_VERIFIED, body={"who": "trueline", "records": count, "breaches": 0})])
    _back(made, 0)


def _back(made: Bench, minutes: float) -> None:
    """What is recorded from now on is so many minutes old, where the clock can be moved."""
    if hasattr(made.clock, "behind"):
        made.clock.behind = timedelta(minutes=minutes)


def _told(made: Bench, minutes: int) -> str:
    """A time so many minutes ago, as a target tells it."""
    return f"{made.clock.now() - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def _checkout(made: Bench) -> None:
    rolling = Health(status=Status.PROGRESSING, reason="Rollout", message="2 of 3 replicas are ready")
    refs = ("Namespace/checkout", str(SETTINGS), "Secret/checkout/token", "Service/checkout/web", str(WEB))
    made.contains("checkout", *refs, str(MIGRATE), str(ANNOUNCE))
    made.targets.healths[WEB] = rolling
    _ordered(made)
    made.targets.entries = {WEB: SimpleNamespace(uid="u-web", added=())}
    made.targets.made = Known(tuple(_grown()))
    made.targets.happened = Known(
        (
            Happening(
                at=_told(made, 15),
                is_warning=True,
                reason="FailedScheduling",
                message="0/3 nodes are available: insufficient memory",
                by="default-scheduler",
                count=4,
            ),
            Happening(
                at=_told(made, 35),
                is_warning=False,
                reason="ScalingReplicaSet",
                message="Scaled up replica set web-7d4b9 to 3",
                by="deployment-controller",
                count=1,
            ),
        )
    )
    template = "spec.template.spec.containers[name=web]"
    made.targets.seen[WEB] = sight(
        field('metadata.labels["app.kubernetes.io/name"]', "web", "web"),
        field("spec.replicas", 3, 5, "kubectl-scale"),
        field("spec.selector.matchLabels.app", "web", "web"),
        field(f"{template}.image", f"{IMAGE}:1.42.0", f"{IMAGE}:1.41.9", "kubectl-edit"),
        field(f"{template}.name", "web", "web"),
        field(f"{template}.resources.limits.memory", "512Mi", "512Mi"),
        field(f"{template}.env[name=LOG]", {"name": "LOG", "value": "info"}, {"name": "LOG", "value": "info"}),
        field(f"{template}.ports[containerPort=8080,protocol=TCP].name", "http", "http"),
        field(f"{template}.terminationMessagePath", None, "/dev/termination-log", "kube-apiserver"),
        field("spec.strategy.type", None, "RollingUpdate", "kube-apiserver"),
        field('metadata.annotations["deployment.kubernetes.io/revision"]', None, "7", "kube-controller-manager"),
        written={"kubectl-edit": _told(made, 24), "kubectl-scale": _told(made, 110), OURS: _told(made, 170)},
    )
    before = "\n".join(f"[{part}]\nlevel = info\nretries = 3\n" for part in ("queue", "mail", "store"))
    made.targets.seen[SETTINGS] = sight(
        field('data["app.toml"]', before, before.replace("retries = 3", "retries = 30", 1), "kubectl-edit"),
        field("data.MODE", "live", "live"),
        field("data.CERTIFICATE", "MIIB" * 90, "MIIB" * 90),
        written={"kubectl-edit": _told(made, 24), OURS: _told(made, 170)},
    )


def _ordered(made: Bench) -> None:
    """Its objects in waves, with a hook before and one after; the one before ended well in this run."""
    kept = made.engine.kept["checkout"]
    assert kept.desired is not None
    hooks = {MIGRATE: Phase.BEFORE, ANNOUNCE: Phase.AFTER}
    waves = {"Namespace": -1, "Deployment.apps": 1, "Service": 2}
    resources = tuple(
        msgspec.structs.replace(
            one,
            position=Position(phase=hooks.get(one.ref, Phase.DURING), wave=waves.get(one.ref.kind, 0)),
            is_hook=one.ref in hooks,
        )
        for one in kept.desired.resources
    )
    kept.desired = cast("Any", SimpleNamespace(resources=resources, run=Digest(COMMITS[0][0])))
    left = Drift(ref=WEB, kind=DriftKind.CHANGED, fields=LEFT_FIELDS, managers=("kubectl-edit", "kubectl-scale"))
    changes = (Change(ref=WEB, action=Action.HOLD, reason="drift: warn"),)
    plan = Plan(application="checkout", target="prod-eu", revision="main@1", changes=changes)
    review = SimpleNamespace(plan=plan, trials=(), endings={MIGRATE: Ending.WELL})
    kept.last = cast("Any", SimpleNamespace(left=(left,), review=review, is_complete=False))


def _grown() -> list[Descendant]:
    made = []
    spec = {"spec": {"replicas": 3}, "status": {"replicas": 3, "readyReplicas": 2}}
    replica_set = Ref.parse("ReplicaSet.apps/checkout/web-7d4b9")
    live = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": replica_set.name}, **spec}
    made.append(Descendant(ref=replica_set, uid="u-rs", owner="u-web", live=live))
    for name in ("web-7d4b9-4xk2p", "web-7d4b9-9lmtz", "web-7d4b9-zz81q"):
        ready = "False" if name.endswith("q") else "True"
        condition = {"type": "Ready", "status": ready, "message": "" if ready == "True" else "starting"}
        status = {"phase": "Running", "conditions": [condition]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {}, "status": status}
        made.append(Descendant(ref=Ref.parse(f"Pod/checkout/{name}"), uid=f"u-{name}", owner="u-rs", live=pod))
    return made
