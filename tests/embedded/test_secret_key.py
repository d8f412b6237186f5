"""One key of a Secret, as a credential of a source: its value, or why there is none; no value stands in a reason."""

import pytest

from trueline.embedded.cluster import EmbeddedCluster
from trueline.model.fault import UserError
from trueline.runtime.clock import SystemClock
from trueline.runtime.secret import SecretPlace, SecretReference, SystemSecrets
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.limit import Limiter
from trueline.target.kubernetes.secret_key import read_secret_key
from trueline.testing.conformance.api import Api
from trueline.testing.conformance.case import expect_status


@pytest.mark.asyncio(loop_scope="module")
async def test_a_key_of_a_secret_is_read_and_what_is_missing_is_told(cluster: EmbeddedCluster) -> None:
    clock = SystemClock()
    api = Api(transport=cluster.transport(), clock=clock, namespace="default", unique="key")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "git"}, "data": {"raw": "//8="}}
    expect_status(await api.create({**secret, "stringData": {"password": "canary-key"}}), 201)
    client = KubernetesClient(cluster.transport(), Limiter(clock), clock, user_agent="test", jitter=lambda: 0.0)

    async def read(namespace: str, name: str, key: str) -> str:
        return await read_secret_key(client, namespace, name, key)

    secrets = SystemSecrets({}, kubernetes=read)

    async def value(name: str) -> str:
        reference = SecretReference(place=SecretPlace.KUBERNETES, name=name)
        return (await secrets.resolve(reference)).reveal()

    assert await value("default/git#password") == "canary-key"
    for name, reason in (
        ("default/none#a", "not found"),
        ("default/git#a", "no such key"),
        ("default/git#raw", "no text"),
    ):
        with pytest.raises(UserError, match=reason) as refused:
            await value(name)
        assert "canary" not in str(refused.value)
