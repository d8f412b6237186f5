"""Guards that the incidents of other systems prove: each was removed by hand first, and its incident happened again."""

from tests.mutants.guard import Guard

_SHRINKING = "tests/incident/test_shrinking.py"
_UNKNOWN = "tests/incident/test_unknown.py"
_OWNER = "tests/incident/test_owner.py"
_REMOVAL = "tests/incident/test_removal.py"
_STATE = "tests/incident/test_state.py"
_RENDER = "tests/incident/test_render.py"
_BOUNDS = "tests/incident/test_bounds.py"

INCIDENT = (
    Guard(
        name="many applications gone at once are asked about",
        invariants=(3,),
        file="loop/follow.py",
        source="if (many := self._many_leave(look)) is not None:",
        mutant="if (many := None) is not None:",
        tests=(f"{_SHRINKING}::test_incident_01_argo_9227_a_small_patch_deletes_every_application",),
    ),
    Guard(
        name="what is not Git's protocol is no empty repository",
        invariants=(4,),
        file="source/git.py",
        source=('                if "HEAD" not in refs:\n                    raise await self._missing(selector)\n'),
        mutant="",
        tests=(f"{_UNKNOWN}::test_incident_02_argo_11464_14318_a_maintenance_page_is_taken_for_an_empty_forge",),
    ),
    Guard(
        name="a start that cannot follow Git goes on with what it keeps",
        invariants=(4,),
        file="loop/follow.py",
        source="            await self._fall_back()\n",
        mutant="",
        tests=(f"{_UNKNOWN}::test_incident_02_argo_11464_14318_a_maintenance_page_is_taken_for_an_empty_forge",),
    ),
    Guard(
        name="a list that breaks after its first page is no list",
        invariants=(4,),
        file="target/kubernetes/client.py",
        source=(
            "            if isinstance(answer, Refusal):\n"
            "                return answer\n"
            "            try:\n"
            "                page"
        ),
        mutant=(
            "            if isinstance(answer, Refusal):\n"
            '                return Listing(resource_version="1", items=tuple(items)) if items or token else answer\n'
            "            try:\n"
            "                page"
        ),
        tests=(f"{_UNKNOWN}::test_incident_03_argo_18480_the_list_of_secrets_fails",),
    ),
    Guard(
        name="a source that is away removes nothing",
        invariants=(4, 5),
        file="loop/follow.py",
        source="            kept.is_unread = _is_unread(kept, application, wish)\n",
        mutant=(
            "            kept.pinned = removed(application, look.revision)\n"
            "            self._board.desired(application.name)\n"
        ),
        tests=(f"{_UNKNOWN}::test_incident_04_argo_18212_a_short_outage_of_git_uninstalls_applications",),
    ),
    Guard(
        name="a region that goes from a plan is asked about",
        invariants=(3,),
        file="plan/guard.py",
        source="elif limits.are_passed(gone, count):",
        mutant="elif False:",
        tests=(f"{_SHRINKING}::test_incident_05_argo_18780_the_applications_of_whole_regions_vanish",),
    ),
    Guard(
        name="what was declared before a start counts for the fleet's limit",
        invariants=(3,),
        file="loop/follow.py",
        source=("known = {a.name: a for a in self._parts.register.applications()}\n        return known |"),
        mutant=("known: dict[str, Application] = {}\n        return known |"),
        tests=(f"{_SHRINKING}::test_incident_05_argo_18780_the_applications_of_whole_regions_vanish",),
    ),
    Guard(
        name="what could not be rendered is rendered by the next look",
        invariants=(2, 4),
        file="loop/follow.py",
        source="one.failure or one.away or one.desired.problems",
        mutant="one.failure or one.desired.problems",
        tests=(f"{_UNKNOWN}::test_incident_06_argo_2573_the_renderer_cannot_be_reached",),
    ),
    Guard(
        name="a render without an answer is no render of nothing",
        invariants=(2, 4),
        file="loop/desire.py",
        source=("        except UserError as error:\n            problems = error.diagnostics\n"),
        mutant=("        except Fault:\n            problems = ()\n"),
        tests=(f"{_UNKNOWN}::test_incident_06_argo_2573_the_renderer_cannot_be_reached",),
    ),
    Guard(
        name="what is another's makes no render less empty",
        invariants=(3,),
        file="plan/guard.py",
        source="declared <= _of_others(changes, owned)",
        mutant="declared == 0",
        tests=(f"{_SHRINKING}::test_incident_07_argo_23645_26753_the_guard_against_an_empty_render_is_passed_by",),
    ),
    Guard(
        name="hooks make no render less empty",
        invariants=(3,),
        file="loop/review.py",
        source="        declared=sum(not resource.is_hook for resource in desired.resources),\n",
        mutant="        declared=len(desired.resources),\n",
        tests=(f"{_SHRINKING}::test_incident_07_argo_23645_26753_the_guard_against_an_empty_render_is_passed_by",),
    ),
    Guard(
        name="a shared namespace stays for whoever lives in it",
        invariants=(8, 9),
        file="target/kubernetes/content.py",
        source=("        if not standing:\n            return None\n"),
        mutant="        return None\n",
        tests=(f"{_OWNER}::test_incident_08_argo_22607_one_application_takes_the_namespace_of_another",),
    ),
    Guard(
        name="what left is remembered after a start too",
        invariants=(8,),
        file="loop/claim.py",
        source="        self._first.setdefault(application, at)  # after a start nobody knows what it declared before\n",
        mutant="",
        tests=(f"{_OWNER}::test_incident_09_argo_16721_a_move_between_two_owners_deletes_what_moves",),
    ),
    Guard(
        name="what moves is not deleted by who gives it up",
        invariants=(8,),
        file="plan/diff.py",
        source=("    if ref not in options.moving:\n        return None\n"),
        mutant="    return None\n",
        tests=(f"{_OWNER}::test_incident_09_argo_16721_a_move_between_two_owners_deletes_what_moves",),
    ),
    Guard(
        name="a trial without an answer from etcd stops the pass",
        invariants=(5, 7, 31),
        file="loop/reconcile.py",
        source="found.unknown or any(trial.verdict is Verdict.LOST for trial in found.trials)",
        mutant="found.unknown",
        tests=(f"{_UNKNOWN}::test_incident_10_argo_16284_the_database_of_the_cluster_is_full",),
    ),
    Guard(
        name="nothing but a label is left on an object",
        invariants=(6, 2),
        file="target/kubernetes/body.py",
        source='"labels": {**labels, LABEL: mark}}}',
        mutant='"labels": {**labels, LABEL: mark}, "finalizers": ["trueline.dev/cascade"]}}',
        tests=(f"{_REMOVAL}::test_incident_11_autopilot_494_the_tool_is_removed_and_takes_everything_along",),
    ),
    Guard(
        name="a render that drops most objects is asked about",
        invariants=(6, 2),
        file="plan/guard.py",
        source="elif limits.are_passed(gone, count):",
        mutant="elif False:",
        tests=(f"{_REMOVAL}::test_incident_11_autopilot_494_the_tool_is_removed_and_takes_everything_along",),
    ),
    Guard(
        name="another installation's objects are not touched",
        invariants=(6, 2),
        file="plan/diff.py",
        source=("    if live.mark:\n        return _change(resource, Action.HOLD, _of_another(live.mark), live)\n"),
        mutant="",
        tests=(f"{_REMOVAL}::test_incident_11_autopilot_494_the_tool_is_removed_and_takes_everything_along",),
    ),
    Guard(
        name="a name that is taken is an error of both",
        invariants=(3, 7),
        file="declare/native.py",
        source="        _find_twice(readings)\n",
        mutant="",
        tests=(
            f"{_REMOVAL}::test_incident_12_influxdata_a_second_application_of_one_name_deletes_the_first_ones_database",
        ),
    ),
    Guard(
        name="a file with a wrong name keeps what it declared",
        invariants=(3, 7),
        file="declare/native.py",
        source="is_whole=not _is_sure_of_name(reading)",
        mutant="is_whole=False",
        tests=(
            f"{_REMOVAL}::test_incident_12_influxdata_a_second_application_of_one_name_deletes_the_first_ones_database",
        ),
    ),
    Guard(
        name="the cluster's own namespaces are never deleted",
        invariants=(1, 7),
        file="plan/diff.py",
        source="if str(ref) in options.rules.untouchable:",
        mutant="if False:",
        tests=(f"{_OWNER}::test_incident_13_flux_1366_1462_3949_1077_namespaces_that_were_there_before_are_collected",),
    ),
    Guard(
        name="a copied mark makes nothing ours",
        invariants=(1,),
        file="target/kubernetes/field_set.py",
        source='mark_is_ours=ours is not None and owns(ours, ("f:metadata", "f:labels", f"f:{LABEL}")),',
        mutant="mark_is_ours=True,",
        tests=(f"{_OWNER}::test_incident_14_kustomize_controller_315_403_operators_copy_labels",),
    ),
    Guard(
        name="a definition needs consent by name",
        invariants=(6, 7, 9),
        file="target/kubernetes/rule.py",
        source="{NAMESPACE_KIND, DEFINITION_KIND, *_DATA",
        mutant="{NAMESPACE_KIND, *_DATA",
        tests=(f"{_REMOVAL}::test_incident_15_thaum_1475_definitions_are_removed_with_a_chart",),
    ),
    Guard(
        name="a definition stays while somebody has an object of it",
        invariants=(6, 7, 9),
        file="target/kubernetes/content.py",
        source=("        if not standing:\n            return None\n"),
        mutant="        return None\n",
        tests=(f"{_REMOVAL}::test_incident_15_thaum_1475_definitions_are_removed_with_a_chart",),
    ),
    Guard(
        name="what is gone already ends its removal",
        invariants=(14,),
        file="plan/diff.py",
        source='return Action.FORGET, "gone already"',
        mutant='return Action.HOLD, "gone already"',
        tests=(f"{_REMOVAL}::test_incident_16_flux_4614_an_uninstall_that_was_interrupted_never_goes_on",),
    ),
    Guard(
        name="what cannot change in place is not made again unnamed",
        invariants=(17, 3),
        file="loop/review.py",
        source="        and str(trial.change.ref) in options.replace\n",
        mutant="",
        tests=(f"{_REMOVAL}::test_incident_17_k3s_110_an_upgrade_deletes_the_release",),
    ),
    Guard(
        name="an application that leaves Git is kept where Git said so",
        invariants=(5, 7),
        file="loop/leave.py",
        source="    if desired.is_removal and not whole and desired.application.sync.on_removal is OnRemoval.KEEP:",
        mutant="    if False:",
        tests=(f"{_UNKNOWN}::test_incident_18_fleet_5406_an_agent_times_out_and_removes_all_it_managed",),
    ),
    Guard(
        name="an older store is brought forward",
        invariants=(27, 4),
        file="runtime/store.py",
        source="for number, statements in enumerate(schema[version:], start=version + 1):",
        mutant="for number, statements in enumerate(schema if not version else (), start=version + 1):",
        tests=(f"{_REMOVAL}::test_incident_19_rancher_38672_an_upgrade_uninstalls_what_the_older_version_applied",),
    ),
    Guard(
        name="a webhook without an answer stops the pass",
        invariants=(27, 4),
        file="loop/reconcile.py",
        source="found.unknown or any(trial.verdict is Verdict.LOST for trial in found.trials)",
        mutant="found.unknown",
        tests=(f"{_REMOVAL}::test_incident_19_folio_a_webhook_that_fails_ends_machines",),
    ),
    Guard(
        name="a state file is written beside and renamed",
        invariants=(24, 23),
        file="runtime/data_directory.py",
        source='temporary = f"{path}.new"',
        mutant="temporary = str(path)",
        tests=(
            f"{_STATE}::test_incident_20_terraform_30266_17066_34266_a_signal_or_a_full_disk_leaves_a_state_file_empty",
        ),
    ),
    Guard(
        name="records of one transaction come together or not at all",
        invariants=(24, 23),
        file="runtime/store.py",
        source='        self.execute("BEGIN IMMEDIATE")\n',
        mutant="",
        tests=(
            f"{_STATE}::test_incident_20_terraform_30266_17066_34266_a_signal_or_a_full_disk_leaves_a_state_file_empty",
        ),
    ),
    Guard(
        name="a repository that was half made is made",
        invariants=(24,),
        file="source/bare_copy.py",
        source='for part in ("HEAD", "objects", "refs"))',
        mutant='for part in ("HEAD",))',
        tests=("tests/source/test_git.py::test_a_repository_that_was_half_made_is_made",),
    ),
    Guard(
        name="a SIGTERM ends the work, not the process in the midst of it",
        invariants=(24, 23),
        file="cli/run.py",
        source="    loop.add_signal_handler(signal.SIGTERM, end)\n",
        mutant="",
        tests=(f"{_STATE}::test_incident_20_cloudposse_358_a_program_that_is_ended_in_its_work_forks_its_state",),
    ),
    Guard(
        name="what a lost answer wrote is known as our own",
        invariants=(13, 12),
        file="target/site/s3/platform.py",
        source="if reading is not None and await _hashed(reading) == upload.blob:",
        mutant="if False:",
        tests=(f"{_STATE}::test_incident_21_opentofu_4405_a_lost_answer_locks_its_own_holder_out",),
    ),
    Guard(
        name="a lock is the kernel's, not a word in a file",
        invariants=(13, 12),
        file="runtime/data_directory.py",
        source="    if not _takes_lock(descriptor):",
        mutant="    if _read_owner(descriptor) or not _takes_lock(descriptor):",
        tests=(f"{_STATE}::test_incident_21_the_lock_of_a_dead_process_holds_nobody",),
    ),
    Guard(
        name="a kept render is used for what was read alone",
        invariants=(20, 38),
        file="render/cache.py",
        source="if older is not None and older.trace.holds(files):",
        mutant="if older is not None:",
        tests=(f"{_RENDER}::test_incident_22_argo_26530_17874_29766_stale_files_are_kept_under_a_new_revision",),
    ),
    Guard(
        name="the newest deployment that went to its end is gone on with",
        invariants=(17, 11, 12),
        file="record/history.py",
        source='where = "application = ? AND result IN (?, ?) ORDER BY number DESC LIMIT 1"',
        mutant='where = "application = ? AND result IN (?, ?) ORDER BY number ASC LIMIT 1"',
        tests=(f"{_RENDER}::test_incident_23_argo_23547_an_invalid_chart_brings_an_arbitrary_older_revision_back",),
    ),
    Guard(
        name="what does not render is never desired",
        invariants=(17, 11, 12),
        file="loop/follow.py",
        source=("if desired.problems and kept.desired is not None:\n            if desired.problems"),
        mutant=("if False:\n            if desired.problems"),
        tests=(f"{_RENDER}::test_incident_23_argo_23547_an_invalid_chart_brings_an_arbitrary_older_revision_back",),
    ),
    Guard(
        name="a wave is read only if it is a number",
        invariants=(30,),
        file="render/annotation.py",
        source="if not _WAVE.fullmatch(text.strip()):",
        mutant="if False:",
        tests=(f"{_BOUNDS}::test_incident_24_argo_workflows_cve_2026_40886_one_annotation_ends_the_control_plane",),
    ),
    Guard(
        name="a fault of ours in one pass stops no other",
        invariants=(30,),
        file="loop/engine.py",
        source="            except Exception as error:  # noqa: BLE001 - one application",
        mutant="            except MemoryError as error:  # noqa: BLE001 - one application",
        tests=(f"{_BOUNDS}::test_incident_24_a_fault_of_our_own_stays_with_the_application_that_it_is_about",),
    ),
    Guard(
        name="a fault of ours in one render stops no other",
        invariants=(30,),
        file="loop/follow.py",
        source=("            self._fail(kept, fault.diagnostics)\n        except Exception as error:"),
        mutant=("            self._fail(kept, fault.diagnostics)\n        except MemoryError as error:"),
        tests=(f"{_BOUNDS}::test_incident_24_a_fault_of_our_own_stays_with_the_application_that_it_is_about",),
    ),
    Guard(
        name="a body that is not what its head says is no fault of ours",
        invariants=(30,),
        file="server/http.py",
        source="        case web.RequestPayloadError():",
        mutant="        case MemoryError():",
        tests=("tests/server/test_http.py::test_a_body_that_is_not_what_its_head_says_is_no_fault_of_ours",),
    ),
    Guard(
        name="what only etcd finds too large is a refusal",
        invariants=(31, 29),
        file="target/kubernetes/status.py",
        source="if _TOO_LARGE.search(status.message):",
        mutant="if False:",
        tests=(f"{_BOUNDS}::test_incident_25_argo_24689_14486_28703_what_is_too_large_for_etcd_is_tried_for_ever",),
    ),
    Guard(
        name="a drift of any number of fields has its record",
        invariants=(31, 29),
        file="loop/chronicle.py",
        source='"fields": listed(drift.fields)',
        mutant='"fields": list(drift.fields)',
        tests=(f"{_BOUNDS}::test_incident_25_fleet_3482_what_is_written_down_of_an_application_outgrows_its_place",),
    ),
    Guard(
        name="whoever gives a place back lets the next one in",
        invariants=(33, 29),
        file="target/kubernetes/limit.py",
        source=("        finally:\n            self._in_flight -= 1\n            self._admit()\n"),
        mutant=("        finally:\n            self._in_flight -= 1\n"),
        tests=(f"{_BOUNDS}::test_incident_26_cnoe_ten_thousand_operations_wait_for_each_other_until_a_restart",),
    ),
    Guard(
        name="a pause that ends is a turn",
        invariants=(33, 29),
        file="loop/schedule.py",
        source=(
            "            if is_retry:\n"
            "                self._places[name].is_retried = False\n"
            "            self.wake(name)"
        ),
        mutant=(
            "            if is_retry:\n"
            "                self._places[name].is_retried = False\n"
            "            if name in self._ready:\n"
            "                self.wake(name)"
        ),
        tests=(f"{_BOUNDS}::test_incident_26_ten_thousand_applications_have_their_turns_though_each_fails_once",),
    ),
)
