"""The judge itself: what it excuses, and that it excuses no more than that."""

from typing import Any, cast

import pytest

from tests.testing.simulation.story import Story, config_map, fleet
from trueline.loop.status import Sync
from trueline.plan.change import Action
from trueline.record.history import DeploymentResult
from trueline.target.kubernetes.mark import LABEL
from trueline.testing.simulation.fleet import Json, key_of
from trueline.testing.simulation.machine import Machine
from trueline.testing.simulation.truth import Broken

LATE, MORE = config_map("late", "1"), config_map("more", "2")


def outrun() -> tuple[Story, Machine, Machine]:
    """`c1` declares `late`, `c2` takes it away; `engine` wrote at the one, and `twin` writes at the other by now."""
    story = Story()
    story.push("c1", fleet(config_map("stays", "1"), LATE))
    engine, twin = story.start("engine"), story.start("twin")
    story.take(engine)
    story.begin(engine, "c1")
    brought(story, engine, config_map("stays", "1"))
    story.push("c2", fleet(config_map("stays", "1"), MORE))
    return story, engine, twin


def brought(story: Story, machine: Machine, manifest: Json) -> None:
    """Something is written as it should be."""
    change = story.intend(machine, manifest)
    story.write(machine, manifest)
    story.settle(machine, change)


def takes_over(story: Story, twin: Machine) -> bytes:
    """`twin` takes the fence, and writes at `c2`; gives what the cluster says of the fence."""
    body = story.take(twin)
    story.begin(twin, "c2")
    brought(story, twin, MORE)
    return body


def come_late() -> tuple[Story, Machine, Machine]:
    """What `engine` makes comes too late."""
    story, engine, twin = outrun()
    story.intend(engine, LATE)
    takes_over(story, twin)
    story.write(engine, LATE)
    return story, engine, twin


# ---- a create that comes too late -------------------------------------------------------------------------------


def test_a_create_that_no_server_refuses_is_excused() -> None:
    """INV-13: its writer had lost the fence, and had not been told."""
    story, _, _ = come_late()
    assert list(story.truth.late) == [key_of(LATE)]


def test_a_create_that_was_begun_before_one_was_told_is_excused() -> None:
    story, engine, twin = outrun()
    story.intend(engine, LATE)
    story.tell(engine, takes_over(story, twin))
    story.write(engine, LATE)
    assert list(story.truth.late) == [key_of(LATE)]


def test_who_was_told_is_not_excused() -> None:
    """INV-13: what is begun after one was told that another process writes."""
    story, engine, twin = outrun()
    story.tell(engine, takes_over(story, twin))
    story.intend(engine, LATE)
    with pytest.raises(Broken, match=r"INV-12 .*/late is written as c1 said it, over c2"):
        story.write(engine, LATE)


def test_who_holds_the_fence_is_not_excused() -> None:
    """INV-12: nobody took it, so nothing comes late."""
    story, engine, _ = outrun()
    story.begin(engine, "c2")
    brought(story, engine, MORE)
    story.intend(engine, LATE)
    with pytest.raises(Broken, match="INV-12"):
        story.write(engine, LATE)


def test_who_never_took_the_fence_is_not_excused() -> None:
    """INV-13: whoever writes without it."""
    story, _, twin = outrun()
    takes_over(story, twin)
    other = story.start("other")
    story.intend(other, LATE)
    with pytest.raises(Broken, match="INV-12"):
        story.write(other, LATE)


def test_an_update_is_not_excused() -> None:
    """INV-12: a server refuses a late update by its version, so none may come through."""
    story, engine, twin = outrun()
    brought(story, engine, LATE)
    story.push("c2", fleet(config_map("stays", "1"), MORE, config_map("late", "2")))
    story.write("person", config_map("late", "by-hand"), labels={LABEL: "sim.shop"})
    story.intend(engine, LATE, Action.HEAL)
    story.try_on(engine, LATE)
    takes_over(story, twin)
    with pytest.raises(Broken, match="INV-12"):
        story.write(engine, LATE)


def test_what_no_commit_said_is_not_excused() -> None:
    """INV-11: a late create too is as some commit said it."""
    story, engine, twin = outrun()
    story.intend(engine, LATE)
    takes_over(story, twin)
    with pytest.raises(Broken, match="INV-11"):
        story.write(engine, config_map("late", "nobody said that"))


# ---- and goes again ------------------------------------------------------------------------------------------------


def lingers() -> tuple[Story, Machine, Machine]:
    """What came too late stands there, and `twin` has been told of it and says that all is well."""
    story, engine, twin = come_late()
    story.stand(twin, Sync.SYNCED)
    story.show(twin, LATE)
    return story, engine, twin


