"""What Git says when it fails → a diagnostic with its cause, and by whose fault. It decides; it runs nothing.

Git's messages are read in the C locale; the first rule that matches holds, so the precise ones stand first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient, UserError

_DETAIL_LENGTH_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One kind of failure: how Git says it, and what a person reads."""

    code: str
    fault: type[Fault]
    summary: str
    remedy: str
    pattern: re.Pattern[str] | None = None

    def about(self, detail: str) -> Fault:
        """The fault, for one case."""
        return self.fault([Diagnostic(code=self.code, summary=self.summary, detail=detail, remedy=self.remedy)])


def _rule(code: str, fault: type[Fault], summary: str, remedy: str, pattern: str = "") -> Refusal:
    compiled = re.compile(pattern, re.IGNORECASE) if pattern else None
    return Refusal(code=code, fault=fault, summary=summary, remedy=remedy, pattern=compiled)


REF_MISSING: Final = _rule(
    "TL0105", UserError, "the branch or tag is not there", "correct `revision`, or push the branch or tag"
)
EMPTY: Final = _rule("TL0106", UserError, "the repository is empty", "push a first commit")
AMBIGUOUS: Final = _rule(
    "TL0107",
    UserError,
    "the revision names both a branch and a tag",
    "write refs/heads/NAME or refs/tags/NAME as `revision`",
)
COMMIT_MISSING: Final = _rule(
    "TL0108",
    UserError,
    "the commit is not there",
    "correct `revision`, or push the commit; a server that gives no commits by id needs a branch or tag",
    r"not our ref|unadvertised object|remote error: .*no such (commit|revision)|couldn't find remote ref [0-9a-f]{40}",
)
NO_VERSION: Final = _rule("TL0109", UserError, "no tag is in the range of versions", "correct the range, or push a tag")
NOT_GIT: Final = _rule(
    "TL0110",
    UserError,
    "what answers is not a Git server",
    "correct the address: a web page or a proxy answered it, not Git",
    r"not valid: |protocol error|bad line length|invalid (server response|content-type)|<html|<!doctype"
    r"|expected (flush|'version)|unable to parse|server responded with",
)
SLOW: Final = _rule(
    "TL0111",
    Transient,
    "the Git server does not answer in time",
    "it is tried again; see whether the server is overloaded or something between swallows packets",
    r"operation too slow|timed out after|timeout was reached",
)
TOO_LARGE: Final = _rule(
    "TL0119",
    UserError,
    "the repository is larger than the bound",
    "raise the bound of the source, or move what is large to Git LFS or another repository",
    r"died of signal 25|file too large|file size limit exceeded",
)
NO_ROOM: Final = _rule(
    "TL0120",
    Transient,
    "no space is left for the repository",
    "free space in the data directory; it is tried again",
    r"no space left on device|disk quota exceeded|out of disk ?space",
)
OTHER: Final = _rule("TL0129", Transient, "Git failed", "it is tried again; Git's own words say why")
PATHS: Final = _rule(
    "TL0122", UserError, "the source has more files than the bound", "use a smaller repository or raise the bound"
)
PATH_LENGTH: Final = _rule("TL0123", UserError, "a path of the source is longer than the bound", "shorten the path")
FILE_SIZE: Final = _rule(
    "TL0124", UserError, "a file of the source is larger than the bound", "keep large files out of what is rendered"
)
MALFORMED: Final = _rule(
    "TL0128", UserError, "an object of the repository is malformed", "repair the repository: `git fsck` says where"
)
NO_GIT: Final = _rule(
    "TL0127", UserError, "git cannot be started", "install git 2.31 or newer and see that it is in PATH"
)
NO_PROCESS: Final = _rule(
    "TL0104",
    Transient,
    "no process can be started now",
    "it is tried again; look at the limits of open files (`ulimit -n`), processes and memory",
)
UNREADABLE: Final = _rule("TL0132", Transient, "the object database cannot be read", "it is tried again")
NOT_A_DIRECTORY: Final = _rule("TL0133", UserError, "the directory cannot be read", "correct the path or its rights")

_HALF: Final = re.compile(r"(tmp_[a-z]+)_\w{6}")
_RULES: Final = (
    COMMIT_MISSING,
    TOO_LARGE,
    NO_ROOM,
    _rule(
        "TL0114",
        UserError,
        "the SSH host key is not known",
        "put the server's key into `knownHosts`, from a source that you trust",
        r"host key verification failed|no \S+ host key is known|remote host identification has changed",
    ),
    _rule(
        "TL0116",
        UserError,
        "the certificate of the Git server does not hold",
        "give the authority's certificate by SSL_CERT_FILE, or correct the server's",
        r"ssl certificate|certificate verif|certificate has expired|self.signed certificate",
    ),
    _rule(
        "TL0117",
        UserError,
        "the Git server sends elsewhere",
        "write the address that the repository moved to; a credential is never sent on to another address",
        r"returned error: 30\d|unable to update url base from redirection",
    ),
    _rule(
        "TL0113",
        UserError,
        "the Git server refuses the credential",
        "see that `auth` names a credential that is valid and may read this repository",
        r"authentication failed|could not read (username|password)|returned error: 40[13]|permission denied"
        r"|access denied|invalid credentials|load key .*: ",
    ),
    _rule(
        "TL0118",
        UserError,
        "the repository belongs to another user",
        "run as the owner of the directory, or change its owner",
        r"dubious ownership|unsafe repository",
    ),
    _rule(
        "TL0121",
        UserError,
        "the repository holds objects that Git refuses",
        "repair the repository: `git fsck --strict` says where",
        r"fsck error|fsck_?objects|bad object|object corrupt|inflate returned",
    ),
    SLOW,
    _rule(
        "TL0112",
        Transient,
        "the Git server is away",
        "it is tried again; see that its name resolves and that it answers from this machine",
        r"could not resolve host|failed to connect|couldn't connect|connection (refused|reset|timed out|closed|was)"
        r"|no route to host|network is unreachable|empty reply|early eof|unexpected disconnect|hung up"
        r"|returned error: (5\d\d|408|429)|rpc failed|name or service not known|unexpected eof|broken pipe",
    ),
    _rule(
        "TL0115",
        UserError,
        "the repository is not there",
        "correct the address; a private repository may say so where the credential is missing",
        r"repository .*not found|does not appear to be a git repository|returned error: 4(04|10)|not a git repository"
        r"|no such file or directory|project you were looking for",
    ),
    NOT_GIT,
)


def explain(address: str, stderr: str, shown: str, *, is_full: Callable[[], bool] = lambda: False) -> Fault:
    """The fault that Git's words mean; `shown` is the same text without secrets, for the detail.

    Where they mean nothing, `is_full` is asked about the disk: Git does not always say why it could not write.
    """
    said = _one_line(stderr)
    shown = _HALF.sub(r"\1", _one_line(shown))  # its name is another one each time, and that is no news
    detail = f"{address}: {shown[-_DETAIL_LENGTH_MAX:] or 'git ended without a word'}"
    for rule in _RULES:
        if rule.pattern is not None and rule.pattern.search(said):
            return rule.about(detail)
    return (NO_ROOM if is_full() else OTHER).about(detail)


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
