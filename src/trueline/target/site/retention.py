"""Which files of earlier releases stay after they left the site: those whose names hold their content, for a time."""

from collections.abc import Callable, Mapping

from trueline.model.digest import Digest
from trueline.target.site.body import MarkedRelease
from trueline.target.site.path import folded, parents
from trueline.target.site.platform import Kept, Published

KEPT_MAX = 50_000
KEEP_S = 7 * 86_400.0


def kept_after(
    before: Published | None, body: MarkedRelease, *, now_s: float, keep_s: float, has: Callable[[Digest], bool]
) -> dict[str, Kept]:
    """What is kept beside the files of a release, by path; `has` tells whether the bytes are still known.

    Nothing is kept under a path that the release needs, on any disk, for a file or for a folder.
    """
    if before is None:
        return {}
    immutable = sorted(set(before.body.immutable) & before.body.files.keys())
    left = {path: Kept(Digest(before.body.files[path]), now_s) for path in immutable}
    left |= {path: kept for path, kept in before.kept.items() if now_s - kept.left_s < keep_s}
    fitting = _fitting(left, body.files)
    newest = sorted(
        (item for item in fitting.items() if has(item[1].blob)), key=lambda item: (-item[1].left_s, item[0])
    )
    return dict(sorted(newest[:KEPT_MAX]))


def _fitting(left: Mapping[str, Kept], files: Mapping[str, str]) -> dict[str, Kept]:
    taken = {folded(path) for path in files}
    above = {parent for path in taken for parent in parents(path)}
    return {
        path: kept
        for path, kept in left.items()
        if (name := folded(path)) not in taken and name not in above and taken.isdisjoint(parents(name))
    }
