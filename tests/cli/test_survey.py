"""One question about many applications."""

import asyncio

from trueline.cli.survey import AT_ONCE_MAX, survey
from trueline.model.fault import UserError

NAMES = tuple(f"app-{number:03}" for number in range(3 * AT_ONCE_MAX))


async def test_answers_stand_in_order_faults_beside_them_and_only_some_are_asked_at_once() -> None:
    under_way, most = 0, 0

    async def ask(name: str) -> str:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        if name.endswith("7"):
            raise UserError([])
        return name

    found = await survey(NAMES, ask)
    assert found.answers == tuple(name for name in NAMES if not name.endswith("7"))
    assert len(found.faults) == len(NAMES) - len(found.answers)
    assert most == AT_ONCE_MAX
