"""The 38 invariants: each by its number and name, where it is guarded, and the tests that prove it.

A guard says `INV-nn` where it stands, a test in its docstring. A property without one guard says here why it has none.
"""

from dataclasses import dataclass
from enum import Enum

_ENGINE = "tests/embedded/test_engine_conformance.py::test_engine_conformance"
"""The same cases run on a real control plane, in `tests/cluster/test_engine_conformance.py`."""


_SURROUNDINGS = "tests/cli/test_bad_surroundings.py"
_DATA = "tests/runtime/test_data_directory.py"


class Method(Enum):
    """How a test proves it."""

    TABLE = "cases as a table"
    PROPERTY = "drawn cases"
    ENGINE = "the real engine on an embedded and on a real cluster"
    EVERY_EFFECT = "every effect fails once"
    REAL = "real parts"
    CANARY = "planted tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One promise. `guards` are files below `src/trueline`; empty where `everywhere` says why none holds it alone."""

    number: int
    name: str
    method: Method
    guards: tuple[str, ...] = ()
    everywhere: str = ""
    tests: tuple[str, ...]

    @property
    def label(self) -> str:
        """As it is written at guards and in tests.

        >>> Invariant(number=7, name="", method=Method.TABLE, tests=()).label
        'INV-07'
        """
        return f"INV-{self.number:02}"


def _engine(*names: str) -> tuple[str, ...]:
    return tuple(f"{_ENGINE}[{name}]" for name in names)


