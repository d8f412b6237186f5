"""Which revisions may be followed: what does not verify is not read, not rendered and not applied (INV-11).

The keys that judge a revision are those of the state that was verified before it, never its own. What of them is
remembered stands in the store, so a restart trusts what was trusted. Of the first revision nothing is remembered: there
the keys count that whoever started Trueline gave, or, where nobody gave any, those that it brings itself.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from trueline.declare.application import Project, SourceSpec, VerifyMode
from trueline.declare.protocol import Declared
from trueline.loop.proof import proof_of
from trueline.loop.supply import OpenSource
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import Digest
from trueline.model.fault import UserError
from trueline.model.known import Known
from trueline.model.origin import Origin
from trueline.record.trust import TrustBook, VerifiedCommit
from trueline.runtime.clock import Clock
from trueline.source.artifact import Revision
from trueline.source.git_object import GitObject
from trueline.source.lineage import Lineage, relate
from trueline.source.signature.judge import TAGS, judge, judge_revision
from trueline.source.signature.key import KeyRing, Signer, TrustedKey, digest_keys, trusted_key
from trueline.source.signature.refusal import KEYS_UNSIGNED, REWRITTEN
from trueline.source.signature.replacement import LINE, replaced_by
from trueline.source.signature.signed_object import take_apart

FLEET: Final = "(fleet)"
"""The line of the fleet repository, and the name under which what is demanded of it is kept; no project has it."""

FLEET_NAME: Final = "the fleet repository"
FAILURES_MAX: Final = 10
REPLACED_MAX: Final = 100
KNOWN_MAX: Final = 10_000
"""How many versions of sites are remembered as judged, and how many refusals (INV-31)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a line demands of its revisions. `name` is how people call the source, `revision` what is wanted of it."""

    line: str
    name: str
    mode: VerifyMode
    keys: tuple[TrustedKey, ...]
    revision: str = ""
    origin: Origin | None = None

    @property
    def digest(self) -> Digest:
        """Equal where the keys are."""
        return digest_keys(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A revision that may be read. `replaced` are the commits of which a signed word says that history left them."""

    signer: Mapping[str, str] | None = None
    replaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _FleetDemand:
    """What is demanded of the fleet repository, as it is kept; `source` and `path` are where it is declared."""

    mode: VerifyMode
    rings: tuple[str, ...]
    source: str
    path: str


@dataclass(slots=True)
class _Learning:
    """What one revision of the fleet repository would change."""

    rings: dict[str, Project | None] = field(default_factory=dict)
    demand: _FleetDemand | None = None
    problems: list[Diagnostic] = field(default_factory=list)


