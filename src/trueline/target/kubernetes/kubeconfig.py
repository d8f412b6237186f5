"""Kubeconfigs as `kubectl` reads them: files merged, contexts by name, credentials as data or as paths beside the file.

One that came from a fleet repository is not trusted: it may neither run a program nor name a file of this machine.
"""

import base64
import binascii
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlsplit

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.model.origin import Origin
from trueline.runtime.http import Endpoint
from trueline.runtime.toolbox import Toolbox, ToolboxRefused
from trueline.target.kubernetes.credential import Anonymous, Basic, Credential, ExecPlugin, Token, TokenFile

ReadFile: TypeAlias = Callable[[str], bytes]
FILES_MAX = 64
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
IN_CLUSTER = "in-cluster"
_SECRET = frozenset({"token", "password", "client-key-data"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConnection:
    """All that is needed to speak to one cluster. Its text shows no credential."""

    name: str
    endpoint: Endpoint
    namespace: str = "default"
    credential: Credential = field(default_factory=Anonymous, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A named cluster, user or context, and the file it stands in; paths in it are relative to that file."""

    name: str
    value: Mapping[str, Any] = field(repr=False)
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeconfig:
    """Several files as one: the first that says something wins."""

    current: str
    clusters: Mapping[str, Entry]
    users: Mapping[str, Entry]
    contexts: Mapping[str, Entry]

    def connection(
        self, context: str = "", *, trusted: bool, read_file: ReadFile, insecure_allowed: bool = False
    ) -> ClusterConnection:
        """How to reach the cluster of a context; an empty name asks for the current one.

        Raises:
            UserError: something is missing, does not hold, or is not allowed; every fault found is told.

        """
        return _Reading(self, trusted=trusted, read_file=read_file, insecure_allowed=insecure_allowed).read(context)


async def read_kubeconfig(toolbox: Toolbox, texts: Sequence[tuple[str, str]]) -> Kubeconfig:
    """Merge the texts of kubeconfigs, given as path and text.

    Raises:
        UserError: one does not parse, or is no kubeconfig.

    """
    assert len(texts) <= FILES_MAX
    asked = {"texts": [{"path": path, "text": text} for path, text in texts]}
    try:
        answer = msgspec.json.decode(await toolbox.ask("yaml", asked))
    except ToolboxRefused as refused:
        raise UserError(
            _diagnostic("TL0601", complaint.text, Origin(path=complaint.path, line=complaint.line))
            for complaint in refused.complaints
        ) from None
    documents = [(item["path"], item["value"]) for item in answer["documents"] if item["value"] is not None]
    wrong = [path for path, value in documents if not _is_kubeconfig(value)]
    if wrong:
        raise UserError(_diagnostic("TL0602", path, Origin(path=path)) for path in wrong)
    return Kubeconfig(
        current=next((value["current-context"] for _, value in documents if value.get("current-context")), ""),
        clusters=_merged(documents, "clusters", "cluster"),
        users=_merged(documents, "users", "user"),
        contexts=_merged(documents, "contexts", "context"),
    )


def kubeconfig_paths(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Where `kubectl` looks: the files of KUBECONFIG, else `~/.kube/config`."""
    named = tuple(path for path in environment.get("KUBECONFIG", "").split(":") if path)
    return named or (posixpath.join(environment.get("HOME", "/"), ".kube/config"),)


def in_cluster(environment: Mapping[str, str], read_file: ReadFile) -> ClusterConnection:
    """The connection of a Pod by its ServiceAccount.

    Raises:
        UserError: this is not a Pod.

    """
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "443")
    try:
        if not host:
            raise FileNotFoundError("KUBERNETES_SERVICE_HOST is not set")
        ca_pem = read_file(f"{SERVICE_ACCOUNT}/ca.crt")
        namespace = read_file(f"{SERVICE_ACCOUNT}/namespace").decode().strip()
    except OSError as error:
        raise UserError([_diagnostic("TL0608", error.strerror or str(error), None)]) from None
    return ClusterConnection(
        name=IN_CLUSTER,
        endpoint=Endpoint(url=f"https://{f'[{host}]' if ':' in host else host}:{port}", ca_pem=ca_pem),
        namespace=namespace,
        credential=TokenFile(path=f"{SERVICE_ACCOUNT}/token"),
    )


class _Reading:
    """One context being read; faults are collected."""

    def __init__(self, config: Kubeconfig, *, trusted: bool, read_file: ReadFile, insecure_allowed: bool) -> None:
        self._config = config
        self._trusted = trusted
        self._read_file = read_file
        self._insecure_allowed = insecure_allowed
        self._diagnostics: list[Diagnostic] = []

    def read(self, name: str) -> ClusterConnection:
        wanted = name or self._config.current
        context = self._found(self._config.contexts, wanted or "(no current-context)", "context")
        cluster = context and self._found(self._config.clusters, str(context.value.get("cluster", "")), "cluster")
        user_name = str((context and context.value.get("user")) or "")
        user = self._found(self._config.users, user_name, "user") if user_name else None
        endpoint = self._endpoint(cluster, user) if cluster else None
        credential = self._credential(user) if user else Anonymous()
        if self._diagnostics or endpoint is None or context is None:
            raise UserError(self._diagnostics)
        namespace = str(context.value.get("namespace") or "default")
        return ClusterConnection(name=wanted, endpoint=endpoint, namespace=namespace, credential=credential)

    def _found(self, entries: Mapping[str, Entry], name: str, what: str) -> Entry | None:
        entry = entries.get(name)
        if entry is None:
            known = ", ".join(sorted(entries)[:20]) or "none"
            self._complain("TL0603", f"{what} {name!r}; there are: {known}", None)
        return entry

    def _endpoint(self, cluster: Entry, user: Entry | None) -> Endpoint:
        value = cluster.value
        url = str(value.get("server") or "")
        parts = _split(url)
        if parts is not None and "@" in parts.netloc:
            self._complain("TL0604", f"cluster {cluster.name!r}: what stands before the host is not repeated", cluster)
        elif parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            self._complain("TL0604", f"cluster {cluster.name!r}: {url!r}", cluster)
        is_insecure = value.get("insecure-skip-tls-verify") is True
        if is_insecure and not self._insecure_allowed:
            self._complain("TL0605", f"cluster {cluster.name!r}", cluster)
        return Endpoint(
            url=url,
            ca_pem=self._bytes(cluster, "certificate-authority"),
            client_certificate_pem=self._bytes(user, "client-certificate") if user else b"",
            client_key=self._key(user) if user else None,
            server_name=str(value.get("tls-server-name") or ""),
            is_insecure=is_insecure,
            proxy_url=str(value.get("proxy-url") or ""),
        )

    def _credential(self, user: Entry) -> Credential:
        value = user.value
        if value.get("auth-provider"):
            self._complain("TL0607", f"user {user.name!r}: auth-provider", user)
        if isinstance(plugin := value.get("exec"), dict):
            return self._plugin(user, plugin)
        if path := value.get("tokenFile"):
            self._allow_file(user, "tokenFile")
            return TokenFile(path=_beside(user.path, str(path)))
        if token := value.get("token"):
            return Token(text=_masked(token))
        if name := value.get("username"):
            return Basic(username=str(name), password=_masked(value.get("password") or ""))
        return Anonymous()

    def _plugin(self, user: Entry, plugin: Mapping[str, Any]) -> Credential:
        version, command = str(plugin.get("apiVersion") or ""), str(plugin.get("command") or "")
        if not self._trusted:
            self._complain("TL0606", f"user {user.name!r}: exec", user)
        if version not in {"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"} or not command:
            self._complain("TL0607", f"user {user.name!r}: exec of API version {version!r}", user)
        return ExecPlugin(
            api_version=version,
            command=_beside(user.path, command) if "/" in command else command,
            arguments=tuple(map(str, plugin.get("args") or ())),
            environment={str(item["name"]): _masked(item["value"]) for item in plugin.get("env") or ()},
        )

    def _key(self, user: Entry) -> Masked:
        try:
            return Masked(self._bytes(user, "client-key").decode())
        except UnicodeDecodeError:
            self._complain("TL0609", f"{user.name!r}: client-key is no text", user)
            return Masked("")

    def _bytes(self, entry: Entry, name: str) -> bytes:
        """What `NAME-data` holds, else the file that `NAME` names."""
        if data := entry.value.get(f"{name}-data"):
            try:
                return base64.b64decode(_text(data), validate=True)
            except (binascii.Error, ValueError):
                self._complain("TL0609", f"{entry.name!r}: {name}-data is not base64", entry)
                return b""
        if not (path := entry.value.get(name)):
            return b""
        if not self._allow_file(entry, name):
            return b""
        try:
            return self._read_file(_beside(entry.path, str(path)))
        except OSError as error:
            self._complain("TL0609", f"{entry.name!r}: {name} {str(path)!r}: {error.strerror or error}", entry)
            return b""

    def _allow_file(self, entry: Entry, name: str) -> bool:
        if not self._trusted:
            self._complain("TL0606", f"{entry.name!r}: {name} names a file", entry)
        return self._trusted

    def _complain(self, code: str, detail: str, entry: Entry | None) -> None:
        self._diagnostics.append(_diagnostic(code, detail, Origin(path=entry.path) if entry else None))


_TEXTS = {
    "TL0601": ("the kubeconfig does not parse", "correct the YAML of the file"),
    "TL0602": ("not a kubeconfig", "name a file whose `kind` is `Config` and whose lists hold named entries"),
    "TL0603": ("the kubeconfig lacks an entry", "add it, or name another context"),
    "TL0604": ("the server's address does not hold", "write `server: https://HOST:PORT`"),
    "TL0605": (
        "the server's certificate would not be checked",
        "give `certificate-authority-data`, or allow an unchecked certificate for this cluster expressly",
    ),
    "TL0606": (
        "a kubeconfig from a repository may not run programs or read files",
        "give data instead of paths, and a token by a secret reference instead of a program",
    ),
    "TL0607": ("this way to log in is not supported", "use an exec plugin of client.authentication.k8s.io/v1"),
    "TL0608": ("not inside a cluster", "give a kubeconfig, or run as a Pod with a ServiceAccount token"),
    "TL0609": ("a certificate or key cannot be read", "give it as base64 in the `-data` field, or as a file's path"),
}


def _diagnostic(code: str, detail: str, origin: Origin | None) -> Diagnostic:
    summary, remedy = _TEXTS[code]
    return Diagnostic(code=code, summary=summary, detail=detail, remedy=remedy, origin=origin)


def _merged(documents: Sequence[tuple[str, Any]], plural: str, singular: str) -> dict[str, Entry]:
    merged: dict[str, Entry] = {}
    for path, value in documents:
        for item in value.get(plural) or ():
            guarded = {key: _guarded(key, one) for key, one in (item.get(singular) or {}).items()}
            merged.setdefault(str(item["name"]), Entry(name=str(item["name"]), value=guarded, path=path))
    return merged


def _guarded(key: str, value: Any) -> Any:
    """What proves who we are cannot be printed from the moment on that it is read."""
    if key == "exec" and isinstance(value, dict) and isinstance(value.get("env"), list):
        env = [{**one, "value": _masked(one.get("value"))} for one in value["env"] if isinstance(one, dict)]
        return {**value, "env": env}
    return _masked(value) if key in _SECRET and value else value


def _masked(value: object) -> Masked:
    return value if isinstance(value, Masked) else Masked(str(value))


def _text(value: object) -> str:
    return value.reveal() if isinstance(value, Masked) else str(value)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _is_kubeconfig(value: object) -> bool:
    if not isinstance(value, dict) or value.get("kind", "Config") != "Config":
        return False
    return isinstance(value.get("current-context") or "", str) and all(_are_entries(value))


def _are_entries(value: Mapping[str, Any]) -> Iterator[bool]:
    for plural, singular in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        items = value.get(plural)
        items = [] if items is None else items
        yield isinstance(items, list) and all(
            isinstance(item, dict) and "name" in item and isinstance(item.get(singular) or {}, dict) for item in items
        )


def _beside(file: str, path: str) -> str:
    return path if posixpath.isabs(path) else posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
