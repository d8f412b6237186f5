"""The real inputs: what is changed, edited, deleted, removed and broken in each of them."""

from tests.cluster.real_input import Edit, RealInput

_ARGO, _PODINFO, _DEMO = "argocd-example-apps", "podinfo", "microservices-demo"
_REPLICAS = ".spec.replicas"
_IMAGE = ".spec.template.spec.containers[0].image"
_REGISTRY = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"
_SERVICE = r"---\napiVersion: v1\nkind: Service\n.*?(?=---\n)"


def _guestbook(*, name: str, change: Edit, removal: Edit, object_name: str, hooks: frozenset[str]) -> RealInput:
    """The guestbooks are one thing in several forms: a Deployment and a Service."""
    deployment, service = ("deployments", object_name), ("services", object_name)
    return RealInput(
        name=name,
        repository=_ARGO,
        path=name,
        change=change,
        changed=deployment,
        shown=_REPLICAS,
        becomes="2",
        edited=deployment,
        deleted=service,
        removal=removal,
        pruned=frozenset({service}),
        broken=change.path,
        hooks=hooks,
    )


def _variant(variant: str) -> RealInput:
    """A Kustomize variant of the shop with a base, and components over it."""
    advertising = "kustomize/base/adservice.yaml"
    return RealInput(
        name=f"demo-{variant}",
        repository=_DEMO,
        path=f"kustomize/tests/{variant}-with-all-components",
        change=Edit(path=advertising, pattern="adservice:v0.10.6", text="adservice:v0.10.7"),
        changed=("deployments", "adservice"),
        shown=_IMAGE,
        becomes=f"{_REGISTRY}/adservice:v0.10.7",
        edited=("deployments", "cartservice"),
        deleted=("networkpolicies", "frontend"),
        removal=Edit(path=advertising, pattern=_SERVICE, text=""),
        pruned=frozenset({("services", "adservice")}),
        broken=advertising,
    )


ISTIO = _variant("service-mesh-istio")

REAL_INPUTS = (
    _guestbook(
        name="guestbook",
        object_name="guestbook-ui",
        change=Edit(path="guestbook/guestbook-ui-deployment.yaml", pattern="replicas: 1", text="replicas: 2"),
        removal=Edit(path="guestbook/guestbook-ui-svc.yaml", pattern=r"\A.*\Z", text=""),
        hooks=frozenset(),
    ),
    _guestbook(
        name="kustomize-guestbook",
        object_name="kustomize-guestbook-ui",
        change=Edit(path="kustomize-guestbook/guestbook-ui-deployment.yaml", pattern="replicas: 1", text="replicas: 2"),
        removal=Edit(path="kustomize-guestbook/kustomization.yaml", pattern="- guestbook-ui-svc.yaml\n", text=""),
        hooks=frozenset(),
    ),
    _guestbook(
        name="helm-guestbook",
        object_name="helm-guestbook",
        change=Edit(path="helm-guestbook/values.yaml", pattern="replicaCount: 1", text="replicaCount: 2"),
        removal=Edit(path="helm-guestbook/templates/service.yaml", pattern=r"\A.*\Z", text=""),
        hooks=frozenset(),
    ),
    _guestbook(
        name="jsonnet-guestbook",
        object_name="jsonnet-guestbook-ui",
        change=Edit(path="jsonnet-guestbook/params.libsonnet", pattern="replicas: 1", text="replicas: 2"),
        removal=Edit(
            path="jsonnet-guestbook/guestbook-ui.jsonnet",
            pattern=r"   \{\s*\"apiVersion\": \"v1\".*?\n   \},\n",
            text="",
        ),
        hooks=frozenset(),
    ),
    RealInput(
        name="sock-shop",
        repository=_ARGO,
        path="sock-shop",
        change=Edit(path="sock-shop/base/front-end-dep.yaml", pattern="replicas: 1", text="replicas: 2"),
        changed=("deployments", "front-end"),
        shown=_REPLICAS,
        becomes="2",
        edited=("deployments", "carts"),
        deleted=("ingresses", "front-end-ingress"),
        removal=Edit(path="sock-shop/kustomization.yaml", pattern="  - base/shipping-svc.yaml\n", text=""),
        pruned=frozenset({("services", "shipping")}),
        broken="sock-shop/base/front-end-dep.yaml",
    ),
    RealInput(
        name="sync-waves",
        repository=_ARGO,
        path="sync-waves",
        change=Edit(path="sync-waves/manifests.yaml", pattern="replicas: 1", text="replicas: 2"),
        changed=("replicasets", "backend"),
        shown=_REPLICAS,
        becomes="2",
        edited=("replicasets", "frontend"),
        deleted=("services", "backend"),
        removal=Edit(path="sync-waves/manifests.yaml", pattern=_SERVICE, text=""),
        pruned=frozenset({("services", "backend")}),
        broken="sync-waves/manifests.yaml",
        hooks=frozenset({"upgrade-sql-schema", "maint-page-up", "maint-page-down"}),
    ),
    _guestbook(
        name="pre-post-sync",
        object_name="pre-post-sync-kustomize-guestbook-ui",
        change=Edit(path="kustomize-guestbook/guestbook-ui-deployment.yaml", pattern="replicas: 1", text="replicas: 2"),
        removal=Edit(path="kustomize-guestbook/kustomization.yaml", pattern="- guestbook-ui-svc.yaml\n", text=""),
        hooks=frozenset({"pre-post-sync-before", "pre-post-sync-after"}),
    ),
    RealInput(
        name="podinfo-chart",
        repository=_PODINFO,
        path="charts/podinfo",
        change=Edit(path="charts/podinfo/values.yaml", pattern="replicaCount: 1", text="replicaCount: 2"),
        changed=("deployments", "podinfo-chart"),
        shown=_REPLICAS,
        becomes="2",
        edited=("deployments", "podinfo-chart"),
        deleted=("services", "podinfo-chart"),
        removal=Edit(path="charts/podinfo/templates/service.yaml", pattern=r"\A.*\Z", text=""),
        pruned=frozenset({("services", "podinfo-chart")}),
        broken="charts/podinfo/values.yaml",
    ),
    RealInput(
        name="podinfo-kustomize",
        repository=_PODINFO,
        path="kustomize",
        change=Edit(path="kustomize/deployment.yaml", pattern="podinfo:6.14.1", text="podinfo:6.14.2"),
        changed=("deployments", "podinfo"),
        shown=_IMAGE,
        becomes="ghcr.io/stefanprodan/podinfo:6.14.2",
        edited=("deployments", "podinfo"),
        deleted=("horizontalpodautoscalers", "podinfo"),
        removal=Edit(path="kustomize/kustomization.yaml", pattern="  - service.yaml\n", text=""),
        pruned=frozenset({("services", "podinfo")}),
        broken="kustomize/deployment.yaml",
    ),
    RealInput(
        name="demo-chart",
        repository=_DEMO,
        path="helm-chart",
        change=Edit(path="helm-chart/templates/loadgenerator.yaml", pattern="replicas: 1", text="replicas: 2"),
        changed=("deployments", "loadgenerator"),
        shown=_REPLICAS,
        becomes="2",
        edited=("deployments", "cartservice"),
        deleted=("services", "frontend"),
        removal=Edit(
            path="helm-chart/values.yaml",
            pattern=r"loadGenerator:\n  create: true",
            text="loadGenerator:\n  create: false",
        ),
        pruned=frozenset({("deployments", "loadgenerator"), ("serviceaccounts", "loadgenerator")}),
        broken="helm-chart/values.yaml",
    ),
    _variant("memorystore"),
    _variant("spanner"),
)
