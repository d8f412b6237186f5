"""What a write and a delete carry on the wire, so that the server refuses them where the object is another one."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.target.kubernetes.fake import CONFIG_MAP, FakeTransport, client_of, config_map, failure, reply
from trueline.model.digest import canonical
from trueline.model.known import Known, Unknown
from trueline.model.ref import Ref
from trueline.runtime.http import Response
from trueline.target.answer import Accepted, Refusal, Refused
from trueline.target.kubernetes.live import Live, Pool
from trueline.target.kubernetes.mark import LABEL
from trueline.target.kubernetes.wire import ManagedFields, ObjectMeta
from trueline.target.kubernetes.write import KubernetesWriter, Recollection
from trueline.target.protocol import Write, WriteMode

MANAGER = "trueline:one"
MARK = "one.shop"
REF = Ref("ConfigMap", "shop", "web")
BODY = canonical({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "1", "b": "2"}})


CONFIG_MAPS = Known(CONFIG_MAP)


class OneKind:
    """The server has ConfigMaps, or does not say what it has."""

    def __init__(self, found: Any = CONFIG_MAPS) -> None:
        self.found = found

    async def one(self, api_version: str, kind: str) -> Any:
        """It."""
        return self.found

    async def one_named(self, kind: str) -> Any:
        """It."""
        return self.found


class Nobody:
    """No webhook touches anything."""

    async def may_touch(self, resource_type: object) -> bool:
        """No."""
        return False


class Alone:
    """Nothing stands in anything, unless it is told so."""

    def __init__(self, said: Refused | None) -> None:
        self.said = said

    async def refusal(self, ref: Ref, *, mark: str, dry: bool) -> Refused | None:
        """What was told."""
        return self.said


class Bench:
    """A writer over scripted answers; `gone` are the UIDs that the mirror was told of."""

    def __init__(
        self,
        *answers: Response | str,
        seen: ObjectMeta | None = None,
        found: Any = CONFIG_MAPS,
        occupied: Refused | None = None,
    ) -> None:
        self.transport = FakeTransport()
        self.transport.answers.extend(answers)
        pool = Pool(MANAGER)
        self.gone: list[str] = []
        self.noted: list[str] = []
        known: Callable[..., Live | None] = lambda *_: None if seen is None else pool.live(seen)  # noqa: E731
        kinds: Any = OneKind(found)
        mutators: Any = Nobody()
        content: Any = Alone(occupied)
        self.writer = KubernetesWriter(
            client=client_of(self.transport),
            kinds=kinds,
            mutators=mutators,
            content=content,
            manager=MANAGER,
            recollection=Recollection(
                known=known,
                note=lambda _, metadata: self.noted.append(metadata.uid),
                expect_gone=self.gone.append,
                live=pool.live,
            ),
        )

    @property
    def sent(self) -> list[Any]:
        """The bodies of all requests that have one."""
        return [msgspec.json.decode(request.body) for request in self.transport.requests if request.body]


def answered(uid: str = "u1", version: str = "8") -> Response:
    """The object after a write."""
    return reply({**config_map("web", version), "metadata": {"name": "web", "uid": uid, "resourceVersion": version}})


def seen(uid: str = "u1", version: str = "7", mark: str = MARK, manager: str = MANAGER) -> ObjectMeta:
    """The object as it is known: marked by a manager."""
    fields = msgspec.Raw(msgspec.json.encode({"f:metadata": {"f:labels": {f"f:{LABEL}": {}}}}))
    entry = ManagedFields(manager=manager, operation="Apply", apiVersion="v1", fieldsV1=fields)
    labels = {LABEL: mark} if mark else {}
    return ObjectMeta(
        name="web", namespace="shop", uid=uid, resourceVersion=version, labels=labels, managedFields=[entry]
    )


def got(metadata: ObjectMeta) -> Response:
    """The object as the server shows it."""
    return reply({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata})


GONE = reply({"kind": "Status", "status": "Success"})
DELETES = [
    ("the mirror shows it", seen(), (GONE,), "", {"uid": "u1", "resourceVersion": "7"}),
    ("the mirror does not", None, (got(seen(version="9")), GONE), "", {"uid": "u1", "resourceVersion": "9"}),
    ("with a version of the caller's", seen(), (GONE,), "5", {"uid": "u1", "resourceVersion": "5"}),
]


@pytest.mark.parametrize(("case", "known", "answers", "version", "expected"), DELETES)
async def test_a_delete_carries_the_version_that_was_seen_last(
    case: str, known: ObjectMeta | None, answers: tuple[Response, ...], version: str, expected: dict[str, str]
) -> None:
    """INV-10, INV-13: whoever changes or replaces the object from now on is not overrun."""
    bench = Bench(*answers, seen=known)
    said = await bench.writer.delete(REF, uid="u1", mark=MARK, version=version, dry=False)
    assert isinstance(said, Accepted), case
    assert [body["preconditions"] for body in bench.sent] == [expected]
    assert bench.gone == ["u1"]


OTHERS = [
    ("another object", seen(uid="u2")),
    ("without our mark", seen(mark="")),
    ("of another application", seen(mark="one.blog")),
    ("with a mark that was copied", seen(manager="kubectl")),
]


@pytest.mark.parametrize(("case", "stands"), OTHERS)
@pytest.mark.parametrize("is_known", [True, False], ids=["shown", "asked"])
async def test_a_delete_is_not_sent_for_what_is_another_one_now(
    case: str, stands: ObjectMeta, *, is_known: bool
) -> None:
    """INV-01, INV-10: what was proven when the plan was made has to hold when the object goes."""
    bench = Bench(got(stands), GONE, seen=stands if is_known else None)
    said = await bench.writer.delete(REF, uid="u1", mark=MARK, version="", dry=False)
    assert isinstance(said, Refused), case
    assert (said.refusal, bench.sent, bench.gone) == (Refusal.STALE, [], [])


def heal(mode: WriteMode, version: str = "") -> Write:
    """A write of what is known by its UID."""
    return Write(ref=REF, body=BODY, mode=mode, uid="u1", version=version)


CONFLICT = failure(
    409,
    "Conflict",
    "Apply failed with 1 conflict",
    [{"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-edit" using v1', "field": ".data.a"}],
)


async def test_a_conflict_over_what_is_not_watched_has_the_version_that_was_seen_before_it() -> None:
    """INV-11: what lost its mark is looked at, and tried once more: what is written over is what it was tried on."""
    bench = Bench(CONFLICT, got(seen(version="9", mark="")), CONFLICT)
    said = await bench.writer.write(heal(WriteMode.TRY))
    assert isinstance(said, Refused)
    assert (said.version, [one.path for one in said.conflicts]) == ("9", ["data.a"])
    assert [request.method for request in bench.transport.requests] == ["PATCH", "GET", "PATCH"]


async def test_a_conflict_over_what_is_watched_asks_nothing_more() -> None:
    bench = Bench(CONFLICT, seen=seen())
    said = await bench.writer.write(heal(WriteMode.TRY))
    assert isinstance(said, Refused)
    assert (said.version, len(bench.transport.requests)) == ("7", 1)


@pytest.mark.parametrize(
    "answer", [failure(404, "NotFound", "it is not there"), got(seen(uid="u2"))], ids=["gone", "another one"]
)
async def test_a_conflict_over_what_cannot_be_seen_is_old(answer: Response) -> None:
    bench = Bench(CONFLICT, answer)
    said = await bench.writer.write(heal(WriteMode.TRY))
    assert isinstance(said, Refused)
    assert said.refusal is Refusal.STALE


async def test_what_nobody_saw_is_not_written_over() -> None:
    """INV-11: without a version the server would take it, whatever stands there."""
    bench = Bench(answered())
    said = await bench.writer.write(heal(WriteMode.APPLY_FORCED))
    assert isinstance(said, Refused)
    assert (said.refusal, bench.sent) == (Refusal.STALE, [])
    assert isinstance(await bench.writer.write(heal(WriteMode.APPLY_FORCED, "7")), Accepted)


async def test_what_would_go_along_keeps_it() -> None:
    """INV-09: nothing is sent where something stands in it that is not this application's."""
    occupied = Refused(refusal=Refusal.OCCUPIED, message="a Secret stands in it")
    for dry in (True, False):
        bench = Bench(GONE, seen=seen(), occupied=occupied)
        assert await bench.writer.delete(REF, uid="u1", mark=MARK, version="", dry=dry) == occupied
        assert bench.sent == []


