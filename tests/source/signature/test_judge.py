"""Real commits and tags, signed by real keys of both kinds: what counts, and each way not to (INV-11)."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.source.signing import Keys, SignedRemote
from trueline.model.diagnostic import Diagnostic
from trueline.runtime.clock import SystemClock
from trueline.source.git_object import GitObject
from trueline.source.signature import openpgp
from trueline.source.signature.judge import judge, judge_revision
from trueline.source.signature.key import KeyRing, Scheme, Signer, TrustedKey, ssh_blob, ssh_fingerprint, trusted_key
from trueline.source.signature.replacement import replaced_by
from trueline.source.signature.signed_object import take_apart

NOW = SystemClock().now() + timedelta(hours=2)  # later than anything that is signed while the suite runs
Made = Callable[[Keys], TrustedKey]

GOOD: dict[str, Made] = {
    "openpgp ed25519": lambda keys: keys.openpgp("ada"),
    "openpgp rsa2048": lambda keys: keys.openpgp("rsa", "rsa2048"),
    "openpgp nistp256": lambda keys: keys.openpgp("nist", "nistp256"),
    "ssh ed25519": lambda keys: keys.ssh("bo"),
    "ssh rsa": lambda keys: keys.ssh("rsa", "-t", "rsa", "-b", "2048"),
    "ssh ecdsa 256": lambda keys: keys.ssh("p256", "-t", "ecdsa", "-b", "256"),
    "ssh ecdsa 384": lambda keys: keys.ssh("p384", "-t", "ecdsa", "-b", "384"),
    "ssh ecdsa 521": lambda keys: keys.ssh("p521", "-t", "ecdsa", "-b", "521"),
}
BOTH = ("openpgp ed25519", "ssh ed25519")


@pytest.fixture
def remote(tmp_path: Path, keys: Keys) -> SignedRemote:
    return SignedRemote(tmp_path / "remote", keys)


def code(verdict: Signer | Diagnostic) -> str:
    """The diagnostic's code; the owner of a signature that counts."""
    return verdict.owner if isinstance(verdict, Signer) else verdict.code


def commit_at(remote: SignedRemote, key: TrustedKey, when: datetime) -> GitObject:
    """A commit that is made and signed at another time than now."""
    wrapper = remote.keys.path / f"gpg-{when:%Y%m%d}"
    wrapper.write_text(f'#!/bin/sh\nexec gpg --faked-system-time {when:%Y%m%dT%H%M%S}! "$@"\n')
    wrapper.chmod(0o755)
    remote.signing(
        "-c", f"gpg.program={wrapper}", *remote.keys.options(key),
        "commit", "-S", "--quiet", "--allow-empty", "-m", "then",
        environment={"GIT_COMMITTER_DATE": when.isoformat()},
    )  # fmt: skip
    return remote.read("HEAD")


@pytest.mark.parametrize("kind", GOOD)
def test_a_commit_and_a_tag_of_a_trusted_key_count(remote: SignedRemote, keys: Keys, kind: str) -> None:
    key = GOOD[kind](keys)
    remote.signed_commit(key)
    remote.signed_tag(key, "v1.0")
    commit, tag = remote.read("HEAD"), remote.read("v1.0")
    found = judge(commit, [key], NOW)
    assert isinstance(found, Signer), found
    assert (found.owner, found.scheme) == (key.owner, key.scheme)
    if key.scheme is Scheme.SSH:
        assert found.fingerprint == ssh_fingerprint(ssh_blob(key.text))
    else:
        assert found.fingerprint == openpgp.certificate(key.text).fingerprint
    assert code(judge_revision([commit, tag], "refs/tags/v1.0", [key], NOW)) == key.owner


