"""Questions about who may come in: to the `up` that owns a data directory, or to its store where nobody owns it."""

from collections.abc import Mapping
from typing import Any

from trueline.cli.place import Place


def ask_account(
    place: Place, method: str, path: str, *, name: str = "", body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The answer to one question below `/api/v1/`, the same in both ways.

    Raises:
        UserError: what is wrong with it.
    """
    if place.line is not None:
        from trueline.cli.call import call  # noqa: PLC0415 - one of the two ways

        return call(place.line, method, f"/api/v1/{path}", name=name, body=body)
    return _ask_here(place, method, path, name, body)


def _ask_here(place: Place, method: str, path: str, name: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - the other one

    from trueline.cli.archive import archive  # noqa: PLC0415
    from trueline.cli.call import who  # noqa: PLC0415
    from trueline.cli.run import run  # noqa: PLC0415
    from trueline.runtime.clock import SystemClock  # noqa: PLC0415
    from trueline.server.access.access import access_of  # noqa: PLC0415
    from trueline.server.access.answer import AccountAnswers  # noqa: PLC0415
    from trueline.server.access.grant import Grants  # noqa: PLC0415
    from trueline.server.access.identity import Identity, IdentityKind  # noqa: PLC0415
    from trueline.server.route import PREFIX, ROUTES  # noqa: PLC0415

    route = next(one for one in ROUTES if (one.method, one.path) == (method, f"{PREFIX}/{path}"))
    with archive(place.path) as tables:
        nobodys = Grants(dict, lambda _: None)
        access = access_of(store=tables.store, journal=tables.journal, clock=SystemClock(), grants=nobodys)
        asker = Identity(kind=IdentityKind.SOCKET, name=who())
        answered = run(route.ask(AccountAnswers(access), name, body=body, who=str(asker), asker=asker))
        found: dict[str, Any] = msgspec.to_builtins(answered)
        return found
