"""A listing that grew from the one before equals Git's own full listing, and its changes are Git's own."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st

from tests.source.git_remote import Remote, reading
from trueline.runtime.clock import SystemClock
from trueline.runtime.process import SystemProcesses
from trueline.source.directory import DirectorySource
from trueline.source.listing import Directory, Listing, changed_paths

NAMES = st.sampled_from(["a", "b", "a.yaml", "é", "a-b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
STEPS = st.lists(st.dictionaries(PATHS, st.sampled_from(["1", "2", None]), max_size=5), min_size=1, max_size=4)


def write(remote: Remote, files: dict[str, str | None]) -> None:
    """Bring the work tree to these files, as far as they do not contradict each other."""
    for name, text in files.items():
        path = remote.path / name
        if text is None:
            if path.is_file():
                path.unlink()
        elif not path.is_dir() and not any((remote.path / parent).is_file() for parent in Path(name).parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def full(remote: Remote) -> dict[str, str]:
    lines = remote.git("ls-tree", "-r", "-t", "-z", "HEAD").split("\0")
    return {line.split("\t")[1]: line.split()[2] for line in lines if line}


def flat(listing: Listing) -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(directory: Directory, prefix: str) -> None:
        for name, entry in directory.entries.items():
            found[prefix + name] = entry.identity
            if isinstance(entry, Directory):
                walk(entry, f"{prefix}{name}/")

    walk(listing.root, "")
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
async def test_a_grown_listing_is_the_full_listing(steps: list[dict[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        remote = Remote(Path(directory) / "remote")
        async with reading(str(remote.path), Path(directory)) as reader:
            source, before = reader.source("main"), None
            for step in steps:
                write(remote, step)
                commit = remote.commit()
                listing = (await source.artifact(await source.poll())).listing
                assert flat(listing) == full(remote)
                assert listing.root.identity == remote.git("rev-parse", "HEAD^{tree}")
                assert len(listing) == sum(1 for _ in listing.leaves())
                if before is not None:
                    said = remote.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", before[0], commit)
                    assert set(changed_paths(before[1], listing)) == set(said.split("\0")) - {""}
                before = (commit, listing)
            working = DirectorySource(
                remote.path, processes=SystemProcesses(), clock=SystemClock(), environment={"PATH": "/usr/bin:/bin"}
            )
            revision = await working.poll()
            assert revision.tree == remote.git("rev-parse", "HEAD^{tree}"), "a clean working tree has Git's own id"


async def test_a_commit_reads_only_the_directories_it_changed(tmp_path: Path) -> None:
    remote = Remote(tmp_path / "remote")
    remote.commit({f"apps/{number}/deploy.yaml": "a: 1\n" for number in range(30)})
    async with reading(str(remote.path), tmp_path) as reader:
        source = reader.source()
        old = (await source.artifact(await source.poll())).listing
        remote.commit({"apps/7/deploy.yaml": "a: 2\n"})
        new = (await source.artifact(await source.poll())).listing
        assert changed_paths(old, new) == ("apps/7/deploy.yaml",)
        shared = [number for number in range(30) if new.find(f"apps/{number}") is old.find(f"apps/{number}")]
        assert shared == [number for number in range(30) if number != 7]
        remote.commit()
        assert (await source.artifact(await source.poll())).listing is new
