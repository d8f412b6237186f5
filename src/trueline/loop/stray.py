"""Strays: what carries an application's mark, as our manager wrote it, and stands in no inventory and no declaration.

A lost data directory leaves such objects, and so does an apply that came too late (D13). Whatever is in doubt is none:
it may be on its way in or out, another application may take it, or it may be meant to stay. Nothing is written here.
"""

from collections.abc import Collection, Mapping
from itertools import islice

from trueline.loop.desired import Desired
from trueline.loop.parts import Parts
from trueline.model.digest import parse
from trueline.model.known import Known
from trueline.model.ref import Ref
from trueline.render.annotation import timing
from trueline.runtime.task_group import TaskGroup
from trueline.target.inventory import Inventory
from trueline.target.snapshot import Observed

READS_AT_ONCE = 50


async def strays(
    parts: Parts, desired: Desired, inventory: Inventory, *, focus: Collection[Ref] | None = None
) -> Mapping[Ref, Observed]:
    """The strays of an application, each read anew: the watch may be behind our own deletes (INV-01, INV-08)."""
    name, target = desired.application.name, parts.target
    known = {resource.ref for resource in desired.resources} | inventory.entries.keys()
    marked = target.marked(target.mark(name), focus)
    found = {ref: live for ref, live in marked.items() if live.mark_is_ours and not live.deleting and ref not in known}
    found = {ref: live for ref, live in found.items() if parts.owners.lookup(target.name, ref) is None}
    if not found:
        return {}
    moving = parts.claims.moving(name, target.name, found.keys())
    sure = {ref: found[ref] for ref in sorted(found) if ref not in moving}
    standing: set[Ref] = set()
    for start in range(0, len(sure), READS_AT_ONCE):
        standing |= await _standing(parts, dict(islice(sure.items(), start, start + READS_AT_ONCE)))
    return {ref: live for ref, live in sure.items() if ref in standing}


async def late(parts: Parts, desired: Desired, found: Mapping[Ref, Observed]) -> frozenset[Ref]:
    """Of these strays, those that an apply of ours brought back after we had pruned them (INV-12).

    No server refuses a create that comes late. Here the fence proves it to be older: this process is the one that
    writes, everything that it makes is written down before, and what it wrote of this object last is that it is gone.
    """
    name, target = desired.application.name, parts.target.name
    if not found or name not in parts.fence.held or not await parts.fence.holds(name):
        return frozenset()
    gone = parts.ledger.gone(name, target, found.keys())
    return frozenset(ref for ref, uid in gone.items() if uid != found[ref].uid)


async def _standing(parts: Parts, some: Mapping[Ref, Observed]) -> set[Ref]:
    async with TaskGroup() as group:
        tasks = {ref: group.create_task(_stands(parts, ref, live.uid)) for ref, live in some.items()}
    return {ref for ref, task in tasks.items() if task.result()}


async def _stands(parts: Parts, ref: Ref, uid: str) -> bool:
    """Whether it is there now, not on its way out, and is not told to stay; what cannot be read is none (INV-04)."""
    read = await parts.target.read(ref)
    if not isinstance(read, Known) or read.value is None:
        return False
    metadata = parse(read.value).get("metadata") or {}
    is_kept = timing(metadata.get("annotations") or {}).keep
    return metadata.get("uid") == uid and "deletionTimestamp" not in metadata and not is_kept