INVARIANTS = (
    Invariant(
        number=1,
        name="only what is proven ours is deleted: inventory, UID, mark, and our hand on the mark",
        method=Method.PROPERTY,
        guards=("plan/diff.py", "plan/settle.py", "plan/hook.py", "loop/stray.py", "target/directory/write.py"),
        tests=(
            "tests/plan/test_diff.py::test_only_what_is_proven_ours_is_ever_deleted",
            *_engine("ownership_copied_label", "ownership_copied_label_other_uid", "ownership_copied_label_same_uid"),
        ),
    ),
    Invariant(
        number=2,
        name="nothing is pruned after a render that failed or is not whole",
        method=Method.ENGINE,
        guards=("loop/follow.py",),
        tests=(
            "tests/render/test_cache.py::test_a_failure_is_not_kept",
            *_engine("safety_broken_fleet_removes_nothing"),
        ),
    ),
    Invariant(
        number=3,
        name="an empty or shrunken render is no wish to delete: a person is asked about the final set",
        method=Method.TABLE,
        guards=("plan/guard.py", "loop/follow.py", "policy/page.py"),
        tests=(
            "tests/plan/test_guard.py::test_a_large_deletion_waits_for_a_person",
            *_engine("safety_large_shrink_waits", "safety_empty_render_deletes_nothing"),
        ),
    ),
    Invariant(
        number=4,
        name="unknown is not absent",
        method=Method.TABLE,
        guards=("plan/diff.py", "plan/hook.py", "target/kubernetes/client.py", "loop/reconcile.py", "loop/stray.py"),
        tests=(
            "tests/target/kubernetes/test_client.py::test_a_list_is_complete_or_unknown",
            "tests/target/kubernetes/test_target.py::test_a_kind_that_is_defined_and_not_served_is_unknown",
            "tests/loop/test_reconcile.py::test_nothing_is_written_while_something_is_not_known",
            *_engine("contact_error_500", "contact_web_page", "contact_too_many", "contact_cut_short"),
        ),
    ),
    Invariant(
        number=5,
        name="loss of contact deletes nothing",
        method=Method.ENGINE,
        guards=("loop/reconcile.py", "target/kubernetes/mirror.py"),
        tests=(
            "tests/target/kubernetes/test_mirror.py::test_contact_is_lost_and_nothing_is_known_since",
            *_engine("contact_lost_while_it_runs", "contact_reset"),
        ),
    ),
    Invariant(
        number=6,
        name="to remove Trueline, its definitions or its data touches no workload",
        method=Method.ENGINE,
        guards=("plan/diff.py",),
        tests=_engine("ownership_lost_data_directory", "safety_removal_keeps_what_git_says"),
    ),
    Invariant(
        number=7,
        name="what may hold data is deleted only with a second consent in Git",
        method=Method.TABLE,
        guards=("plan/diff.py", "loop/review.py"),
        tests=(
            "tests/plan/test_diff.py::test_what_holds_data_needs_consent_in_git",
            "tests/loop/test_review.py::test_what_is_replaced",
            *_engine("safety_protected_kinds_need_consent"),
        ),
    ),
    Invariant(
        number=8,
        name="an object of two claims is neither flapped nor deleted; to move it is a transfer",
        method=Method.ENGINE,
        guards=("plan/diff.py", "loop/claim.py", "loop/engine.py", "record/ledger.py"),
        tests=(
            "tests/plan/test_diff.py::test_what_moves_is_never_deleted_on_the_way",
            "tests/record/test_ledger.py::test_a_transfer_is_one_write_to_both_inventories",
            *_engine("ownership_transfer", "ownership_two_claim_one", "safety_application_moves_whole"),
        ),
    ),
    Invariant(
        number=9,
        name="a namespace is not deleted over what is not ours",
        method=Method.TABLE,
        guards=("plan/inhabitant.py", "target/kubernetes/content.py", "plan/diff.py"),
        tests=(
            "tests/plan/test_inhabitant.py::test_a_namespace_goes_when_nothing_in_it_stays",
            *_engine("lane_namespace_with_what_is_not_ours", "lane_definition_with_what_is_not_ours"),
        ),
    ),
    Invariant(
        number=10,
        name="a delete carries UID and version",
        method=Method.TABLE,
        guards=("apply/executor.py", "target/kubernetes/client.py", "target/kubernetes/write.py"),
        tests=(
            "tests/target/kubernetes/test_write.py::test_a_delete_carries_the_version_that_was_seen_last",
            "tests/apply/test_executor.py::test_a_prune_names_the_uid",
            "tests/target/kubernetes/test_take_over.py::test_the_patch_holds_for_this_object_at_this_version_only",
        ),
    ),
    Invariant(
        number=11,
        name="what was not verified or approved is not applied; what was agreed to is what is applied",
        method=Method.TABLE,
        guards=(
            "plan/plan.py",
            "loop/reconcile.py",
            "loop/control.py",
            "loop/verifier.py",
            "loop/desire.py",
            "source/signature/judge.py",
            "record/replay.py",
        ),
        tests=(
            *_engine("signed_fleet_follows_only_what_verifies", "signed_source_stops_only_its_application"),
            "tests/source/signature/test_judge.py::test_what_is_not_signed_is_a_failure",
            "tests/plan/test_plan.py::test_an_agreement_is_to_exactly_one_plan",
            "tests/loop/test_reconcile.py::test_an_agreement_is_to_this_plan_and_no_other",
            "tests/loop/test_control.py::test_an_approval_names_the_plan_that_waits",
        ),
    ),
    Invariant(
        number=12,
        name="older is never applied over newer",
        method=Method.ENGINE,
        guards=("loop/follow.py", "record/history.py", "source/lineage.py"),
        tests=(
            "tests/record/test_history.py::test_the_fence_moves_only_from_where_it_was_seen",
            *_engine("safety_older_is_never_applied", "safety_unknown_lineage_is_not_followed"),
        ),
    ),
    Invariant(
        number=13,
        name="one writer for each application and target; a late write is refused by the server",
        method=Method.TABLE,
        guards=("runtime/data_directory.py", "apply/executor.py", "target/kubernetes/write.py"),
        tests=(
            "tests/runtime/test_data_directory.py::test_a_second_owner_is_told_who_is_first",
            "tests/apply/test_executor.py::test_a_write_names_the_object_it_was_planned_for",
        ),
    ),
    Invariant(
        number=14,
        name="a crash at any point, once or twice, ends as if there had been none",
        method=Method.EVERY_EFFECT,
        everywhere="it follows from durable intents, settled by reading, and from passes that start from what is there",
        tests=(
            "tests/plan/test_hook.py::test_a_crash_between_intent_and_outcome",
            "tests/record/test_ledger.py::test_death_at_every_call",
            *_engine(
                "crash_before_a_write_once",
                "crash_after_a_write_once",
                "crash_before_a_commit_twice",
                "crash_after_a_commit_twice",
            ),
        ),
    ),
    Invariant(
        number=15,
        name="a second run of the same revision writes nothing",
        method=Method.ENGINE,
        guards=("plan/diff.py", "plan/hook.py"),
        tests=_engine("drift_second_run_writes_nothing", "hook_runs_once_for_a_revision"),
    ),
    Invariant(
        number=16,
        name="nothing flaps: who fights with us is named and backed off from",
        method=Method.ENGINE,
        guards=("loop/fight.py", "plan/diff.py"),
        tests=(
            "tests/loop/test_fight.py::test_three_heals_of_one_field_are_a_fight",
            "tests/plan/test_diff.py::test_what_somebody_fights_about_rests",
            *_engine("safety_fight_is_named_and_backed_off", "webhook_overrules"),
        ),
    ),
    Invariant(
        number=17,
        name="a broken commit changes nothing of its application",
        method=Method.ENGINE,
        guards=("loop/reconcile.py", "loop/follow.py", "trial/attempt.py"),
        tests=(
            "tests/loop/test_reconcile.py::test_a_stage_that_failed_stops_the_next",
            *_engine("trial_one_invalid_among_ten", "trial_only_adds_until_the_last_one_passed", "trial_quota"),
        ),
    ),
    Invariant(
        number=18,
        name="what is needed comes first, and goes last",
        method=Method.PROPERTY,
        guards=("plan/order.py", "loop/reconcile.py"),
        tests=(
            "tests/plan/test_order.py::test_applies_rise_and_departures_fall",
            *_engine("wave_waits_for_the_one_before", "wave_prunes_in_reverse"),
        ),
    ),
    Invariant(
        number=19,
        name="a field of others is left to them; one of ours is put back; what we do not declare is not touched",
        method=Method.TABLE,
        guards=("trial/attempt.py", "target/kubernetes/take_over.py", "apply/executor.py"),
        tests=(
            "tests/trial/test_attempt.py::test_of_two_conflicts_each_goes_its_way",
            "tests/target/kubernetes/test_take_over.py::test_only_former_tools_are_taken_over",
            *_engine("former_never_forces_what_was_not_ours", "former_unknown_manager_keeps_its_field"),
        ),
    ),
    Invariant(
        number=20,
        name="a kept render is used only where everything that can change it is the same",
        method=Method.TABLE,
        guards=("render/cache.py", "record/keep.py"),
        tests=(
            "tests/render/test_cache.py::test_what_matters_is_rendered_apart",
            "tests/render/test_cache.py::test_another_toolbox_renders_anew",
        ),
    ),
    Invariant(
        number=21,
        name="a render is the same whatever time, locale, order or company it is made in",
        method=Method.PROPERTY,
        everywhere="rendering is given its files and options and nothing else; the cell and the toolbox see no more",
        tests=("tests/render/test_pure.py::test_a_render_is_the_same_whatever_is_around_it",),
    ),
    Invariant(
        number=22,
        name="a changed, cut or moved record is found",
        method=Method.EVERY_EFFECT,
        guards=("record/chain.py", "record/journal.py"),
        tests=(
            "tests/record/test_journal.py::test_every_byte_of_every_record",
            "tests/record/test_journal.py::test_a_flip_anywhere_is_a_breach_or_a_fault_and_never_our_bug",
        ),
    ),
    Invariant(
        number=23,
        name="what history says was done was done: intent before, outcome after, the unknown read and not guessed",
        method=Method.EVERY_EFFECT,
        guards=("apply/executor.py", "record/ledger.py", "plan/settle.py"),
        tests=(
            "tests/apply/test_executor.py::test_intents_of_a_stage_come_before_every_act_and_outcomes_after",
            "tests/plan/test_settle.py::test_what_became_of_it",
            "tests/record/test_ledger.py::test_no_object_that_may_exist_is_forgotten",
        ),
    ),
    Invariant(
        number=24,
        name="a file of ours is the old one or the new one, whatever call fails",
        method=Method.EVERY_EFFECT,
        guards=("runtime/data_directory.py", "runtime/store.py"),
        tests=(
            "tests/runtime/test_data_directory.py::test_a_file_is_old_or_new_whatever_call_fails",
            f"{_DATA}::test_a_file_is_synced_before_it_is_put_in_place_and_its_folder_after",
            "tests/record/test_ledger.py::test_a_full_disk_at_every_call",
        ),
    ),
    Invariant(
        number=25,
        name="no secret stands in clear in anything that is told, kept or passed on",
        method=Method.CANARY,
        guards=(
            "model/masked.py",
            "runtime/seal.py",
            "render/shown.py",
            "target/kubernetes/mask.py",
            "target/kubernetes/status.py",
        ),
        tests=(
            "tests/model/test_masked.py::test_every_way_to_print_it",
            "tests/target/kubernetes/test_mask.py::test_nothing_of_a_secret_is_shown",
            "tests/target/kubernetes/test_client.py::test_nothing_of_a_secret_is_told",
            *_engine("drift_refused_secret_says_nothing"),
        ),
    ),
    Invariant(
        number=26,
        name="an older, an empty or a lost store deletes and downgrades nothing; what is ours is found again",
        method=Method.ENGINE,
        guards=("runtime/data_directory.py", "plan/diff.py"),
        tests=(
            "tests/runtime/test_data_directory.py::test_an_id_that_cannot_be_read_is_not_made_anew",
            *_engine("ownership_lost_data_directory", "ownership_stray"),
        ),
    ),
    Invariant(
        number=27,
        name="an upgrade deletes nothing and applies nothing anew; what a newer one wrote is refused",
        method=Method.TABLE,
        guards=("runtime/store.py", "record/entry_row.py"),
        tests=(
            "tests/runtime/test_store.py::test_a_newer_one_is_not_opened",
            "tests/runtime/test_store.py::test_a_migration_that_fails_leaves_the_version_before",
            "tests/record/test_ledger.py::test_a_row_of_before_has_neither_additions_nor_a_time",
        ),
    ),
    Invariant(
        number=28,
        name="a clock that jumps causes no act",
        method=Method.TABLE,
        guards=("policy/outside.py", "record/hold.py"),
        tests=(
            "tests/policy/test_outside.py::test_what_it_means_and_how_long_it_holds",
            *_engine("clock_that_jumps_causes_no_act", "clock_that_jumps_ends_no_hold_before_its_time"),
        ),
    ),
    Invariant(
        number=29,
        name="when nothing changes any more, every application ends Synced or in a named state",
        method=Method.ENGINE,
        guards=("loop/progress.py",),
        tests=(
            "tests/loop/test_progress.py::test_the_word_for_each_end",
            *_engine("trial_refused_after_the_trial", "hook_that_fails_stops_the_rest"),
        ),
    ),
    Invariant(
        number=30,
        name="one bad input or answer stops nobody else, and is no crash",
        method=Method.PROPERTY,
        guards=("loop/engine.py", "health/table.py"),
        tests=(
            "tests/loop/test_engine.py::test_a_fault_of_ours_stops_one_application_and_is_told",
            "tests/health/test_table.py::test_arbitrary_json_never_raises",
            "tests/reliability/test_parsers.py::test_whatever_comes_is_read_or_refused",
            *_engine("trial_broken_manifest_stops_no_other"),
        ),
    ),
    Invariant(
        number=31,
        name="everything has a bound, and what is beyond it is told",
        method=Method.TABLE,
        everywhere="each bound stands where what it bounds is read or kept; the table has them all",
        tests=(
            "tests/record/test_bound.py::test_a_record_that_is_too_large_is_not_written",
            "tests/reliability/test_bounds.py::test_each_bound_stands_and_is_told",
        ),
    ),
    Invariant(
        number=32,
        name="a lost, repeated or late event costs time and nothing else",
        method=Method.ENGINE,
        everywhere="a pass starts from what Git and the target say then; an event only wakes one",
        tests=(
            "tests/loop/test_schedule.py::test_many_wakes_are_one_turn",
            "tests/target/kubernetes/test_mirror.py::test_an_older_word_does_not_replace_a_newer_one",
            "tests/target/kubernetes/test_watch.py::test_an_expired_version_gives_a_fresh_set",
            "tests/target/kubernetes/test_watch.py::test_after_half_an_hour_the_set_is_asked_for_anew",
        ),
    ),
    Invariant(
        number=33,
        name="storms of refusals are answered with growing pauses, and end without a restart",
        method=Method.TABLE,
        guards=("target/kubernetes/client.py", "target/kubernetes/limit.py", "loop/schedule.py"),
        tests=(
            "tests/target/kubernetes/test_client.py::test_what_reads_is_tried_again_with_growing_pauses",
            "tests/target/kubernetes/test_limit.py::test_one_burst_of_429_is_one_sign_and_the_floor_is_one",
            "tests/loop/test_schedule.py::test_pauses_grow_with_each_failure_and_end_with_a_success",
            *_engine("contact_too_many"),
        ),
    ),
    Invariant(
        number=34,
        name="told to end, it ends within seconds and leaves nothing half done",
        method=Method.REAL,
        everywhere="every task ends with its block, and every write has its intent",
        tests=(f"{_SURROUNDINGS}::test_an_end_that_was_asked_for_comes_soon_also_beside_a_git_server_that_hangs",),
    ),
    Invariant(
        number=35,
        name="a child that is cancelled or late ends with all that it started",
        method=Method.REAL,
        guards=("runtime/process.py",),
        tests=(
            "tests/runtime/test_process.py::test_a_child_of_a_child_does_not_outlive_it",
            "tests/runtime/test_process.py::test_a_cancelled_caller_leaves_nobody",
            "tests/runtime/test_process.py::test_a_caller_cancelled_at_any_moment_leaves_nobody",
        ),
    ),
    Invariant(
        number=36,
        name="rights to read are enough to plan, and a plan writes nothing",
        method=Method.REAL,
        guards=("target/kubernetes/client.py",),
        tests=(
            "tests/target/kubernetes/test_write.py::test_a_delete_that_is_tried_deletes_nothing_and_is_not_remembered",
            "tests/trial/test_attempt.py::test_who_may_only_read_sees_a_plan_that_was_not_tried",
            *_engine("trial_of_who_may_only_read"),
        ),
    ),
    Invariant(
        number=37,
        name="a rollback is a new entry that goes through the same gates and is not undone by itself",
        method=Method.ENGINE,
        guards=("loop/control.py",),
        tests=_engine(
            "rollback_is_held_over_commits_that_change_nothing",
            "rollback_heals_what_it_put_back",
            "rollback_of_a_floating_source",
        ),
    ),
    Invariant(
        number=38,
        name="what is not known now is not called Synced",
        method=Method.TABLE,
        guards=(
            "loop/standing.py",
            "health/table.py",
            "server/page/state.py",
            "server/page/row.py",
            "server/page/doubt.py",
        ),
        tests=(
            "tests/loop/test_standing.py::test_what_is_not_known_now_is_never_synced",
            "tests/loop/test_standing.py::test_its_age_is_told_and_begins_anew_when_the_word_changes",
            "tests/server/page/test_state.py::test_inv_38_a_page_calls_true_what_the_engine_calls_true",
            "tests/server/page/test_row.py::test_inv_38_a_word_that_is_old_says_of_when_it_is",
            "tests/server/page/test_fleet.py::test_inv_38_doubt_is_told",
            "tests/web/test_fleet.py::test_inv_38_a_page_that_is_not_live_says_so_and_since_when_and_goes_on_by_itself",
        ),
    ),
)
