"""The store: revisions, history, what is forgotten."""

from pathlib import Path

import pytest

from trueline.embedded import store as stores
from trueline.embedded.disk import SqliteDisk
from trueline.embedded.store import FIRST_REVISION, Store


def written(name: str, revision: int) -> tuple[str, bytes]:
    text = f'{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}","resourceVersion":"{revision}"}}}}'
    return f"/core/configmaps/d/{name}", text.encode()


def test_each_write_is_one_revision() -> None:
    store = Store()
    store.commit([written("a", FIRST_REVISION + 1), written("b", FIRST_REVISION + 2)])
    store.commit([("/core/configmaps/d/a", None), ("/core/configmaps/d/none", None)])
    assert store.revision == FIRST_REVISION + 3
    assert [kept.metadata.name for kept in store.under("/core/configmaps/d/")] == ["b"]
    events = store.since(FIRST_REVISION)
    assert events is not None
    assert [(e.before is None, e.after is None) for e in events] == [(True, False), (True, False), (False, True)]
    assert store.since(store.revision) == []


def test_a_revision_that_is_not_the_next_one_is_our_bug() -> None:
    with pytest.raises(AssertionError, match="expected 101"):
        Store().commit([written("a", 7)])


def test_what_is_forgotten_is_said() -> None:
    store = Store()
    store.commit([written("a", FIRST_REVISION + 1)])
    store.compact()
    assert store.since(FIRST_REVISION) is None
    assert store.since(store.revision) == []


def test_the_history_is_bounded() -> None:
    store = Store()
    for number in range(1, stores.HISTORY_EVENTS_MAX + 3):
        store.commit([written("a", FIRST_REVISION + number)])
    assert store.compacted == FIRST_REVISION + 2


def test_listeners_hear_each_commit_until_they_leave() -> None:
    store, heard = Store(), []
    leave = store.listen(lambda: heard.append(store.revision))
    store.commit([written("a", FIRST_REVISION + 1)])
    leave()
    store.commit([written("b", FIRST_REVISION + 2)])
    assert heard == [FIRST_REVISION + 1]


def test_a_disk_gives_back_what_was_saved(tmp_path: Path) -> None:
    disk = SqliteDisk(tmp_path / "objects.sqlite")
    store = Store(disk=disk)
    store.commit([written("a", FIRST_REVISION + 1), written("b", FIRST_REVISION + 2)])
    store.commit([("/core/configmaps/d/a", None)])
    disk.close()
    again = SqliteDisk(tmp_path / "objects.sqlite")
    read = Store(disk=again)
    assert (read.revision, [kept.metadata.name for kept in read.all()]) == (FIRST_REVISION + 3, ["b"])
    again.close()
