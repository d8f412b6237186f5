"""Looks for tokens in all that a run left: files, databases, Git objects, what was printed, arguments of processes.

A token is looked for as it is, in base64 (at each of the three offsets), percent-encoded, in hexadecimal, where it is
asked for in halves, and in what is compressed: rows of databases and Git's objects.
"""

import base64
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

PIECE_CHARACTERS_MIN = 9


def forms(token: str) -> frozenset[bytes]:
    """What a token may look like; of base64 the part that does not depend on what stands around it."""
    raw = token.encode()
    found = {raw, quote(token, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode()}
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw)
        found.add(encoded[4 if offset else 0 : len(encoded) - 4])
        found.add(encoded[4 if offset else 0 : len(encoded) - 4].replace(b"+", b"-").replace(b"/", b"_"))
    return frozenset(found)


def pieces(token: str) -> frozenset[bytes]:
    """Both halves of a token, where they are long enough to be of no other one: what a cut or a diff may leave."""
    token = token.removeprefix("AGE-SECRET-KEY-1")  # as every message may say that a key begins
    half = len(token) // 2
    return frozenset(part.encode() for part in (token[:half], token[half:]) if len(part) >= PIECE_CHARACTERS_MIN)


def hits(tokens: Mapping[str, str], places: Iterable[tuple[str, bytes]], *, is_partial: bool = False) -> list[str]:
    """`TOKEN in PLACE` for each token that was found somewhere, or for a half of it where that counts."""
    known = {name: forms(token) | (pieces(token) if is_partial else frozenset()) for name, token in tokens.items()}
    return [
        f"{name} in {place}"
        for place, data in places
        for name, wanted in known.items()
        if any(form in data for form in wanted)
    ]


def files(folder: Path, *, without: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, its name, what a database in it holds, and what is compressed."""
    spared = tuple(without)
    for path in sorted(folder.rglob("*")):
        if any(path.is_relative_to(one) for one in spared):
            continue
        name = str(path.relative_to(folder))
        yield f"the name of {name}", name.encode()
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield name, data
        with suppress(zlib.error):
            yield f"{name}, unpacked", zlib.decompress(data)
        if data.startswith(b"SQLite format 3"):
            yield from rows(path, name)


def rows(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Every value of every table of a database, and what is compressed in it."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name out of the database
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{name}: {table}", data
                    with suppress(zlib.error):
                        yield f"{name}: {table}, unpacked", zlib.decompress(data)


@dataclass
class Arguments:
    """The arguments and environments' names of every process of this machine, looked at all the time in between."""

    seen: set[bytes] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self.seen.add((process / "cmdline").read_bytes())
            time.sleep(0.02)

    def places(self) -> Iterator[tuple[str, bytes]]:
        """What was seen."""
        for arguments in self.seen:
            yield "the arguments of a process", arguments
