"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, and kwok for one fake node.

Everything stands under a temporary directory and ends with the block. Each process of a test run starts its own
(tests stop the API server, so it cannot be shared between workers); several side by side are fine. It runs no
container: kwok's stages say what pods become.
"""

import asyncio
import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from testbed.audit import POLICY, Requests, audit_mark, read_requests
from testbed.build import MODULES, binary, build
from testbed.kubeconfig import Access
from testbed.leash import Leash
from testbed.process import Process, free_ports
from trueline.runtime.clock import Clock, SystemClock

NODE_NAME = "testbed-node"
CLOUD_NAMESPACE = "kube-system"
CLOUD_SERVICE = "testbed-cloud"

_PAUSE_S = 0.05
_START_LIMIT_S = 120.0  # seconds, on a machine where everything else is slow too; it takes five
_ADMIN_GROUP = "system:masters"
_SERVER_HOSTS = "127.0.0.1,10.0.0.1,localhost,kubernetes.default.svc"
_CLOUD_HOSTS = f"127.0.0.1,localhost,{CLOUD_SERVICE}.{CLOUD_NAMESPACE}.svc"
# name | common name | groups | hosts
_CERTIFICATES = (
    f"apiserver|kube-apiserver||{_SERVER_HOSTS}",
    f"admin|testbed:admin|{_ADMIN_GROUP}|",
    "kube-controller-manager|system:kube-controller-manager||",
    "kube-scheduler|system:kube-scheduler||",
    f"kwok|testbed:kwok|{_ADMIN_GROUP}|",
    f"cloud|testbed-cloud||{_CLOUD_HOSTS}",
)
_PLACES = 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'
_STAGES = (Path(__file__).parent / "stages" / "node.yaml", Path(__file__).parent / "stages" / "pod.yaml")
# nodelifecycle stays: without it the fake node keeps its not-ready taint.
_CONTROLLERS = "*,-nodeipam,-service-lb-controller,-node-route-controller,-cloud-node-lifecycle-controller"


class KubectlFailedError(Exception):
    """kubectl ended with an error; the text has what it wrote."""


class _Condition(msgspec.Struct, frozen=True):
    type: str
    status: str


class _NodeStatus(msgspec.Struct, frozen=True):
    conditions: list[_Condition] = []


class _NodeSpec(msgspec.Struct, frozen=True):
    taints: list[dict[str, object]] = []


class _Node(msgspec.Struct, frozen=True):
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()

    @property
    def takes_pods(self) -> bool:
        """Ready and without any taint."""
        ready = any(each.type == "Ready" and each.status == "True" for each in self.status.conditions)
        return ready and not self.spec.taints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Servers:
    """The processes, in the order of their start."""

    etcd: Process
    api_server: Process
    others: tuple[Process, ...]

    @property
    def all(self) -> tuple[Process, ...]:
        return (self.etcd, self.api_server, *self.others)


class ControlPlane:
    """`async with ControlPlane() as control_plane:` starts it, waits until pods can run, and ends it.

    With `stores_json`, what etcd holds of built-in kinds is JSON, so that who reads `etcd_address` needs no schema.
    """

    def __init__(self, *, clock: Clock | None = None, keep: bool = False, stores_json: bool = False) -> None:
        self.keep_logs = keep
        self._stores_json = stores_json
        self._etcd_port = 0
        self._clock = clock or SystemClock()
        self._exit = ExitStack()
        self._servers: _Servers | None = None
        self._access: Access | None = None
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        """Where its files are while it runs."""
        assert self._folder is not None, "the control plane has not been started"
        return self._folder

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig of group `system:masters`."""
        return self.folder / "kubeconfig"

    @property
    def access(self) -> Access:
        """What the kubeconfig says, as values."""
        assert self._access is not None, "the control plane has not been started"
        return self._access

    @property
    def etcd_address(self) -> str:
        """Where etcd answers, without any credentials: what is stored, whatever the API server says of it."""
        return f"http://127.0.0.1:{self._etcd_port}"

    @property
    def cloud_certificate(self) -> tuple[Path, Path]:
        """The certificate and key that `testbed.cloud` serves metrics with."""
        return self._pki / "cloud.crt", self._pki / "cloud.key"

    async def __aenter__(self) -> Self:
        # A cold build takes minutes and may not hold up the loop.
        for module in MODULES:
            await asyncio.to_thread(build, module)
        self._folder = Path(tempfile.mkdtemp(prefix="trueline-testbed-"))
        try:
            await self._start()
        except BaseException:
            self.keep_logs = True
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.keep_logs = self.keep_logs or error is not None
        await self._end()

    async def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Runs kubectl as administrator and returns what it printed. Raises `KubectlFailedError`."""
        command = (str(binary("kubectl")), "--kubeconfig", str(self.kubeconfig), *arguments)
        return await self._run(*command, stdin=stdin)

    async def user_kubeconfig(self, name: str, *, groups: tuple[str, ...] = ()) -> Path:
        """A kubeconfig for another user, who may do what RBAC grants and nothing else."""
        file = f"user-{name.replace(':', '-')}"
        await self._run(str(binary("pki")), str(self._pki), f"{file}|{name}|{','.join(groups)}|")
        path = self.folder / f"{file}.kubeconfig"
        self._access_of(file).write(path)
        return path

    def mark(self) -> int:
        """Call before the act whose requests are counted; give it to `requests`."""
        return audit_mark(self._audit_log)

    def requests(self, *, since: int = 0) -> Requests:
        """What users asked since the mark; the control plane's own parts are left out."""
        return read_requests(self._audit_log, mark=since)

    async def stop_api_server(self, *, abrupt: bool = False) -> None:
        """An outage: connections are refused when this returns. `abrupt`: no request is finished.

        Controllers, scheduler and kwok rest meanwhile: left running, their retries grow so rare that the cluster
        would stand still for up to a minute after the outage.
        """
        for each in reversed(self._running.others):
            await each.stop()
        await self._running.api_server.stop(abrupt=abrupt)

    async def start_api_server(self) -> None:
        """Ends the outage, on the same port; returns when pods can run again."""
        self._running.api_server.start()
        await self._wait_ready()
        await self._start_others()

    async def stop_etcd(self, *, abrupt: bool = False) -> None:
        """The API server stays, and can neither read nor write. Controllers, scheduler and kwok rest meanwhile."""
        for each in reversed(self._running.others):
            await each.stop()
        await self._running.etcd.stop(abrupt=abrupt)

    async def start_etcd(self) -> None:
        """Ends that outage with what was stored; returns when pods can run again."""
        self._running.etcd.start()
        await self._wait_ready()
        await self._start_others()

    @property
    def _pki(self) -> Path:
        return self.folder / "pki"

    @property
    def _audit_log(self) -> Path:
        return self.folder / "audit.jsonl"

    @property
    def _running(self) -> _Servers:
        assert self._servers is not None, "the control plane has not been started"
        return self._servers

    async def _start(self) -> None:
        leash = self._exit.enter_context(Leash())
        etcd_port, peer_port, api_port = free_ports(3)
        self._etcd_port = etcd_port
        self._pki.mkdir()
        await self._run(str(binary("pki")), str(self._pki), *_CERTIFICATES)
        self._write_files(api_port)
        self._servers = _Servers(
            etcd=self._process(leash, "etcd", *self._etcd_flags(etcd_port, peer_port)),
            api_server=self._process(leash, "kube-apiserver", *self._api_server_flags(etcd_port, api_port)),
            others=(
                self._process(leash, "kube-controller-manager", *self._controller_flags()),
                self._process(leash, "kube-scheduler", *self._scheduler_flags()),
                self._process(leash, "kwok", *self._kwok_flags()),
            ),
        )
        self._servers.etcd.start()
        self._servers.api_server.start()
        await self._wait_ready()
        await self._create_node()
        await self._start_others()

    async def _start_others(self) -> None:
        for each in self._running.others:
            each.start()
        await self._wait_node()

    async def _touch_waiting_pods(self) -> None:
        """Whoever starts lists nodes and pods side by side: a pod that came before its node may not be looked at again
        until something happens to it (once in many outages of a loaded machine a Deployment stayed without its pods).
        """  # noqa: D205 - one sentence needs two lines
        pending = await self.kubectl(
            "get", "pods", "--all-namespaces", "--field-selector=status.phase=Pending", "-o", _PLACES
        )
        for place in pending.split():
            namespace, _, name = place.partition("/")
            await self.kubectl(
                "--namespace", namespace, "annotate", "--overwrite", "pod", name, "testbed/touched=after"
            )

    async def _end(self) -> None:
        if self._servers is not None:
            for each in reversed(self._servers.all):
                await each.stop()
        self._exit.close()
        if self.keep_logs:
            shutil.rmtree(self.folder / "etcd", ignore_errors=True)
            print(f"testbed: the logs of the control plane are kept in {self.folder}")
        else:
            shutil.rmtree(self.folder)

    def _process(self, leash: Leash, name: str, *flags: str) -> Process:
        return Process((str(binary(name)), *flags), log=self.folder / f"{name}.log", leash=leash, clock=self._clock)

    def _access_of(self, name: str) -> Access:
        return Access(
            server=self.access.server,
            authority=self._pki / "ca.crt",
            certificate=self._pki / f"{name}.crt",
            key=self._pki / f"{name}.key",
        )

    def _write_files(self, api_port: int) -> None:
        self._access = Access(
            server=f"https://127.0.0.1:{api_port}",
            authority=self._pki / "ca.crt",
            certificate=self._pki / "admin.crt",
            key=self._pki / "admin.key",
        )
        self._access.write(self.kubeconfig)
        for name in ("kube-controller-manager", "kube-scheduler", "kwok"):
            self._access_of(name).write(self.folder / f"{name}.kubeconfig")
        (self.folder / "audit-policy.json").write_bytes(msgspec.json.encode(POLICY))

    def _etcd_flags(self, port: int, peer_port: int) -> tuple[str, ...]:
        address, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
        return (
            "--data-dir=etcd",
            f"--listen-client-urls={address}",
            f"--advertise-client-urls={address}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    def _api_server_flags(self, etcd_port: int, port: int) -> tuple[str, ...]:
        return (
            f"--etcd-servers=http://127.0.0.1:{etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--client-ca-file=pki/ca.crt",
            "--tls-cert-file=pki/apiserver.crt",
            "--tls-private-key-file=pki/apiserver.key",
            "--service-account-key-file=pki/sa.pub",
            "--service-account-signing-key-file=pki/sa.key",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=RBAC",
            "--allow-privileged=true",
            # A pod may be created before its namespace's service account is there.
            "--disable-admission-plugins=ServiceAccount",
            "--max-requests-inflight=2000",
            "--max-mutating-requests-inflight=1000",
            # Else it waits up to a minute for watches to end; so it drains requests, then ends within 2 s.
            "--shutdown-send-retry-after=true",
            "--audit-policy-file=audit-policy.json",
            f"--audit-log-path={self._audit_log}",
            "--audit-log-maxsize=4096",  # MB: a mark is a place in one file, which therefore must not be turned
            *(("--storage-media-type=application/json",) if self._stores_json else ()),
        )

    def _controller_flags(self) -> tuple[str, ...]:
        own = "kube-controller-manager.kubeconfig"
        return (
            f"--kubeconfig={own}",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            "--service-account-private-key-file=pki/sa.key",
            "--root-ca-file=pki/ca.crt",
            f"--controllers={_CONTROLLERS}",
            "--secure-port=0",
            "--horizontal-pod-autoscaler-sync-period=1s",
            "--horizontal-pod-autoscaler-initial-readiness-delay=0s",
            "--horizontal-pod-autoscaler-cpu-initialization-period=0s",
        )

    def _scheduler_flags(self) -> tuple[str, ...]:
        return ("--kubeconfig=kube-scheduler.kubeconfig", "--leader-elect=false", "--secure-port=0")

    def _kwok_flags(self) -> tuple[str, ...]:
        stages = tuple(f"--config={path}" for path in _STAGES)
        return ("--kubeconfig=kwok.kubeconfig", "--manage-all-nodes=true", *stages)

    async def _wait_ready(self) -> None:
        """Until the API server answers that it is ready."""
        async with asyncio.timeout(_START_LIMIT_S), self.access.session(user_agent="testbed") as session:
            while not await _answers(session, "/readyz"):
                self._running.etcd.check()
                self._running.api_server.check()
                await self._clock.sleep(_PAUSE_S)

    async def _create_node(self) -> None:
        room = {"cpu": "256", "memory": "1Ti", "pods": "10000"}
        labels = {"kubernetes.io/hostname": NODE_NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": NODE_NAME, "labels": labels},
            "status": {"allocatable": room, "capacity": room},
        }
        async with (
            self.access.session(user_agent="testbed") as session,
            session.post("/api/v1/nodes", json=node) as answer,
        ):
            answer.raise_for_status()

    async def _wait_node(self) -> None:
        """Until the fake node takes pods: kwok made it ready and the node controller took its taint away."""
        decoder = msgspec.json.Decoder(_Node)
        async with asyncio.timeout(_START_LIMIT_S), self.access.session(user_agent="testbed") as session:
            while True:
                async with session.get(f"/api/v1/nodes/{NODE_NAME}") as answer:
                    if decoder.decode(await answer.read()).takes_pods:
                        return
                for each in self._running.all:
                    each.check()
                await self._clock.sleep(_PAUSE_S)

    async def _run(self, *command: str, stdin: str | None = None) -> str:
        child = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.folder,
            env={**os.environ, "HOME": str(self.folder), "KUBECACHEDIR": str(self.folder / "kubectl-cache")},
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate(None if stdin is None else stdin.encode())
        if child.returncode != 0:
            shown = " ".join((Path(command[0]).name, *command[1:]))
            raise KubectlFailedError(f"{shown}: {(out + err).decode(errors='replace').strip()}")
        return out.decode()


async def _answers(session: aiohttp.ClientSession, path: str) -> bool:
    try:
        async with session.get(path) as answer:
            return answer.status == HTTPStatus.OK
    except (aiohttp.ClientError, ConnectionError, TimeoutError):
        return False
