"""What is kept of a declaration is enough for a process that never read it to remove what it published."""

import pytest

from trueline.declare.application import (
    Application,
    Auth,
    BranchTarget,
    BucketTarget,
    ClusterTarget,
    DirectoryTarget,
    ServedTarget,
    SshTarget,
    TargetSpec,
)
from trueline.loop.register import Register
from trueline.loop.status import ApplicationStatus, Sync
from trueline.model.origin import Origin
from trueline.record.schema import SCHEMA
from trueline.record.status import Statuses
from trueline.runtime.secret import SecretPlace, SecretReference
from trueline.runtime.store import MEMORY, Store
from trueline.testing.clock import StillClock

SECRET = SecretReference(place=SecretPlace.ENV, name="TOKEN", origin=Origin(path="fleet.yaml", line=7))


@pytest.mark.parametrize(
    "target",
    [
        ClusterTarget(cluster="prod", namespace="web"),
        DirectoryTarget(path="/srv/www"),
        ServedTarget(address=":8080", site="handbook"),
        SshTarget(host="web1", path="/srv/www", user="deploy", port=2222, key=SECRET, known_hosts="web1 ssh-ed25519 A"),
        BucketTarget(
            bucket="www", prefix="a/b", endpoint="https://s3.example.com", access_key=SECRET, secret_key=SECRET
        ),
        BranchTarget(
            url="https://git.example.com/site.git",
            branch="gh-pages",
            folder="docs",
            auth=Auth(username="ci", password=SECRET),
            known_hosts="git.example.com ssh-ed25519 A",
        ),
    ],
    ids=lambda target: type(target).__name__,
)
def test_the_target_of_an_application_that_left_git_is_known(target: TargetSpec) -> None:
    clock = StillClock()
    register = Register(Statuses(Store.open(MEMORY, SCHEMA), clock))
    declared = Application(name="handbook", sources=(), target=target, origin=Origin(path="fleet.yaml", line=1))
    now = clock.now()
    status = ApplicationStatus(application="handbook", target="there", sync=Sync.SYNCED, at=now, since=now)
    register.put(declared, status)
    (found,) = register.applications()
    assert found.target == target


def test_the_project_of_an_application_outlives_a_restart_and_of_an_older_program_it_is_none() -> None:
    """Else whoever may read the default project would read what nobody put there."""
    statuses = Statuses(Store.open(MEMORY, SCHEMA), StillClock())
    register = Register(statuses)
    now = StillClock().now()
    status = ApplicationStatus(application="web", target="prod", sync=Sync.SYNCED, at=now, since=now)
    origin = Origin(path="a.yaml")
    register.put(Application(name="web", sources=(), target=ClusterTarget(), origin=origin, project="shop"), status)
    assert [one.project for one in register.applications()] == ["shop"]
    [kept] = statuses.all()
    declared = {key: value for key, value in kept.body["declared"].items() if key != "project"}
    statuses.put("web", {**kept.body, "declared": declared})
    assert [one.project for one in register.applications()] == [""]
