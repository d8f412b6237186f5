"""Cases of Pods."""

from tests.health.case import Body, Case, condition, live


def pod(phase: str, *boxes: Body, policy: str = "Always", **status: object) -> Body:
    return live("v1", "Pod", {"restartPolicy": policy}, {"phase": phase, "containerStatuses": list(boxes), **status})


def box(name: str = "web", *, ready: bool = False, restarts: int = 0, last: Body | None = None, **state: Body) -> Body:
    return {"name": name, "ready": ready, "restartCount": restarts, "state": state, "lastState": last or {}}


def waiting(reason: str, message: str = "") -> Body:
    return {"reason": reason, "message": message}


DIED: Body = {"terminated": {"exitCode": 1, "reason": "Error", "message": "password=hunter2"}}
INIT_DONE = box("init", terminated={"exitCode": 0})
KUBELET_WORDS = (
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ErrImagePull",
    "InvalidImageName",
    "RunContainerError",
)

CASES = (
    Case(pod("Running", box(ready=True), conditions=[condition("Ready", "True")]), "Healthy Ready: it is ready"),
    Case(pod("Running", box(), box("side", ready=True)), "Progressing NotReady: not ready: web"),
    Case(
        pod("Running", box(ready=True), conditions=[condition("Ready", "False", "ReadinessGatesNotReady", "gate")]),
        "Progressing NotReady: ReadinessGatesNotReady: gate",
    ),
    Case(pod("Running"), "Progressing NotReady: it does not yet say that it is ready"),
    Case(
        pod("Running", box(restarts=5, last=DIED, waiting=waiting("CrashLoopBackOff", "back-off 40s"))),
        "Degraded CrashLoopBackOff: container web: CrashLoopBackOff; back-off 40s; ended with exit code 1 (Error)"
        " (5 restarts)",
    ),
    Case(
        pod("Pending", box(waiting=waiting("ImagePullBackOff", 'Back-off pulling image "x"'))),
        'Degraded ImagePullBackOff: container web: ImagePullBackOff; Back-off pulling image "x"',
    ),
    Case(
        pod("Running", box(waiting=waiting("ImagePullBackOff")), policy="Never"),
        "Degraded ImagePullBackOff: container web: ImagePullBackOff",
    ),
    *(
        Case(pod("Pending", box(waiting=waiting(word, "m"))), f"Degraded {word}: container web: {word}; m")
        for word in KUBELET_WORDS
    ),
    Case(
        pod("Pending", box(waiting=waiting("ImageInspectError"))),
        "Degraded ContainerCannotStart: container web: ImageInspectError",
    ),
    Case(
        pod("Pending", initContainerStatuses=[box("init", last=DIED, waiting=waiting("CrashLoopBackOff"))]),
        "Degraded CrashLoopBackOff: init container init: CrashLoopBackOff; ended with exit code 1 (Error)",
    ),
    Case(
        pod("Pending", box(), initContainerStatuses=[INIT_DONE, box("next", running={})]),
        "Progressing Initializing: 1 of 2 init containers have done their part",
    ),
    Case(
        pod("Running", box(restarts=1, last=DIED, running={})),
        "Degraded ContainerTerminated: container web: ended with exit code 1 (Error) (1 restart)",
    ),
    Case(
        pod("Running", box(running={}), policy="OnFailure"),
        "Progressing RunsToCompletion: it runs to its end (restartPolicy OnFailure)",
    ),
    Case(pod("Pending"), "Progressing Pending: its containers are being made"),
    Case(
        pod("Pending", conditions=[condition("PodScheduled", "False", "Unschedulable", "0/3 nodes fit")]),
        "Progressing Unschedulable: Unschedulable: 0/3 nodes fit",
    ),
    Case(
        pod("Pending", conditions=[condition("PodScheduled", "False", "SchedulingGated")]),
        "Suspended SchedulingGated: SchedulingGated",
    ),
    Case(pod("Succeeded", policy="Never"), "Healthy Completed: all containers ended well"),
    Case(
        pod("Failed", box("web", **DIED), box("side", terminated={"exitCode": 0}), policy="Never"),
        "Degraded PodFailed: container web ended with exit code 1 (Error)",
    ),
    Case(pod("Failed", reason="Evicted", message="low on disk"), "Degraded Evicted: Evicted: low on disk"),
    Case(pod("Unknown"), "Unknown PhaseUnknown: the node does not answer"),
    Case(pod("Odd"), "Unknown PhaseUnknown: the phase Odd is not known"),
)