class Verifier:
    """Admits revisions. `given` are the keys that judge the first revision of the fleet repository."""

    def __init__(
        self, *, book: TrustBook, clock: Clock, given: Sequence[TrustedKey] = (), is_in_hand: bool = False
    ) -> None:
        """`is_in_hand`: the fleet is a working tree; whoever has it in hand has not signed it yet."""
        self._book = book
        self._is_in_hand = is_in_hand
        self._locks: dict[str, asyncio.Lock] = {}
        self._clock = clock
        self._given = tuple(given)
        self._refused: dict[str, tuple[str, Digest, tuple[Diagnostic, ...]]] = {}
        self._known: dict[tuple[str, str, str, Digest], Signer] = {}
        self.problems: tuple[Diagnostic, ...] = ()
        """What of the newest fleet revision is not trusted, and stops nothing else."""

    # ---- sources ---------------------------------------------------------------------------------------------------

    async def admit_fleet(self, source: OpenSource, revision: Revision) -> Admission:
        """Whether a revision of the fleet repository may be read.

        Raises:
            UserError: TL0136 to TL0147, it does not verify.
            Transient: its objects could not be had now.
        """
        demand = self._fleet_demand()
        return Admission() if demand is None else await self._admit(demand, source, revision)

    async def admit(self, spec: SourceSpec, source: OpenSource, revision: Revision) -> Admission:
        """Whether a revision of a declared source may be read; see `admit_fleet`."""
        demand = self._demand(spec)
        return Admission() if demand is None else await self._admit(demand, source, revision)

    async def admit_version(self, spec: SourceSpec, source: OpenSource, revision: Revision) -> None:
        """Whether another branch or tag of a source may be read beside it: each by its own signature."""
        demand = self._demand(spec) if spec.url or spec.revision else self._fleet_demand()
        if demand is None:
            return
        key = demand.line, revision.ref, revision.commit, demand.digest
        if key in self._known:
            return
        demand = replace(demand, line=f"{demand.line} {revision.ref}")  # what is refused says nothing of the source
        verdict = judge_revision(await source.signed(revision), revision.ref, demand.keys, self._clock.now())
        if isinstance(verdict, Diagnostic):
            raise self._refusal(demand, revision, [verdict])
        self._known[key] = verdict
        _bound(self._known)

    def _demand(self, spec: SourceSpec) -> Demand | None:
        """Another revision of the fleet repository is under the fleet's own demand."""
        if spec.verify is None:
            fleet = None if spec.url else self._fleet_demand()
            line = f"{FLEET} {spec.revision}"
            return fleet and replace(fleet, line=line, revision=spec.revision, origin=spec.origin)
        return Demand(
            line=f"{spec.url} {spec.revision}".rstrip(),
            name=spec.url,
            mode=spec.verify.mode,
            keys=self._keys(spec.verify.rings),
            revision=spec.revision,
            origin=spec.origin,
        )

    def _keys(self, rings: Collection[KeyRing]) -> tuple[TrustedKey, ...]:
        """The keys that are trusted; those that are only declared count where none was before."""
        return tuple(key for ring in rings for key in (self._ring(ring.name) or ring).keys)

    def _ring(self, name: str) -> KeyRing | None:
        kept = self._book.trusted(name)
        return None if kept is None else KeyRing(name=name, keys=tuple(map(trusted_key, kept["keys"])))

    def _fleet_demand(self) -> Demand | None:
        if self._is_in_hand:
            return None
        kept = self._kept_demand()
        if kept is not None:
            rings = [self._ring(name) or KeyRing(name=name) for name in kept.rings]
            return Demand(line=FLEET, name=FLEET_NAME, mode=kept.mode, keys=self._keys(rings))
        return self._given_demand()

    def _given_demand(self) -> Demand | None:
        if not self._given:
            return None
        return Demand(line=FLEET, name=FLEET_NAME, mode=VerifyMode.HEAD, keys=self._given)

    def _kept_demand(self) -> _FleetDemand | None:
        kept = self._book.trusted(FLEET)
        if kept is None:
            return None
        return _FleetDemand(VerifyMode(kept["mode"]), tuple(kept["rings"]), kept["source"], kept["path"])

    # ---- one revision ----------------------------------------------------------------------------------------------

    async def _admit(self, demand: Demand, source: OpenSource, revision: Revision) -> Admission:
        async with self._locks.setdefault(demand.line, asyncio.Lock()):  # several applications may follow one line
            return await self._admit_alone(demand, source, revision)

    async def _admit_alone(self, demand: Demand, source: OpenSource, revision: Revision) -> Admission:
        last = self._book.verified(demand.line)
        if last is not None and last.commit == revision.commit and last.keys == demand.digest:
            return Admission(signer=last.signer, replaced=frozenset(last.replaced))
        commit, keys, told = self._refused.get(demand.line, ("", "", ()))
        if told and (commit, keys) == (revision.commit, demand.digest) and not revision.ref.startswith(TAGS):
            raise UserError(told)
        return await self._judge(demand, source, revision, last)

    async def _judge(
        self, demand: Demand, source: OpenSource, revision: Revision, last: VerifiedCommit | None
    ) -> Admission:
        """A commit that was verified before is judged anew only when the keys have changed, at the time of then."""
        is_same = last is not None and last.commit == revision.commit
        at = last.at if last is not None and is_same else self._clock.now()
        objects = await source.signed(revision)
        verdict = judge_revision(objects, revision.ref, demand.keys, at)
        if isinstance(verdict, Diagnostic):
            raise self._refusal(demand, revision, [verdict])
        between: tuple[GitObject, ...] = ()
        replaced = () if last is None else last.replaced
        if last is not None and not is_same:
            if await self._is_rewritten(demand, source, revision, last, objects, verdict):
                replaced = (*replaced, last.commit)[-REPLACED_MAX:]
            if demand.mode is VerifyMode.RANGE:
                between = await self._between(demand, source, revision, last)
        verified = VerifiedCommit(
            commit=revision.commit, at=at, keys=demand.digest, signer=verdict.plain, replaced=replaced
        )
        told = {"source": demand.name, "ref": revision.ref, "mode": demand.mode.value, "count": len(between) or 1}
        proof = proof_of(objects, between, revision.ref, demand.keys)
        self._book.advance(demand.line, verified, told=told, proof=proof)
        self._refused.pop(demand.line, None)
        return Admission(signer=verified.signer, replaced=frozenset(replaced))

    async def _is_rewritten(  # noqa: PLR0913, PLR0917 - what it is told from
        self,
        demand: Demand,
        source: OpenSource,
        revision: Revision,
        last: VerifiedCommit,
        objects: Sequence[GitObject],
        signer: Signer,
    ) -> bool:
        """Whether history was rewritten, with the word of somebody who may say so; without it the revision is refused.

        INV-12: also where it cannot be told whether it was.
        """
        if not _is_moving(demand.revision, revision, objects):
            went_back = signer.signed_at.isoformat() < last.signer["signedAt"] and _is_named(demand.revision, revision)
            if not went_back:
                return False
            reason = f"its tag was signed before the one of {last.commit[:10]}"
        else:
            relation = await relate(source, last.commit, revision.commit)
            if relation == Known(Lineage.NEWER):
                return False
            reason = f"{relation.value.value}" if isinstance(relation, Known) else relation.reason
        if any(last.commit in replaced_by(take_apart(one).message) for one in objects):
            return True
        line = f"{LINE}: {last.commit}"
        detail = f"{last.commit[:10]} was verified, and it is {reason}; the line would be `{line}`"
        raise self._refusal(demand, revision, [REWRITTEN.about(detail)])

    async def _between(
        self, demand: Demand, source: OpenSource, revision: Revision, last: VerifiedCommit
    ) -> tuple[GitObject, ...]:
        """Every commit since the last verified one; each of them by its own signature."""
        found = await source.since(last.commit, revision.commit)
        if not isinstance(found, Known):
            detail = f"which commits came since {last.commit[:10]} cannot be told: {found.reason}"
            raise self._refusal(demand, revision, [REWRITTEN.about(detail)])
        at, others = self._clock.now(), [one for one in found.value if one.identity != revision.commit]
        failures = [one for one in (judge(each, demand.keys, at) for each in others) if isinstance(one, Diagnostic)]
        if failures:
            raise self._refusal(demand, revision, failures[:FAILURES_MAX])
        return found.value

    def _refusal(self, demand: Demand, revision: Revision, failures: Sequence[Diagnostic]) -> UserError:
        """INV-11: nothing of the revision is read. It is recorded once, however often the source is looked at."""
        told = tuple(
            replace(one, detail=f"{demand.name}: {revision}: {one.detail}", origin=demand.origin) for one in failures
        )
        if self._refused.get(demand.line) != (revision.commit, demand.digest, told):
            self._book.refuse(demand.line, revision.commit, [str(one) for one in told])
            self._refused[demand.line] = revision.commit, demand.digest, told
            _bound(self._refused)
        return UserError(told)

    def signer_of(self, commit: str) -> Mapping[str, str] | None:
        """Who signed a commit of the fleet repository, if that was verified last."""
        last = self._book.verified(FLEET)
        return last.signer if last is not None and last.commit == commit else None

    # ---- trust -----------------------------------------------------------------------------------------------------

    async def learn(self, source: OpenSource, revision: Revision, declared: Declared) -> Mapping[str, str] | None:
        """Take the keys and the demand of a revision that is followed; who signed it, where that is demanded.

        A project's keys are changed only by a commit that one of them signed, or one of the fleet repository's. What is
        demanded from now on has to hold of the commit that demands it: so nobody locks everybody out.

        Raises:
            UserError: it does not verify by the keys that it brings.
        """
        if self._is_in_hand:
            return None
        objects = await source.signed(revision) if self._is_news(declared) else ()
        learning = self._compare(declared, revision, objects)
        demand = self._demand_after(learning)
        if demand is not None and (self._changes(learning) or self._book.verified(FLEET) is None):
            await self._admit(demand, source, revision)
        for name, project in learning.rings.items():
            body = project and {"keys": [key.plain for key in project.ring.keys], "path": project.origin.path}
            owners = sorted({key.owner for key in project.ring.keys}) if project else []
            self._book.trust(name, body, told={"commit": revision.commit, "owners": owners[:FAILURES_MAX]})
        if learning.demand != self._kept_demand():
            self._book.trust(FLEET, _plain(learning.demand), told={"commit": revision.commit})
        self.problems = tuple(learning.problems)
        return self.signer_of(revision.commit) if demand is not None else None

    def _is_news(self, declared: Declared) -> bool:
        known = {name: self._ring(name) for name in self._book.names() if name != FLEET}
        return {name: project.ring for name, project in _with_keys(declared).items()} != known

    def _compare(self, declared: Declared, revision: Revision, objects: Sequence[GitObject]) -> _Learning:
        learning = _Learning(demand=self._declared_demand(declared))
        before = self._fleet_demand()
        projects = _with_keys(declared)
        for name in sorted({*projects, *self._book.names()} - {FLEET}):
            ring, project = self._ring(name), projects.get(name)
            if project is None and declared.keeps(name, str(self._book.trusted(name)["path"])):
                continue
            if ring is None:
                learning.rings[name] = project
                continue
            if project is not None and ring.digest == project.ring.digest:
                continue
            keys = (*ring.keys, *(before.keys if before is not None else ()))
            verdict = judge_revision(objects, revision.ref, keys, self._clock.now())
            if isinstance(verdict, Diagnostic):
                detail = f"{name}, at {revision}: {verdict.line}; the keys of before count"
                learning.problems.append(
                    replace(KEYS_UNSIGNED.about(detail), origin=project.origin if project else None)
                )
            else:
                learning.rings[name] = project
        return learning

    def _declared_demand(self, declared: Declared) -> _FleetDemand | None:
        """What a revision demands of the fleet repository; a declaration that is broken takes no demand away."""
        kept = self._kept_demand()
        for spec in declared.sources:
            if not spec.url and spec.verify is not None:
                path = spec.origin.path if spec.origin else ""
                return _FleetDemand(spec.verify.mode, tuple(ring.name for ring in spec.verify.rings), spec.name, path)
        return kept if kept is not None and declared.keeps(kept.source, kept.path) else None

    def _changes(self, learning: _Learning) -> bool:
        kept = learning.demand
        return kept != self._kept_demand() or (kept is not None and bool(learning.rings.keys() & set(kept.rings)))

    def _demand_after(self, learning: _Learning) -> Demand | None:
        """What would be demanded of the fleet repository once this is learned."""
        kept = learning.demand
        if kept is None:
            return self._given_demand()
        keys: list[TrustedKey] = []
        for name in kept.rings:
            project = learning.rings.get(name)
            ring = project.ring if project is not None else self._ring(name)
            keys += ring.keys if ring is not None else ()
        return Demand(line=FLEET, name=FLEET_NAME, mode=kept.mode, keys=tuple(keys))


