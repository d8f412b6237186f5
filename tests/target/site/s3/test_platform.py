"""What a bucket is asked, counted; and what it does wrong: full, forbidden, gone, silent, written by others."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from testbed.bucket_server import BucketServer
from testbed.process import free_ports
from tests.target.site.s3.bucket_ground import BucketGround, ground_at, moto_place, opened
from tests.target.site.s3.rude_server import rude_server
from trueline.loop.status import Sync
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_bytes
from trueline.model.fault import UserError
from trueline.render.site.file import HeaderRule
from trueline.runtime.blob import BlobDirectory
from trueline.target.answer import Refusal
from trueline.target.site.body import MarkedRelease
from trueline.target.site.platform import PlatformRefused, Published
from trueline.target.site.s3.bucket import (
    Attributes,
    BucketRefused,
    Condition,
    Expectation,
    Reading,
    Stored,
    Unmet,
    Upload,
)
from trueline.target.site.s3.place import BucketPlace, Opening
from trueline.target.site.s3.platform import PUTS_AT_ONCE, BucketPlatform
from trueline.target.site.s3.state import STATE
from trueline.target.site.s3.store import ObstoreBucket
from trueline.target.site.s3.upload import WHOLE_BYTES_MAX
from trueline.testing.conformance.site.sample import FIRST, ONE_CHANGED, SECOND, as_bytes, named_by
from trueline.testing.conformance.site.world import World
from trueline.testing.site.bucket import MemoryBucket

PLACE = "bucket/site"


class Bench:
    """A platform on a bucket in memory, at the level of the port."""

    def __init__(self, folder: Path, bucket: MemoryBucket | None = None) -> None:
        self.bucket = bucket or MemoryBucket()
        self.blobs = BlobDirectory(folder)
        self.restart()

    def restart(self, place: str = PLACE) -> None:
        """A new process."""
        self.platform = BucketPlatform(place, self.bucket, self.blobs)

    def published(self, site: Mapping[str, bytes], headers: tuple[HeaderRule, ...] = ()) -> Published:
        """What shall be live."""
        files = {path: str(self.blobs.put(data)) for path, data in site.items()}
        body = MarkedRelease(files=files, headers=headers, mark="here.site")
        return Published(lineage="line", release=digest_bytes(body.body()), body=body)

    async def publish(self, site: Mapping[str, bytes], headers: tuple[HeaderRule, ...] = ()) -> Published:
        """As a target does it."""
        after = self.published(site, headers)
        await self.platform.publish(await self.platform.look(), after)
        return after


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def asked(bench: Bench) -> dict[str, int]:
    """What the bucket was asked since this was asked last."""
    found = dict(bench.bucket.asked)
    bench.bucket.asked.clear()
    return found


# ---- how much is asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 40, 2_500])
async def test_a_cold_publish_is_one_put_a_file_and_two_of_the_state(bench: Bench, count: int) -> None:
    await bench.publish({f"docs/{number}.html": b"%d" % number for number in range(count)})
    assert asked(bench) == {"list": 1, "put": count + 2}


async def test_one_changed_page_of_a_thousand_costs_four_requests(bench: Bench) -> None:
    site = {f"docs/{number}.html": b"%d" % number for number in range(990)}
    await bench.publish(site)
    asked(bench)
    await bench.publish({**site, "docs/7.html": b"changed"})
    assert asked(bench) == {"list": 1, "put": 3}


async def test_nothing_changed_costs_one_request_and_a_new_process_one_more(bench: Bench) -> None:
    await bench.publish(as_bytes(FIRST))
    asked(bench)
    await bench.platform.look()
    assert asked(bench) == {"list": 1}
    bench.restart()
    look = await bench.platform.look()
    assert asked(bench) == {"read": 1, "list": 1}
    await bench.platform.publish(look, bench.published(as_bytes(FIRST)))
    assert asked(bench) == {}


async def test_what_leaves_is_one_request_a_step(bench: Bench) -> None:
    site = {f"docs/{number}.html": b"x" for number in range(300)}
    await bench.publish({**site, "index.html": b"home"})
    asked(bench)
    await bench.publish({"index.html": b"home"})
    assert asked(bench) == {"list": 1, "put": 2, "delete": 1}


async def test_a_pass_of_the_loop_asks_no_more(tmp_path: Path) -> None:
    bucket = MemoryBucket()
    world = await World.on(BucketGround(tmp_path, lambda: bucket))
    await world.go(FIRST)
    assert dict(bucket.asked) == {"list": 1, "put": len(FIRST) + 2}
    bucket.asked.clear()
    await world.go(ONE_CHANGED)
    assert dict(bucket.asked) == {"list": 1, "put": 3}
    bucket.asked.clear()
    await world.go(ONE_CHANGED)
    assert dict(bucket.asked) == {"list": 1}


async def test_a_tampered_file_is_read_once_and_put_once(bench: Bench) -> None:
    live = await bench.publish(as_bytes(FIRST))
    bench.bucket.objects["docs/a.html"] = (b"tampered", {})
    asked(bench)
    first, second = await bench.platform.look(), await bench.platform.look()
    assert first.files["docs/a.html"] == second.files["docs/a.html"] == digest_bytes(b"tampered")
    assert asked(bench) == {"read": 1, "list": 2}
    await bench.platform.put_back(live, ["docs/a.html"])
    assert asked(bench) == {"put": 1}
    assert (await bench.platform.look()).files == dict(live.holdings())


class _Slow(MemoryBucket):
    """Remembers how many puts were under way together."""

    def __init__(self) -> None:
        super().__init__()
        self.held = self.most = 0

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        self.held += 1
        self.most = max(self.most, self.held)
        await asyncio.sleep(0.001)
        self.held -= 1
        return await super().put(path, upload, attributes, expected)


async def test_so_many_are_sent_at_once_and_not_more(tmp_path: Path) -> None:
    bucket = _Slow()
    await Bench(tmp_path, bucket).publish({f"docs/{number}.html": b"%d" % number for number in range(60)})
    assert bucket.most == PUTS_AT_ONCE


# ---- what browsers are told ----------------------------------------------------------------------------------------


async def test_another_header_is_put_for_those_it_is_about_only(bench: Bench) -> None:
    await bench.publish(as_bytes(FIRST))
    asked(bench)
    rule = HeaderRule(pattern="/docs/*", headers=(("Cache-Control", "max-age=9"),))
    await bench.publish(as_bytes(FIRST), (rule,))
    assert asked(bench) == {"list": 1, "put": 4}
    assert bench.bucket.objects["docs/a.html"][1]["Cache-Control"] == "max-age=9"
    assert bench.bucket.objects["index.html"][1]["Cache-Control"] == "no-cache"
    await bench.publish(as_bytes(FIRST))
    assert bench.bucket.objects["docs/a.html"][1]["Cache-Control"] == "no-cache"


class _Renewed(MemoryBucket):
    """Every file has another ETag than when it was put."""

    async def list(self) -> Mapping[str, Stored]:
        found = await super().list()
        return {path: one if path == STATE else Stored(f"{one.etag}-2", one.size_bytes) for path, one in found.items()}


async def test_the_same_bytes_put_again_by_others_are_no_drift(tmp_path: Path) -> None:
    bench = Bench(tmp_path, _Renewed())
    live = await bench.publish(as_bytes(FIRST))
    bench.restart()
    assert (await bench.platform.look()).files == dict(live.holdings())


# ---- strangers, and others who write -------------------------------------------------------------------------------


async def test_a_stranger_that_comes_between_the_look_and_the_put_is_not_written_over(bench: Bench) -> None:
    look = await bench.platform.look()
    bench.bucket.objects["index.html"] = (b"precious", {})
    with pytest.raises(PlatformRefused) as refused:
        await bench.platform.publish(look, bench.published(as_bytes(FIRST)))
    assert refused.value.refusal is Refusal.STALE
    assert bench.bucket.objects["index.html"][0] == b"precious"


async def test_a_heal_does_not_undo_what_another_process_published(bench: Bench) -> None:
    live = await bench.publish(as_bytes(FIRST))
    bench.bucket.objects["docs/a.html"] = (b"tampered", {})
    await bench.platform.look()
    bench.bucket.objects["docs/a.html"] = (b"published by another", {})
    with pytest.raises(PlatformRefused) as refused:
        await bench.platform.put_back(live, ["docs/a.html"])
    assert refused.value.refusal is Refusal.STALE
    assert bench.bucket.objects["docs/a.html"][0] == b"published by another"


class _Deaf(MemoryBucket):
    """Every put is sent twice, as by a client that heard no answer."""

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        await super().put(path, upload, attributes, expected)
        return await super().put(path, upload, attributes, expected)


async def test_an_answer_that_was_lost_is_no_refusal(tmp_path: Path) -> None:
    bench = Bench(tmp_path, _Deaf())
    live = await bench.publish(as_bytes(FIRST))
    assert (await bench.platform.look()).files == dict(live.holdings())


async def test_a_copied_state_is_of_no_worth(bench: Bench) -> None:
    await bench.publish(as_bytes(FIRST))
    bench.restart("bucket/copy")
    before = dict(bench.bucket.objects)
    for act in (bench.platform.look(), bench.platform.remove(bench.published(as_bytes(FIRST)))):
        with pytest.raises(PlatformRefused) as refused:
            await act
        assert "copied from bucket/site" in refused.value.message
    assert bench.bucket.objects == before


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"place":"bucket/site","format":2}', b"\xff"])
async def test_a_state_that_cannot_be_read_is_not_taken_for_none(bench: Bench, data: bytes) -> None:
    await bench.publish(as_bytes(FIRST))
    before = await bench.platform.look()
    bench.bucket.objects[STATE] = (data, {})
    with pytest.raises(PlatformRefused):
        await bench.platform.look()
    with pytest.raises(PlatformRefused) as refused:
        await bench.platform.publish(before, bench.published(as_bytes(SECOND)))
    assert refused.value.refusal is Refusal.STALE


class _Racing(MemoryBucket):
    """Somebody publishes between the listing and the read of the state, `races` times."""

    def __init__(self, races: int) -> None:
        super().__init__()
        self.races = races

    async def list(self) -> Mapping[str, Stored]:
        found = await super().list()
        if self.races and STATE in self.objects:
            self.races -= 1
            data, attributes = self.objects[STATE]
            self.objects[STATE] = (data + b" ", attributes)
        return found


async def test_a_listing_and_a_state_of_two_moments_are_not_put_together(tmp_path: Path) -> None:
    bucket = _Racing(0)
    bench = Bench(tmp_path, bucket)
    live = await bench.publish(as_bytes(FIRST))
    bench.restart()
    bucket.races = 99
    asked(bench)
    assert (await bench.platform.look()).files == dict(live.holdings())
    assert asked(bench) == {"list": 2, "read": 1}


async def test_a_removal_after_another_release_is_stale(bench: Bench) -> None:
    first = await bench.publish(as_bytes(FIRST))
    second = await bench.publish(as_bytes(SECOND))
    with pytest.raises(PlatformRefused) as refused:
        await bench.platform.remove(first)
    assert refused.value.refusal is Refusal.STALE
    assert (await bench.platform.look()).files == dict(second.holdings())


async def test_strangers_are_told_up_to_a_bound(bench: Bench) -> None:
    bench.bucket.objects.update({f"theirs/{number:05}": (b"", {}) for number in range(1_500)})
    assert len((await bench.platform.look()).strangers) == 1_000


# ---- full, gone, silent ---------------------------------------------------------------------------------------------


async def test_a_full_bucket_keeps_its_pages_and_says_so(tmp_path: Path) -> None:
    bucket = MemoryBucket()
    world = await World.on(BucketGround(tmp_path, lambda: bucket))
    await world.publish(FIRST)
    bucket.bytes_max = sum(len(data) for data, _ in bucket.objects.values()) + 100
    large = {**FIRST, "index.html": f"{FIRST['index.html']}{'x' * 4096}"}
    made = await world.go(large)
    assert made.sync is Sync.PARTLY
    assert "no space left" in made.message
    await world.expect_served(FIRST)
    bucket.bytes_max = None
    await world.publish(large)


class _Storming(MemoryBucket):
    """Every request but the first so many is refused."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self.good = good

    async def put(self, path: str, upload: Upload, attributes: Attributes, expected: Expectation) -> str:
        self._count()
        return await super().put(path, upload, attributes, expected)

    async def delete(self, paths: Collection[str]) -> None:
        self._count()
        await super().delete(paths)

    async def read(self, path: str) -> Reading | None:
        self._count()
        return await super().read(path)

    def _count(self) -> None:
        self.good -= 1
        if self.good < 0:
            raise BucketRefused(Refusal.BUSY, "500 Internal Server Error InternalError: try again")