async def test_a_delete_that_is_tried_deletes_nothing_and_is_not_remembered() -> None:
    """INV-36: the body says that it is a try; the mirror is not told that the object goes."""
    bench = Bench(answered(), seen=seen())
    await bench.writer.delete(REF, uid="u1", mark=MARK, version="", dry=True)
    assert [body["dryRun"] for body in bench.sent] == [["All"]]
    assert bench.gone == []


async def test_a_delete_that_was_refused_is_not_remembered_as_done() -> None:
    """INV-29: what stands there is read, for the watch may have skipped it; the next try knows it."""
    bench = Bench(
        failure(409, "Conflict", "Precondition failed: UID in precondition: u1"), got(seen("u9")), seen=seen()
    )
    said = await bench.writer.delete(REF, uid="u1", mark=MARK, version="", dry=False)
    assert isinstance(said, Refused)
    assert said.refusal is Refusal.STALE
    assert (bench.gone, bench.noted) == ([], ["u9"])


async def test_an_apply_that_was_refused_for_its_version_reads_what_stands_there() -> None:
    """INV-29: as a delete does."""
    bench = Bench(failure(409, "Conflict", "Operation cannot be fulfilled"), got(seen("u9")), seen=seen())
    said = await bench.writer.write(Write(ref=REF, body=BODY, mode=WriteMode.APPLY, uid="u1", version="7"))
    assert isinstance(said, Refused)
    assert (said.refusal, bench.noted) == (Refusal.STALE, ["u9"])


