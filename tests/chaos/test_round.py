"""A short storm on real parts; `make soak` goes on without end."""

from pathlib import Path

from tests.chaos.storm import Round, one_round
from tests.chaos.world import world

SEED = 20261128
STORM_S = 25.0
FIRST_S_MAX = 300.0
ROUNDS_MAX = 4


async def test_a_storm_over_real_parts_deletes_nothing_and_all_is_as_git_says_after_it(tmp_path: Path) -> None:
    """INV-05, INV-12, INV-14, INV-29, INV-32: engine, API server, etcd and Git server die, and nothing is lost."""
    async with world(tmp_path, seed=SEED) as made:
        made.engine.start()
        await made.converged(FIRST_S_MAX)
        rounds = [await one_round(made, seed=SEED, seconds=STORM_S)]
        while not _was_a_storm(rounds) and len(rounds) < ROUNDS_MAX:  # where all is slow, less happens in one
            rounds.append(await one_round(made, seed=SEED + len(rounds), seconds=STORM_S))
        assert [done.wrongs for done in rounds] == [()] * len(rounds)
        assert _was_a_storm(rounds), rounds
        code, _ = await made.engine.terminate()
        assert code == 0
        assert await made.engine.orphans() == frozenset()


def _was_a_storm(rounds: list[Round]) -> bool:
    """Whether all of it has happened: engines that died, commits, broken connections, objects that went."""
    seen = ((done.kills, done.commits, done.harmed, done.deletes) for done in rounds)
    return all(map(sum, zip(*seen, strict=True)))