async def test_a_storm_of_faults_ends_where_git_says(tmp_path: Path) -> None:
    bucket = _Storming(10_000)
    world = await World.on(BucketGround(tmp_path, lambda: bucket))
    await world.publish(FIRST)
    for good in range(12):
        bucket.good = good
        await world.go(SECOND)
        served = {path: data for path, (data, _) in bucket.objects.items()}
        pages = [data for path, data in served.items() if path.endswith(".html")]
        assert [path for page in pages for path in named_by(page) if path not in served] == []
    bucket.good = 10_000
    await world.publish(SECOND)


# ---- at moto -------------------------------------------------------------------------------------------------------


async def test_a_bucket_that_is_not_there_is_named(bucket_server: BucketServer) -> None:
    bucket = opened(BucketPlace(bucket="no-such-bucket", prefix="site", endpoint=bucket_server.address))
    for act in (bucket.list(), bucket.read("a"), bucket.put("a", _upload(b"x"), {}, Condition.ANY)):
        with pytest.raises(BucketRefused) as refused:
            await act
        assert refused.value.refusal is Refusal.DENIED
        assert "NoSuchBucket" in refused.value.message


async def test_a_connection_that_is_refused_is_busy() -> None:
    (port,) = free_ports(1)
    bucket = opened(BucketPlace(bucket="b", endpoint=f"http://127.0.0.1:{port}"))
    with pytest.raises(BucketRefused) as refused:
        await bucket.list()
    assert (refused.value.refusal, str(port) in refused.value.message) == (Refusal.BUSY, False)


