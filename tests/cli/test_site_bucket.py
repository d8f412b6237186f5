"""A folder of Markdown in a bucket, as its writers meet it: published, tampered with, rolled back, removed."""

import asyncio
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from testbed.bucket_server import BucketServer
from tests.cli.person import Person, command
from tests.cli.test_site import PATIENCE_S, until
from tests.target.site.s3.bucket_ground import ground_at
from trueline.target.site.s3.place import BucketPlace
from trueline.testing.conformance.site.ground import Ground

DECLARED = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: handbook}
spec:
  source: {path: docs}
  render: {site: {title: Handbook, url: "https://handbook.example.com"}}
  target:
    site:
      s3:
        bucket: BUCKET
        prefix: handbook
        endpoint: ADDRESS
        accessKey: {secret: {env: BUCKET_KEY}}
        secretKey: {secret: {file: SECRET}}
"""
OTHER = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: another}
spec: {source: {path: docs}, render: {site: {}}, target: {directory: HOME/another}}
"""
HOME = "# Handbook\n\nWelcome. See [how to begin](guide/first.md#install).\n"
FIRST = "# First steps\n\n## Install\n\nRun it.\n"
HEADERS = "/guide/*\n  Cache-Control: max-age=60\n  X-Frame-Options: DENY\n"


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def place(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketPlace]:
    """An empty bucket at moto."""
    server = BucketServer(tmp_path_factory.mktemp("moto"))
    runner.run(server.__aenter__())
    name = f"b-{uuid.uuid4().hex[:12]}"
    runner.run(server.create(name))
    yield BucketPlace(bucket=name, prefix="handbook", endpoint=server.address)
    runner.run(server.__aexit__(None, None, None))


@pytest.fixture
def writer(person: Person, place: BucketPlace) -> Person:
    """Somebody whose fleet is one folder of Markdown, published to a bucket."""
    shutil.rmtree(person.fleet)
    (person.fleet / "docs" / "guide").mkdir(parents=True)
    secret = person.home / "secret"
    secret.write_text("correct-horse")
    declared = DECLARED.replace("BUCKET\n", f"{place.bucket}\n").replace("ADDRESS", place.endpoint)
    (person.fleet / "fleet.yaml").write_text(declared.replace("SECRET", str(secret)))
    (person.fleet / "docs" / "index.md").write_text(HOME)
    (person.fleet / "docs" / "_headers").write_text(HEADERS)
    (person.fleet / "docs" / "guide" / "first.md").write_text(FIRST)
    person.environment["BUCKET_KEY"] = "access"
    return person


def served(runner: asyncio.Runner, ground: Ground) -> Mapping[str, bytes]:
    """What stands in the bucket."""
    return runner.run(_copied(ground))


async def _copied(ground: Ground) -> Mapping[str, bytes]:
    return dict(await ground.served())


def test_a_site_in_a_bucket_is_published_healed_rolled_back_and_removed(
    writer: Person, place: BucketPlace, runner: asyncio.Runner, tmp_path: Path
) -> None:
    ground = ground_at(place, tmp_path / "ground")
    runner.run(ground.put_foreign("theirs.txt", b"precious"))
    writer.commit("one")
    writer.types("up", "fleet", "--once")
    first = served(runner, ground)
    assert b'<h1 id="first-steps">' in first["guide/first/index.html"]
    assert "X-Frame-Options" in writer.types("plan", "fleet") + writer.stderr
    for path, data in {"guide/first/index.html": b"tampered", "index.html": None}.items():
        runner.run(ground.tamper(path, data))
    writer.types("up", "fleet", "--once")
    assert served(runner, ground) == first
    (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
    writer.commit("two")
    writer.types("up", "fleet", "--once")
    assert b"And then some" in served(runner, ground)["guide/first/index.html"]
    writer.types("rollback", "handbook")
    writer.types("up", "fleet", "--once", code=1)  # held: Git says something else
    back = served(runner, ground)
    assert {path: back[path] for path in first} == first
    (writer.fleet / "fleet.yaml").write_text(OTHER.replace("HOME", str(writer.home)))
    writer.commit("gone")
    writer.types("up", "fleet", "--once", code=1)
    assert served(runner, ground) == back
    writer.types("approve", "handbook")
    writer.types("up", "fleet", "--once")
    assert served(runner, ground) == {}
    assert runner.run(ground.foreign("theirs.txt")) == b"precious"


def test_what_is_tampered_with_comes_back_while_up_runs(
    writer: Person, place: BucketPlace, runner: asyncio.Runner, tmp_path: Path
) -> None:
    ground = ground_at(place, tmp_path / "ground")
    writer.commit("one")
    argv = command("up", "fleet", "--listen", "none", "--interval", "1s")
    with subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=writer.environment, cwd=writer.home
    ) as running:
        try:
            until(lambda: "index.html" in served(runner, ground), "published")
            first = served(runner, ground)
            runner.run(ground.tamper("guide/first/index.html", b"tampered"))
            runner.run(ground.tamper("404.html", None))
            until(lambda: served(runner, ground) == first, "put back")
            (writer.fleet / "docs" / "guide" / "first.md").write_text(FIRST + "\nAnd then some.\n")
            writer.commit("two")
            until(lambda: b"And then some" in served(runner, ground)["guide/first/index.html"], "published anew")
        finally:
            running.terminate()
            assert running.wait(PATIENCE_S) == 0


def test_a_bucket_that_is_not_there_and_a_key_that_is_not_set_are_told(writer: Person) -> None:
    declared = (writer.fleet / "fleet.yaml").read_text()
    (writer.fleet / "fleet.yaml").write_text(declared.replace("bucket: b-", "bucket: no-"))
    writer.commit("one")
    writer.types("up", "fleet", "--once", code=1)
    assert "NoSuchBucket" in writer.types("status", code=2)
    (writer.fleet / "fleet.yaml").write_text(declared.replace("prefix: handbook", "prefix: docs/../x"))
    writer.commit("two")
    writer.types("up", "fleet", "--once", code=1)
    assert "TL1583" in writer.stderr
    (writer.fleet / "fleet.yaml").write_text(declared)
    writer.commit("three")
    del writer.environment["BUCKET_KEY"]
    writer.types("up", "fleet", "--once", code=1)
    assert "BUCKET_KEY" in writer.types("status", code=2)
