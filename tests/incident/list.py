"""The incidents that are replayed here, as data: what happened where, which safeguard holds, and how that was tried.

`removed` says what was taken out of the guard by hand, whereupon the test failed; then it was put back. What one edit
removes stands in `tests/mutants/registry/incident.py`, and is removed again by every `make mutants`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "tests/incident"
SOURCES: Final = Path(__file__).parents[2] / "src" / "trueline"
COUNT: Final = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One place of the engine that holds. `place` is `module.py:function`, seen from `src/trueline`."""

    place: str
    removed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident of another system. `source` is where it was told; `tests` are ids, without their parameters."""

    number: int
    source: str
    title: str
    safeguard: str
    invariants: tuple[str, ...]
    guards: tuple[Guard, ...]
    tests: tuple[str, ...]

    @property
    def invariant(self) -> str:
        """The first of its invariants."""
        return self.invariants[0]

    @property
    def test(self) -> str:
        """The first of its tests."""
        return self.tests[0]


def _tests(number: int, module: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{FOLDER}/test_{module}.py::test_incident_{number:02}_{name}" for name in names)


INCIDENTS: Final = (
    Incident(
        number=1,
        source="argo-cd#9227",
        title="a small patch deletes every application",
        safeguard="many applications gone at once wait for a person, with their count",
        invariants=("INV-03",),
        guards=(Guard(place="loop/follow.py:GitFollower._many_leave", removed="the question in `_doubt`"),),
        tests=_tests(1, "shrinking", "argo_9227_a_small_patch_deletes_every_application"),
    ),
    Incident(
        number=2,
        source="argo-cd#11464, #14318",
        title="a maintenance page is taken for an empty forge",
        safeguard="what is not Git's protocol is a fault, never a repository without branches",
        invariants=("INV-04",),
        guards=(
            Guard(place="source/git.py:GitRepository._ask", removed="the fault where HEAD is not among the answers"),
            Guard(place="loop/follow.py:GitFollower._fall_back", removed="the call, so that a start knew nothing"),
        ),
        tests=_tests(2, "unknown", "argo_11464_14318_a_maintenance_page_is_taken_for_an_empty_forge"),
    ),
    Incident(
        number=3,
        source="argo-cd#18480",
        title="a failed list of Secrets deletes all applications",
        safeguard="a list that breaks after its first page is no list",
        invariants=("INV-04",),
        guards=(
            Guard(place="target/kubernetes/client.py:KubernetesClient._pages", removed="the refusal of a later page"),
        ),
        tests=_tests(3, "unknown", "argo_18480_the_list_of_secrets_fails"),
    ),
    Incident(
        number=4,
        source="argo-cd#18212",
        title="a short outage of Git uninstalls applications",
        safeguard="what could not be asked leaves everything as it is, after a restart too",
        invariants=("INV-04", "INV-05"),
        guards=(
            Guard(place="loop/follow.py:GitFollower._desire", removed="silence made it a removal"),
            Guard(place="loop/follow.py:GitFollower._fall_back", removed="the call"),
        ),
        tests=_tests(4, "unknown", "argo_18212_a_short_outage_of_git_uninstalls_applications"),
    ),
    Incident(
        number=5,
        source="argo-cd#18780",
        title="the applications of whole regions vanish",
        safeguard="the limit on the fleet counts what was known before the start; a plan has its own",
        invariants=("INV-03",),
        guards=(
            Guard(place="loop/follow.py:GitFollower._many_leave", removed="the question in `_doubt`"),
            Guard(place="loop/follow.py:GitFollower._known", removed="the register of earlier starts"),
            Guard(place="plan/guard.py:_destructive", removed="the limit"),
        ),
        tests=_tests(5, "shrinking", "argo_18780_the_applications_of_whole_regions_vanish"),
    ),
    Incident(
        number=6,
        source="argo-cd#2573",
        title="the server that renders cannot be reached, and all is pruned",
        safeguard="a render without an answer is Unknown, and rendered by the next look",
        invariants=("INV-02", "INV-04"),
        guards=(
            Guard(place="loop/desire.py:Desirer.desire", removed="a fault made it a render of nothing"),
            Guard(place="loop/follow.py:GitFollower._unread", removed="what is away"),
        ),
        tests=_tests(6, "unknown", "argo_2573_the_renderer_cannot_be_reached"),
    ),
    Incident(
        number=7,
        source="argo-cd#23645, #26753",
        title="the guard against an empty render is passed by",
        safeguard="the guard is on the final set: hooks and what is another's make a render no less empty",
        invariants=("INV-03",),
        guards=(
            Guard(place="plan/guard.py:_of_others", removed="what is another's counted as declared"),
            Guard(place="loop/review.py:_plan", removed="that hooks do not count as declared"),
        ),
        tests=_tests(7, "shrinking", "argo_23645_26753_the_guard_against_an_empty_render_is_passed_by"),
    ),
    Incident(
        number=8,
        source="argo-cd#22607",
        title="one application takes the namespace of another",
        safeguard="a namespace stays while anything of somebody else stands in it",
        invariants=("INV-08", "INV-09"),
        guards=(Guard(place="target/kubernetes/content.py:Content.refusal", removed="what stands in it"),),
        tests=_tests(8, "owner", "argo_22607_one_application_takes_the_namespace_of_another"),
    ),
    Incident(
        number=9,
        source="argo-cd#16721",
        title="a move between two owners deletes what moves",
        safeguard="what another one declares, or may declare in the same commit, is not deleted",
        invariants=("INV-08",),
        guards=(
            Guard(place="loop/claim.py:ClaimBook.remove", removed="the commit of a removal after a start"),
            Guard(place="plan/diff.py:_moving", removed="all of it"),
        ),
        tests=_tests(9, "owner", "argo_16721_a_move_between_two_owners_deletes_what_moves"),
    ),
    Incident(
        number=10,
        source="argo-cd#16284",
        title="etcd is full, and everything is deleted",
        safeguard="a trial without an answer stops the whole pass; tries grow rarer",
        invariants=("INV-05", "INV-07", "INV-31"),
        guards=(
            Guard(place="loop/reconcile.py:_gate", removed="trials without an answer"),
            Guard(place="loop/schedule.py:Schedule.retry", removed="the pauses, and those of the client"),
        ),
        tests=_tests(10, "unknown", "argo_16284_the_database_of_the_cluster_is_full"),
    ),
    Incident(
        number=11,
        source="argocd-autopilot#494, a HomeOps repository's PR 4449",
        title="the tool is removed and takes everything along",
        safeguard="a label is all that is left on objects; another installation touches nothing",
        invariants=("INV-06", "INV-02"),
        guards=(
            Guard(place="target/kubernetes/body.py:marked", removed="nothing: a finalizer was added"),
            Guard(place="plan/diff.py:_present", removed="that another installation's is held back"),
            Guard(place="plan/guard.py:_destructive", removed="the limit"),
        ),
        tests=_tests(11, "removal", "autopilot_494_the_tool_is_removed_and_takes_everything_along"),
    ),
    Incident(
        number=12,
        source="InfluxData, KubeCon EU 2022",
        title="a second application of one name deletes the first one's database",
        safeguard="a name that is taken is an error, and its file keeps what it declared",
        invariants=("INV-03", "INV-07"),
        guards=(
            Guard(place="declare/native.py:_find_twice", removed="the call"),
            Guard(place="declare/native.py:_is_sure_of_name", removed="that the file keeps what it declared"),
        ),
        tests=_tests(12, "removal", "influxdata_a_second_application_of_one_name_deletes_the_first_ones_database"),
    ),
    Incident(
        number=13,
        source="flux2#1366, #1462, #3949, #1077",
        title="namespaces that were there before are collected",
        safeguard="the cluster's own are never deleted, any other one only with consent by name",
        invariants=("INV-01", "INV-07"),
        guards=(
            Guard(place="plan/diff.py:_consent", removed="what belongs to the target itself"),
            Guard(place="target/kubernetes/rule.py:RULES", removed="Namespace among the protected kinds, and INV-09"),
        ),
        tests=_tests(13, "owner", "flux_1366_1462_3949_1077_namespaces_that_were_there_before_are_collected"),
    ),
    Incident(
        number=14,
        source="kustomize-controller#315, #403",
        title="operators copy labels, and their clusters are collected",
        safeguard="a mark counts only by our manager's hand",
        invariants=("INV-01",),
        guards=(
            Guard(place="target/kubernetes/field_set.py:read_ownership", removed="whose hand put the mark there"),
            Guard(place="plan/diff.py:_foreign", removed="the same, together with that of `loop/stray.py:strays`"),
        ),
        tests=_tests(14, "owner", "kustomize_controller_315_403_operators_copy_labels"),
    ),
    Incident(
        number=15,
        source="thaum-xyz PR 1475",
        title="definitions are removed with a chart, and all their objects",
        safeguard="a definition needs consent by name, and stays while it has an object of somebody else",
        invariants=("INV-06", "INV-07", "INV-09"),
        guards=(
            Guard(place="target/kubernetes/rule.py:RULES", removed="definitions among the protected kinds"),
            Guard(place="target/kubernetes/content.py:Content.refusal", removed="what stands in it"),
        ),
        tests=_tests(15, "removal", "thaum_1475_definitions_are_removed_with_a_chart"),
    ),
    Incident(
        number=16,
        source="flux2#4614",
        title="an uninstall that was interrupted never goes on",
        safeguard="a removal goes on from whatever state it was left in",
        invariants=("INV-14",),
        guards=(Guard(place="plan/diff.py:departure", removed="that what is gone already is forgotten"),),
        tests=_tests(16, "removal", "flux_4614_an_uninstall_that_was_interrupted_never_goes_on"),
    ),
    Incident(
        number=17,
        source="k3s helm-controller#110",
        title="an upgrade deletes the release",
        safeguard="what cannot change in place is refused, unless Git names it and a person agrees",
        invariants=("INV-17", "INV-03"),
        guards=(Guard(place="loop/review.py:_replacing", removed="that Git names it"),),
        tests=_tests(17, "removal", "k3s_110_an_upgrade_deletes_the_release"),
    ),
    Incident(
        number=18,
        source="fleet#5406",
        title="an agent times out and removes all that it managed",
        safeguard="loss of contact changes nothing, and `onRemoval: keep` keeps",
        invariants=("INV-05", "INV-07"),
        guards=(Guard(place="loop/leave.py:_leaving", removed="`onRemoval: keep`"),),
        tests=_tests(18, "unknown", "fleet_5406_an_agent_times_out_and_removes_all_it_managed"),
    ),
    Incident(
        number=19,
        source="rancher#38672, the FOLIO wiki",
        title="an upgrade uninstalls, and a failing webhook ends machines",
        safeguard="an older data directory is brought forward; a webhook without an answer stops the pass",
        invariants=("INV-27", "INV-04"),
        guards=(
            Guard(place="runtime/store.py:Store._migrate", removed="the migrations of a store that is there"),
            Guard(place="loop/reconcile.py:_gate", removed="trials without an answer"),
        ),
        tests=_tests(
            19,
            "removal",
            "rancher_38672_an_upgrade_uninstalls_what_the_older_version_applied",
            "folio_a_webhook_that_fails_ends_machines",
        ),
    ),
    Incident(
        number=20,
        source="terraform#30266, #17066, #34266, cloudposse/docs#358",
        title="a signal or a full disk leaves a state file empty, or forks it",
        safeguard="state files are old or new, never between; there is one journal, and it is gone on with",
        invariants=("INV-24", "INV-23"),
        guards=(
            Guard(place="runtime/data_directory.py:write_atomic", removed="the file beside: written in place"),
            Guard(place="runtime/store.py:Store._begin", removed="the transaction"),
            Guard(place="cli/run.py:_until_ended", removed="the handler of SIGTERM"),
            Guard(place="cli/place.py:Purpose.write", removed="`write_atomic`, for a write in place"),
        ),
        tests=_tests(
            20,
            "state",
            "terraform_30266_17066_34266_a_signal_or_a_full_disk_leaves_a_state_file_empty",
            "cloudposse_358_a_program_that_is_ended_in_its_work_forks_its_state",
            "no_state_file_is_written_in_place",
        ),
    ),
    Incident(
        number=21,
        source="opentofu#4405",
        title="a lost answer locks its own holder out",
        safeguard="what a lost answer wrote is looked at, and known as our own; a lock dies with its process",
        invariants=("INV-13", "INV-12"),
        guards=(
            Guard(place="target/site/s3/platform.py:BucketPlatform._put", removed="the look at whose bytes they are"),
            Guard(place="loop/progress.py:concluded", removed="that an act without an answer is tried again"),
            Guard(place="runtime/data_directory.py:_lock", removed="nothing: the words in the file counted as a lock"),
        ),
        tests=_tests(
            21,
            "state",
            "opentofu_4405_a_lost_answer_locks_its_own_holder_out",
            "lost_answers_of_a_cluster_are_no_conflict_with_somebody_else",
            "the_lock_of_a_dead_process_holds_nobody",
        ),
    ),
    Incident(
        number=22,
        source="argo-cd#26530, #17874, #29766",
        title="stale files are kept under a new revision",
        safeguard="files are read by the ids of the revision's tree; a kept render is found by what was read",
        invariants=("INV-20", "INV-38"),
        guards=(Guard(place="render/cache.py:CachedRenderer._rendered", removed="whether what was read is the same"),),
        tests=_tests(
            22,
            "render",
            "argo_26530_17874_29766_stale_files_are_kept_under_a_new_revision",
            "the_revision_that_is_named_is_the_one_that_runs",
        ),
    ),
    Incident(
        number=23,
        source="argo-cd#23547",
        title="an invalid chart brings an arbitrary older revision back",
        safeguard="what does not render changes nothing; a start goes on with the newest that went to its end",
        invariants=("INV-17", "INV-11", "INV-12"),
        guards=(
            Guard(place="record/history.py:History.latest", removed="that it is the newest"),
            Guard(place="loop/follow.py:GitFollower._adopt", removed="that problems change nothing"),
        ),
        tests=_tests(23, "render", "argo_23547_an_invalid_chart_brings_an_arbitrary_older_revision_back"),
    ),
    Incident(
        number=24,
        source="Argo Workflows CVE-2026-40886, a status report of Codefresh",
        title="one annotation, or one request, ends the control plane",
        safeguard="what is poisoned is refused by name; a fault of ours stays with its application",
        invariants=("INV-30",),
        guards=(
            Guard(place="render/annotation.py:_Reader.wave", removed="whether it is a number"),
            Guard(place="loop/engine.py:Engine._work", removed="that a fault of a pass is caught"),
            Guard(place="loop/follow.py:GitFollower._desire", removed="that a fault of a render is caught"),
            Guard(place="server/http.py:_Server.guard", removed="the body that is not what its head says"),
        ),
        tests=_tests(
            24,
            "bounds",
            "argo_workflows_cve_2026_40886_one_annotation_ends_the_control_plane",
            "a_fault_of_our_own_stays_with_the_application_that_it_is_about",
            "codefresh_sd1j6s84_one_request_ends_the_control_plane",
        ),
    ),
    Incident(
        number=25,
        source="argo-cd#24689, #14486, #28703, fleet#3482",
        title="what is too large for its place is tried for ever",
        safeguard="what etcd cannot take is a refusal with a name; every record has a bound",
        invariants=("INV-31", "INV-29"),
        guards=(
            Guard(place="target/kubernetes/status.py:_of_500", removed="what only etcd says of a size"),
            Guard(place="record/journal.py:listed", removed="the bound of a drift's fields"),
        ),
        tests=_tests(
            25,
            "bounds",
            "argo_24689_14486_28703_what_is_too_large_for_etcd_is_tried_for_ever",
            "fleet_3482_what_is_written_down_of_an_application_outgrows_its_place",
        ),
    ),
    Incident(
        number=26,
        source="CNOE, the second experiment",
        title="ten thousand operations wait for each other until a restart",
        safeguard="places are given back whatever happens, turns are coalesced, and pauses end",
        invariants=("INV-33", "INV-29"),
        guards=(
            Guard(place="target/kubernetes/limit.py:Limiter.permit", removed="that the next one is let in"),
            Guard(place="loop/schedule.py:Schedule._promote", removed="the wake at a pause's end"),
        ),
        tests=_tests(
            26,
            "bounds",
            "cnoe_ten_thousand_operations_wait_for_each_other_until_a_restart",
            "ten_thousand_applications_have_their_turns_though_each_fails_once",
            "a_storm_of_429_passes_without_a_restart",
        ),
    ),
)
