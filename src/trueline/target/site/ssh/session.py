"""The port to a host over one SSH connection: SFTP for everything, and a command where one does the work of thousands.

What a host can do is found out by asking it, once a connection. Where it has no shell, or not the tool, SFTP does it
file by file: an account that may only transfer files is published to in the same way, only slower.
"""

import hashlib
import stat
from collections.abc import Collection, Mapping
from dataclasses import replace

import asyncssh

from trueline.model.digest import Digest
from trueline.runtime.task_group import each
from trueline.target.site.ssh import command
from trueline.target.site.ssh.batch import Budget, gathered
from trueline.target.site.ssh.blob import SLICE_BYTES, BlobFile
from trueline.target.site.ssh.connection import Answered, Connection
from trueline.target.site.ssh.host import FILE_MODE, FOLDER_MODE, Cause, Entry, HostRefused, Kind
from trueline.target.site.ssh.tree import folders

IN_FLIGHT = 64
FLIGHT_BYTES = 4 << 20
"""What a slow line carries before the host is taken to be away."""
COMMANDS_AT_ONCE = 2
SETTLED_EACH_MAX = 64
"""More files than that are waited for together, with whatever else that disk has to write."""
ENTRIES_MAX = 400_000
_NEW = "xb"


class SshHost:
    """A host over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tools: frozenset[str] = frozenset()
        self._probed = 0
        self._budget = Budget(FLIGHT_BYTES)
        self._is_open_to_all = False

    # ---- what is asked ----------------------------------------------------------------------------------------------

    async def entry(self, path: str) -> Entry | None:
        """What stands at a path."""
        try:
            async with self._connection.session(path) as sftp:
                return _entry("", await sftp.lstat(command.encoded(path)))
        except HostRefused as refused:
            if refused.cause is Cause.GONE:
                return None
            raise

    async def listing(self, path: str) -> tuple[Entry, ...]:
        """What stands in a folder."""
        found: list[Entry] = []
        async with self._connection.session(path) as sftp:
            async for one in sftp.scandir(command.encoded(path)):
                name = command.decoded(_bytes(one.filename))
                if name not in {".", ".."}:
                    found.append(_entry(name, one.attrs))
                if len(found) > ENTRIES_MAX:
                    raise HostRefused(Cause.FAILED, f"{path}: more than {ENTRIES_MAX} entries")
        return tuple(sorted(found, key=lambda entry: entry.path))

    async def walk(self, root: str, folders: Collection[str]) -> tuple[Entry, ...] | None:
        """A tree: by one `find` where that is GNU's, else folder by folder."""
        if "find" in await self._found_tools() and (entries := await self._found_by_find(root)):
            return entries
        top = await self.entry(root)
        if top is None:
            return None
        found, wanted = [top], set(folders)
        level = [""] if top.kind is Kind.FOLDER else []
        while level:
            listed = await gathered(level, lambda folder: self._listing_below(root, folder), IN_FLIGHT)
            entries = tuple(entry for folder in level for entry in listed[folder])
            found.extend(entries)
            level = [entry.path for entry in entries if entry.kind is Kind.FOLDER and entry.path in wanted]
        return tuple(found)

    async def _found_by_find(self, root: str) -> tuple[Entry, ...]:
        """Nothing where the root is not there, or this `find` cannot tell."""
        try:
            return command.walked((await self._run(command.WALK, [root])).stdout)
        except command.Unusable:
            self._tools -= {"find"}
        except HostRefused as refused:
            if refused.cause is not Cause.FAILED:
                raise
        return ()

    async def _listing_below(self, root: str, folder: str) -> tuple[Entry, ...]:
        """Of a folder that may be gone or closed by now: what cannot be looked into is not there."""
        try:
            listed = await self.listing(f"{root}/{folder}" if folder else root)
        except HostRefused as refused:
            if refused.cause in {Cause.GONE, Cause.FORBIDDEN}:
                return ()
            raise
        return tuple(replace(one, path=f"{folder}/{one.path}") for one in listed) if folder else listed

    async def read(self, path: str, bytes_max: int) -> bytes | None:
        """A small file."""
        try:
            async with self._connection.session(path) as sftp, sftp.open(command.encoded(path), "rb") as file:
                data = _bytes(await file.read(bytes_max + 1))
        except HostRefused as refused:
            if refused.cause is Cause.GONE:
                return None
            raise
        if len(data) > bytes_max:
            raise HostRefused(Cause.FAILED, f"{path}: it is larger than {bytes_max} bytes")
        return data

    async def leads_to(self, path: str) -> str:
        """What a link says."""
        async with self._connection.session(path) as sftp:
            return command.decoded(_bytes(await sftp.readlink(command.encoded(path))))

    async def real(self, path: str) -> str:
        """The path without links."""
        async with self._connection.session(path) as sftp:
            return command.decoded(_bytes(await sftp.realpath(command.encoded(path))))

    async def digests(self, root: str, sizes: Mapping[str, int]) -> Mapping[str, Digest]:
        """Digests of files: by one `sha256sum` where there is one, else of what is read."""
        if sizes and await self.hashes():
            paths = [f"{root}/{path}" for path in sizes]
            answer = await self._run(command.HASH, paths, work_bytes=sum(sizes.values()))
            try:
                return command.hashed(answer.stdout, answer.status, root, sizes)
            except command.Unusable as unusable:
                if answer.status is None:
                    raise HostRefused(Cause.FAILED, f"{root}: {unusable}") from None
                self._tools -= {"sha256sum"}
        found: dict[str, Digest] = {}

        async def take(path: str) -> None:
            if (digest := await self._hashed(f"{root}/{path}", sizes[path])) is not None:
                found[path] = digest

        await each(sizes, take, IN_FLIGHT)
        return found

    async def _hashed(self, path: str, size_bytes: int) -> Digest | None:
        digest, offset = hashlib.sha256(), 0
        try:
            async with self._connection.session(path) as sftp:
                file = await sftp.open(command.encoded(path), "rb")
            try:
                is_end = False
                while not is_end:
                    share = min(SLICE_BYTES, max(1, size_bytes - offset + 1))
                    async with self._budget.take(share), self._connection.session(path):
                        data = _bytes(await file.read(share, offset))
                    digest.update(data)
                    offset += len(data)
                    is_end = not data or (len(data) < share and offset == size_bytes)
                return Digest(digest.hexdigest())
            finally:
                await self._put_down(file)
        except HostRefused as refused:
            if refused.cause in {Cause.GONE, Cause.FORBIDDEN, Cause.FAILED}:
                return None
            raise

    async def free_bytes(self, path: str) -> int | None:
        """How much room is left."""
        try:
            async with self._connection.session(path) as sftp:
                found = await sftp.statvfs(command.encoded(path))
        except HostRefused as refused:
            if refused.cause is Cause.UNABLE:
                return None
            raise
        return found.bavail * found.frsize

    async def hashes(self) -> bool:
        """Whether it has a shell and `sha256sum`."""
        return "sha256sum" in await self._found_tools()

    # ---- what is done -----------------------------------------------------------------------------------------------

    async def make_folder(self, path: str) -> None:
        """Make a folder where there is none."""
        try:
            async with self._connection.session(path) as sftp:
                await sftp.mkdir(command.encoded(path), asyncssh.SFTPAttrs(permissions=FOLDER_MODE))
        except HostRefused as refused:
            found = await self.entry(path) if refused.cause is Cause.FAILED else None
            if found is None or found.kind is not Kind.FOLDER:
                raise
        else:
            found = await self.entry(path)  # its account may have a narrower mask
            if found is not None and not found.is_served:
                await self.correct(path, FOLDER_MODE)

    async def make_folders(self, root: str, paths: Collection[str]) -> None:
        """Make folders: all of them by one command, else level by level."""
        if paths and "mkdir" in await self._found_tools():
            answer = await self._run(command.FOLDERS, [f"{root}/{path}" for path in sorted(paths)])
            if answer.status == 0:
                return
            self._tools -= {"mkdir"}
        for depth in sorted({path.count("/") for path in paths}):
            level = [f"{root}/{path}" for path in sorted(paths) if path.count("/") == depth]
            await each(level, self.make_folder, IN_FLIGHT)

    async def remove_folder(self, path: str) -> None:
        """Remove an empty folder."""
        async with self._connection.session(path) as sftp:
            await sftp.rmdir(command.encoded(path))

    async def remove(self, path: str) -> None:
        """Remove a file or a link."""
        async with self._connection.session(path) as sftp:
            await sftp.remove(command.encoded(path))

    async def rename(self, source: str, target: str) -> None:
        """Move at one stroke: SFTP's own rename refuses where something stands, so OpenSSH's, or `mv`."""
        try:
            async with self._connection.session(target) as sftp:
                await sftp.posix_rename(command.encoded(source), command.encoded(target))
        except HostRefused as refused:
            if refused.cause is not Cause.UNABLE:
                raise
            if "mv" not in await self._found_tools():
                message = (
                    f"{target}: the host knows no rename over what stands there, and nothing else switches at once"
                )
                raise HostRefused(Cause.UNABLE, message) from refused
            answer = await self._run(command.MOVE, [source, target])
            if answer.status != 0:
                raise HostRefused(Cause.FAILED, f"{target}: {_said(answer)}") from None

    async def point(self, text: str, path: str) -> None:
        """Make a symbolic link, and see that it is one: two orders of its arguments are in use."""
        async with self._connection.session(path) as sftp:
            await sftp.symlink(command.encoded(text), command.encoded(path))
        if await self.leads_to(path) != text:
            raise HostRefused(Cause.UNABLE, f"{path}: the host makes no such link")

    async def write(self, path: str, data: bytes) -> None:
        """Make a new file, and wait for the disk."""
        file = await self._created(path)
        try:
            async with self._connection.session(path):
                await file.write(data, 0)
            await self._finish(file, path, settled=True)
        finally:
            await self._put_down(file)

    async def upload(self, path: str, blob: BlobFile, *, settled: bool) -> None:
        """Make a new file of a blob."""
        file, offset = await self._created(path), 0
        try:
            for data in blob.slices():
                async with self._budget.take(len(data)), self._connection.session(path):
                    await file.write(data, offset)
                offset += len(data)
            await self._finish(file, path, settled=settled)
        finally:
            await self._put_down(file)

    async def _created(self, path: str) -> asyncssh.SFTPClientFile:
        async with self._connection.session(path) as sftp:
            return await sftp.open(command.encoded(path), _NEW, asyncssh.SFTPAttrs(permissions=FILE_MODE))

    async def _finish(self, file: asyncssh.SFTPClientFile, path: str, *, settled: bool) -> None:
        """Whether all may read it is asked of a connection's first file, and of every one in a live tree."""
        if settled or not self._is_open_to_all:
            async with self._connection.session(path):
                found = await file.stat()
                self._is_open_to_all = _entry("", found).is_served
                if not self._is_open_to_all:
                    await file.chmod(FILE_MODE)
        if settled:
            await self._sync(file, path)

    async def _sync(self, file: asyncssh.SFTPClientFile, path: str) -> None:
        try:
            async with self._connection.session(path):
                await file.fsync()
        except HostRefused as refused:
            if refused.cause is not Cause.UNABLE:
                raise

    async def _put_down(self, file: asyncssh.SFTPClientFile) -> None:
        try:
            async with self._connection.session("a file"):
                await file.close()
        except HostRefused as refused:
            if refused.cause is not Cause.AWAY:  # what fails here was told by what came before
                return

    async def correct(self, path: str, mode: int) -> None:
        """Set a mode back."""
        async with self._connection.session(path) as sftp:
            await sftp.chmod(command.encoded(path), mode)

    async def copy(self, source: str, target: str, paths: Mapping[str, str]) -> None:
        """Copy on the host: by `cp`, else by the server's own copying; a host that has neither copies nothing."""
        same = [path for path, at in paths.items() if path == at]
        if "cp" in await self._found_tools():
            copied = command.divided(same)
            await each(copied, lambda portion: self._run(command.COPY, [source, target, *portion]), COMMANDS_AT_ONCE)
            paths = {path: at for path, at in paths.items() if path != at}
        await each(paths.items(), lambda pair: self._copied(f"{source}/{pair[1]}", f"{target}/{pair[0]}"), IN_FLIGHT)

    async def _copied(self, source: str, target: str) -> None:
        try:
            async with self._connection.session(source) as sftp:
                if not sftp.supports_remote_copy:
                    return
                attrs = asyncssh.SFTPAttrs(permissions=FILE_MODE)
                async with (
                    sftp.open(command.encoded(source), "rb", block_size=0) as file,
                    sftp.open(command.encoded(target), _NEW, attrs, block_size=0) as made,
                ):
                    await sftp.remote_copy(file, made)
                    found = await file.stat()
                    times = asyncssh.SFTPAttrs(permissions=FILE_MODE, atime=found.atime, mtime=found.mtime)
                    await made.setstat(times)  # as it was: a browser that has this page need not fetch it again
                    await self._sync(made, target)
        except HostRefused as refused:
            if refused.cause in {Cause.AWAY, Cause.FULL}:
                raise

    async def settle(self, root: str, paths: Collection[str]) -> None:
        """Wait for the host's disk; where no command can be run, every file was waited for when it was written."""
        if paths and "sync" in await self._found_tools():
            if len(paths) <= SETTLED_EACH_MAX:
                written = [root, *(f"{root}/{path}" for path in (*paths, *folders(paths)))]
                if (await self._run(command.SETTLE, written)).status == 0:
                    return
            await self._run(command.SETTLE_ALL, [root])
            return
        try:
            async with self._connection.session(root) as sftp, sftp.open(command.encoded(root), "rb") as folder:
                await folder.fsync()
        except HostRefused as refused:
            if refused.cause is Cause.AWAY:
                raise

    # ---- commands ---------------------------------------------------------------------------------------------------

    async def _found_tools(self) -> frozenset[str]:
        """What can be run there; nothing where only files may be transferred."""
        if self._probed == 0 or self._probed != self._connection.made:
            try:
                answer = await self._run(command.PROBE, command.TOOLS)
                self._tools = command.tools(answer.stdout)
            except HostRefused as refused:
                if refused.cause is Cause.AWAY:
                    raise
                self._tools = frozenset()
            self._probed = self._connection.made
        return self._tools

    async def _run(self, text: str, names: Collection[str], *, work_bytes: int = 0) -> Answered:
        patience = self._connection.patience
        timeout_s = patience.command_s + work_bytes / patience.hash_bytes
        return await self._connection.run(text, command.words(names), timeout_s=timeout_s)


def _entry(path: str, attrs: asyncssh.SFTPAttrs) -> Entry:
    mode = attrs.permissions or 0
    kind = (
        Kind.FILE
        if stat.S_ISREG(mode)
        else Kind.FOLDER
        if stat.S_ISDIR(mode)
        else Kind.LINK
        if stat.S_ISLNK(mode)
        else Kind.OTHER
    )
    return Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(mode),
        size_bytes=attrs.size or 0,
        modified_s=int(attrs.mtime or 0),
    )


def _bytes(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode(errors="surrogateescape")


def _said(answer: Answered) -> str:
    said = answer.stderr.decode(errors="replace").strip().splitlines()
    return said[-1][:300] if said else f"the host's command ended with {answer.status}"
