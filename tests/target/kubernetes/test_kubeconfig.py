"""A kubeconfig is read as `kubectl` reads it; one from a repository runs nothing and reads nothing."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from tests.target.kubernetes.fake import FakeClock, FakeToolbox
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.target.kubernetes.credential import Connected, ExecPlugin, Token, TokenFile
from trueline.target.kubernetes.kubeconfig import (
    ClusterConnection,
    in_cluster,
    kubeconfig_paths,
    read_kubeconfig,
)

FILES = {"/people/a/ca.crt": b"CA", "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt": b"POD",
         "/var/run/secrets/kubernetes.io/serviceaccount/namespace": b"shop\n"}  # fmt: skip


def read_file(path: str) -> bytes:
    try:
        return FILES[path]
    except KeyError:
        raise FileNotFoundError(2, "No such file", path) from None


def config(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
    }


async def check(
    cluster: Mapping[str, Any], user: Mapping[str, Any], *, trusted: bool = True, context: str = ""
) -> ClusterConnection:
    toolbox = FakeToolbox((("/people/a/config", config(cluster, user)),))
    found = await read_kubeconfig(toolbox, [("/people/a/config", "")])
    return found.connection(context, trusted=trusted, read_file=read_file)


async def test_paths_are_relative_to_the_file_and_data_comes_first() -> None:
    data = base64.b64encode(b"DATA").decode()
    found = await check({"certificate-authority": "ca.crt", "tls-server-name": "k"}, {"token": "hunter2"})
    assert (found.endpoint.ca_pem, found.namespace, found.endpoint.server_name) == (b"CA", "shop", "k")
    assert found.credential == Token(text=Masked("hunter2"))
    assert "hunter2" not in repr(found) + repr(found.credential)
    found = await check({"certificate-authority": "none", "certificate-authority-data": data}, {"tokenFile": "t"})
    assert (found.endpoint.ca_pem, found.credential) == (b"DATA", TokenFile(path="/people/a/t"))


EXEC = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}}


@pytest.mark.parametrize(
    ("cluster", "user", "trusted", "context", "codes"),
    [
        ({}, EXEC, False, "", ["TL0606"]),
        ({"certificate-authority": "ca.crt"}, {"tokenFile": "t"}, False, "", ["TL0606", "TL0606"]),
        ({"insecure-skip-tls-verify": True}, {}, True, "", ["TL0605"]),
        ({"server": "ftp://x"}, {"client-key-data": "???"}, True, "", ["TL0604", "TL0609"]),
        ({"certificate-authority": "absent"}, {"auth-provider": {"name": "gcp"}}, True, "", ["TL0609", "TL0607"]),
        ({}, {}, True, "other", ["TL0603"]),
    ],
)
async def test_every_fault_is_told(
    cluster: Mapping[str, Any],
    user: Mapping[str, Any],
    trusted: bool,
    context: str,
    codes: Sequence[str],
) -> None:
    with pytest.raises(UserError) as caught:
        await check(cluster, user, trusted=trusted, context=context)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == codes


async def test_the_first_file_that_says_something_wins() -> None:
    second = config({"server": "https://other"}, {}) | {"current-context": "other"}
    toolbox = FakeToolbox((("a", config({}, {})), ("b", second)))
    found = await read_kubeconfig(toolbox, [("a", ""), ("b", "")])
    assert found.current == "lab"
    assert found.connection(trusted=True, read_file=read_file).endpoint.url == "https://127.0.0.1:6443"
    assert kubeconfig_paths({"KUBECONFIG": "a::b"}) == ("a", "b")
    assert kubeconfig_paths({"HOME": "/h"}) == ("/h/.kube/config",)


async def test_what_proves_who_we_are_is_closed() -> None:
    """INV-25: from the moment on that it is read."""
    key = base64.b64encode(b"hunter2").decode()
    env = [{"name": "TOKEN", "value": "hunter2"}]
    user = {"token": "hunter2", "password": "hunter2", "client-key-data": key, "exec": {**EXEC["exec"], "env": env}}
    toolbox = FakeToolbox((("a", config({}, user)),))
    found = await read_kubeconfig(toolbox, [("a", "")])
    told = f"{found} {dict(found.users['u'].value)} {found.connection(trusted=True, read_file=read_file)}"
    assert "hunter2" not in told
    assert key not in told
    endpoint = found.connection(trusted=True, read_file=read_file).endpoint
    assert endpoint.client_key == Masked("hunter2")


@pytest.mark.parametrize("server", ["https://ci:hunter2@127.0.0.1:6443", "https://hunter2@h", "ftp://a:hunter2@h"])
async def test_a_password_in_an_address_is_refused(server: str) -> None:
    """INV-25: and not repeated."""
    with pytest.raises(UserError, match="TL0604") as caught:
        await check({"server": server}, {})
    assert "hunter2" not in str(caught.value)


async def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="TL0604"):
        await check({"server": "https://[::1"}, {})


@pytest.mark.parametrize("value", [[], {"kind": "Pod"}, {"clusters": {}}, {"users": [{"user": {}}]}])
async def test_something_else_is_no_kubeconfig(value: object) -> None:
    with pytest.raises(UserError, match="TL0602"):
        await read_kubeconfig(FakeToolbox((("a", value),)), [("a", "")])


def test_a_pod_finds_its_cluster() -> None:
    found = in_cluster({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, read_file)
    assert (found.endpoint.url, found.endpoint.ca_pem, found.namespace) == ("https://10.0.0.1:443", b"POD", "shop")
    with pytest.raises(UserError, match="TL0608"):
        in_cluster({}, read_file)


async def test_a_plugin_is_asked_again_when_its_token_expires() -> None:
    clock, asked = FakeClock(), list[Mapping[str, str]]()

    async def run(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
        asked.append(environment)
        status = {"token": f"t{len(asked)}", "expirationTimestamp": "2026-01-01T00:10:00Z"}
        return msgspec.json.encode({"kind": "ExecCredential", "apiVersion": version, "status": status})

    version = "client.authentication.k8s.io/v1"
    plugin = ExecPlugin(api_version=version, command="aws")
    proof = Connected(plugin, clock, run=run, read_file=read_file)
    assert await proof.headers(False) == {"Authorization": "Bearer t1"}
    assert await proof.headers(False) == {"Authorization": "Bearer t1"}
    clock.now_s = 599.0
    assert await proof.headers(False) == {"Authorization": "Bearer t2"}
    assert "t2" not in repr(await proof.executed(plugin))
    assert "KUBERNETES_EXEC_INFO" in asked[0]