@pytest.mark.parametrize("kind", BOTH)
def test_a_repository_of_sha256_counts_too(tmp_path: Path, keys: Keys, kind: str) -> None:
    remote, key = SignedRemote(tmp_path / "remote", keys, algorithm="sha256"), GOOD[kind](keys)
    remote.signed_commit(key)
    remote.signed_tag(key, "v1.0")
    assert b"\ngpgsig-sha256 " in remote.read("HEAD").data
    assert code(judge(remote.read("HEAD"), [key], NOW)) == key.owner
    assert code(judge_revision([remote.read("HEAD"), remote.read("v1.0")], "refs/tags/v1.0", [key], NOW)) == key.owner


def test_what_is_not_signed_is_a_failure(remote: SignedRemote, keys: Keys) -> None:
    """INV-11."""
    remote.commit({"a": "1"})
    remote.git("tag", "-a", "-m", "no signature", "v1.0")
    commit, tag, known = remote.read("HEAD"), remote.read("v1.0"), [keys.openpgp("ada"), keys.ssh("bo")]
    assert code(judge(commit, known, NOW)) == "TL0136"
    assert code(judge(commit, [], NOW)) == "TL0136"
    assert code(judge_revision([commit, tag], "refs/tags/v1.0", known, NOW)) == "TL0136"
    assert code(judge_revision([], "refs/heads/main", known, NOW)) == "TL0136"
    said = GitObject("a" * 40, "commit", 0, commit.data.replace(b"\n\n", b"\n\n-----BEGIN SSH SIGNATURE-----\n", 1))
    assert code(judge(said, known, NOW)) == "TL0136"


def test_the_commit_counts_where_the_tag_is_not_signed(remote: SignedRemote, keys: Keys) -> None:
    key = keys.ssh("bo")
    remote.signed_commit(key)
    remote.git("tag", "-a", "-m", "no signature", "v1.0")
    assert code(judge_revision([remote.read("HEAD"), remote.read("v1.0")], "refs/tags/v1.0", [key], NOW)) == "bo"


def test_a_tag_that_is_signed_has_to_count(remote: SignedRemote, keys: Keys) -> None:
    """INV-11: a good commit does not excuse a tag that somebody else signed."""
    key = keys.ssh("bo")
    remote.signed_commit(key)
    remote.signed_tag(keys.ssh("mallory"), "v1.0")
    assert code(judge_revision([remote.read("HEAD"), remote.read("v1.0")], "refs/tags/v1.0", [key], NOW)) == "TL0138"


@pytest.mark.parametrize("kind", GOOD)
def test_a_key_that_nobody_trusts_is_told(remote: SignedRemote, keys: Keys, kind: str) -> None:
    """INV-11."""
    remote.signed_commit(GOOD[kind](keys))
    others = [keys.openpgp("other"), keys.ssh("other")]
    verdict = judge(remote.read("HEAD"), others, NOW)
    assert code(verdict) == "TL0138"
    assert code(judge(remote.read("HEAD"), [], NOW)) == "TL0138"


@pytest.mark.parametrize("kind", GOOD)
def test_a_signature_of_another_commit_does_not_fit(remote: SignedRemote, keys: Keys, kind: str) -> None:
    """INV-11: the block is copied from a good commit to another one."""
    key = GOOD[kind](keys)
    good = remote.read(remote.signed_commit(key))
    other = remote.read(remote.commit({"evil": "1"}))
    start = good.data.index(b"gpgsig ")
    block = good.data[start : good.data.index(b"\n\n", start)]
    forged = remote.write("commit", other.data.replace(b"\n\n", b"\n" + block + b"\n\n", 1))
    assert code(judge(remote.read(forged), [key], NOW)) == "TL0142"
    changed = GitObject(good.identity, "commit", 0, good.data.replace(b"a change", b"a charge"))
    assert code(judge(changed, [key], NOW)) == "TL0142"


