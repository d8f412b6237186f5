"""What a publish has to do to a bucket: which objects are put, step by step, and which are deleted after them. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trueline.model.digest import Digest, digest_value
from trueline.target.site.order import rank, step
from trueline.target.site.platform import Published
from trueline.target.site.s3.bucket import Attributes, Expectation
from trueline.target.site.s3.header import HeaderTable
from trueline.target.site.s3.sight import Sight
from trueline.target.site.s3.state import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One object that is put."""

    path: str
    blob: Digest
    attributes: Attributes
    expected: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """`puts` and `deletes` are done group after group, what is in a group side by side. `rows` are of what stays."""

    puts: Sequence[Sequence[Put]]
    deletes: Sequence[Sequence[str]]
    rows: Mapping[str, Row]

    @property
    def new_paths(self) -> Iterator[str]:
        """Every path that is put."""
        return (put.path for group in self.puts for put in group)


def attributes_digest(attributes: Attributes) -> Digest:
    """What tells that a browser is told the same."""
    return Digest(digest_value(dict(attributes))[:16])


def moves(sight: Sight, after: Published, known: Mapping[str, Digest]) -> Moves:
    """From what is there to a release; `known` are the digests of what stands at our paths.

    An object whose bytes or headers are not certain is put again; an equal one of a stranger, too, for its headers.
    """
    table = HeaderTable.of(after.body)
    kept = after.kept
    puts: list[Put] = []
    rows: dict[str, Row] = {}
    for path, blob in after.holdings():
        attributes = table.attributes(path, is_kept=path in kept)
        row, found = sight.state.rows.get(path), sight.listing.get(path)
        is_same = row is not None and row.attributes == attributes_digest(attributes)
        if found is not None and row is not None and is_same and known.get(path) == blob:
            rows[path] = Row(found.etag, found.size_bytes, row.attributes)
        else:
            puts.append(Put(path=path, blob=blob, attributes=attributes, expected=sight.expected(path)))
    leaving = (path for path in sight.ours if path in sight.listing and after.blob(path) is None)
    return Moves(
        puts=[[put for put in sorted(puts, key=lambda one: rank(one.path)) if step(put.path) == at] for at in _STEPS],
        deletes=departures(tuple(leaving)),
        rows=rows,
    )


def departures(paths: Collection[str]) -> Sequence[Sequence[str]]:
    """What leaves, in groups: the entry page first, then the pages, then what they show."""
    return [[path for path in sorted(paths) if step(path) == at] for at in reversed(_STEPS)]


_STEPS = range(4)
