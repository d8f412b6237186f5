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
from trueline.target.kubernetes.wire import ObjectMeta
from trueline.target.kubernetes.write import KubernetesWriter, Recollection
from trueline.target.protocol import Write, WriteMode

MANAGER = "trueline:one"
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


class Bench:
    """A writer over scripted answers; `gone` are the UIDs that the mirror was told of."""

    def __init__(self, *answers: Response | str, seen: ObjectMeta | None = None, found: Any = CONFIG_MAPS) -> None:
        self.transport = FakeTransport()
        self.transport.answers.extend(answers)
        pool = Pool(MANAGER)
        self.gone: list[str] = []
        self.noted: list[str] = []
        known: Callable[..., Live | None] = lambda *_: None if seen is None else pool.live(seen)  # noqa: E731
        kinds: Any = OneKind(found)
        mutators: Any = Nobody()
        self.writer = KubernetesWriter(
            client=client_of(self.transport),
            kinds=kinds,
            mutators=mutators,
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
        """The bodies of all requests."""
        return [msgspec.json.decode(request.body) for request in self.transport.requests]


def answered(uid: str = "u1", version: str = "8") -> Response:
    """The object after a write."""
    return reply({**config_map("web", version), "metadata": {"name": "web", "uid": uid, "resourceVersion": version}})


SEEN = ObjectMeta(name="web", namespace="shop", uid="u1", resourceVersion="7")
DELETES = [
    ("seen as it was planned for", SEEN, "u1", "", {"uid": "u1", "resourceVersion": "7"}),
    ("seen as another one", SEEN, "u0", "", {"uid": "u0"}),
    ("not seen", None, "u1", "", {"uid": "u1"}),
    ("with a version of the caller's", SEEN, "u1", "5", {"uid": "u1", "resourceVersion": "5"}),
]


@pytest.mark.parametrize(("case", "seen", "uid", "version", "expected"), DELETES)
async def test_a_delete_carries_the_version_that_was_seen_last(
    case: str, seen: ObjectMeta | None, uid: str, version: str, expected: dict[str, str]
) -> None:
    """INV-10, INV-13: whoever changed or replaced the object since is not overrun."""
    bench = Bench(reply({"kind": "Status", "status": "Success"}), seen=seen)
    said = await bench.writer.delete(REF, uid=uid, version=version, dry=False)
    assert isinstance(said, Accepted), case
    assert [body["preconditions"] for body in bench.sent] == [expected]
    assert bench.gone == [uid]


async def test_a_delete_that_is_tried_deletes_nothing_and_is_not_remembered() -> None:
    """INV-36: the body says that it is a try; the mirror is not told that the object goes."""
    bench = Bench(answered(), seen=SEEN)
    await bench.writer.delete(REF, uid="u1", version="", dry=True)
    assert [body["dryRun"] for body in bench.sent] == [["All"]]
    assert bench.gone == []


async def test_a_delete_that_was_refused_is_not_remembered_as_done() -> None:
    bench = Bench(failure(409, "Conflict", "Precondition failed: UID in precondition: u1"), seen=SEEN)
    said = await bench.writer.delete(REF, uid="u1", version="", dry=False)
    assert isinstance(said, Refused)
    assert said.refusal is Refusal.STALE
    assert bench.gone == []


async def test_an_apply_carries_what_must_still_hold_and_not_what_is_withheld() -> None:
    """INV-10, INV-19: UID and version stand in the body; a field that is left to others does not."""
    bench = Bench(answered())
    write = Write(ref=REF, body=BODY, mode=WriteMode.APPLY, uid="u1", version="7", withheld=("data.b",))
    assert isinstance(await bench.writer.write(write), Accepted)
    (body,) = bench.sent
    assert body["metadata"] == {"name": "web", "uid": "u1", "resourceVersion": "7"}
    assert body["data"] == {"a": "1"}
    assert bench.noted == ["u1"]


async def test_an_apply_that_is_tried_is_not_noted() -> None:
    bench = Bench(answered())
    await bench.writer.write(Write(ref=REF, body=BODY, mode=WriteMode.TRY, uid="u1"))
    assert bench.noted == []


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
        await bench.writer.delete(REF, uid="u1", version="", dry=False),
    ]
    assert [one.refusal for one in said if isinstance(one, Refused)] == [refusal, refusal]
    assert bench.transport.requests == []
