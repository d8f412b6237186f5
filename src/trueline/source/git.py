"""A Git repository as a source: a bare copy in the data directory, fetched no further than needed, with no work tree.

Revisions and listings are read from the object database by one long-lived child; a new commit costs one question of the
remote and one fetch, an unchanged remote only the question. Nothing here writes to the remote.
"""

import asyncio
import difflib
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from trueline.model.fault import Fault
from trueline.model.known import Known, Unknown
from trueline.runtime.data_directory import write_atomic
from trueline.runtime.files import FileTree
from trueline.runtime.store import translated
from trueline.source.artifact import Artifact, References, Revision
from trueline.source.authorship import LineCommit, parse_authorship
from trueline.source.bare_copy import FETCH, SHA256_HEX_LENGTH, clutter_of, is_made, parse_refs, sweep
from trueline.source.git_command import GitCommand
from trueline.source.git_object import GitObject, Malformed, parse_commit
from trueline.source.listing import Leaf, Listing
from trueline.source.listing_reader import ListingReader, notes_of
from trueline.source.object_reader import ObjectReader, ReaderFailed, Readers
from trueline.source.refusal import (
    AMBIGUOUS,
    COMMIT_MISSING,
    EMPTY,
    FILE_SIZE,
    MALFORMED,
    NO_VERSION,
    NOT_GIT,
    REF_MISSING,
    TOO_LARGE,
    UNREADABLE,
)
from trueline.source.selector import MatchVersions, Selector, SelectorKind
from trueline.source.span import Span
from trueline.source.tree import ListedTree

DEEPEN_STEPS = (50, 500, 5000)
_LIST = ("ls-remote", "--quiet")
_GC = ("-c", "pack.threads=1", "gc", "--quiet", "--prune=1.hour.ago")
_COMMIT_BYTES_MAX = 1024 * 1024
_FOUND = "refs/trueline/found"
_KEPT = "refs/trueline/kept"
_TAGS = "refs/tags/"
_KEPT_ORDER = "trueline-kept"
_Found = TypeVar("_Found")