@pytest.mark.parametrize("kind", BOTH)
def test_a_signed_tag_counts_only_where_it_belongs(remote: SignedRemote, keys: Keys, kind: str) -> None:
    """INV-11: another name, another commit, another kind of object."""
    key = GOOD[kind](keys)
    first = remote.signed_commit(key)
    tag = remote.read(remote.signed_tag(key, "v1.0"))
    second = remote.signed_commit(key, "another")
    assert code(judge_revision([remote.read(first), tag], "refs/tags/v1.0", [key], NOW)) == key.owner
    assert code(judge_revision([remote.read(first), tag], "refs/tags/v2.0", [key], NOW)) == "TL0143"
    assert code(judge_revision([remote.read(second), tag], "refs/tags/v1.0", [key], NOW)) == "TL0143"
    of_tree = remote.read(remote.signed_tag(key, "v3.0", "HEAD^{tree}"))
    assert code(judge_revision([remote.read(second), of_tree], "refs/tags/v3.0", [key], NOW)) == "TL0143"
    renamed = GitObject(tag.identity, "tag", 0, tag.data.replace(b"\ntag v1.0\n", b"\ntag v9.0\n"))
    assert code(judge_revision([remote.read(first), renamed], "refs/tags/v9.0", [key], NOW)) == "TL0142"


@pytest.mark.parametrize("kind", BOTH)
def test_a_key_counts_within_its_days(remote: SignedRemote, keys: Keys, kind: str) -> None:
    """INV-11: when it signed, and when it is looked at."""
    key = keys.ssh("bo") if kind.startswith("ssh") else keys.openpgp("kept", at="20200101T000000!")
    signed = datetime(2020, 2, 1, 12, tzinfo=UTC)
    today, commit = signed.date(), commit_at(remote, key, signed)

    def at(since: date | None, until: date | None, when: datetime = signed) -> str:
        return code(judge(commit, [replace(key, since=since, until=until)], when))

    day = timedelta(days=1)
    assert at(today, today) == key.owner
    assert at(None, today - day) == "TL0139"
    assert at(today + day, None) == "TL0139"
    assert at(None, today + day, signed + 3 * day) == "TL0139", "it is looked at too late"
    assert at(None, None, signed - day) == "TL0139", "it was signed tomorrow"
    assert code(judge(commit, [replace(key, until=today - day), key], signed)) == key.owner, "the other one counts"


@pytest.mark.parametrize("kind", BOTH)
def test_a_revoked_key_counts_for_nothing(remote: SignedRemote, keys: Keys, kind: str) -> None:
    """INV-11: whatever it signed, whenever, and wherever else it stands."""
    key = GOOD[kind](keys)
    remote.signed_commit(key)
    gone = replace(key, revoked="laptop stolen")
    verdict = judge(remote.read("HEAD"), [key, gone], NOW)
    assert code(verdict) == "TL0140"
    assert isinstance(verdict, Diagnostic)
    assert "laptop stolen" in verdict.detail


def test_what_an_openpgp_key_says_of_itself_counts(remote: SignedRemote, keys: Keys) -> None:
    """INV-11: its own expiry and its own revocation."""
    old = keys.openpgp("old", expire="2020-06-01", at="20200101T000000!")
    commit = commit_at(remote, old, datetime(2020, 2, 1, tzinfo=UTC))
    assert code(judge(commit, [old], NOW)) == "TL0139"
    assert code(judge(commit, [old], datetime(2020, 2, 2, tzinfo=UTC))) == "old", "so it was when it was new"
    lost = keys.openpgp("lost")
    remote.signed_commit(lost)
    assert code(judge(remote.read("HEAD"), [lost], NOW)) == "lost"
    revoked = keys.revoke("lost", openpgp.certificate(lost.text).fingerprint)
    assert code(judge(remote.read("HEAD"), [revoked], NOW)) == "TL0140"


