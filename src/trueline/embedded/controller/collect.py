"""Owners and dependents: who loses its last owner is deleted; who is deleted waits for them, or lets them go."""

from trueline.embedded.controller.hand import Hand
from trueline.embedded.store import Kept

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


async def collected(hand: Hand, kept: Kept) -> bool:
    """Do what the garbage collector does for one object; whether it is on its way out."""
    metadata = kept.metadata
    if metadata.deletion_timestamp:
        if ORPHAN in metadata.finalizers:
            await _let_go(hand, kept)
        elif FOREGROUND in metadata.finalizers:
            await _take_along(hand, kept)
        return FOREGROUND in metadata.finalizers or ORPHAN in metadata.finalizers
    if not metadata.owner_references:
        return False
    living = [owner for owner in metadata.owner_references if owner.uid in hand.by_uid]
    if not living:
        await hand.delete(kept, propagationPolicy="Background")
        return True
    return False


async def _let_go(hand: Hand, owner: Kept) -> None:
    for key in sorted(hand.dependents.get(owner.metadata.uid, ())):
        if dependent := hand.get(key):
            left = [o for o in dependent.body["metadata"]["ownerReferences"] if o["uid"] != owner.metadata.uid]
            await hand.patch(dependent, {"metadata": {"ownerReferences": left or None}})
    await hand.release(owner, ORPHAN)


async def _take_along(hand: Hand, owner: Kept) -> None:
    waiting = False
    for key in sorted(hand.dependents.get(owner.metadata.uid, ())):
        dependent = hand.get(key)
        if dependent is None:
            continue
        others = [
            o for o in dependent.metadata.owner_references if o.uid != owner.metadata.uid and o.uid in hand.by_uid
        ]
        if others:
            continue
        reference = next(o for o in dependent.metadata.owner_references if o.uid == owner.metadata.uid)
        waiting = waiting or reference.block_owner_deletion
        if not dependent.metadata.deletion_timestamp:
            has_own = bool(hand.dependents.get(dependent.metadata.uid))
            await hand.delete(dependent, propagationPolicy="Foreground" if has_own else "Background")
            waiting = waiting and hand.get(key) is not None
    if not waiting and (now := hand.get(owner.key)):
        await hand.release(now, FOREGROUND)