def test_what_came_too_late_and_stays_is_found() -> None:
    """INV-13: a pass of the one who writes was made since it was told, and the object is there still."""
    story, _, _ = lingers()
    assert list(story.truth.lingering()) == [f"INV-13 {key_of(LATE)} came too late, and twin/0 leaves it there"]


def test_before_a_pass_was_made_nothing_is_said() -> None:
    story, _, twin = come_late()
    story.stand(twin, Sync.SYNCED)
    assert list(story.truth.lingering()) == [], "it has not been told"
    story.show(twin, LATE)
    cast(Any, twin.process).engine.is_settled = False
    assert list(story.truth.lingering()) == [], "the pass is not over"


@pytest.mark.parametrize(("named", "found"), [(LATE, 0), (MORE, 1)], ids=["by name", "another one"])
def test_a_person_may_be_asked_by_name(named: Json, found: int) -> None:
    """INV-26: who has no record of it deletes nothing by itself, and says so; whoever says something else does not."""
    story, engine, twin = lingers()
    story.stand(twin, Sync.OUT_OF_SYNC, "it is marked as ours", story.intend(engine, named))
    assert len(list(story.truth.lingering())) == found


def test_who_has_pruned_it_asks_nobody() -> None:
    """INV-13: its own books say that the object came back, so it goes without a question."""
    story, _, twin = lingers()
    held = story.intend(twin, LATE, Action.PRUNE)
    story.settle(twin, held)
    story.stand(twin, Sync.OUT_OF_SYNC, "it is marked as ours", held)
    assert len(list(story.truth.lingering())) == 1


def test_what_is_gone_or_written_anew_lingers_no_more() -> None:
    story, _, twin = lingers()
    story.intend(twin, LATE, Action.PRUNE)
    story.delete(twin, LATE)
    assert not story.truth.late
    story, _, twin = lingers()
    now = config_map("late", "3")
    story.push("c3", fleet(config_map("stays", "1"), MORE, now))
    story.begin(twin, "c3")
    story.intend(twin, now)
    story.try_on(twin, now)
    story.write(twin, now)
    assert not story.truth.late


def test_an_edit_by_hand_does_not_settle_it() -> None:
    story, _, _ = lingers()
    story.write("person", config_map("late", "by-hand"), labels={LABEL: "sim.shop"})
    assert story.truth.late
    story.write("person", config_map("late", "by-hand"))
    assert not story.truth.late, "it is not ours any more"


# ---- what is held to what it was, until a person agrees that it goes ------------------------------------------------


def goes(*said: Json) -> tuple[Story, Machine]:
    """`late` stands as `c1` said it last; then each commit says what is given, and the last one is begun with."""
    story, engine, _ = outrun()
    brought(story, engine, LATE)
    for number, one in enumerate(said, start=2):
        story.push(f"c{number}", fleet(config_map("stays", "1"), one))
    story.begin(engine, f"c{len(said) + 1}")
    brought(story, engine, said[-1])
    return story, engine


def heals(story: Story, engine: Machine, manifest: Json) -> None:
    """Somebody edits what is marked as ours, and it is put back."""
    story.write("person", config_map("late", "by-hand"), labels={LABEL: "sim.shop"})
    story.intend(engine, manifest, Action.HEAL)
    story.try_on(engine, manifest)
    story.write(engine, manifest)


def test_what_is_to_go_is_held_to_what_it_was() -> None:
    """INV-17: a person is asked before it goes; until then an edit by hand is drift."""
    story, engine = goes(MORE)
    heals(story, engine, LATE)


def test_what_was_said_in_between_and_never_applied_counts_for_nothing() -> None:
    """INV-17: `c2` says something else of it, nobody came to it, and `c3` takes it away."""
    story, engine = goes(config_map("late", "2"), MORE)
    heals(story, engine, LATE)


def test_what_is_said_again_is_not_held_to_what_it_was() -> None:
    """INV-12: the application has come to `c3`, and `c4` declares it again."""
    story, engine = goes(config_map("late", "2"), MORE)
    story.push("c4", fleet(config_map("stays", "1"), config_map("late", "4")))
    with pytest.raises(Broken, match=r"INV-12 .*/late is written as c1 said it, over c3"):
        heals(story, engine, LATE)


def test_what_is_another_one_now_is_not_held_to_what_it_was() -> None:
    """INV-12: somebody made it again."""
    story, engine = goes(MORE)
    story.delete("person", LATE)
    with pytest.raises(Broken, match="INV-12"):
        heals(story, engine, LATE)


