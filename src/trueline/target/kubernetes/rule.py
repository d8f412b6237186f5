"""What Kubernetes asks of the order of its kinds, and which of them hold data. Values only."""

from trueline.target.rules import Rules

STAGE_NAMESPACE = 0
STAGE_DEFINITION = 1
STAGE_GROUND = 2
STAGE_DEFAULT = 3
STAGE_GATE = 4
"""What can refuse everybody's writes comes last, when what it calls is there."""

_GROUND = (
    "ClusterRole.rbac.authorization.k8s.io",
    "ClusterRoleBinding.rbac.authorization.k8s.io",
    "ConfigMap",
    "CSIDriver.storage.k8s.io",
    "DeviceClass.resource.k8s.io",
    "FlowSchema.flowcontrol.apiserver.k8s.io",
    "GatewayClass.gateway.networking.k8s.io",
    "IngressClass.networking.k8s.io",
    "LimitRange",
    "NetworkPolicy.networking.k8s.io",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "PriorityClass.scheduling.k8s.io",
    "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io",
    "ResourceQuota",
    "Role.rbac.authorization.k8s.io",
    "RoleBinding.rbac.authorization.k8s.io",
    "RuntimeClass.node.k8s.io",
    "Secret",
    "ServiceAccount",
    "StorageClass.storage.k8s.io",
    "VolumeAttributesClass.storage.k8s.io",
    "VolumeSnapshotClass.snapshot.storage.k8s.io",
)
_GATES = (
    "APIService.apiregistration.k8s.io",
    "MutatingAdmissionPolicy.admissionregistration.k8s.io",
    "MutatingAdmissionPolicyBinding.admissionregistration.k8s.io",
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
    "ValidatingAdmissionPolicy.admissionregistration.k8s.io",
    "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
)

_CONTROLLERS = ("kustomize-controller", "helm-controller", "flux", "flux-*", "argocd-*", "argocd")

NOBODY = "before-first-apply"
"""The server's name for the owner of whatever stood there, defaults too, when no entry said whose it is."""

CONTROL_PLANE = frozenset({"cloud-controller-manager", "kube-controller-manager", "kube-scheduler", "kubelet"})
"""What they write into an object (a claim's volume, an autoscaler's count) belongs to its life in the cluster."""

_DATA = (
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StatefulSet.apps",
    "VolumeSnapshot.snapshot.storage.k8s.io",
    "VolumeSnapshotContent.snapshot.storage.k8s.io",
)
_OPERATED = (
    "CassandraDatacenter.cassandra.datastax.com",
    "CephBlockPool.ceph.rook.io",
    "CephCluster.ceph.rook.io",
    "CephFilesystem.ceph.rook.io",
    "CephObjectStore.ceph.rook.io",
    "Cluster.cluster.x-k8s.io",
    "Cluster.postgresql.cnpg.io",
    "DataVolume.cdi.kubevirt.io",
    "Elasticsearch.elasticsearch.k8s.elastic.co",
    "InnoDBCluster.mysql.oracle.com",
    "Kafka.kafka.strimzi.io",
    "KafkaNodePool.kafka.strimzi.io",
    "KafkaTopic.kafka.strimzi.io",
    "MongoDBCommunity.mongodbcommunity.mongodb.com",
    "PerconaServerMongoDB.psmdb.percona.com",
    "PerconaXtraDBCluster.pxc.percona.com",
    "PostgresCluster.postgres-operator.crunchydata.com",
    "RabbitmqCluster.rabbitmq.com",
    "Tenant.minio.min.io",
    "VirtualMachine.kubevirt.io",
    "Volume.longhorn.io",
    "postgresql.acid.zalan.do",
)
"""What an operator keeps data behind: it deletes the volumes with the object."""

NAMESPACE_KIND = "Namespace"
DEFINITION_KIND = "CustomResourceDefinition.apiextensions.k8s.io"

RULES = Rules(
    stages={
        NAMESPACE_KIND: STAGE_NAMESPACE,
        DEFINITION_KIND: STAGE_DEFINITION,
        **dict.fromkeys(_GROUND, STAGE_GROUND),
        **dict.fromkeys(_GATES, STAGE_GATE),
    },
    stage_default=STAGE_DEFAULT,
    protected=frozenset({NAMESPACE_KIND, DEFINITION_KIND, *_DATA, *_OPERATED}),  # INV-07
    holders=frozenset({NAMESPACE_KIND}),
    former_tools=("kubectl*", NOBODY, "helm", "Helm", *_CONTROLLERS),
    untouchable=frozenset(
        f"{NAMESPACE_KIND}/{name}" for name in ("default", "kube-node-lease", "kube-public", "kube-system")
    ),
)
