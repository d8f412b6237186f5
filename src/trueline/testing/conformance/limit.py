"""Limit ranges: what a pod does not say, a namespace may say for it; what it says too much, it may refuse."""

from trueline.testing.conformance.api import Api, Json
from trueline.testing.conformance.case import case, expect, expect_in, expect_status

_RANGE: Json = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "limits"},
    "spec": {
        "limits": [
            {
                "type": "Container",
                "default": {"cpu": "500m"},
                "defaultRequest": {"cpu": "100m"},
                "max": {"cpu": "1"},
            }
        ]
    },
}


def _pod(name: str, **resources: Json) -> Json:
    container = {"name": "app", "image": "example.test/app:1", "resources": resources}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


async def _limited(api: Api) -> None:
    expect_status(await api.create(_RANGE), 201)
    end_s = api.clock.monotonic_s() + 20
    while api.clock.monotonic_s() < end_s:
        answer = await api.create(_pod("probe"), dryRun="All")
        if answer.body.get("spec", {}).get("containers", [{}])[0].get("resources"):
            return
    raise AssertionError("the range is not heeded")


@case
async def limit_range_gives_defaults(api: Api) -> None:
    """A container without limits gets those of the range; what it says itself, it keeps."""
    await _limited(api)
    made = expect_status(await api.create(_pod("silent")), 201)
    wanted = {"limits": {"cpu": "500m"}, "requests": {"cpu": "100m"}}
    expect(made.body["spec"]["containers"][0]["resources"], wanted)
    own = {"limits": {"cpu": "300m"}, "requests": {"cpu": "200m"}}
    spoken = expect_status(await api.create(_pod("spoken", **own)), 201)
    expect(spoken.body["spec"]["containers"][0]["resources"], own)
    for name in ("silent", "spoken"):
        expect_status(await api.delete(_pod(name), {"gracePeriodSeconds": 0}), 200)


@case
async def limit_range_refuses_more(api: Api) -> None:
    """A container that wants more than the most is refused, in a dry run as well."""
    await _limited(api)
    for answer in (
        await api.create(_pod("greedy", limits={"cpu": "2"}), dryRun="All"),
        await api.create(_pod("greedy", limits={"cpu": "2"})),
    ):
        refused = expect_status(answer, 403)
        expect_in("maximum cpu usage per Container is 1, but limit is 2", refused.body["message"])
    expect_status(await api.get(_pod("greedy")), 404)