class GitRepository:
    """One address, whoever asks for whatever of it. One process owns the bare copy (the data directory's lock)."""

    def __init__(self, git: GitCommand, *, match_versions: MatchVersions, readers: Readers | None = None) -> None:
        self._git = git
        self._bounds = git.bounds
        self._match_versions = match_versions
        self._reader = ObjectReader(git.processes, git.reader(), readers)
        self._listings = ListingReader(self._reader, git.bounds, str(git.address))
        self._remote_lock = asyncio.Lock()  # what is here is read while the remote is waited for
        self._local_lock = asyncio.Lock()
        self._is_open = False
        self._has_answered = False
        self._found: dict[str, str] = {}
        self._revisions: dict[str, Revision] = {}
        self._no_commit: dict[str, str] = {}
        self._authorship: dict[tuple[str, str], Known[Mapping[int, LineCommit]] | Unknown] = {}

    @property
    def address(self) -> str:
        """The address as it is shown."""
        return str(self._git.address)

    async def resolve(self, selector: Selector) -> Revision:
        """The revision that a selector means now; fetched, when it is new.

        Raises:
            Fault: TL0105 to TL0129.
        """
        if selector.kind is SelectorKind.COMMIT:
            return await self.revision(selector.text)
        async with self._remote_lock:
            ref, identity = await self._ask(selector)
            await self._open(algorithm_of=identity)
            return await self._obtain(ref, identity)

    async def revision(self, commit: str) -> Revision:
        """A revision by its full id: from what is kept, or fetched."""
        await self._open(algorithm_of=commit)
        if revision := await self._held(commit):
            return revision
        async with self._remote_lock:
            await self._fetch(commit, _found_ref(commit), is_first=True)
        if revision := await self._held(commit):
            return revision
        raise COMMIT_MISSING.about(f"{self.address}: {commit} is no commit")

    async def artifact(self, revision: Revision) -> Artifact:
        """The artifact of a revision; where its objects are no longer here, they are fetched again."""
        await self._open(algorithm_of=revision.commit)
        try:
            listing = await self._listings.read(revision.tree)
        except FileNotFoundError:
            async with self._remote_lock:
                await self._fetch(revision.commit, _found_ref(revision.commit), is_first=True)
            listing = await self._read_again(revision)
        return Artifact(source=self.address, revision=revision, listing=listing, notes=notes_of(self.address, listing))

    def files(self, artifact: Artifact) -> FileTree:
        """The files of an artifact of this repository."""
        return ListedTree(artifact.listing, self._read_blob)

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:
        """Whether `old` is `new` or came before it; deepens a shallow history by 50, 500, then 5,000 commits."""
        cut = f"{old[:10]} is not within the last {sum(DEEPEN_STEPS)} commits of {new[:10]}"
        return await self._looked_back(new, lambda: self._walk(old, new), cut)

    async def signed(self, revision: Revision) -> tuple[GitObject, ...]:
        """The commit of a revision and, where its ref is an annotated tag, that tag; see `Signed`.

        A tag that is made anew for the same commit moves no branch, so it is fetched each time it is asked for.
        """
        await self._open(algorithm_of=revision.commit)
        found = [await self._object(revision.commit)]
        if revision.ref.startswith(_TAGS):
            async with self._remote_lock:
                await self._receive("--depth=1", refspecs=[f"+{revision.ref}:{_found_ref(revision.ref)}"])
            found.append(await self._object(_found_ref(revision.ref)))
        return tuple(one for one in found if one is not None and one.kind in {"commit", "tag"})

    async def since(self, old: str, new: str) -> Known[tuple[GitObject, ...]] | Unknown:
        """Every commit that leads to `new` and not to `old`; see `Signed`. It deepens as `is_ancestor` does."""

        async def walk() -> Known[tuple[GitObject, ...]] | Unknown | None:
            return await Span(self._objects, old, new, count_max=self._bounds.walk_commits_max).walk()

        return await self._looked_back(new, walk, f"the history between {old[:10]} and {new[:10]} cannot be seen whole")

    async def authorship(self, commit: str, path: str) -> Known[Mapping[int, LineCommit]] | Unknown:
        """The commit that wrote each line of a file last; what was answered for a commit and a path stays so."""
        known = self._authorship.pop((commit, path), None) or await self._blame(commit, path)
        self._authorship[commit, path] = known
        while len(self._authorship) > self._bounds.authorship_files_max:
            del self._authorship[next(iter(self._authorship))]
        return known

    async def _blame(self, commit: str, path: str) -> Known[Mapping[int, LineCommit]] | Unknown:
        try:
            asked = ("blame", "--incremental", commit, "--", path)
            told = await self._git.local(*asked, timeout_s=self._bounds.authorship_timeout_s)
            edge = self._git.repository / "shallow"
            cut = set(edge.read_text().split()) if edge.exists() else set()
            return Known(parse_authorship(told.stdout, cut))
        except Fault as fault:
            return Unknown(fault.diagnostics[0].summary)
        except (ValueError, OverflowError, OSError) as failure:
            return Unknown(str(failure))

    async def references(self) -> References:
        """The branches and tags of the remote; an answer with none is no word on what was there before."""
        async with self._remote_lock:
            commits = await self._list_refs("--heads", "--tags")
            if not commits:
                raise await self._missing(Selector(kind=SelectorKind.DEFAULT))
            return References(commits=commits)

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """The revisions of branches and tags: those that are new by one shallow fetch, those that moved by another."""
        left = {ref: identity for ref, identity in wanted.items() if self._no_commit.get(ref) != identity}
        if not left:
            return {}
        async with self._remote_lock:
            await self._open(algorithm_of=next(iter(left.values())))
            here = {ref: self._found.get(ref) or await self._commit_here(ref) for ref in left}
            absent = [ref for ref in left if not here[ref]]
            moved = [ref for ref, identity in left.items() if here[ref] not in {"", identity}]
            for depth, refs in (("--depth=1",), absent), ((), moved):
                if refs:
                    await self._receive(*depth, refspecs=[f"+{ref}:{_found_ref(ref)}" for ref in refs])
            found = {ref: await self._commit_or_none(_found_ref(ref), ref) for ref in left}
        self._no_commit |= {ref: left[ref] for ref, revision in found.items() if revision is None}
        revisions = {ref: revision for ref, revision in found.items() if revision is not None}
        self._found |= {ref: revision.commit for ref, revision in revisions.items()}
        return revisions

    async def keep(self, *commits: str, needed: Collection[str] = ()) -> None:
        """Keep the objects of applied commits; releases the oldest beyond the bound, never one of `needed`.

        Those of one release count as one.
        """
        async with self._local_lock:
            order, newest = self._kept_order(), list(dict.fromkeys(commits))
            if order[-len(newest) :] == newest:
                return
            older = [known for known in order if known not in newest]
            spare = [known for known in older if known not in needed]
            order = [*older, *newest]
            released = spare[: max(0, len(older) + 1 - self._bounds.kept_max)]
            lines = [f"update {_KEPT}/{commit} {commit}" for commit in newest]
            lines += [f"delete {_KEPT}/{known}" for known in released]
            await self._git.local("update-ref", "--stdin", stdin="".join(f"{line}\n" for line in lines).encode())
            self._write_kept([known for known in order if known not in released])

    async def kept(self) -> tuple[str, ...]:
        """The kept commits, the latest kept last."""
        return tuple(self._kept_order())

    async def tidy(self) -> None:
        """Pack what was fetched, and drop what no ref holds, where that is worth it; what is asked meanwhile waits.

        What was found in an earlier life, and is not asked for any more, is forgotten once the remote has answered in
        this one: until then it may be all that a start without it goes on from.

        Raises:
            Fault: Git failed; nothing that a ref holds is lost.
        """
        async with self._remote_lock, self._local_lock:
            if is_made(self._git.repository) and self._is_cluttered():
                if self._has_answered:
                    await self._forget_unused()
                await self._list_kept()
                await self._git.local(*_GC, timeout_s=self._bounds.fetch_timeout_s)
                await self._reader.close()

    def _is_cluttered(self) -> bool:
        found = clutter_of(self._git.repository)
        return found.packs > self._bounds.packs_max or found.loose > self._bounds.loose_objects_max

    async def close(self) -> None:
        """End the reader."""
        await self._reader.close()

    # What the remote says -------------------------------------------------------------------------------------------

    async def _ask(self, selector: Selector) -> tuple[str, str]:
        """The ref that a selector means, and the id that the remote gives it; tags give their commit."""
        match selector.kind:
            case SelectorKind.DEFAULT:
                refs = await self._list_refs("--symref", patterns=("HEAD",))
                if "HEAD" not in refs:
                    raise await self._missing(selector)
                return refs.get("symref", "HEAD"), refs["HEAD"]
            case SelectorKind.RANGE:
                return await self._ask_range(selector)
            case _:
                refs = await self._list_refs("--heads", "--tags", patterns=selector.candidates)
        found = [ref for ref in selector.candidates if ref in refs]
        match found:
            case []:
                raise await self._missing(selector)
            case [ref]:
                return ref, refs[ref]
            case _:
                raise AMBIGUOUS.about(f"{self.address}: {selector}")

    async def _ask_range(self, selector: Selector) -> tuple[str, str]:
        refs = await self._list_refs("--tags")
        versions = [ref.removeprefix("refs/tags/") for ref in refs]
        matching = await self._match_versions(selector.text, versions)
        if not matching:
            raise NO_VERSION.about(f"{self.address}: {selector} of {len(versions)} tags")
        ref = f"refs/tags/{matching[0]}"
        return ref, refs[ref]

    async def _list_refs(self, *options: str, patterns: tuple[str, ...] = ()) -> dict[str, str]:
        wanted = [name for pattern in patterns for name in (pattern, f"{pattern}^{{}}")]
        self._make_place()
        completed = await self._git.remote(
            *_LIST, *options, "--", self.address, *wanted, timeout_s=self._bounds.poll_timeout_s
        )
        self._has_answered = True
        return parse_refs(completed.stdout.decode(errors="backslashreplace"))

    async def _missing(self, selector: Selector) -> Fault:
        completed = await self._git.remote(
            *_LIST, "--heads", "--tags", "--", self.address, timeout_s=self._bounds.poll_timeout_s, is_traced=True
        )
        if b"packet:" not in completed.stderr:  # a web page passes for a repository of the old, dumb protocol
            return NOT_GIT.about(f"{self.address}: it answered, and not in Git's protocol")
        refs = parse_refs(completed.stdout.decode(errors="backslashreplace"))
        if not refs:
            return EMPTY.about(self.address)
        names = [ref.split("/", 2)[2] for ref in refs]
        near = difflib.get_close_matches(selector.text, names, n=3) or sorted(names)[:5]
        return REF_MISSING.about(f"{self.address}: {selector}; there is {', '.join(near)}")

    # What is fetched ------------------------------------------------------------------------------------------------

    async def _open(self, *, algorithm_of: str) -> None:
        async with self._local_lock:
            path = self._git.repository
            if self._is_open:
                return
            sweep(path, "*.lock", "refs/trueline/**/*.lock")
            if not is_made(path):
                self._make_place()
                algorithm = "sha256" if len(algorithm_of) == SHA256_HEX_LENGTH else "sha1"
                await self._git.local("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}")
            self._is_open = True

    def _make_place(self) -> None:
        place = self._git.repository.parent
        with translated(str(place)):
            place.mkdir(parents=True, exist_ok=True)

    async def _obtain(self, ref: str, identity: str) -> Revision:
        known = self._revisions.get(ref)
        if known is not None and known.commit == identity:
            return known  # most answers are this one, and ask no child
        kept_as = _found_ref(ref)
        here = self._found.get(ref) or await self._commit_here(ref)
        if here != identity:
            await self._fetch(ref, kept_as, is_first=not here)
        revision = await self._commit_or_none(identity if here == identity else kept_as, ref)
        if revision is None:
            raise COMMIT_MISSING.about(f"{self.address}: {ref} is no commit")
        self._found[ref] = revision.commit
        self._revisions[ref] = revision
        return revision

    async def _commit_here(self, ref: str) -> str:
        """The commit of a ref that was fetched before the last start; empty where none was."""
        known = await self._commit_or_none(_found_ref(ref), ref)
        return known.commit if known else ""

    async def _held(self, commit: str) -> Revision | None:
        """A commit that a ref holds: only then are its objects here, all of them."""
        self._found[commit] = commit
        for holder in (f"{_KEPT}/{commit}", _found_ref(commit)):
            if revision := await self._commit_or_none(holder, commit):
                return revision
        pointing = await self._git.local("for-each-ref", "--count=1", f"--points-at={commit}", "refs/trueline/")
        return await self._commit_or_none(commit, commit) if pointing.stdout.strip() else None

    async def _fetch(self, what: str, kept_as: str, *, is_first: bool) -> None:
        depth = ("--depth=1",) if is_first else ()
        await self._receive(*depth, refspecs=[f"+{what}:{kept_as}"])

    async def _looked_back(
        self, commit: str, look: Callable[[], Awaitable[Known[_Found] | Unknown | None]], cut: str
    ) -> Known[_Found] | Unknown:
        """What a look at the history of a commit finds: where that is cut, `None`, it looks again at more of it."""
        try:
            await self._open(algorithm_of=commit)
            for depth in (0, *DEEPEN_STEPS):
                if depth:
                    async with self._remote_lock:
                        await self._deepen(commit, depth)
                if (found := await look()) is not None:
                    return found
        except Fault as fault:
            return Unknown(fault.diagnostics[0].detail)
        return Unknown(f"{self.address}: {cut}")

    async def _deepen(self, commit: str, depth: int) -> None:
        await self._receive(f"--deepen={depth}", refspecs=[commit])

    async def _receive(self, *depth: str, refspecs: Sequence[str]) -> None:
        timeout_s, bound = self._bounds.fetch_timeout_s, self._bounds.repository_file_bytes_max
        try:
            await self._git.remote(*FETCH, *depth, "--", self.address, *refspecs, timeout_s=timeout_s)
        except Fault:
            half_bytes = sweep(self._git.repository, "shallow.lock", f"{_FOUND}/*.lock")
            if half_bytes >= bound // 512 * 512:  # Git says nothing when the kernel stops its child
                raise TOO_LARGE.about(f"{self.address}: a pack of more than {bound} bytes") from None
            raise

    # What is read ---------------------------------------------------------------------------------------------------

    async def _commit_or_none(self, name: str, ref: str) -> Revision | None:
        try:
            (found,) = await self._reader.read([f"{name}^{{commit}}"], size_bytes_max=_COMMIT_BYTES_MAX)
            return parse_commit(found, ref) if found is not None else None
        except ReaderFailed as failure:
            raise UNREADABLE.about(f"{self.address}: {failure}") from failure
        except Malformed as failure:
            raise MALFORMED.about(f"{self.address}: {failure}") from failure

    async def _object(self, name: str) -> GitObject | None:
        (found,) = await self._objects([name])
        return found

    async def _objects(self, names: Sequence[str]) -> Sequence[GitObject | None]:
        try:
            found = await self._reader.read(names, size_bytes_max=_COMMIT_BYTES_MAX)
        except ReaderFailed as failure:
            raise UNREADABLE.about(f"{self.address}: {failure}") from failure
        if large := next((one for one in found if one is not None and one.size_bytes > _COMMIT_BYTES_MAX), None):
            raise MALFORMED.about(f"{self.address}: {large.identity} has {large.size_bytes} bytes")
        return found

    async def _walk(self, old: str, new: str) -> Known[bool] | Unknown | None:
        """Look for `old` among what came before `new`; `None` where history is cut before an answer."""
        seen, edge, is_cut = {new}, [new], False
        while edge:
            if old in seen:
                return Known(value=True)
            if len(seen) > self._bounds.walk_commits_max:
                return Unknown(f"{self.address}: more than {self._bounds.walk_commits_max} commits to look through")
            commits = [await self._commit_or_none(name, name) for name in edge]
            is_cut = is_cut or None in commits
            edge = list(dict.fromkeys(p for c in commits if c is not None for p in c.parents if p not in seen))
            seen.update(edge)
        return None if is_cut else Known(value=False)

    async def _read_again(self, revision: Revision) -> Listing:
        try:
            return await self._listings.read(revision.tree)
        except FileNotFoundError as missing:
            raise MALFORMED.about(f"{self.address}: {missing} is missing from {revision.commit}") from missing

    async def _read_blob(self, path: str, leaf: Leaf) -> bytes:
        bound = self._bounds.file_bytes_max
        try:
            (blob,) = await self._reader.read([leaf.identity], size_bytes_max=bound)
        except ReaderFailed as failure:
            raise UNREADABLE.about(f"{self.address}: {failure}") from failure
        if blob is None:
            raise UNREADABLE.about(f"{self.address}: {path} ({leaf.identity}) is no longer here")
        if blob.size_bytes > bound:
            raise FILE_SIZE.about(f"{self.address}: {path} has {blob.size_bytes} bytes of {bound}")
        return blob.data

    async def _forget_unused(self) -> None:
        listed = await self._git.local("for-each-ref", "--format=%(refname)", _FOUND)
        used = {_found_ref(ref) for ref in self._found}
        lines = [f"delete {ref}\n" for ref in listed.stdout.decode().split() if ref not in used]
        await self._git.local("update-ref", "--stdin", stdin="".join(lines).encode())

    # What is kept ---------------------------------------------------------------------------------------------------

    def _kept_order(self) -> list[str]:
        try:
            return (self._git.repository / _KEPT_ORDER).read_text().split()
        except FileNotFoundError:
            return []

    async def _list_kept(self) -> None:
        """Those that a full disk left out of the order are the first that are released, and not kept for ever."""
        listed = await self._git.local("for-each-ref", "--format=%(refname)", _KEPT)
        order = self._kept_order()
        if left_out := sorted({ref.removeprefix(f"{_KEPT}/") for ref in listed.stdout.decode().split()} - set(order)):
            self._write_kept([*left_out, *order])

    def _write_kept(self, order: list[str]) -> None:
        file, lines = self._git.repository / _KEPT_ORDER, "".join(f"{commit}\n" for commit in order)
        with translated(str(file)):
            write_atomic(file, lines.encode())


