"""A short storm on real parts; `make soak` goes on without end."""

from pathlib import Path

from tests.chaos.storm import one_round
from tests.chaos.world import world

SEED = 20261128
STORM_S = 25.0
FIRST_S_MAX = 120.0


async def test_a_storm_over_real_parts_deletes_nothing_and_all_is_as_git_says_after_it(tmp_path: Path) -> None:
    """INV-05, INV-12, INV-14, INV-29, INV-32: engine, API server, etcd and Git server die, and nothing is lost."""
    async with world(tmp_path, seed=SEED) as made:
        made.engine.start()
        await made.converged(FIRST_S_MAX)
        done = await one_round(made, seed=SEED, seconds=STORM_S)
        assert done.wrongs == ()
        assert done.kills > 0
        assert done.commits > 0
        assert done.harmed > 0
        assert done.deletes > 0
        code, _ = await made.engine.terminate()
        assert code == 0
        assert await made.engine.orphans() == frozenset()
