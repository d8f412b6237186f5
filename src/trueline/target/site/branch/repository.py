"""The bare copy of one branch, and what is asked of the other side: the tip, its tree, single files, and a push.

It is a cache in the data directory: no file of the branch is fetched but those that are asked for, no history, and a
copy that is broken or has grown is thrown away. A push is a comparison and a swap; nothing here forces one.
"""

import re
import shutil
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass

from trueline.source.bare_copy import FETCH, SHA256_HEX_LENGTH, is_made, parse_refs, sweep
from trueline.source.git_command import GitCommand
from trueline.source.object_reader import ObjectReader
from trueline.source.refusal import NOT_GIT, OTHER, explain
from trueline.target.site.branch.identity import SHA1, SHA256
from trueline.target.site.branch.place import BranchPlace
from trueline.target.site.branch.refusal import of_push
from trueline.target.site.branch.tree import Entry, read_tree

PACKS_MAX = 100
FILE_BYTES_MAX = 512 << 20
_REMOTE = "pages"
_CONFIGS = {
    SHA1: "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
    SHA256: "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n",
}
_TIP, _NEXT, _NONE = "refs/trueline/tip", "refs/trueline/next", "refs/trueline/none/*"
_COMMIT_BYTES_MAX = 1 << 20
_ALGORITHM = re.compile(rb"object-format=(sha1|sha256)\b")
_NOTHING_TO_PUSH = b"No refs in common"
_PUSH = ("-c", "pack.useSparse=false", "push", "--porcelain", "--no-thin", "--no-verify", "--no-recurse-submodules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """Where the branch stands: an empty `commit` where there is no such branch. `algorithm` names its objects."""

    commit: str
    algorithm: str = SHA1


class BranchRepository:
    """One branch of one address. One process owns the copy, and makes one call at a time."""

    def __init__(self, git: GitCommand, place: BranchPlace) -> None:
        self._git = git
        self._place = place
        self._reader = ObjectReader(git.processes, git.reader())
        self._algorithm = ""
        self._has_pushed = False

    @property
    def next_ref(self) -> str:
        """The ref of the copy that a new commit is written to."""
        return _NEXT

    @property
    def has_grown(self) -> bool:
        """Whether the copy is better thrown away: each commit of ours adds to it, and nothing is ever taken out."""
        return len(list(self._git.repository.glob("objects/pack/*.pack"))) > PACKS_MAX

    async def tip(self) -> Tip:
        """Where the branch stands now: one question.

        Raises:
            Fault: it cannot be told.
        """
        self._git.repository.parent.mkdir(parents=True, exist_ok=True)
        refs = parse_refs(await self._list())
        if (commit := refs.get(self._place.ref)) is not None:
            return Tip(commit=commit, algorithm=SHA256 if len(commit) == SHA256_HEX_LENGTH else SHA1)
        return await self._absent()

    async def bring(self, tip: Tip) -> str:
        """Have the tree of a tip at hand; the commit that is, which is a newer one where the branch moved meanwhile."""
        await self._open(tip.algorithm)
        here = await self._reader.read([f"{_NEXT}^{{commit}}", f"{_TIP}^{{commit}}"], size_bytes_max=_COMMIT_BYTES_MAX)
        if any(commit is not None and commit.identity == tip.commit for commit in here):
            return tip.commit
        await self._fetch("--depth=1", "--", _REMOTE, f"+{self._place.ref}:{_TIP}")
        (found,) = await self._reader.read([f"{_TIP}^{{commit}}"], size_bytes_max=_COMMIT_BYTES_MAX)
        if found is None:
            raise OTHER.about(f"{self._place}: what was fetched is not here")
        return found.identity

    async def tree(self, commit: str) -> dict[str, Entry]:
        """Everything that stands on a commit that was brought."""
        listed = await self._git.local("ls-tree", "-r", "-z", "--full-tree", commit)
        return read_tree(listed.stdout)

    async def read(self, identities: Collection[str]) -> AsyncIterator[tuple[str, bytes]]:
        """Files by their ids, fetched together and given one by one."""
        if not identities:
            return
        wanted = "".join(f"{identity}\n" for identity in sorted(identities)).encode()
        await self._fetch("--stdin", "--", _REMOTE, stdin=wanted, config=("-c", "fetch.negotiationAlgorithm=noop"))
        for identity in sorted(identities):
            (found,) = await self._reader.read([identity], size_bytes_max=FILE_BYTES_MAX)
            if found is None or found.size_bytes > FILE_BYTES_MAX:
                raise OTHER.about(f"{self._place}: {identity} cannot be read, or is larger than {FILE_BYTES_MAX} bytes")
            yield identity, found.data

    async def write(self, stream: Iterable[bytes], algorithm: str) -> str:
        """Write a commit from its stream; its id."""
        await self._open(algorithm)
        options = ("-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--done", "--force", "--date-format=raw")
        written = await self._git.local(*options, stdin=stream)
        return written.stdout.decode().strip()

    async def push(self, commit: str, *, expected: str) -> None:
        """Swap the branch from what is expected there to a commit that follows it.

        Raises:
            PlatformRefused: `STALE` where something else is there; else the server's own words.
            Fault: the other side could not be asked; whether it took the push, the next tip tells.
        """
        lease = f"--force-with-lease={self._place.ref}:{expected}"
        refspec = f"{commit}:{self._place.ref}"
        timeout_s = self._git.bounds.push_timeout_s
        pushed = await self._git.remote(
            *_PUSH, lease, "--", self._git.address.text, refspec, timeout_s=timeout_s, exits=(0, 1)
        )
        if not pushed.is_success:
            raise self._refused(pushed.stdout, pushed.stderr)
        self._has_pushed = True

    async def try_push(self, algorithm: str) -> None:
        """Ask whether we may push at all; nothing is sent. A process that has pushed does not ask again.

        Raises:
            Fault: we may not, or it could not be asked.
        """
        if self._has_pushed:
            return
        await self._open(algorithm)
        words = (*_PUSH, "--dry-run", "--", self._git.address.text, f"{_NONE}:{_NONE}")
        tried = await self._git.remote(*words, timeout_s=self._git.bounds.poll_timeout_s, exits=(0, 1))
        if not tried.is_success and _NOTHING_TO_PUSH not in tried.stderr:
            raise self._refused(tried.stdout, tried.stderr)

    async def rest(self) -> None:
        """End the reader; the next question starts another."""
        await self._reader.close()

    async def forget(self) -> None:
        """Throw the copy away."""
        await self._reader.close()
        shutil.rmtree(self._git.repository, ignore_errors=True)
        self._algorithm = ""

    def _refused(self, answer: bytes, said: bytes) -> Exception:
        words = said.decode(errors="replace")
        refused = of_push(str(self._place), answer.decode(errors="replace"), words)
        return refused if refused is not None else explain(str(self._place), words, words)

    async def _fetch(self, *options: str, stdin: bytes = b"", config: tuple[str, ...] = ()) -> None:
        """Fetch as little as the server can: what a filter left out is only known as such of a remote with a name."""
        named = ("-c", f"remote.{_REMOTE}.url={self._git.address.text}", *config)
        words = (*named, *FETCH, "--filter=blob:none", *options)
        await self._git.remote(*words, timeout_s=self._git.bounds.fetch_timeout_s, stdin=stdin)

    async def _list(self) -> str:
        words = ("ls-remote", "--quiet", "--", self._git.address.text, self._place.ref)
        listed = await self._git.remote(*words, timeout_s=self._git.bounds.poll_timeout_s)
        return listed.stdout.decode(errors="backslashreplace")

    async def _absent(self) -> Tip:
        """Be sure that it was Git that knows of no such branch: a web page passes for a repository without any."""
        words = ("ls-remote", "--quiet", "--", self._git.address.text, self._place.ref)
        traced = await self._git.remote(*words, timeout_s=self._git.bounds.poll_timeout_s, is_traced=True)
        if b"packet:" not in traced.stderr:
            raise NOT_GIT.about(f"{self._place}: it answered, and not in Git's protocol")
        named = _ALGORITHM.search(traced.stderr)
        return Tip(commit="", algorithm=named[1].decode() if named else SHA1)

    async def _open(self, algorithm: str) -> None:
        path = self._git.repository
        if self._algorithm != algorithm and is_made(path) and not self._is_of(algorithm):
            await self.forget()
        if not is_made(path):
            await self.forget()
            path.parent.mkdir(parents=True, exist_ok=True)
            await self._git.local("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}")
        sweep(path, "*.lock", "refs/trueline/*.lock")
        self._algorithm = algorithm
        self._settle()

    def _settle(self) -> None:
        """Let Git forget whom it could ask for what was left out: a push would fetch it, to pack against it."""
        path = self._git.repository / "config"
        if path.exists() and path.read_text() != (text := _CONFIGS[self._algorithm]):
            path.write_text(text)

    def _is_of(self, algorithm: str) -> bool:
        """Whether the copy that is there names its objects so."""
        try:
            config = (self._git.repository / "config").read_text().lower()
        except (OSError, UnicodeError):
            return False
        return ("objectformat = sha256" in config) == (algorithm == SHA256)
