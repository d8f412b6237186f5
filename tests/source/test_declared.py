"""What a declaration may say of a source: addresses and revisions, each accepted or refused with its code."""

from pathlib import Path

import pytest

from trueline.model.fault import UserError
from trueline.source.address import Address, Transfer
from trueline.source.selector import Selector, SelectorKind


@pytest.mark.parametrize(
    ("text", "transfer", "shown"),
    [
        ("https://example.com/team/fleet.git", Transfer.HTTPS, "https://example.com/team/fleet.git"),
        ("http://127.0.0.1:8080/x", Transfer.HTTP, "http://127.0.0.1:8080/x"),
        ("ssh://git@example.com:2222/fleet", Transfer.SSH, "ssh://git@example.com:2222/fleet"),
        ("git@example.com:team/fleet.git", Transfer.SSH, "git@example.com:team/fleet.git"),
        ("example.com:fleet", Transfer.SSH, "example.com:fleet"),
        ("/srv/fleet", Transfer.FILE, "/srv/fleet"),
        ("fleet", Transfer.FILE, "/here/fleet"),
        ("./a b", Transfer.FILE, "/here/a b"),
        ("../fleet", Transfer.FILE, "/here/../fleet"),
        ("file:///srv/fleet", Transfer.FILE, "file:///srv/fleet"),
    ],
)
def test_addresses(text: str, transfer: Transfer, shown: str) -> None:
    address = Address.parse(text, directory=Path("/here"))
    assert (address.transfer, str(address)) == (transfer, shown)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "TL0101"),
        ("--upload-pack=touch /tmp/x", "TL0101"),
        ("ext::sh -c true", "TL0101"),
        ("fd::17", "TL0101"),
        ("git://example.com/x", "TL0101"),
        ("ftp://example.com/x", "TL0101"),
        ("ssh://-oProxyCommand=x/y", "TL0101"),
        ("ssh://git@-oProxyCommand=x/y", "TL0101"),
        ("https://example.com:99999/x", "TL0101"),
        ("https:///x", "TL0101"),
        ("https://example.com/x y", "TL0101"),
        ("https://example.com/x\ny", "TL0101"),
        ("https://example.com/x?private_token=hunter2", "TL0101"),
        ("file://elsewhere/x", "TL0101"),
        ("/srv/a\nb", "TL0101"),
        ("x" * 3000, "TL0101"),
        ("https://ci:hunter2@example.com/x", "TL0102"),
        ("https://hunter2@example.com/x", "TL0102"),
        ("ssh://git:hunter2@example.com/x", "TL0102"),
    ],
)
def test_refused_addresses_show_no_credential(text: str, code: str) -> None:
    with pytest.raises(UserError) as caught:
        Address.parse(text)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", SelectorKind.DEFAULT),
        ("HEAD", SelectorKind.DEFAULT),
        ("main", SelectorKind.NAME),
        ("release/1.2", SelectorKind.NAME),
        ("deadbeef", SelectorKind.NAME),
        ("a" * 40, SelectorKind.COMMIT),
        ("a" * 64, SelectorKind.COMMIT),
        ("^1.2", SelectorKind.RANGE),
        ("~1.2.3", SelectorKind.RANGE),
        (">= 1.2, < 2 || 3.x", SelectorKind.RANGE),
        ("1.*", SelectorKind.RANGE),
        ("1 - 2", SelectorKind.RANGE),
    ],
)
def test_revisions(text: str, kind: SelectorKind) -> None:
    assert Selector.parse(text).kind is kind


@pytest.mark.parametrize(
    "text", ["-x", "--upload-pack=x", "a..b", "a?b", "x" * 300, "a/.b", "a.lock", "a:b", "@", "a\n"]
)
def test_refused_revisions(text: str) -> None:
    with pytest.raises(UserError, match="TL0103"):
        Selector.parse(text)