@pytest.mark.parametrize(
    ("status", "requests", "refusal", "said"),
    [
        ("503 Slow Down", 2, Refusal.BUSY, "503 Service Unavailable"),
        ("500 Internal Server Error", 2, Refusal.BUSY, "500 Internal Server Error"),
        ("403 Forbidden", 1, Refusal.FORBIDDEN, "403 Forbidden AccessDenied: no"),
        ("200 OK", 1, Refusal.BUSY, "the connection failed"),
        ("", 2, Refusal.BUSY, "the connection failed"),
    ],
    ids=["slow", "broken", "forbidden", "no answer of S3", "hangs up"],
)
async def test_what_may_pass_is_tried_again_and_not_for_ever(
    status: str, requests: int, refusal: Refusal, said: str
) -> None:
    body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>" if status.startswith("4") else "<html>"
    async with rude_server(status, body) as rude:
        place = BucketPlace(bucket="b", prefix="site", endpoint=f"http://127.0.0.1:{rude.port}")
        with pytest.raises(BucketRefused) as refused:
            await opened(place, retries_max=1).list()
    assert (rude.requests, refused.value.refusal) == (requests, refusal)
    assert said in refused.value.message


async def test_a_key_that_a_service_repeats_is_masked() -> None:
    async with rude_server(
        "403 Forbidden", "<Error><Code>X</Code><Message>access and secret</Message></Error>"
    ) as rude:
        place = BucketPlace(bucket="b", endpoint=f"http://127.0.0.1:{rude.port}")
        with pytest.raises(BucketRefused) as refused:
            await opened(place).list()
    assert refused.value.message == "403 Forbidden X: *** and ***"


