"""Which path asks what: one table, read by the router and by the OpenAPI document, so that the two cannot differ."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, get_type_hints

import msgspec

from trueline.server.access.answer import AccountAnswers
from trueline.server.access.grant import EVERYTHING, Reader
from trueline.server.access.identity import Identity
from trueline.server.access.right import Need, Right, Where
from trueline.server.answer import Answers
from trueline.server.reading import read_body, read_query

PREFIX: Final = "/api/v1"

Answer = Callable[..., Awaitable[msgspec.Struct]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One question, and what right it needs on what.

    What is asked and what is answered are the types of the method that answers; `of` is whose method it is.
    """

    method: str
    path: str
    does: str
    answer: Answer
    need: Need
    of: type = Answers

    @cached_property
    def asks(self) -> type[msgspec.Struct]:
        """The query, or the body of an action."""
        hints = self._hints
        found: type[msgspec.Struct] = next(hints[key] for key in ("asked", "_") if key in hints)
        return found

    @cached_property
    def answers(self) -> type[msgspec.Struct]:
        """What a success answers."""
        found: type[msgspec.Struct] = self._hints["return"]
        return found

    @property
    def is_action(self) -> bool:
        """Whether it changes something."""
        return self.method == "POST"

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.answer)

    async def ask(  # noqa: PLR0913 - what a request has
        self,
        answers: Any,
        name: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        who: str = "",
        reader: Reader = EVERYTHING,
        asker: Identity | None = None,
    ) -> msgspec.Struct:
        """The answer of an object of the type `of`; of what lists, only what the reader may read.

        Raises:
            UserError: TL0720, what is asked cannot be read; and whatever is wrong with it.
        """
        asked = read_body(self.asks, body or {}) if self.is_action else read_query(self.asks, query)
        given = [*([name] if "{name}" in self.path else []), asked]
        given += [value for key, value in (("who", who), ("reader", reader), ("asker", asker)) if key in self._hints]
        return await self.answer(answers, *given)


def _read(path: str, answer: Answer, *, is_dear: bool = False) -> Route:
    where = Where.APPLICATION if "{name}" in path else Where.SOMEWHERE
    return _route("GET", path, answer, Need(right=Right.READ, where=where, is_dear=is_dear))


def _act(verb: str, answer: Answer, right: Right, *, is_dear: bool = False) -> Route:
    need = Need(right=right, where=Where.APPLICATION, is_dear=is_dear)
    return _route("POST", f"applications/{{name}}/{verb}", answer, need)


def _administer(method: str, path: str, answer: Answer) -> Route:
    return _route(method, path, answer, Need(right=Right.ADMINISTER, where=Where.EVERYWHERE), AccountAnswers)


def _own(method: str, path: str, answer: Answer) -> Route:
    """Of what is one's own; whoever may more is told so by the method itself."""
    return _route(method, path, answer, Need(right=Right.READ, where=Where.KNOWN), AccountAnswers)


def _route(method: str, path: str, answer: Answer, need: Need, of: type = Answers) -> Route:
    does = (answer.__doc__ or "").partition("\n")[0]
    return Route(method=method, path=f"{PREFIX}/{path}", does=does, answer=answer, need=need, of=of)


ROUTES: Final[tuple[Route, ...]] = (
    _read("applications", Answers.applications),
    _read("applications/{name}", Answers.application),
    _read("applications/{name}/resources", Answers.resources),
    _read("applications/{name}/tree", Answers.tree, is_dear=True),
    _read("applications/{name}/resource", Answers.resource, is_dear=True),
    _read("applications/{name}/containers", Answers.containers, is_dear=True),
    _read("applications/{name}/plan", Answers.plan, is_dear=True),
    _read("applications/{name}/history", Answers.history),
    _read("records", Answers.records),
    _read("journal", Answers.journal),
    _read("drift", Answers.drifted),
    _read("dependencies", Answers.dependencies),
    _read("notifiers", Answers.notifiers),
    _route("POST", "journal/verify", Answers.verify, Need(right=Right.READ, where=Where.EVERYWHERE)),
    _read("applications/{name}/diff", Answers.diff, is_dear=True),
    _read("applications/{name}/drift", Answers.drift, is_dear=True),
    _act("approve", Answers.approve, Right.APPROVE),
    _act("rollback", Answers.rollback, Right.DEPLOY, is_dear=True),
    _act("hold", Answers.hold, Right.DEPLOY),
    _act("resume", Answers.resume, Right.DEPLOY, is_dear=True),
    _act("sync", Answers.sync, Right.DEPLOY, is_dear=True),
    _act("refresh", Answers.refresh, Right.DEPLOY),
    _act("heal", Answers.heal, Right.DEPLOY, is_dear=True),
    _act("adopt", Answers.adopt, Right.DEPLOY, is_dear=True),
    _act("restart", Answers.restart, Right.DEPLOY, is_dear=True),
    _administer("GET", "users", AccountAnswers.users),
    _administer("POST", "users", AccountAnswers.add_user),
    _administer("POST", "users/{name}/invite", AccountAnswers.invite_user),
    _administer("POST", "users/{name}/remove", AccountAnswers.remove_user),
    _own("GET", "tokens", AccountAnswers.tokens),
    _own("POST", "tokens", AccountAnswers.create_token),
    _own("POST", "tokens/{name}/revoke", AccountAnswers.revoke_token),
)
