"""The conformance suite of places on a bucket: in memory with every failure, at moto with some."""

from pathlib import Path

import pytest

from testbed.bucket_server import BucketServer
from tests.target.site.s3.bucket_ground import FEATURES, BucketGround, ground_at, moto_place
from trueline.target.site.platform import Order
from trueline.testing.conformance.site.case import SiteCase
from trueline.testing.conformance.site.suite import site_cases
from trueline.testing.conformance.site.world import World
from trueline.testing.site.bucket import MemoryBucket

CASES = site_cases(Order.ORDERED, FEATURES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_in_memory(tmp_path: Path, case: SiteCase) -> None:
    bucket = MemoryBucket()
    await case.run(await World.on(BucketGround(tmp_path, lambda: bucket)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_at_moto(bucket_server: BucketServer, tmp_path: Path, case: SiteCase) -> None:
    await case.run(await World.on(ground_at(await moto_place(bucket_server), tmp_path)))
