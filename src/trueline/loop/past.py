"""What an application was at an older deployment, desired anew from what is kept, also while repositories are away."""

from collections.abc import Mapping
from dataclasses import replace

from trueline.loop.desire import Desirer, pinned
from trueline.loop.desired import Desired
from trueline.loop.fleet import Fleet, find


async def desired_at(fleet: Fleet, desirer: Desirer, name: str, commit: str, pins: Mapping[str, str]) -> Desired:
    """The application `name` as the fleet's `commit` declares it, with its floating sources at `pins`.

    Raises:
        KeyError: a source floats, and nobody wrote at which commit it was.
        UserError: it was not declared there, or its files are not to be had.
        Transient: a repository or the target could not be asked.
    """
    look = await fleet.look_back(commit)
    application = find(look, name, tells_others=False)
    wish = await desirer.wish(pinned(application, pins), look.ground, pins)
    return replace(await desirer.desire(wish), application=application, is_return=True)
