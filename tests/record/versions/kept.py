"""A data directory of an older program, put back from its text."""

import sqlite3
from contextlib import closing
from pathlib import Path

from trueline.runtime.seal import SEAL

_HERE = Path(__file__).parent
VERSIONS = tuple(sorted((path.name for path in _HERE.iterdir() if (path / "trueline.sql").is_file()), key=int))
DATABASES = ("trueline", "embedded")


def put_back(version: str, home: Path) -> Path:
    """The data directory `HOME/data` as the program of that version left it."""
    data = home / "data"
    data.mkdir(mode=0o700)
    for name in DATABASES:
        database(version, name, data / f"{name}.sqlite")
    for name in ("installation", "trueline.anchors", "purpose.json"):
        (data / name).write_text((_HERE / version / name).read_text().replace("HOME", str(home)))
    return data


def database(version: str, name: str, path: Path) -> None:
    """One of its databases, with the key beside it that it is sealed with, where it is."""
    key = _HERE / version / SEAL
    if key.exists():
        path.with_name(SEAL).write_bytes(key.read_bytes())
    with closing(sqlite3.connect(path)) as opened:
        opened.executescript((_HERE / version / f"{name}.sql").read_text())


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, by the columns that there are."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(opened.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of every table."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: [row[1] for row in opened.execute(f"PRAGMA table_info({table})")] for table in tables}