async def test_keys_that_are_not_there_are_named() -> None:
    async def find() -> Opening:
        raise UserError(
            [Diagnostic(code="TL0152", summary="a secret", detail="env: KEY", remedy="set it", origin=None)]
        )

    with pytest.raises(BucketRefused) as refused:
        await ObstoreBucket(find).list()
    assert (refused.value.refusal, refused.value.message) == (Refusal.FORBIDDEN, "TL0152 a secret: env: KEY")


async def test_what_is_large_goes_in_parts(bucket_server: BucketServer, tmp_path: Path) -> None:
    ground = ground_at(await moto_place(bucket_server), tmp_path)
    world = await World.on(ground)
    large = {"index.html": "home", "film.bin": "0123456789abcdef" * (WHOLE_BYTES_MAX // 16 + 1)}
    await world.publish(large)
    assert (await world.go(large)).review.plan.is_empty
    await ground.tamper("film.bin", b"tampered")
    await world.publish(large)


async def test_of_two_puts_under_one_condition_one_wins(bucket_server: BucketServer) -> None:
    bucket = opened(await moto_place(bucket_server))
    etag = await bucket.put("a", _upload(b"1"), {}, Condition.ABSENT)
    assert await bucket.put("a", _upload(b"2"), {}, etag) != etag
    with pytest.raises(Unmet):
        await bucket.put("a", _upload(b"3"), {}, etag)
    with pytest.raises(Unmet):
        await bucket.put("a", _upload(b"3"), {}, Condition.ABSENT)
    with pytest.raises(Unmet):
        await bucket.put("not-there", _upload(b"3"), {}, etag)


async def test_http_requests_are_as_many_as_counted(bucket_server: BucketServer, tmp_path: Path) -> None:
    place = await moto_place(bucket_server)
    name, world = place.bucket, await World.on(ground_at(place, tmp_path))
    await world.go(FIRST)
    cold = bucket_server.requests(name)
    assert len(cold) == len(FIRST) + 3
    await world.go(ONE_CHANGED)
    assert len(bucket_server.requests(name)) == len(cold) + 4
    await world.go(ONE_CHANGED)
    assert len(bucket_server.requests(name)) == len(cold) + 5


async def test_variables_of_the_process_lead_nowhere_else(
    bucket_server: BucketServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ENDPOINT": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "theirs",
        "AWS_SESSION_TOKEN": "theirs",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_S3_EXPRESS": "true",
    }.items():
        monkeypatch.setenv(name, value)
    world = await World.on(ground_at(await moto_place(bucket_server), tmp_path))
    await world.publish(FIRST)


async def test_a_strangers_name_that_is_no_path_is_told(bucket_server: BucketServer, tmp_path: Path) -> None:
    place = await moto_place(bucket_server)
    world = await World.on(ground_at(place, tmp_path))
    await world.publish(FIRST)
    await bucket_server.put(place.bucket, "site/docs/%2e%2e/x", b"theirs")
    made = await world.go(FIRST)
    assert made.sync is Sync.UNKNOWN
    assert "site/docs/../x" in made.message


def _upload(data: bytes) -> Upload:
    return Upload(blob=digest_bytes(data), size_bytes=len(data), data=data)
