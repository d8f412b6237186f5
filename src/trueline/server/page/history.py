"""What was deployed of one application, by whom and who agreed; and everything that happened to it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from trueline.record.approval import Approval
from trueline.record.history import Deployment
from trueline.record.journal import Record
from trueline.server.access.right import Right
from trueline.server.body import CommitBody
from trueline.server.page.address import application as application_address, history as history_address
from trueline.server.page.age import Moment, moment
from trueline.server.page.application import Step, step
from trueline.server.page.entry import Entry, entries
from trueline.server.page.fleet import Facts
from trueline.server.page.forge import commit_link
from trueline.server.page.journal import Filter, JournalQuestion, filter_of, looked
from trueline.server.page.offer import return_link

DEPLOYMENTS_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One deployment: what it was, who agreed to its plan, who signed its sources, and where its commit is."""

    step: Step
    link: str
    plan: str
    approvals: tuple[tuple[str, Moment], ...]
    signers: tuple[str, ...]
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the page is made of; deployments and records are the newest first.

    `rights` are those of who looks, `returnable` the deployments that can be put back.
    """

    application: str
    deployments: Sequence[Deployment]
    approvals: Mapping[str, Sequence[Approval]]
    commits: Callable[[str], CommitBody | None]
    records: Sequence[Record]
    following: int
    facts: Facts
    rights: frozenset[Right] = frozenset()
    returnable: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The page."""

    application: str
    application_link: str
    as_of: Moment
    place: str
    deployments: tuple[Deployed, ...]
    is_cut: bool
    filter: Filter
    entries: tuple[Entry, ...]
    looked: str


def history(known: Known, asked: JournalQuestion, now: datetime) -> History:
    """The page of what is asked for."""
    return History(
        application=known.application,
        application_link=application_address(known.application),
        as_of=moment(now, now),
        place=known.facts.place,
        deployments=tuple(_deployed(one, known, now) for one in known.deployments[:DEPLOYMENTS_MAX]),
        is_cut=len(known.deployments) > DEPLOYMENTS_MAX,
        filter=filter_of(asked, known.following, (), partial(history_address, known.application)),
        entries=tuple(entries(known.records, now)),
        looked=looked(known.records, known.following),
    )


def _deployed(one: Deployment, known: Known, now: datetime) -> Deployed:
    back = return_link(known.application, one.number, known.rights, known.returnable)
    return Deployed(
        step=step(one, known.commits, now, back),
        link=commit_link(known.facts.repository, one.revision),
        plan=one.plan[:12],
        approvals=tuple((it.who, moment(it.at, now)) for it in known.approvals.get(one.plan, ())),
        signers=tuple(_signers(one.signed)),
        commit=one.revision,
    )


def _signers(signed: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    for source, signer in sorted(signed.items()):
        yield f"{signer.get('owner', '')}{f' ({source})' if source else ''}"
