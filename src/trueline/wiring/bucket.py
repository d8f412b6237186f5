"""The buckets that sites are published to, each opened once."""

from trueline.declare.application import BucketTarget
from trueline.loop.parts import Parts
from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_value
from trueline.model.fault import UserError
from trueline.runtime.blob import BlobDirectory
from trueline.runtime.clock import Clock
from trueline.runtime.data_directory import DataDirectory
from trueline.runtime.secret import Secrets
from trueline.target.kubernetes.mark import Installation
from trueline.target.site.path import hostility
from trueline.target.site.s3.note import notes
from trueline.target.site.s3.place import BucketPlace, Opening
from trueline.target.site.s3.platform import BucketPlatform
from trueline.target.site.target import SiteTarget
from trueline.wiring.settings import Settings
from trueline.wiring.shared import Shared, site_parts

FOLDER = "buckets"
_KEY_LENGTH = 16


class BucketTargets:
    """The buckets that declarations name. Their keys are found when they are asked, each time anew."""

    def __init__(  # noqa: PLR0913 - what a bucket is published with
        self,
        settings: Settings,
        directory: DataDirectory,
        secrets: Secrets,
        *,
        installation: Installation,
        blobs: BlobDirectory,
        clock: Clock,
        shared: Shared,
    ) -> None:
        self._settings = settings
        self._path = directory.path / FOLDER
        self._secrets = secrets
        self._installation = installation
        self._blobs = blobs
        self._clock = clock
        self._shared = shared
        self._declared: dict[str, BucketTarget] = {}
        self._parts: dict[str, Parts] = {}

    def parts(self, target: BucketTarget) -> Parts:
        """What a pass on a bucket works with.

        Raises:
            UserError: TL1582 or TL1583, nothing can be published there from here.
        """
        place = _place(target)
        if place.prefix and (why := hostility(place.prefix)):
            raise UserError([_no_prefix(place, why)])
        self._declared[place.name] = target
        if place.name not in self._parts:
            self._parts[place.name] = self._open(place)
        return self._parts[place.name]

    def _open(self, place: BucketPlace) -> Parts:
        try:
            from trueline.target.site.s3.store import ObstoreBucket  # noqa: PLC0415 - an extra, and 16 MB of it
        except ImportError:
            raise UserError([_not_installed(place)]) from None
        site = SiteTarget(
            place.name,
            BucketPlatform(place.identity, ObstoreBucket(lambda: self._opening(place.name)), self._blobs),
            self._blobs,
            folder=self._path / digest_value(place.name)[:_KEY_LENGTH],
            family=f"{self._installation.name}.",
            mark=self._installation.mark,
            clock=self._clock,
            notes=notes,
            interval_s=self._settings.interval_s,
        )
        return site_parts(self._shared, site)

    async def _opening(self, name: str) -> Opening:
        """As it is declared now: a new key or region needs no new process."""
        target = self._declared[name]
        if target.access_key is None or target.secret_key is None:
            return Opening(_place(target))
        access = await self._secrets.resolve(target.access_key)
        return Opening(_place(target), access, await self._secrets.resolve(target.secret_key))


def _place(target: BucketTarget) -> BucketPlace:
    endpoint = target.endpoint.rstrip("/")
    return BucketPlace(bucket=target.bucket, prefix=target.prefix, region=target.region, endpoint=endpoint)


def _not_installed(place: BucketPlace) -> Diagnostic:
    return Diagnostic(
        code="TL1582",
        summary="what talks to buckets is not installed",
        detail=place.name,
        remedy="pip install 'trueline[s3]'",
    )


def _no_prefix(place: BucketPlace, reason: str) -> Diagnostic:
    return Diagnostic(
        code="TL1583",
        summary="a site cannot be published below that prefix",
        detail=f"{place.name}: {reason}",
        remedy="write a prefix such as handbook or docs/handbook, or none",
    )
