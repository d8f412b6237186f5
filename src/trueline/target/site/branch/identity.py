"""Git's ids and our digests of the same bytes. A pair is made from those bytes and from nothing else, never guessed.

Where a repository names its objects by SHA-1, two different contents with one id could not be told apart: Git itself
takes them for equal, and so do we.
"""

import hashlib
from collections.abc import Collection, Mapping

from trueline.model.digest import Digest, digest_bytes
from trueline.runtime.blob import Blobs

SHA1, SHA256 = "sha1", "sha256"


class Identities:
    """What is known of ids; `algorithm` is the repository's."""

    def __init__(self, algorithm: str, blobs: Blobs, known: Mapping[str, Digest]) -> None:
        self.algorithm = algorithm
        self._blobs = blobs
        self._digests = dict(known)
        self._identities = {digest: identity for identity, digest in known.items()}

    def identify(self, data: bytes, digest: Digest | None = None) -> str:
        """Git's id of a file with these bytes, remembered with their digest, which is made where it is not given."""
        identity = git_identity(self.algorithm, data)
        digest = digest if digest is not None else digest_bytes(data)
        self._digests[identity], self._identities[digest] = digest, identity
        return identity

    def digest(self, identity: str) -> Digest | None:
        """The digest of what Git names so, where it is known."""
        return self._digests.get(identity)

    def identity(self, digest: Digest) -> str | None:
        """Git's id of a digest, where it is known; it can be asked only of bytes that are kept."""
        known = self._identities.get(digest)
        if known is None and (data := self._blobs.get(digest)) is not None:
            known = self.identify(data, digest)
        return known

    def is_same(self, identity: str, digest: Digest) -> bool:
        """Whether what Git names so has this digest; false where neither is known and the bytes are not kept."""
        known = self._digests.get(identity)
        return known == digest if known is not None else self.identity(digest) == identity

    def known(self, wanted: Collection[str]) -> dict[str, Digest]:
        """The pairs of these ids."""
        return {identity: self._digests[identity] for identity in wanted if identity in self._digests}


def git_identity(algorithm: str, data: bytes) -> str:
    """Git's id of a file with these bytes.

    >>> git_identity("sha1", b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.new(algorithm, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