async def test_an_apply_carries_what_must_still_hold_and_not_what_is_withheld() -> None:
    """INV-10, INV-19: UID and version stand in the body; a field that is left to others does not."""
    bench = Bench(answered())
    write = Write(ref=REF, body=BODY, mode=WriteMode.APPLY, uid="u1", version="7", withheld=("data.b",))
    assert isinstance(await bench.writer.write(write), Accepted)
    (body,) = bench.sent
    assert body["metadata"] == {"name": "web", "uid": "u1", "resourceVersion": "7"}
    assert body["data"] == {"a": "1"}
    assert bench.noted == ["u1"]


async def test_a_create_names_a_version_that_none_has() -> None:
    """INV-12: an apply makes what is absent; where something stands by now, the server refuses it. A trial asks."""
    bench = Bench(answered(), answered())
    for mode in (WriteMode.APPLY, WriteMode.TRY):
        await bench.writer.write(Write(ref=REF, body=BODY, mode=mode))
    assert [body["metadata"] for body in bench.sent] == [{"name": "web", "resourceVersion": "1"}, {"name": "web"}]


async def test_an_apply_that_is_tried_is_not_noted() -> None:
    bench = Bench(answered())
    await bench.writer.write(Write(ref=REF, body=BODY, mode=WriteMode.TRY, uid="u1"))
    assert bench.noted == []


LOOKS = [
    ("nothing happens meanwhile", ["7", "7"], True),
    ("it changes between the trial and the look", ["7", "8", "8"], True),
    ("it changes all the time", ["1", "2", "3", "4", "5", "6"], False),
]


@pytest.mark.parametrize(("case", "versions", "is_seen"), LOOKS, ids=[case for case, *_ in LOOKS])
async def test_a_look_is_of_one_version(case: str, versions: list[str], *, is_seen: bool) -> None:
    """What is shown as a difference is never what another wrote between the trial and the look."""
    bench = Bench(*(answered(version=version) for version in versions))
    said = await bench.writer.write(Write(ref=REF, body=BODY, mode=WriteMode.TRY, whole=True, uid="u1"))
    assert len(bench.transport.requests) == len(versions), case
    if is_seen:
        assert isinstance(said, Accepted)
        assert (said.changes, said.observed.version) == ((), versions[-1])
    else:
        assert isinstance(said, Refused)
        assert said.refusal is Refusal.BUSY


STRANGE = [
    ("a web page", Response(status=200, headers={"content-type": "text/html"}, body=b"<html>")),
    ("half an object", Response(status=200, headers={"content-type": "application/json"}, body=b'{"kind":"Conf')),
    ("metadata of another shape", reply({"kind": "ConfigMap", "metadata": []})),
]


@pytest.mark.parametrize(("case", "answer"), STRANGE)
async def test_an_answer_that_is_no_object_is_no_success(case: str, answer: Response) -> None:
    """INV-04: what became of it is not known, and is not guessed."""
    said = await Bench(answer).writer.write(Write(ref=REF, body=BODY, mode=WriteMode.APPLY))
    assert isinstance(said, Refused), case
    assert said.refusal is Refusal.BUSY


@pytest.mark.parametrize(
    ("found", "refusal"), [(Known(None), Refusal.NO_KIND), (Unknown("500"), Refusal.BUSY)], ids=["none", "unknown"]
)
async def test_without_its_kind_nothing_is_sent(found: Any, refusal: Refusal) -> None:
    bench = Bench(found=found)
    said = [
        await bench.writer.write(Write(ref=REF, body=BODY, mode=WriteMode.APPLY)),
        await bench.writer.delete(REF, uid="u1", mark=MARK, version="", dry=False),
    ]
    assert [one.refusal for one in said if isinstance(one, Refused)] == [refusal, refusal]
    assert bench.transport.requests == []
