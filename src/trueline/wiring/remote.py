"""A cluster behind a network: through a kubeconfig, declared or of this machine, or from inside."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trueline.declare.application import ClusterConnection
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.runtime.clock import Clock
from trueline.runtime.http import Transport
from trueline.runtime.process import Command, NotStarted, SystemProcesses
from trueline.runtime.secret import SecretReference, SopsSecret, SystemSecrets
from trueline.runtime.toolbox import Toolbox
from trueline.target.kubernetes.credential import connect
from trueline.target.kubernetes.kubeconfig import Kubeconfig, in_cluster, kubeconfig_paths, read_kubeconfig
from trueline.wiring.settings import Settings

PLUGIN_TIMEOUT_S = 30.0


class Remote:
    """Reaches clusters; `encrypted` is what opens encrypted files, where there is something that does."""

    def __init__(
        self,
        *,
        settings: Settings,
        toolbox: Toolbox,
        clock: Clock,
        processes: SystemProcesses,
        encrypted: Callable[[], SopsSecret | None],
    ) -> None:
        self._settings = settings
        self._toolbox = toolbox
        self._clock = clock
        self._processes = processes
        self._encrypted = encrypted

    async def reach(self, name: str, declared: ClusterConnection | None) -> Transport:
        """The transport to a cluster: as it is declared, else by its name in the kubeconfig, else from inside.

        Raises:
            UserError: TL0600 and others of a kubeconfig that cannot be used.
        """
        if declared is not None:
            trusted, context = False, declared.context
            config: Kubeconfig | None = await self._declared_config(declared)
        else:
            trusted, context, config = True, name, await self._config()
        if config is None:
            connection = in_cluster(self._settings.environment, _read_file)
        else:
            connection = config.connection(context, trusted=trusted, read_file=_read_file)
        return await connect(
            connection.endpoint, connection.credential, clock=self._clock, run=self._run_plugin, read_file=_read_file
        )

    async def _declared_config(self, declared: ClusterConnection) -> Kubeconfig:
        text = await self._revealed(declared.kubeconfig)
        return await read_kubeconfig(self._toolbox, [(str(declared.origin), text)])

    async def _revealed(self, reference: SecretReference) -> str:
        """A cluster's own kubeconfig cannot stand in a cluster."""
        return (await SystemSecrets(self._settings.environment, sops=self._encrypted()).resolve(reference)).reveal()

    async def _config(self) -> Kubeconfig | None:
        given = self._settings.kubeconfig
        if given is None and "KUBERNETES_SERVICE_HOST" in self._settings.environment:
            return None
        paths = (str(given),) if given is not None else kubeconfig_paths(self._settings.environment)
        texts = [(path, _read_text(path)) for path in paths if given is not None or Path(path).exists()]  # noqa: ASYNC240 - a few small files, once
        return await read_kubeconfig(self._toolbox, texts)

    async def _run_plugin(self, arguments: Sequence[str], environment: Mapping[str, str]) -> bytes:
        command = Command(
            argv=tuple(arguments),
            environment={**self._settings.environment, **environment},
            timeout_s=PLUGIN_TIMEOUT_S,
            stdout_bytes_max=1 << 20,
        )
        try:
            completed = await self._processes.run(command)
        except NotStarted as failure:
            raise OSError(failure.reason) from None
        if not completed.is_success:
            raise OSError(f"{arguments[0]} ended with {completed.exit_code}")
        return completed.stdout


def _read_file(path: str) -> bytes:
    return Path(path).read_bytes()


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            [
                Diagnostic(
                    code="TL0600",
                    summary="a kubeconfig cannot be read",
                    detail=f"{path}: {error}",
                    remedy="name a readable file with --kubeconfig",
                )
            ]
        ) from None
