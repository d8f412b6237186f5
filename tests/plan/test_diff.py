"""Each difference has its action and its reason; nothing that is not proven ours is deleted."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, strategies as st

from tests.plan.world import OPTIONS, actions, changes, entry, live, ref, resource
from trueline.model.known import Unknown
from trueline.model.ref import Ref
from trueline.plan.change import Action
from trueline.plan.diff import DiffOptions
from trueline.target.inventory import EntryState
from trueline.target.rules import Rules
from trueline.target.snapshot import NOTHING, Observed

_STRANGER = (
    "it belongs to another installation of Trueline (t2.shop); "
    "if its data was lost, start a new data directory with --adopt-installation t2"
)

_ABOUT_TO_TAKE = msgspec.structs.replace(entry("web", state=EntryState.INTENDED), body=NOTHING)
"""INV-14: who dies before a take-over begins has not taken anything yet."""

_STAYS = msgspec.structs.replace(entry("web"), keep=True)
_HOOK = msgspec.structs.replace(entry("web"), run="r1/before")


def _at(one: Any, seconds: int) -> Any:
    """The same, with the time at which our manager wrote last."""
    return msgspec.structs.replace(one, applied_at=seconds)


DECLARED = [
    ("new in Git", None, None, Action.CREATE),
    ("deleted on the target", entry("web"), None, Action.HEAL),
    ("changed in Git, and deleted on the target", entry("web", body="old"), None, Action.CREATE),
    ("as declared", entry("web"), live(), Action.KEEP),
    ("changed in Git", entry("web", body="old"), live(), Action.UPDATE),
    ("touched on the target since we applied it", entry("web"), live(ours="f2"), Action.HEAL),
    ("touched on the target since we applied it", entry("web"), live(others="sidecar"), Action.HEAL),
    ("touched on the target since we applied it", entry("web"), live(generation=2), Action.HEAL),
    ("touched on the target since we applied it", _at(entry("web"), 5), _at(live(), 6), Action.HEAL),
    ("touched on the target since we applied it", _at(entry("web"), 5), live(), Action.HEAL),
    ("as declared", _at(entry("web"), 5), _at(live(), 5), Action.KEEP),
    ("as declared", entry("web"), _at(live(), 6), Action.KEEP),
    ("somebody made it again", entry("web"), live(uid="u2"), Action.UPDATE),
    ("our mark was taken off it", entry("web"), live(mark=""), Action.HEAL),
    ("ours, but our inventory does not list it", None, live(), Action.UPDATE),
    ("an earlier attempt has no known outcome", entry("web", state=EntryState.INTENDED), live(), Action.UPDATE),
    ("it was a hook, and is kept from now on", _HOOK, live(), Action.UPDATE),
    ("it was a hook, and is kept from now on", _HOOK, live(uid="u2"), Action.UPDATE),
    ("new in Git", _HOOK, None, Action.CREATE),
    ("made by an unknown tool", _HOOK, live(mark=""), Action.TAKE_OVER),
    ("refused before, tried again", entry("web", state=EntryState.FAILED), live(), Action.UPDATE),
    ("made by kubectl", None, live(mark="", managers=("kubectl",)), Action.TAKE_OVER),
    ("made by kubectl", _ABOUT_TO_TAKE, live(mark="", managers=("kubectl",)), Action.TAKE_OVER),
    ("it carries our mark, but another tool put it there", None, live(mark_is_ours=False), Action.TAKE_OVER),
    ("it belongs to the application blog", None, live(mark="t1.blog"), Action.HOLD),
    (_STRANGER, None, live(mark="t2.shop"), Action.HOLD),
    ("it is being deleted; it is made again when it is gone", None, live(deleting=True), Action.HOLD),
    ("the target could not be read: 429", entry("web"), Unknown("429"), Action.HOLD),
]

LEFT = [
    ("no longer in Git", entry("web"), live(), Action.PRUNE),
    ("gone already", entry("web"), None, Action.FORGET),
    ("somebody made it again: it is not ours", entry("web"), live(uid="u2"), Action.FORGET),
    ("it no longer carries our mark", entry("web"), live(mark=""), Action.FORGET),
    ("it no longer carries our mark", entry("web"), live(mark="t2.shop"), Action.FORGET),
    ("another manager owns our mark on it", entry("web"), live(mark_is_ours=False), Action.FORGET),
    ("we intended to make it and do not know whether this is it", entry("web", uid=""), live(), Action.HOLD),
    ("it is being deleted", entry("web"), live(deleting=True), Action.HOLD),
    ("the target could not be read: HTML", entry("web"), Unknown("HTML"), Action.HOLD),
    (
        "it stays, as was declared, and is not ours any more",
        msgspec.structs.replace(entry("web"), keep=True),
        live(),
        Action.FORGET,
    ),
]


@pytest.mark.parametrize(("reason", "owned", "observed", "action"), DECLARED)
def test_what_git_declares(reason: str, owned: object, observed: object, action: Action) -> None:
    (change,) = changes([resource("web")], {ref("web"): observed}, [owned] if owned else [])  # type: ignore[dict-item,list-item]
    assert (change.action, change.reason) == (action, reason)


@pytest.mark.parametrize(("reason", "owned", "observed", "action"), LEFT)
def test_what_left_git(reason: str, owned: object, observed: object, action: Action) -> None:
    (change,) = changes([], {ref("web"): observed}, [owned])  # type: ignore[dict-item,list-item]
    assert (change.action, change.reason) == (action, reason)


def test_what_holds_data_needs_consent_in_git() -> None:
    """INV-07: consent names the object."""
    claim = ref("data", "PersistentVolumeClaim")
    owned = [entry("data", kind="PersistentVolumeClaim")]
    assert actions(changes([], {claim: live()}, owned)) == {"data": Action.HOLD}
    consent = replace(OPTIONS, allow_delete=frozenset({"PersistentVolumeClaim/shop/data"}))
    assert actions(changes([], {claim: live()}, owned, consent)) == {"data": Action.PRUNE}


def test_what_was_declared_to_stay_goes_where_git_names_it() -> None:
    stays = msgspec.structs.replace(entry("web"), keep=True)
    consent = replace(OPTIONS, allow_delete=frozenset({"ConfigMap/shop/web"}))
    assert actions(changes([], {ref("web"): live()}, [stays], consent)) == {"web": Action.PRUNE}


def test_a_sibling_that_gave_it_up_hands_it_over() -> None:
    yielding = replace(OPTIONS, yielded={ref("web"): "blog"})
    (change,) = changes([resource("web")], {ref("web"): live(mark="t1.blog")}, [], yielding)
    assert change.action is Action.TRANSFER


def test_what_another_process_moved_is_handed_over_in_the_books() -> None:
    """D17: it carries the new mark already; who had it says what was ours of it, until that is taken over."""
    yielding = replace(OPTIONS, yielded={ref("web"): "blog"})
    (change,) = changes([resource("web")], {ref("web"): live()}, [], yielding)
    assert (change.action, change.reason) == (Action.TRANSFER, "moves here from blog")
    (change,) = changes([resource("web")], {ref("web"): live()}, [entry("web")], yielding)
    assert change.action is Action.KEEP, "it is in the books"
    (change,) = changes([resource("web")], {ref("web"): live(mark_is_ours=False)}, [], yielding)
    assert change.action is Action.TAKE_OVER, "a mark that was copied moves nothing"


@pytest.mark.parametrize(
    ("observed", "taker", "action"),
    [
        (live(mark="t1.blog"), "blog", Action.KEEP),
        (live(mark="t1.blog"), "", Action.FORGET),
        (live(mark="t1.blog", mark_is_ours=False), "blog", Action.FORGET),
        (live(mark="t2.blog"), "blog", Action.FORGET),
        (live(mark=""), "blog", Action.FORGET),
        (live(mark="t1.blog", uid="u2"), "blog", Action.FORGET),
    ],
    ids=["taken", "nobody declares it", "a copied mark", "another installation", "no mark", "made again"],
)
def test_what_a_sibling_has_taken_stays_in_the_books_until_it_is_in_theirs(
    observed: Observed, taker: str, action: Action
) -> None:
    moving = replace(OPTIONS, moving={ref("web"): taker})
    (change,) = changes([], {ref("web"): observed}, [entry("web")], moving)
    assert change.action is action


def test_what_tools_added_is_looked_at_where_git_wants_it_gone() -> None:
    taking = replace(OPTIONS, takes_away=True, rules=Rules(former_tools=("kubectl*",)))
    for added, options, action in (
        (("kubectl-edit data.x",), taking, Action.HEAL),
        (("injector data.x",), taking, Action.KEEP),
        (("kubectl-edit data.x",), replace(taking, takes_away=False), Action.KEEP),
    ):
        owned = msgspec.structs.replace(entry("web"), added=added)
        (change,) = changes([resource("web")], {ref("web"): live()}, [owned], options)
        assert change.action is action
        assert change.reason == ("tools added fields" if action is Action.HEAL else "as declared")


CONSENT = frozenset({"ConfigMap/shop/left"})
STRAYS = [
    (live(), frozenset(), {"left": Action.HOLD}),
    (live(), CONSENT, {"left": Action.PRUNE}),
    (live(deleting=True), CONSENT, {}),
    (live(mark_is_ours=False), CONSENT, {}),
    (live(mark="t1.blog"), CONSENT, {}),
]


@pytest.mark.parametrize(("stray", "consent", "expected"), STRAYS)
def test_a_stray_is_told_and_deleted_only_with_consent(
    stray: Observed, consent: frozenset[str], expected: dict[str, Action]
) -> None:
    options = replace(OPTIONS, strays={ref("left"): stray}, allow_delete=consent)
    found = changes([], {}, [], options)
    assert actions(found) == expected
    assert [change.uid for change in found] == ["u1"] * len(expected)


@pytest.mark.parametrize("first", [live(deleting=True), live(mark_is_ours=False)])
def test_a_stray_that_is_none_hides_no_other(first: Observed) -> None:
    options = replace(OPTIONS, strays={ref("a"): first, ref("b"): live()})
    assert actions(changes([], {}, [], options)) == {"b": Action.HOLD}
    moving = replace(options, strays={ref("a"): live(), ref("b"): live()}, moving={ref("a"): "blog"})
    assert actions(changes([], {}, [], moving)) == {"b": Action.HOLD}


def test_what_is_declared_owned_or_moving_is_no_stray() -> None:
    options = replace(OPTIONS, strays={ref("left"): live()}, allow_delete=CONSENT)
    for name in ("", "blog"):
        assert changes([], {}, [], replace(options, moving={ref("left"): name})) == ()
    assert actions(changes([resource("left")], {ref("left"): live()}, [], options)) == {"left": Action.UPDATE}
    owned = [msgspec.structs.replace(entry("left"), run="r1")]
    assert changes([], {}, owned, options) == ()
    off = replace(options, prune=False)
    assert [change.reason for change in changes([], {}, [], off)] == ["pruning is off for this application"]


def test_drift_is_nothing_where_git_ignores_it() -> None:
    ignoring = replace(OPTIONS, heals=False)
    assert actions(changes([resource("web")], {ref("web"): live(ours="f2")}, [entry("web")], ignoring)) == {
        "web": Action.KEEP
    }
    assert actions(changes([resource("web")], {}, [entry("web")], ignoring)) == {"web": Action.KEEP}


def test_a_look_at_single_objects_says_nothing_of_others() -> None:
    """Neither of what is declared, nor of what is owned, nor of strays."""
    desired, owned = [resource("web"), resource("db")], [entry("web"), entry("db"), entry("old"), entry("gone")]
    options = replace(OPTIONS, strays={ref("left"): live(), ref("other"): live()})
    seen = {one.ref: live(uid=one.uid, ours="f2") for one in owned}
    found = changes(desired, seen, owned, options, focus=[ref("web"), ref("old"), ref("left")])
    assert actions(found) == {"web": Action.HEAL, "old": Action.PRUNE, "left": Action.HOLD}
    assert changes(desired, seen, owned, options, focus=[]) == ()


def test_hooks_are_not_compared() -> None:
    """They run; what they ran for is not pruned here either."""
    hook = msgspec.structs.replace(resource("migrate"), is_hook=True)
    assert changes([hook], {}, []) == ()
    assert changes([], {ref("migrate"): live()}, [msgspec.structs.replace(entry("migrate"), run="r1/before")]) == ()


def test_what_a_change_says_of_the_live_object() -> None:
    """What an approval covers, and the wave in which what leaves was applied."""
    (made,) = changes(
        [msgspec.structs.replace(resource("web"), keep=True)], {ref("web"): live(ours="f9", generation=4)}, []
    )
    assert (made.uid, made.ours, made.generation, made.keep, made.taken) == ("u1", "f9", 4, True, ())
    (new,) = changes([resource("web")], {}, [])
    assert (new.uid, new.ours, new.generation, new.keep) == ("", "", 0, False)
    stranger = live(mark="", managers=("helm", "kubectl"))
    (taken,) = changes([resource("web")], {ref("web"): stranger}, [])
    assert taken.taken == ("helm", "kubectl")
    (held,) = changes([resource("web")], {ref("web"): msgspec.structs.replace(stranger, mark="t1.blog")}, [])
    assert held.taken == ()
    left = msgspec.structs.replace(entry("web"), wave=3)
    (gone,) = changes([], {ref("web"): live(ours="f9", generation=4)}, [left])
    assert (gone.position.wave, gone.uid, gone.ours, gone.generation) == (3, "u1", "f9", 4)
    (another,) = changes([], {ref("web"): live(uid="u2")}, [left])
    assert (another.action, another.uid) == (Action.FORGET, "u2")
    (forgotten,) = changes([], {}, [left])
    assert (forgotten.uid, forgotten.ours, forgotten.generation) == ("u1", "", 0)
    (stray,) = changes([], {}, [], replace(OPTIONS, strays={ref("left"): live(ours="f9", generation=4)}))
    assert (stray.uid, stray.ours, stray.generation) == ("u1", "f9", 4)


def test_what_was_not_said_is_the_careful_answer() -> None:
    """A declaration that says nothing prunes what is proven ours, heals, and takes nothing away."""
    tools = DiffOptions(mark="t1.shop", family="t1.", rules=Rules(former_tools=("kubectl*",)))
    owned = msgspec.structs.replace(entry("web"), added=("kubectl-edit data.x",))
    assert actions(changes([resource("web")], {ref("web"): live()}, [owned], tools)) == {"web": Action.KEEP}
    assert actions(changes([resource("web")], {ref("web"): live(ours="f2")}, [owned], tools)) == {"web": Action.HEAL}
    assert actions(changes([], {ref("web"): live()}, [owned], tools)) == {"web": Action.PRUNE}


@pytest.mark.parametrize("name", ["ConfigMap/shop/web", "ConfigMap.example.com/shop/web"])
def test_consent_may_leave_out_the_group_and_not_the_rest(name: str) -> None:
    """INV-07: consent to one object is none to its neighbour."""
    rules = Rules(protected=frozenset({"ConfigMap.example.com"}))
    consent = replace(OPTIONS, rules=rules, allow_delete=frozenset({name}))
    owned = [
        msgspec.structs.replace(entry(one), ref=Ref("ConfigMap.example.com", "shop", one)) for one in ("web", "db")
    ]
    found = changes([], {one.ref: live() for one in owned}, owned, consent)
    assert actions(found) == {"web": Action.PRUNE, "db": Action.HOLD}


def test_fields_that_git_takes_from_others_are_sent() -> None:
    owned = msgspec.structs.replace(entry("web"), withheld=("spec.replicas",))
    for take_over, action in ((frozenset({"spec.replicas"}), Action.UPDATE), (frozenset({"spec.x"}), Action.KEEP)):
        options = replace(OPTIONS, take_over=take_over)
        assert actions(changes([resource("web")], {ref("web"): live()}, [owned], options)) == {"web": action}


def test_what_somebody_fights_about_rests() -> None:
    """INV-16: a refusal to give in is named, and is not answered with a write."""
    resting = replace(OPTIONS, resting={ref("web"): "it is fought over"})
    (change,) = changes([resource("web")], {ref("web"): live(ours="f2")}, [entry("web")], resting)
    assert (change.action, change.reason) == (Action.HOLD, "it is fought over")
    assert actions(changes([resource("web")], {ref("web"): live()}, [entry("web")], resting)) == {"web": Action.KEEP}


MOVING = [
    ("blog", Action.KEEP, "moves to blog"),
    ("", Action.HOLD, "not all of the fleet is read: another application may declare it"),
]


@pytest.mark.parametrize(("taker", "action", "reason"), MOVING)
def test_what_moves_is_never_deleted_on_the_way(taker: str, action: Action, reason: str) -> None:
    """INV-08: whoever declares it now takes it with one apply."""
    moving = replace(OPTIONS, moving={ref("web"): taker})
    (change,) = changes([], {ref("web"): live()}, [entry("web")], moving)
    assert (change.action, change.reason) == (action, reason)


@pytest.mark.parametrize("change", [{"prune": False}, {"moving": {ref("page"): ""}}, {"moving": {ref("page"): "blog"}}])
def test_what_leaves_with_a_whole_is_called_a_prune(change: dict[str, object]) -> None:
    """INV-03: a release takes along what it does not list, whatever holds back the name: the guards have to see it."""
    options = replace(OPTIONS, rules=replace(OPTIONS.rules, wholes=frozenset({"Release"})), **change)  # type: ignore[arg-type]
    whole = msgspec.structs.replace(resource("site"), ref=Ref("Release", "", "site"))
    found = changes([whole], {ref("page"): live(), whole.ref: None}, [entry("page")], options)
    assert actions(found)["page"] is Action.PRUNE
    (alone,) = changes([], {ref("page"): live()}, [entry("page")], options)
    assert alone.action is not Action.PRUNE, "with the whole application, all of it is held back"


def test_what_belongs_to_the_target_itself_is_never_deleted() -> None:
    """INV-07: no consent reaches it."""
    rules = replace(OPTIONS.rules, untouchable=frozenset({"ConfigMap/shop/web"}))
    consent = replace(OPTIONS, rules=rules, allow_delete=frozenset({"ConfigMap/shop/web"}))
    (change,) = changes([], {ref("web"): live()}, [entry("web")], consent)
    assert (change.action, change.reason) == (Action.HOLD, "it belongs to the target itself and is never deleted")


names = st.sampled_from(["db", "web", "job", "cron"])
observations = st.one_of(
    st.none(),
    st.just(Unknown("lost")),
    st.builds(
        live,
        uid=st.sampled_from(["u1", "u2"]),
        mark=st.sampled_from(["", "t1.shop", "t1.blog", "t2.shop"]),
        ours=st.sampled_from(["f1", "f2"]),
        mark_is_ours=st.booleans(),
        deleting=st.booleans(),
    ),
)
entries = st.builds(
    entry, names, body=st.sampled_from(["a", "b"]), uid=st.sampled_from(["", "u1"]), state=st.sampled_from(EntryState)
)


@example([], {ref("web"): live(uid="u2")}, [entry("web")])
@example([], {ref("web"): live(mark="t1.blog")}, [entry("web")])
@example([], {ref("web"): live(mark_is_ours=False)}, [entry("web")])
@given(
    st.lists(st.builds(resource, names), unique_by=lambda r: r.ref),
    st.dictionaries(names.map(ref), observations),
    st.lists(entries, unique_by=lambda e: e.ref),
)
def test_only_what_is_proven_ours_is_ever_deleted(desired: list, observed: dict, owned: list) -> None:  # type: ignore[type-arg]
    """INV-01: whatever stands there and whatever we recorded."""
    recorded = {e.ref: e for e in owned}
    for change in changes(desired, observed, owned):
        if change.action is Action.PRUNE:
            seen = observed[change.ref]
            assert isinstance(seen, Observed)
            assert seen.mark_is_ours
            assert (seen.mark, seen.uid) == ("t1.shop", recorded[change.ref].uid)
            assert change.ref not in {r.ref for r in desired}


@given(st.lists(st.builds(resource, names), unique_by=lambda r: r.ref), st.randoms())
def test_the_order_of_input_does_not_matter(desired: list, random: object) -> None:  # type: ignore[type-arg]
    shuffled = list(desired)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert changes(desired, {}, []) == changes(shuffled, {}, [])
