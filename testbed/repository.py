"""A work tree that tests fill: write files, commit, branch, tag, push, rewrite.

Commits are the same on every machine: author, date and settings are fixed. Whatever runs git is awaited, because
the server that a push goes to may live in the same event loop. It never reads the machine's Git settings.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from testbed.git_server import git_variables

DATE = "2026-01-02T03:04:05+00:00"


class GitFailedError(Exception):
    """git ended with an error; the text has what it wrote."""


class Repository:
    """A repository at `path`, whose branch is `main`; make it with `await Repository.create(path)`."""

    def __init__(self, path: Path, *, author: str = "Ada", email: str = "ada@example.com", date: str = DATE) -> None:
        self.path = path
        self._author = author
        self._email = email
        self._date = date

    @classmethod
    async def create(cls, path: Path, *, remote: str | None = None) -> Self:
        """An empty repository; `remote` becomes its `origin`."""
        repository = cls(path)
        repository.write({})
        await repository.git("init", "--quiet", "--initial-branch=main")
        await repository.git("config", "core.autocrlf", "false")
        await repository.git("config", "gc.auto", "0")
        if remote is not None:
            await repository.git("remote", "add", "origin", remote)
        return repository

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Writes files by their path in the tree; None removes one."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    async def commit(
        self,
        message: str = "change",
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        date: str | None = None,
        author: str | None = None,
    ) -> str:
        """Writes `files` and commits all that changed, even nothing. Returns the commit's SHA."""
        self.write(files or {})
        await self.git("add", "--all")
        await self.git("commit", "--quiet", "--allow-empty", "--message", message, date=date, author=author)
        return await self.head()

    async def amend(self, files: Mapping[str, str | bytes | None], *, message: str | None = None) -> str:
        """Rewrites the last commit, so that a push needs force. Returns the new SHA."""
        self.write(files)
        await self.git("add", "--all")
        said = ("--no-edit",) if message is None else ("--message", message)
        await self.git("commit", "--quiet", "--amend", "--allow-empty", *said)
        return await self.head()

    async def reset(self, revision: str) -> str:
        """Takes the branch and the tree back to a revision. Returns its SHA."""
        await self.git("reset", "--quiet", "--hard", revision)
        return await self.head()

    async def branch(self, name: str, *, at: str = "HEAD") -> None:
        """Makes a branch, or moves it, and switches to it."""
        await self.git("switch", "--quiet", "--force-create", name, at)

    async def switch(self, name: str) -> None:
        """Switches to a branch that is there."""
        await self.git("switch", "--quiet", name)

    async def tag(self, name: str, *, message: str | None = None, at: str = "HEAD") -> None:
        """Makes or moves a tag: an annotated one if it has a message."""
        said = () if message is None else ("--annotate", "--message", message)
        await self.git("tag", "--force", *said, name, at)

    async def push(self, *refs: str, force: bool = False, remote: str = "origin") -> None:
        """Pushes refs; without any, all branches and tags."""
        what = refs or ("refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
        await self.git("push", "--quiet", *(("--force",) if force else ()), remote, *what)

    async def head(self, revision: str = "HEAD") -> str:
        """The SHA of a revision."""
        return await self.git("rev-parse", "--verify", f"{revision}^{{commit}}")

    async def git(
        self,
        *arguments: str,
        date: str | None = None,
        author: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Runs git in the tree and returns what it printed. Raises `GitFailedError`."""
        child = await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            cwd=self.path,
            env={**git_variables(), **self._signature(date, author), **(variables or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate()
        if child.returncode != 0:
            raise GitFailedError(f"git {' '.join(arguments)}: {err.decode(errors='replace').strip()}")
        return out.decode(errors="replace").strip()

    def _signature(self, date: str | None, author: str | None) -> dict[str, str]:
        name, when = author or self._author, date or self._date
        return {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": self._email,
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": self._email,
            "GIT_COMMITTER_DATE": when,
        }