def _with_keys(declared: Declared) -> dict[str, Project]:
    """One that only says who may do what is no keys that anybody trusts."""
    return {project.name: project for project in declared.projects if project.ring.keys}


def _bound(remembered: dict[Any, Any]) -> None:
    """The oldest is forgotten: it is judged, or told, once more."""
    if len(remembered) > KNOWN_MAX:
        del remembered[next(iter(remembered))]


def _is_named(wanted: str, revision: Revision) -> bool:
    """Whether the source asks for this tag by its name, and not for the highest of a range."""
    return revision.ref.startswith(TAGS) and revision.ref.removeprefix(TAGS) == wanted.removeprefix(TAGS)


def _is_moving(wanted: str, revision: Revision, objects: Collection[GitObject]) -> bool:
    """Whether the commit of a ref has to follow the one before: a branch, or a tag by its name that nobody signed."""
    if not revision.ref.startswith(TAGS):
        return revision.ref != revision.commit
    return _is_named(wanted, revision) and not any(one.kind == "tag" and take_apart(one).signature for one in objects)


def _plain(demand: _FleetDemand | None) -> dict[str, Any] | None:
    if demand is None:
        return None
    return {
        "mode": demand.mode.value,
        "rings": list(demand.rings),
        "source": demand.source,
        "path": demand.path,
    }
