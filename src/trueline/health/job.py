"""Health of what runs to an end: Job and CronJob."""

from trueline.health.field import Fields, conditions, holds
from trueline.health.reason import Reason
from trueline.health.status import Health, degraded, healthy, progressing, suspended
from trueline.health.workload import count

BACKOFF_LIMIT_DEFAULT = 6
"""The API's default of `spec.backoffLimit`."""


def judge_job(live: Fields) -> Health:
    """Failed and Complete are final; a suspended Job stands still; any other is on its way."""
    found = conditions(live.at("status"))
    failed = holds(found, "Failed") or holds(found, "FailureTarget")
    if failed:
        return degraded(Reason.JOB_FAILED, f"{_figures(live)}; {failed}")
    if holds(found, "Complete"):
        return healthy(Reason.COMPLETED, _figures(live))
    if live.at("spec").is_true("suspend"):
        return suspended(Reason.SUSPENDED, f"it is suspended; {_figures(live)}")
    if live.at("status").count("failed") > 0:
        limit = live.at("spec").count("backoffLimit", absent=BACKOFF_LIMIT_DEFAULT)
        return progressing(Reason.RETRYING, f"{_figures(live)}; it gives up after more than {limit} failures")
    return progressing(Reason.RUNS_TO_COMPLETION, _figures(live))


def _figures(live: Fields) -> str:
    status = live.at("status")
    wanted = live.at("spec").count("completions", absent=1)
    parts = [f"{status.count('succeeded')} of {count(wanted, 'completion')} reached"]
    parts += [f"{number} {word}" for word in ("active", "failed") if (number := status.count(word))]
    return ", ".join(parts)


def judge_cron_job(live: Fields) -> Health:
    """Its schedule stands or is suspended. How a run ended is the Job's health.

    The CronJob may forget a Job that was cleaned up before it looked, so a missing success proves no failure.
    """
    if live.at("spec").is_true("suspend"):
        return suspended(Reason.SUSPENDED, "its schedule is suspended")
    status = live.at("status")
    seen = [
        f"last {word} {status.phrase(name)}"
        for word, name in (("run", "lastScheduleTime"), ("success", "lastSuccessfulTime"))
        if status.has(name)
    ]
    return healthy(Reason.SCHEDULED, "; ".join([f"it runs at {live.at('spec').phrase('schedule')}", *seen]))