class GitSource:
    """A repository with what is wanted of it: the `Source` that the loop polls, with its `History`."""

    def __init__(self, repository: GitRepository, selector: Selector) -> None:
        self.repository = repository
        self.selector = selector

    async def poll(self) -> Revision:
        """The revision that the selector means now."""
        return await self.repository.resolve(self.selector)

    async def artifact(self, revision: Revision) -> Artifact:
        """The artifact of a revision."""
        return await self.repository.artifact(revision)

    def files(self, artifact: Artifact) -> FileTree:
        """The files of an artifact."""
        return self.repository.files(artifact)

    async def is_ancestor(self, old: str, new: str) -> Known[bool] | Unknown:
        """Whether one commit came before another."""
        return await self.repository.is_ancestor(old, new)

    async def signed(self, revision: Revision) -> tuple[GitObject, ...]:
        """What of a revision is signed."""
        return await self.repository.signed(revision)

    async def since(self, old: str, new: str) -> Known[tuple[GitObject, ...]] | Unknown:
        """The commits between two."""
        return await self.repository.since(old, new)

    async def authorship(self, commit: str, path: str) -> Known[Mapping[int, LineCommit]] | Unknown:
        """Who wrote the lines of a file."""
        return await self.repository.authorship(commit, path)

    async def references(self) -> References:
        """The branches and tags."""
        return await self.repository.references()

    async def obtain(self, wanted: Mapping[str, str]) -> Mapping[str, Revision]:
        """The revisions of branches and tags."""
        return await self.repository.obtain(wanted)

    async def keep(self, *commits: str, needed: Collection[str] = ()) -> None:
        """Keep the objects of commits."""
        await self.repository.keep(*commits, needed=needed)

    async def kept(self) -> tuple[str, ...]:
        """The kept commits."""
        return await self.repository.kept()

    async def revision(self, commit: str) -> Revision:
        """A revision by its full commit id."""
        return await self.repository.revision(commit)


def repository_path(data_directory: Path, address: str) -> Path:
    """Where the bare copy of an address lives."""
    return data_directory / "git" / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.git"


def _found_ref(ref: str) -> str:
    return f"{_FOUND}/{hashlib.sha256(ref.encode()).hexdigest()[:20]}"
