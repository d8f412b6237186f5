"""Git's own words, each with the code it gets and by whose fault it is. Most have no server in a test."""

import pytest

from trueline.model.fault import Fault, Transient, UserError
from trueline.source.refusal import explain


@pytest.mark.parametrize(
    ("said", "code", "kind"),
    [
        ("fatal: remote error: upload-pack: not our ref 1111", "TL0108", UserError),
        ("error: Server does not allow request for unadvertised object 11", "TL0108", UserError),
        ("fatal: http://h/x/info/refs not valid: is this a git repository?", "TL0110", UserError),
        ("fatal: protocol error: bad line length character: <!DO", "TL0110", UserError),
        ("fatal: unable to access 'u': Operation too slow. Less than 1000 bytes/sec", "TL0111", Transient),
        ("fatal: unable to access 'u': Could not resolve host: h", "TL0112", Transient),
        ("ssh: connect to host h port 22: Connection refused\nfatal: Could not read", "TL0112", Transient),
        ("error: RPC failed; curl 18\nfatal: early EOF", "TL0112", Transient),
        ("git@h: Permission denied (publickey).\nfatal: Could not read", "TL0113", UserError),
        ('Load key "k": error in libcrypto\ngit@h: Permission denied', "TL0113", UserError),
        ("fatal: could not read Username for 'u': terminal prompts disabled", "TL0113", UserError),
        ("No ED25519 host key is known for h\nHost key verification failed.", "TL0114", UserError),
        ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", "TL0115", UserError),
        ("fatal: unable to access 'u': SSL certificate problem: self-signed", "TL0116", UserError),
        ("fatal: unable to access 'u': The requested URL returned error: 301", "TL0117", UserError),
        ("fatal: detected dubious ownership in repository at '/x'", "TL0118", UserError),
        ("error: index-pack died of signal 25", "TL0119", UserError),
        ("fatal: write error: No space left on device", "TL0120", Transient),
        ("fatal: sha1 file '/d/tmp_idx_sKw4fx' write error. Out of diskspace", "TL0120", Transient),
        ("error: object 1: hasDotgit\nfatal: fsck error in packed object", "TL0121", UserError),
        ("something new", "TL0129", Transient),
        ("", "TL0129", Transient),
    ],
)
def test_words(said: str, code: str, kind: type[Fault]) -> None:
    fault = explain("address", said, said)
    assert (fault.diagnostics[0].code, type(fault)) == (code, kind)


def test_only_the_shown_text_is_in_the_message() -> None:
    assert "hunter2" not in str(explain("address", "fatal: hunter2", "fatal: ***"))


def test_what_git_does_not_explain_is_the_disk_where_that_is_full() -> None:
    said = "error: cannot update ref 'refs/trueline/found/1': couldn't write '/d/refs/1.lock'"
    full, other = (explain("address", said, said, is_full=lambda is_full=one: is_full) for one in (True, False))  # type: ignore[misc]
    assert (full.diagnostics[0].code, other.diagnostics[0].code) == ("TL0120", "TL0129")
    away = "fatal: unable to access 'u': Could not resolve host: h"
    assert explain("address", away, away, is_full=lambda: True).diagnostics[0].code == "TL0112"


def test_the_same_failure_is_told_alike_though_its_file_has_another_name() -> None:
    said = [f"fatal: sha1 file '/d/tmp_idx_{name}' write error. Out of diskspace" for name in ("sKw4fx", "QT63hz")]
    assert len({explain("address", one, one).diagnostics for one in said}) == 1
