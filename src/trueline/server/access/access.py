"""What access is made of, for one server."""

from dataclasses import dataclass, field

from trueline.record.journal import Journal
from trueline.runtime.clock import Clock
from trueline.runtime.store import Store
from trueline.server.access.attempt import Attempts
from trueline.server.access.change import Changes
from trueline.server.access.grant import Grants
from trueline.server.access.oidc.provider import Provider
from trueline.server.access.password import Argon2, Hasher
from trueline.server.access.person import People
from trueline.server.access.program import Programs
from trueline.server.access.secret import SYSTEM_RANDOM, Random
from trueline.server.access.session import Sessions
from trueline.server.access.token import Tokens
from trueline.server.access.user import Users


@dataclass(slots=True, kw_only=True)
class Access:
    """`address` is where people find the server, once it listens; `installation` is the word of its cookies.

    `provider` knows people beside us, where there is one.
    """

    users: Users
    people: People
    programs: Programs
    sessions: Sessions
    tokens: Tokens
    grants: Grants
    journal: Journal
    clock: Clock
    hasher: Hasher
    changes: Changes
    attempts: Attempts = field(default_factory=Attempts)
    address: str = ""
    installation: str = ""
    provider: Provider | None = None


def access_of(  # noqa: PLR0913 - each is an effect
    *,
    store: Store,
    journal: Journal,
    clock: Clock,
    grants: Grants,
    hasher: Hasher | None = None,
    random: Random = SYSTEM_RANDOM,
    installation: str = "",
    provider: Provider | None = None,
) -> Access:
    """Access by what a store keeps."""
    changes = Changes()
    people = People(store, journal, clock, changes)
    return Access(
        users=Users(store, journal, clock, random, changes),
        people=people,
        programs=Programs(clock, random),
        sessions=Sessions(store, clock, random, changes, people),
        tokens=Tokens(store, journal, clock, random, changes, people),
        grants=grants,
        journal=journal,
        clock=clock,
        hasher=hasher or Argon2(),
        changes=changes,
        installation=installation,
        provider=provider,
    )