def test_a_subkey_signs_for_its_key_until_it_is_revoked(remote: SignedRemote, keys: Keys) -> None:
    """INV-11."""
    fingerprint = openpgp.certificate(keys.openpgp("sub").text).fingerprint
    keys.gpg("--quick-add-key", fingerprint, "ed25519", "sign")
    key = keys.exported("sub")
    remote.signed_commit(key)
    verdict = judge(remote.read("HEAD"), [key], NOW)
    assert isinstance(verdict, Signer), verdict
    assert verdict.key == fingerprint
    assert verdict.fingerprint != fingerprint
    keys.gpg("--no-tty", "--command-fd", "0", "--edit-key", fingerprint, "key 1", "revkey", "save",
             data=b"y\n0\n\ny\n")  # fmt: skip
    assert code(judge(remote.read("HEAD"), [keys.exported("sub")], NOW)) == "TL0140"


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [("rsa1024", ()), ("dsa2048", ()), ("rsa2048", ("--digest-algo", "SHA1"))],
    ids=["RSA of 1024 bits", "DSA", "SHA-1"],
)
def test_weak_openpgp_algorithms_are_refused(
    remote: SignedRemote, keys: Keys, algorithm: str, options: tuple[str, ...]
) -> None:
    """INV-11."""
    key = keys.openpgp(f"weak-{algorithm}", algorithm)
    wrapper = keys.path / "gpg-weak"
    wrapper.write_text(f'#!/bin/sh\nexec gpg {" ".join(options)} "$@"\n')
    wrapper.chmod(0o755)
    argv = ("commit", "-S", "--quiet", "--allow-empty", "-m", "weak")
    remote.signing("-c", f"gpg.program={wrapper}", *keys.options(key), *argv)
    assert code(judge(remote.read("HEAD"), [key], NOW)) == "TL0141"


@pytest.mark.parametrize("options", [("-t", "rsa", "-b", "1024"), ("-t", "dsa")], ids=["RSA of 1024 bits", "DSA"])
def test_weak_ssh_algorithms_are_refused(remote: SignedRemote, keys: Keys, options: tuple[str, ...]) -> None:
    """INV-11."""
    key = keys.ssh(f"weak-{options[1]}", *options)
    remote.signed_commit(key)
    assert code(judge(remote.read("HEAD"), [key], NOW)) == "TL0141"


def ssh_commit(remote: SignedRemote, keys: Keys, change: Callable[[bytes], bytes]) -> GitObject:
    """A commit signed by SSH, with its signature's bytes changed."""
    commit = remote.read(remote.signed_commit(keys.ssh("bo")))
    signature = take_apart(commit).signature
    blob = base64.b64decode(b"".join(signature.split(b"\n")[1:-2]))
    text = base64.b64encode(change(blob)).decode()
    lines = ["-----BEGIN SSH SIGNATURE-----", text, "-----END SSH SIGNATURE-----"]
    before, _, _ = commit.data.partition(b"gpgsig ")
    _, _, after = commit.data.partition(b" -----END SSH SIGNATURE-----\n")
    data = before + ("gpgsig " + "\n ".join(lines) + "\n").encode() + after
    return GitObject(commit.identity, "commit", len(data), data)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda blob: blob, "bo"),
        (lambda blob: blob[:-1], "TL0144"),
        (lambda blob: blob + b"x", "TL0144"),
        (lambda blob: b"SSHGIS" + blob[6:], "TL0144"),
        (lambda blob: blob[:6] + b"\0\0\0\2" + blob[10:], "TL0144"),
        (lambda blob: blob.replace(b"\0\0\0\3git", b"\0\0\0\4file"), "TL0144"),
        (lambda blob: blob.replace(b"\0\0\0\6sha512", b"\0\0\0\4sha1"), "TL0141"),
        (lambda blob: blob.replace(b"\0\0\0\6sha512", b"\0\0\0\6sha256"), "TL0142"),
        (lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), "TL0142"),
        (lambda _: b"", "TL0144"),
    ],
    ids=["as it is", "cut", "longer", "magic", "version", "namespace", "weak hash", "other hash", "a bit", "nothing"],
)
def test_an_ssh_signature_is_read_strictly(
    remote: SignedRemote, keys: Keys, change: Callable[[bytes], bytes], expected: str
) -> None:
    """INV-11: a signature that was made for a file, or that names another hash, is none of a commit."""
    assert code(judge(ssh_commit(remote, keys, change), [keys.ssh("bo")], NOW)) == expected


