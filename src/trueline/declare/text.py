"""What a text of a declaration may say: a path, a revision, an address, a ref. A check gives its finding or nothing."""

import posixpath
from collections.abc import Callable
from datetime import date
from pathlib import Path as Directory
from typing import Final, TypeAlias

from trueline.declare.finding import LEADS_OUT, REFUSED_VALUE, Finding, shown
from trueline.model.fault import UserError
from trueline.model.pointer import Path, text as written
from trueline.model.ref import Ref
from trueline.source.address import Address
from trueline.source.branch import fault_of_branch
from trueline.source.selector import Selector
from trueline.source.signature.key import ssh_kind

_ARMOUR: Final = "-----BEGIN "
_OPENPGP: Final = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_OPENPGP_SECRET: Final = "-----BEGIN PGP PRIVATE KEY BLOCK-----"  # noqa: S105 - what opens one, and no secret
Check: TypeAlias = Callable[[Path, str], Finding | None]


def check_path(at: Path, value: str) -> Finding | None:
    """A path inside its source: relative, never upwards, printable."""
    if value.startswith("/"):
        reason = "it is absolute"
    elif ".." in value.split("/"):
        reason = "it goes upwards"
    elif not value.isprintable() or "\\" in value:
        reason = "it has a character that no path of ours has"
    else:
        return None
    return LEADS_OUT.at(
        at, f"`{written(at)}` is {shown(value)}: {reason}", "write a path relative to the root of the source"
    )


def check_file(at: Path, value: str) -> Finding | None:
    """A path beside the rendered folder, or `$NAME/path` in another source; only when joined it can lead out."""
    if value and not value.startswith("/") and value.isprintable() and "\\" not in value:
        return None
    return LEADS_OUT.at(
        at, f"`{written(at)}` is {shown(value)}: it is no relative path", "write a path relative to the source's `path`"
    )


def check_revision(at: Path, value: str) -> Finding | None:
    """A branch, a tag, a range of versions or a commit."""
    try:
        Selector.parse(value)
    except UserError as error:
        return _taken_over(error, at)
    return None


def check_address(at: Path, value: str) -> Finding | None:
    """An address of a repository, without a credential in it."""
    try:
        Address.parse(value, directory=Directory("/"))
    except UserError as error:
        return _taken_over(error, at)
    return None


def check_branch(at: Path, value: str) -> Finding | None:
    """The name of a branch, without `refs/heads/`."""
    if why := fault_of_branch(value):
        return REFUSED_VALUE.at(at, f"`{written(at)}` is {shown(value)}: {why}", "write a branch such as gh-pages")
    return None


def check_ref(at: Path, value: str) -> Finding | None:
    """A resource, as `KIND/NAME` or `KIND/NAMESPACE/NAME`."""
    try:
        Ref.parse(value)
    except ValueError:
        return REFUSED_VALUE.at(
            at,
            f"`{written(at)}` is {shown(value)}",
            "write KIND/NAMESPACE/NAME, or KIND/NAME for what has no namespace",
        )
    return None


def check_date(at: Path, value: str) -> Finding | None:
    """A day, as `2026-12-31`."""
    try:
        is_day = date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_day = False
    if is_day:
        return None
    return REFUSED_VALUE.at(
        at, f"`{written(at)}` is {shown(value)}", "write a day as YEAR-MONTH-DAY, such as 2026-12-31"
    )


def check_openpgp(at: Path, value: str) -> Finding | None:
    """One armoured public key; a private one is never repeated."""
    if _OPENPGP_SECRET in value:
        return REFUSED_VALUE.at(
            at, f"`{written(at)}` holds a private key", "remove it from Git and make another one; give the public key"
        )
    if value.count(_ARMOUR) == 1 and value.lstrip().startswith(_OPENPGP):
        return None
    remedy = "write one block, as `gpg --armor --export NAME` gives it"
    return REFUSED_VALUE.at(at, f"`{written(at)}` is not one OpenPGP public key block", remedy)


def check_ssh_key(at: Path, value: str) -> Finding | None:
    """One public key as a line; a private one is never repeated."""
    if _ARMOUR in value:
        return REFUSED_VALUE.at(
            at, f"`{written(at)}` holds a private key", "remove it from Git and make another one; give the public key"
        )
    if len(value.strip().splitlines()) == 1 and ssh_kind(value) == value.split(maxsplit=1)[0]:
        return None
    remedy = "write the line of the `.pub` file that `ssh-keygen` made"
    return REFUSED_VALUE.at(at, f"`{written(at)}` is not one SSH public key", remedy)


def normal_path(value: str) -> str:
    """A checked path as trees know it.

    >>> normal_path("./apps//shop/"), normal_path(".")
    ('apps/shop', '')
    """
    normal = posixpath.normpath(value) if value else ""
    return "" if normal == "." else normal


def is_outside(folder: str, file: str) -> bool:
    """Whether a file named in a folder lies outside the source.

    >>> is_outside("charts/a", "../../values.yaml"), is_outside("charts/a", "../../../values.yaml")
    (False, True)
    """
    normal = posixpath.normpath(posixpath.join(folder, file))
    return normal == ".." or normal.startswith("../")


def _taken_over(error: UserError, at: Path) -> Finding:
    one = error.diagnostics[0]
    return Finding(
        code=one.code, summary=one.summary, detail=f"`{written(at)}`: {one.detail}", remedy=one.remedy, at=at
    )
