"""Bytes by key, compressed and bounded: the longest unused go first. Losing one costs work, never truth.

`Bodies` keeps what was declared by its digest and never lets go of what an inventory names; `RenderStore` is the cache
of renders. Both are sealed: what a secret's body holds stands nowhere in clear.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.runtime.seal import SEALED, Seal
from trueline.runtime.store import Store

BODIES_BYTES_MAX = 512 << 20
RENDERS_BYTES_MAX = 256 << 20
VALUE_BYTES_MAX = 64 << 20
TOUCHED_MAX = 1_000
_LEVEL = 1
_ROOM_PERCENT = 90
_EVICTED_MAX = 500
_FRESH_PUTS = 100

K = TypeVar("K", bound=str)


class _Keep:
    """One table of bytes; what is read is noted as used with the next write.

    Sizes are those on the disk. What one write puts there is not let go of by it. What is put again, and was used
    within the last `_FRESH_PUTS` writes, is not noted anew while there is room: it is among the newest anyway.
    """

    def __init__(self, store: Store, table: str, spared: str, size_bytes_max: int, seal: Seal | None) -> None:
        self._store = store
        self._table = table
        self._spared = spared
        self._size_bytes_max = size_bytes_max
        self._seal = seal
        self._touched: dict[str, None] = {}
        if seal is not None and seal.is_new:
            self._store.execute(f"DELETE FROM {table} WHERE substr(data, 1, 1) = ?", (SEALED,))  # noqa: S608 - a constant

    def get(self, key: str) -> bytes | None:
        found = self._store.row(f"SELECT data FROM {self._table} WHERE key = ?", (key,))  # noqa: S608 - a constant
        if found is None:
            return None
        self._touch(key)
        return self._unpacked(key, found[0])

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        query = f"SELECT key, data FROM {self._table} WHERE key IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
        found = self._store.rows(query, (canonical(list(keys)).decode(),))
        for key, _ in found:
            self._touch(key)
        return {key: body for key, data in found if (body := self._unpacked(key, data)) is not None}

    def _touch(self, key: str) -> None:
        self._touched.pop(key, None)
        self._touched[key] = None
        if len(self._touched) > TOUCHED_MAX:
            del self._touched[next(iter(self._touched))]

    def put(self, values: Mapping[K, bytes], *, replaces: bool = False) -> None:
        """`replaces`: a key may have another value now; else what is known is only noted as used, and not asked for."""
        with self._store.transaction():
            tick = self._tick()
            self._use(tick, self._touched)
            known = {} if replaces else self.known(values)
            new = {key: self._packed(key, values[key]) for key in values if key not in known}
            insert = f"INSERT OR REPLACE INTO {self._table} (key, size, used, data) VALUES (?, ?, ?, ?)"  # noqa: S608 - a constant
            self._store.execute_many(insert, [(key, len(data), tick + 1, data) for key, data in new.items()])
            is_full = bool(new) and self.size_bytes() > self._size_bytes_max
            self._use(tick + 1, [key for key, used in known.items() if is_full or used < tick - _FRESH_PUTS])
            if is_full:
                self._evict(tick + 1)
        self._touched.clear()

    def _use(self, tick: int, keys: Iterable[str]) -> None:
        statement = f"UPDATE {self._table} SET used = ? WHERE key = ?"  # noqa: S608 - a constant
        self._store.execute_many(statement, [(tick, key) for key in keys])

    def known(self, keys: Iterable[str]) -> dict[str, int]:
        """Those that are kept, each with its last use."""
        query = f"SELECT key, used FROM {self._table} WHERE key IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
        return {str(key): int(used) for key, used in self._store.rows(query, (canonical(list(keys)).decode(),))}

    def _packed(self, key: str, value: bytes) -> bytes:
        data = zlib.compress(value, _LEVEL)
        return data if self._seal is None else self._seal.seal(data, key)

    def _unpacked(self, key: str, data: bytes) -> bytes | None:
        opened = data if self._seal is None else self._seal.unseal(data, key)
        try:
            return None if opened is None else zlib.decompress(opened)
        except zlib.error:
            return None

    def _tick(self) -> int:
        found = self._store.row(f"SELECT max(used) FROM {self._table}")  # noqa: S608 - a constant
        return ((found[0] if found else None) or 0) + 1

    def size_bytes(self) -> int:
        found = self._store.row(f"SELECT sum(size) FROM {self._table}")  # noqa: S608 - a constant
        return (found[0] if found else None) or 0

    def _evict(self, newest: int) -> None:
        size = self.size_bytes()
        wanted = self._size_bytes_max * _ROOM_PERCENT // 100
        while size > wanted:
            oldest = self._oldest(newest)
            if not oldest:
                return
            for key, bytes_count in oldest:
                if size <= wanted:
                    return
                self._store.execute(f"DELETE FROM {self._table} WHERE key = ?", (key,))  # noqa: S608 - a constant
                size -= bytes_count

    def _oldest(self, newest: int) -> list[tuple[str, int]]:
        query = (
            f"SELECT key, size FROM {self._table} WHERE used < ? {self._spared} ORDER BY used, key LIMIT {_EVICTED_MAX}"  # noqa: S608 - constants
        )
        return [(str(key), int(size)) for key, size in self._store.rows(query, (newest,))]


class Bodies:
    """Bodies of resources by digest, canonical JSON as it was rendered."""

    def __init__(self, store: Store, size_bytes_max: int = BODIES_BYTES_MAX, *, seal: Seal | None = None) -> None:
        owned = "SELECT body FROM entry UNION SELECT intended FROM entry"
        self._keep = _Keep(store, "kept_body", f"AND key NOT IN ({owned})", size_bytes_max, seal)

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep them all, or none; what is known already is only noted as used."""
        self._keep.put(bodies)

    def get(self, digest: Digest) -> bytes | None:
        """The body of a digest; `None` where it is not kept, or what is kept does not have that digest (INV-20)."""
        body = self._keep.get(digest)
        return body if body is not None and digest_bytes(body) == digest else None

    def get_many(self, digests: Iterable[Digest]) -> dict[Digest, bytes]:
        """The bodies that are kept of those asked for."""
        found = self._keep.get_many(digests)
        return {Digest(key): body for key, body in found.items() if digest_bytes(body) == key}

    def known(self, digests: Iterable[Digest]) -> frozenset[Digest]:
        """Which of them are kept; none is read."""
        return frozenset(map(Digest, self._keep.known(digests)))

    def size_bytes(self) -> int:
        """How much is kept."""
        return self._keep.size_bytes()


class RenderStore:
    """The cache of renders: bytes by the key of everything that can change them (D3)."""

    def __init__(self, store: Store, size_bytes_max: int = RENDERS_BYTES_MAX, *, seal: Seal | None = None) -> None:
        self._keep = _Keep(store, "kept_render", "", size_bytes_max, seal)

    def get(self, key: str) -> bytes | None:
        """What was put under a key."""
        return self._keep.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Keep a value; one above `VALUE_BYTES_MAX` is not kept."""
        if len(value) <= VALUE_BYTES_MAX:
            self._keep.put({key: value}, replaces=True)

    def get_each(self, keys: Iterable[str]) -> dict[str, bytes]:
        """What was put under some keys, by one question."""
        return self._keep.get_many(keys)

    def put_each(self, values: Mapping[str, bytes]) -> None:
        """Keep values by one write; one above `VALUE_BYTES_MAX` is not kept."""
        self._keep.put({key: value for key, value in values.items() if len(value) <= VALUE_BYTES_MAX}, replaces=True)

    def size_bytes(self) -> int:
        """How much is kept."""
        return self._keep.size_bytes()
