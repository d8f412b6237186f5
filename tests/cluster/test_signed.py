"""A fleet that demands signatures, with everything real: Git over HTTP, keys of both kinds, the control plane."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from testbed.control_plane import ControlPlane
from testbed.git_server import GitServer
from tests.cluster.following import settings_for, until, until_it_is
from tests.source.signing import Keys, SignedRemote, made_keys
from trueline.cli.checking import check
from trueline.cli.place import find_place
from trueline.loop.status import Sync
from trueline.record.journal import Kind
from trueline.source.signature import openpgp
from trueline.source.signature.key import Scheme, TrustedKey
from trueline.wiring.assembly import Assembly, assemble

SHOP = """apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec: {source: {path: apps/shop}, target: {namespace: NAMESPACE}}
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    with made_keys(tmp_path_factory.mktemp("keys")) as made:
        yield made


def declared(mode: str, *keys: TrustedKey) -> str:
    """The project and the demand."""
    lines = ["apiVersion: trueline.dev/v1", "kind: Project", "metadata: {name: platform}", "spec:", "  trustedKeys:"]
    for key in keys:
        lines += [f"  - owner: {key.owner}", f"    {key.scheme.value}: |"]
        lines += [f"      {line}" for line in key.text.splitlines()]
        lines += [f"    until: {key.until}"] if key.until else []
        lines += [f"    revoked: {key.revoked}"] if key.revoked else []
    lines += ["---", "apiVersion: trueline.dev/v1", "kind: Source", "metadata: {name: fleet}"]
    return "\n".join([*lines, f"spec: {{verify: {{mode: {mode}, keys: [platform]}}}}", ""])


@dataclass
class Story:
    """One fleet on its way; `runs` is what has to live."""

    assembly: Assembly
    remote: SignedRemote
    control_plane: ControlPlane
    namespace: str
    runs: str = ""
    more: dict[str, str] = field(default_factory=dict)

    def write(self, value: str) -> dict[str, str]:
        """The files of a commit."""
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{value: {value}}}\n"
        return {
            "apps/shop/settings.yaml": text,
            "fleet/shop.yaml": SHOP.replace("NAMESPACE", self.namespace),
            **self.more,
        }

    def commit(self, key: TrustedKey | None, value: str, message: str = "a change", *more: str) -> str:
        """One more commit, pushed."""
        files = self.write(value)
        if key is None:
            commit = self.remote.commit({**files}, message, *more)
        else:
            commit = self.remote.signed_commit(key, message, files, *more)
        self.remote.git("push", "--quiet", "--force", "origin", "HEAD:main")
        return commit

    async def live(self) -> str:
        """What lives."""
        return await self.control_plane.kubectl(
            "get", "configmap", "settings", "--namespace", self.namespace, "-o", "jsonpath={.data.value}"
        )

    async def good(self, value: str) -> None:
        """It is followed."""
        await self.assembly.engine.follow_once()
        assert [str(one) for one in self.assembly.engine.problems] == []
        await until(lambda: self.assembly.engine.kept["shop"].status.sync is Sync.SYNCED)
        await until(lambda: self.assembly.engine.is_settled)
        assert await self.live() == value
        self.runs = value

    async def bad(self, code: str, *, is_healed: bool = False) -> None:
        """It is refused by this code; what runs is untouched, and healed: not each time, or it would be a fight."""
        count = len(self.assembly.history.history("shop"))
        await self.assembly.engine.follow_once()
        assert [one.code for one in self.assembly.engine.problems] == [code], self.assembly.engine.problems
        await until(lambda: self.assembly.engine.is_settled)
        assert await self.live() == self.runs
        assert len(self.assembly.history.history("shop")) == count
        if not is_healed:
            return
        patch = '{"data": {"value": "by hand"}}'
        await self.control_plane.kubectl(
            "patch", "configmap", "settings", "--namespace", self.namespace, "--type=merge", "-p", patch
        )
        await until_it_is(self.runs, self.live)


