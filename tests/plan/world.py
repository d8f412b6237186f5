"""A small world for the planner: resources, live objects and what we own, in as few words as possible."""

from collections.abc import Collection, Mapping

from trueline.model.digest import Digest, digest_bytes
from trueline.model.known import Known, Unknown
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.plan.diff import DiffOptions, diff
from trueline.render.resource import Resource
from trueline.target.inventory import Entry, EntryState, Inventory
from trueline.target.rules import Rules
from trueline.target.snapshot import Observed, Snapshot

OPTIONS = DiffOptions(mark="t1.shop", family="t1.", rules=Rules(protected=frozenset({"PersistentVolumeClaim"})))


def ref(name: str, kind: str = "ConfigMap") -> Ref:
    """A ref in the namespace `shop`."""
    return Ref(kind, "shop", name)


def resource(name: str, body: str = "a", kind: str = "ConfigMap") -> Resource:
    """What Git says."""
    return Resource(ref=ref(name, kind), digest=digest_bytes(body.encode()), origin=Origin(path=f"{name}.yaml", line=1))


def live(
    uid: str = "u1",
    mark: str = "t1.shop",
    ours: str = "f1",
    others: str = "",
    generation: int = 1,
    *,
    mark_is_ours: bool = True,
    deleting: bool = False,
    managers: tuple[str, ...] = (),
) -> Observed:
    """What the target has."""
    return Observed(
        uid=uid,
        version="7",
        generation=generation,
        mark=mark,
        mark_is_ours=mark_is_ours,
        ours=Digest(ours),
        others=Digest(others),
        managers=managers,
        deleting=deleting,
    )


def entry(
    name: str,
    body: str = "a",
    uid: str = "u1",
    state: EntryState = EntryState.APPLIED,
    kind: str = "ConfigMap",
) -> Entry:
    """What we recorded."""
    digest = digest_bytes(body.encode())
    return Entry(ref=ref(name, kind), state=state, body=digest, uid=uid, ours=Digest("f1"), generation=1)


def changes(
    desired: list[Resource],
    observed: Mapping[Ref, Observed | Unknown | None],
    owned: list[Entry],
    options: DiffOptions = OPTIONS,
    focus: Collection[Ref] | None = None,
) -> tuple[Change, ...]:
    """The one call of the planner; whatever is owned or desired and not observed is absent for certain."""
    parts: dict[Ref, Known[Observed | None] | Unknown] = {r.ref: Known(None) for r in desired}
    parts |= {e.ref: Known(None) for e in owned}
    parts |= {at: seen if isinstance(seen, Unknown) else Known(seen) for at, seen in observed.items()}
    inventory = Inventory(application="shop", entries={e.ref: e for e in owned})
    return diff(desired=desired, snapshot=Snapshot(parts=parts), inventory=inventory, options=options, focus=focus)


def actions(found: tuple[Change, ...]) -> dict[str, Action]:
    """What happens to each name."""
    return {change.ref.name: change.action for change in found}