@pytest.mark.parametrize("line", ["c", "d"], ids=["the same line", "another line, agreed to"])
def test_what_goes_is_not_put_back_to_what_it_was_before_that(line: str) -> None:
    """INV-12: something else was applied to it last, so `c1` is older."""
    now = config_map("late", "2")
    story, engine, _ = outrun()
    brought(story, engine, LATE)
    story.truth.agreed.append(f"{line}2")
    story.push(f"{line}2", fleet(config_map("stays", "1"), now))
    story.begin(engine, f"{line}2")
    story.try_on(engine, now)
    brought(story, engine, now)
    story.push(f"{line}3", fleet(config_map("stays", "1"), MORE))
    story.begin(engine, f"{line}3")
    brought(story, engine, MORE)
    with pytest.raises(Broken, match=rf"INV-12 .*/late is written as c1 said it, over {line}3"):
        heals(story, engine, LATE)


# ---- how far an application has come -------------------------------------------------------------------------------


def test_a_deployment_that_is_given_up_is_no_way_back() -> None:
    """INV-12: an earlier deployment stands again where a later one was given up; nothing is begun at it."""
    story, engine, _ = outrun()
    cast(Any, engine.process).history.end("shop", 1, DeploymentResult.DONE)
    story.begin(engine, "c2")
    brought(story, engine, MORE)
    cast(Any, engine.process).history.end("shop", 2, DeploymentResult.SUPERSEDED)
    assert cast(Any, engine.process).history.latest("shop").revision == "c1"
    again = config_map("again", "3")
    story.push("d1", fleet(config_map("stays", "1"), again))
    story.truth.agreed.append("d1")
    brought(story, engine, again)


def test_what_a_later_commit_takes_away_is_not_made_after_a_deployment_was_given_up() -> None:
    """INV-12: the application has come no less far by that."""
    story, engine, _ = outrun()
    cast(Any, engine.process).history.end("shop", 1, DeploymentResult.DONE)
    story.begin(engine, "c2")
    brought(story, engine, MORE)
    cast(Any, engine.process).history.end("shop", 2, DeploymentResult.SUPERSEDED)
    story.intend(engine, LATE)
    with pytest.raises(Broken, match=r"INV-12 .*/late is written as c1 said it, over c2"):
        story.write(engine, LATE)


def test_a_deployment_that_begins_at_an_older_commit_is_found() -> None:
    """INV-12: whatever it writes."""
    story, engine, _ = outrun()
    story.begin(engine, "c2")
    brought(story, engine, MORE)
    story.begin(engine, "c1")
    with pytest.raises(Broken, match="INV-12 shop goes back to c1 from c2"):
        brought(story, engine, LATE)


def test_a_deployment_goes_on_under_a_newer_commit_that_says_the_same() -> None:
    """It keeps the revision that it began at; another process came further in between."""
    story, engine, _ = outrun()
    story.begin(engine, "c2")
    brought(story, engine, MORE)
    story.push("c3", fleet(config_map("stays", "1"), LATE))
    story.begin(engine, "c1")
    brought(story, engine, LATE)


def test_what_was_begun_before_another_one_came_further_is_no_way_back() -> None:
    """It stood still before its first write, which comes late: the judge excuses that apart."""
    (story, engine, twin), fresh = outrun(), config_map("fresh", "3")
    story.take(engine, commit="c2")
    story.begin(engine, "c2")
    story.intend(engine, MORE)
    story.push("c3", fleet(fresh))
    story.take(twin)
    story.begin(twin, "c3")
    brought(story, twin, fresh)
    story.write(engine, MORE)
    assert len(story.truth.late) == 1


def test_what_another_one_began_with_and_had_nothing_to_write_for_counts_for_nothing() -> None:
    """It never said so at the fence, so nobody could know."""
    story, engine, twin = outrun()
    story.push("c3", fleet(config_map("fresh", "3")))
    story.begin(twin, "c3")
    story.begin(engine, "c2")
    brought(story, engine, MORE)


def test_what_says_the_same_on_another_line_is_followed_too() -> None:
    """A commit was begun with while Git took it back for another one, which changes nothing of the application."""
    story, engine, _ = outrun()
    story.push("d2", fleet(config_map("stays", "1"), MORE))
    story.begin(engine, "c2")
    brought(story, engine, MORE)
    fresh = config_map("fresh", "3")
    story.push("d3", fleet(config_map("stays", "1"), fresh))
    story.begin(engine, "d3")
    brought(story, engine, fresh)


def test_what_said_the_same_before_something_else_is_not_as_good() -> None:
    """INV-12: `c3` says what `c1` said. What follows `c1`, and not `c3`, is older than what `c3` brought."""
    story, engine, _ = outrun()
    story.push("c3", fleet(config_map("stays", "1"), LATE))
    story.begin(engine, "c3")
    brought(story, engine, LATE)
    story.begin(engine, "c2")
    with pytest.raises(Broken, match="INV-12 shop goes back to c2 from c3"):
        brought(story, engine, MORE)