def test_several_signatures_and_other_forms_are_refused(remote: SignedRemote, keys: Keys) -> None:
    """INV-11: nobody can know which one is meant."""
    key, other = keys.openpgp("ada"), keys.openpgp("rsa", "rsa2048")
    commit = remote.read(remote.signed_commit(key))
    signed = take_apart(commit)
    twice = commit.data.replace(b"gpgsig ", b"gpgsig x\ngpgsig ", 1)
    assert code(judge(GitObject(commit.identity, "commit", 0, twice), [key], NOW)) == "TL0144"
    both = signed.signature + keys.gpg("--armor", "--detach-sign", "-u", "rsa@example.com", data=signed.payload)
    folded = b"gpgsig " + both.rstrip(b"\n").replace(b"\n", b"\n ")
    head, blank, message = signed.payload.partition(b"\n\n")
    made = GitObject(commit.identity, "commit", 0, head + b"\n" + folded + blank + message)
    assert code(judge(made, [key, other], NOW)) == "TL0144"
    pair = b"".join(keys.gpg("--dearmor", data=one) for one in (signed.signature, both[len(signed.signature) :]))
    packed = b"gpgsig " + keys.gpg("--enarmor", data=pair).rstrip(b"\n").replace(b"\n", b"\n ")
    packed = packed.replace(b"PGP ARMORED FILE", b"PGP SIGNATURE")
    made = GitObject(commit.identity, "commit", 0, head + b"\n" + packed + blank + message)
    assert code(judge(made, [key, other], NOW)) == "TL0144"
    x509 = folded.replace(b"BEGIN PGP SIGNATURE", b"BEGIN SIGNED MESSAGE")
    made = GitObject(commit.identity, "commit", 0, head + b"\n" + x509 + blank + message)
    assert code(judge(made, [key], NOW)) == "TL0144"
    assert code(judge(GitObject("a" * 40, "tree", 0, b""), [key], NOW)) == "TL0144"
    assert code(judge(GitObject("a" * 40, "commit", 0, b"tree x\n\n"), [key], NOW)) == "TL0144"


def test_a_trusted_key_that_cannot_be_read_is_told(remote: SignedRemote, keys: Keys) -> None:
    key = keys.openpgp("ada")
    remote.signed_commit(key)
    broken = replace(key, text="-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nnonsense\n-----END PGP PUBLIC KEY BLOCK-----\n")
    both = replace(key, text=key.text + keys.openpgp("other").text)
    assert code(judge(remote.read("HEAD"), [broken], NOW)) == "TL0147"
    assert code(judge(remote.read("HEAD"), [both], NOW)) == "TL0147"
    assert code(judge(remote.read("HEAD"), [broken, key], NOW)) == "ada", "one broken key takes no other one away"


def test_keys_are_values() -> None:
    key = TrustedKey(
        owner="ada", scheme=Scheme.SSH, text="ssh-ed25519 AAAA", since=date(2026, 1, 1), until=date(2026, 12, 31)
    )
    assert trusted_key(key.plain) == key
    assert KeyRing(name="a", keys=(key,)).digest == KeyRing(name="b", keys=(key,)).digest
    assert KeyRing(name="a", keys=(key,)).digest != KeyRing(name="a", keys=(replace(key, revoked="x"),)).digest


def test_only_a_whole_line_of_the_message_lets_history_be_rewritten() -> None:
    one, other = b"a" * 40, b"b" * 64
    assert replaced_by(b"x\n\nTrueline-Replaces: %b\nTrueline-Replaces: %b" % (one, other)) == {"a" * 40, "b" * 64}
    for text in (
        b"no Trueline-Replaces: %b",
        b"Trueline-Replaces: %b0",
        b" Trueline-Replaces: %b",
        b"trueline-replaces: %b",
    ):
        assert replaced_by(text % one) == set()
