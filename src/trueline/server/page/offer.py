"""What a page offers of one thing: to put it back, to keep it, to restart it, for who looks and may. Pure.

It offers only: the server asks for the right again, and shows what would be done before anything is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from trueline.drift.drift import DriftKind
from trueline.model.ref import Ref
from trueline.server.access.right import Right
from trueline.server.body import NodeBody, ResourceSightBody, StandingDriftBody
from trueline.server.drifted import ADDED, OVERRULED
from trueline.server.page.address import act
from trueline.server.page.verb import RESTARTED_KINDS, Verb

PODS_MAX: Final = 20
RUNNING_KINDS: Final = RESTARTED_KINDS | {"ReplicaSet.apps", "Job.batch", "CronJob.batch"}
"""What controllers make pods of."""
_POD: Final = "Pod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be asked for by who looks; `is_first` is what the page wants a word on, `of` what it is done to."""

    word: str
    link: str
    is_first: bool = False
    of: str = ""


def return_link(name: str, number: int, rights: Collection[Right], returnable: Collection[int]) -> str:
    """Where a deployment is put back, with its plan shown first; empty where it cannot be, or who looks may not."""
    if Right.DEPLOY not in rights or number not in returnable:
        return ""
    return act(name, Verb.ROLLBACK.value, [("revision", str(number))])


def drift_offers(one: StandingDriftBody, rights: Collection[Right]) -> Iterator[Offer]:
    """What can be done about an object that differs. What the target sets each time, it would set again."""
    if Right.DEPLOY not in rights or one.treatment == OVERRULED:
        return
    name, refs = one.application, [("ref", one.ref)]
    if one.treatment == ADDED:
        yield Offer(word="Take away", link=act(name, Verb.HEAL.value, [*refs, ("added", "1")]), of=one.ref)
        return
    yield Offer(word=Verb.HEAL.word, link=act(name, Verb.HEAL.value, refs), of=one.ref)
    if DriftKind(one.drift) is not DriftKind.DELETED:
        yield Offer(word="Keep it instead", link=act(name, "adopt", refs), of=one.ref)


def resource_offers(
    name: str, sight: ResourceSightBody, drifts: Iterable[StandingDriftBody], rights: Collection[Right]
) -> Iterator[Offer]:
    """What can be done about one object: of what drifted of it, and a restart where its controller does that."""
    seen: set[str] = set()
    for one in drifts:
        for offer in drift_offers(one, rights) if one.ref == sight.ref else ():
            if offer.link not in seen:
                seen.add(offer.link)
                yield offer
    is_workload = sight.ref.partition("/")[0] in RESTARTED_KINDS
    if Right.DEPLOY in rights and is_workload and sight.is_declared and sight.is_live:
        yield Offer(word=Verb.RESTART.word, link=act(name, Verb.RESTART.value, [("ref", sight.ref)]), of=sight.ref)


def has_pods(ref: str) -> bool:
    """Whether controllers make pods of such an object."""
    return ref.partition("/")[0] in RUNNING_KINDS


def pods_of(ref: str, nodes: Iterable[NodeBody]) -> tuple[str, ...]:
    """The pods that were made of an object, through whatever stands between: itself, where it is one."""
    parents: Mapping[str, str] = {node.ref: node.parent for node in nodes}
    if ref.partition("/")[0] == _POD:
        return (ref,)
    return tuple(one for one in parents if one.partition("/")[0] == _POD and ref in _above(one, parents))


def log_links(name: str, pods: Iterable[str]) -> Iterator[Offer]:
    """Where it is read what these pods wrote."""
    for text in list(pods)[:PODS_MAX]:
        ref = Ref.parse(text)
        yield Offer(word=ref.name, link=act(name, "logs", [("pod", f"{ref.namespace}/{ref.name}")]), of=text)


def _above(ref: str, parents: Mapping[str, str]) -> set[str]:
    """Everything that an object belongs to; what belongs to itself in a circle ends it."""
    found: set[str] = set()
    while (parent := parents.get(ref, "")) and parent not in found:
        found.add(parent)
        ref = parent
    return found
