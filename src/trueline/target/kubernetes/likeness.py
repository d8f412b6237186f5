"""Where else a secret value stands: told by the names of applications, found by keyed digests (INV-25).

It opens the kept body of each Secret that is applied, once, and remembers what its values digest to, never a value.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from trueline.model.digest import Digest, parse
from trueline.target.kubernetes.mask import Fingerprint, is_secret, raw

SECRETS_MAX: Final = 10_000
"""So many applied Secrets are compared with; of what others hold nothing is said."""
SHOWN_MAX: Final = 2
_CHARACTERS_SHOWN: Final = 8
_KEPT_BYTES: Final = 16


class Likeness:
    """Names values, for one data directory.

    `digest` is under the key of that directory. `held` gives each application with the bodies of the Secrets that it
    has applied, on whatever target; `bodies` those bodies. `mark` is an application's on its objects.
    """

    def __init__(
        self,
        *,
        digest: Callable[[bytes], bytes],
        held: Callable[[], Iterable[tuple[str, Digest]]],
        bodies: Callable[[Iterable[Digest]], Mapping[Digest, bytes]],
        mark: Callable[[str], str],
    ) -> None:
        self._digest = digest
        self._held = held
        self._bodies = bodies
        self._mark = mark
        self._known: dict[Digest, frozenset[bytes]] = {}

    def fingerprint(self, mark: str) -> Fingerprint:
        """How values are named in what is shown of an object with this mark: `3f9a01bc`, `3f9a01bc, as in staging`."""
        index: dict[bytes, list[str]] | None = None

        def named(value: bytes) -> str:
            nonlocal index
            if index is None:
                index = self._index(mark)
            digest = self._digest(value)
            applications = index.get(digest[:_KEPT_BYTES], []) if value else []
            return ", as in ".join((digest.hex()[:_CHARACTERS_SHOWN], *_told(applications)))

        return named

    def _index(self, mark: str) -> dict[bytes, list[str]]:
        """Each digest with the applications, but the one with the mark, that hold its value."""
        held = sorted(set(self._held()))[:SECRETS_MAX]
        self._learn({body for _, body in held})
        index: dict[bytes, list[str]] = {}
        for application, body in held:
            if self._mark(application) == mark:
                continue
            for digest in self._known.get(body, ()):
                names = index.setdefault(digest, [])
                if application not in names:
                    names.append(application)
        return index

    def _learn(self, wanted: set[Digest]) -> None:
        self._known = {body: digests for body, digests in self._known.items() if body in wanted}
        for body, data in self._bodies(sorted(wanted - self._known.keys())).items():
            self._known[body] = frozenset(self._digest(value)[:_KEPT_BYTES] for value in _values(parse(data)) if value)


def _values(body: Any) -> Iterable[bytes]:
    """The values of a Secret as the cluster holds them; it was normalised, so that they stand in `data` alone."""
    data = body.get("data") if is_secret(body) else None
    return [raw(value) for value in data.values() if isinstance(value, str)] if isinstance(data, dict) else []


def _told(applications: list[str]) -> Iterable[str]:
    if not applications:
        return ()
    rest = len(applications) - SHOWN_MAX
    text = ", ".join(applications[:SHOWN_MAX])
    return (f"{text} and {rest} more" if rest > 0 else text,)