@asynccontextmanager
async def told(  # noqa: PLR0917 - fixtures
    control_plane: ControlPlane, git: GitServer, keys: Keys, folder: Path, namespace: str, first: TrustedKey, trust: str
) -> AsyncIterator[Story]:
    remote = SignedRemote(folder / "work", keys)
    await git.create("fleet")
    remote.git("remote", "add", "origin", str(git.path("fleet")))  # the server answers in this process
    async with assemble(settings_for(git.url("fleet"), control_plane, folder)) as assembly:
        story = Story(assembly, remote, control_plane, namespace, more={"fleet/trust.yaml": trust})
        story.commit(first, "first")
        async with assembly.engine.running():
            await until(lambda: "shop" in assembly.engine.kept)
            await story.good("first")
            yield story


@pytest.mark.parametrize("scheme", [Scheme.OPENPGP, Scheme.SSH], ids=lambda scheme: scheme.value)
async def test_a_signed_fleet_goes_through_good_and_bad_histories(  # noqa: PLR0917 - fixtures
    control_plane: ControlPlane, git_server: GitServer, keys: Keys, tmp_path: Path, namespace: str, scheme: Scheme
) -> None:
    """INV-11, INV-12, INV-22: what runs is untouched by all the bad ones, and each good one is proven afterwards."""
    make = keys.openpgp if scheme is Scheme.OPENPGP else keys.ssh
    ada, bo, old, gone, eve = (make(name) for name in ("ada", "bo", "old", "gone", "eve"))
    ended = replace(old, until=date(2026, 1, 31))
    weak = keys.openpgp("weak", "rsa1024") if scheme is Scheme.OPENPGP else keys.ssh("weak", "-t", "rsa", "-b", "1024")
    trusted = declared("range", ada, bo, ended, replace(gone, revoked="laptop stolen"), weak)
    async with told(control_plane, git_server, keys, tmp_path, namespace, ada, trusted) as story:
        remote = story.remote
        second = story.commit(bo, "second")
        await story.good("second")
        ways = ((None, "TL0136"), (eve, "TL0138"), (ended, "TL0139"), (gone, "TL0140"), (weak, "TL0141"))
        for key, code in ways:
            story.commit(key, f"bad-{code}")
            await story.bad(code, is_healed=key is None)
            remote.git("reset", "--quiet", "--hard", second)
        story.more["fleet/trust.yaml"] = declared("range", ada, bo, eve)
        story.commit(eve, "a key of her own")
        await story.bad("TL0138")
        story.commit(eve, "signed by the key that she has added")
        await story.bad("TL0138")
        remote.git("reset", "--quiet", "--hard", second)
        story.more["fleet/trust.yaml"] = trusted
        story.commit(None, "unsigned below a signed one")
        story.commit(ada, "signed above it")
        await story.bad("TL0136")
        remote.git("reset", "--quiet", "--hard", second)
        copied = remote.read("HEAD").data
        block = copied[copied.index(b"gpgsig ") : copied.index(b"\n\n")]
        unsigned = story.commit(None, "copied")
        forged = remote.write("commit", remote.read(unsigned).data.replace(b"\n\n", b"\n" + block + b"\n\n", 1))
        remote.git("reset", "--quiet", "--hard", forged)
        remote.git("push", "--quiet", "--force", "origin", "HEAD:main")
        await story.bad("TL0142")
        remote.git("reset", "--quiet", "--hard", f"{second}^")
        story.commit(ada, "rewritten")
        await story.bad("TL0145", is_healed=True)
        story.commit(ada, "rewritten", f"meant\n\nTrueline-Replaces: {second}")
        await story.good("rewritten")
        third = story.commit(bo, "third")
        await story.good("third")
        verified = [one for one in story.assembly.journal.after() if one.kind == Kind.REVISION_VERIFIED.value]
        assert verified[-1].body["commit"] == third
        assert verified[-1].body["signer"]["owner"] == "bo"
        if scheme is Scheme.OPENPGP:
            assert verified[-1].body["signer"]["key"] == openpgp.certificate(bo.text).fingerprint
        assert story.assembly.history.history("shop")[0].signed["(fleet)"]["owner"] == "bo"
    for gone_too in ("data/git", "work"):
        shutil.rmtree(tmp_path / gone_too)
    checked = check(find_place(tmp_path / "data", "", {}))
    assert (checked.breaches, checked.proven) == ((), len(verified))
