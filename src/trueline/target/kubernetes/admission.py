"""Who may rewrite what we send: mutating webhooks and policies. Where one may, the answer is read whole (D5).

Only kinds and operations are looked at: selectors and conditions are the server's matter; a match too many costs bytes.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import msgspec

from trueline.model.known import Known, Unknown
from trueline.runtime.clock import Clock
from trueline.runtime.task_group import TaskGroup
from trueline.target.kubernetes.client import KubernetesClient
from trueline.target.kubernetes.kind import Found, Kinds
from trueline.target.kubernetes.resource_type import ResourceType
from trueline.target.kubernetes.watch import Gone, Lost, Reset, Restored, Seen, Synced, watch

LISTED_S = 5.0
_GROUP = "admissionregistration.k8s.io"
KINDS = (f"MutatingWebhookConfiguration.{_GROUP}", f"MutatingAdmissionPolicy.{_GROUP}")


class _Rule(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    api_groups: tuple[str, ...] | None = ()
    operations: tuple[str, ...] | None = ()
    resources: tuple[str, ...] | None = ()

    def touches(self, resource_type: ResourceType) -> bool:
        return (
            bool({"*", resource_type.group} & set(self.api_groups or ()))
            and bool({"*", "CREATE", "UPDATE"} & set(self.operations or ()))
            and bool({"*", "*/*", resource_type.plural} & set(self.resources or ()))
        )


class _Webhook(msgspec.Struct, gc=False, frozen=True):
    rules: tuple[_Rule, ...] | None = ()


class _Constraints(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    resource_rules: tuple[_Rule, ...] | None = ()


class _Spec(msgspec.Struct, gc=False, frozen=True, rename="camel"):
    match_constraints: _Constraints | None = None


class _Body(msgspec.Struct, gc=False, frozen=True):
    webhooks: tuple[_Webhook, ...] | None = ()
    spec: _Spec = _Spec()

    def rules(self) -> tuple[_Rule, ...]:
        constraints = self.spec.match_constraints
        of_webhooks = tuple(rule for webhook in self.webhooks or () for rule in webhook.rules or ())
        return of_webhooks + tuple((constraints and constraints.resource_rules) or ())


class Mutators:
    """The rules of one cluster, watched while `run` runs and listed anew every few seconds where it does not."""

    def __init__(self, client: KubernetesClient, clock: Clock, kinds: Kinds) -> None:
        self._client = client
        self._clock = clock
        self._kinds = kinds
        self._rules: dict[str, dict[str, tuple[_Rule, ...]]] = {}
        self._is_watched = False
        self._listed_at_s = float("-inf")
        self._turn = asyncio.Lock()

    async def may_touch(self, resource_type: ResourceType) -> bool:
        """Whether somebody may rewrite objects of a type; yes where that cannot be known."""
        if not self._is_watched:
            await self._list()
        if any(kind not in self._rules for kind in KINDS):
            return True
        return any(
            rule.touches(resource_type) for named in self._rules.values() for rules in named.values() for rule in rules
        )

    async def run(self) -> None:
        """Watch them until cancelled."""
        self._is_watched = True
        try:
            found = await self._found()
            async with TaskGroup() as tasks:
                for kind, resource_type in found.items():
                    if isinstance(resource_type, Known) and resource_type.value is not None:
                        tasks.create_task(self._follow(kind, resource_type.value))
                    elif isinstance(resource_type, Known):
                        self._rules[kind] = {}
        finally:
            self._is_watched = False
            self._rules.clear()

    async def _found(self) -> Mapping[str, Found]:
        attempt = 0
        while True:
            found = await self._kinds.named(KINDS)
            if not any(isinstance(each, Unknown) for each in found.values()):
                return found
            await self._client.pause(attempt)
            attempt += 1

    async def _follow(self, kind: str, resource_type: ResourceType) -> None:
        told: dict[str, tuple[_Rule, ...]] = {}
        async with aclosing(watch(self._client, self._clock, resource_type, whole=True)) as sightings:
            async for sighting in sightings:
                match sighting:
                    case Reset():
                        told = {}
                    case Seen(seen, body):
                        told[seen.metadata.name] = _rules(body)
                    case Gone(gone):
                        told.pop(gone.metadata.name, None)
                    case Synced():
                        self._rules[kind] = told
                    case Lost():
                        self._rules.pop(kind, None)
                    case Restored():
                        self._rules[kind] = told

    async def _list(self) -> None:
        async with self._turn:
            if self._clock.monotonic_s() - self._listed_at_s < LISTED_S:
                return
            for kind, found in (await self._kinds.named(KINDS)).items():
                self._rules.pop(kind, None)
                match found:
                    case Known(None):
                        self._rules[kind] = {}
                    case Known(resource_type) if resource_type is not None:
                        await self._list_kind(kind, resource_type)
            self._listed_at_s = self._clock.monotonic_s()

    async def _list_kind(self, kind: str, resource_type: ResourceType) -> None:
        listed = await self._client.list(resource_type, whole=True)
        if not isinstance(listed, Unknown):
            self._rules[kind] = {str(index): _rules(raw) for index, raw in enumerate(listed.value.items)}


def _rules(body: msgspec.Raw) -> tuple[_Rule, ...]:
    try:
        return msgspec.json.decode(body, type=_Body).rules()
    except msgspec.DecodeError:
        return (_Rule(api_groups=("*",), operations=("*",), resources=("*",)),)
