"""Held against the real sops: what it encrypted opens here, to the byte that it gives itself."""

import json
import random

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.runtime.sops.conftest import PgpKey, RealSops
from trueline.model.masked import Masked
from trueline.runtime.sops.key import PrivateKey
from trueline.runtime.sops.reader import SopsReader

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.asyncio(loop_scope="module"),
]

EVERYTHING = """\
# the head
apiVersion: v1
kind: Secret
metadata:
    name: shop  # beside a value
    # above the labels
    labels:
        a: b
stringData:
    password: "hunter2"
    several: |
        line one
        line two
    empty: ""
    quoted: "true"
    number: "12"
    colon: "a: b # c"
    # sops:encrypt this one
    token: abc
count: 3
big: 12345678901
float: 1.50
exponent: 1e22
small: 1e-7
round: 2.0
bool: true
off: false
nothing: null
tilde: ~
time: 2024-01-02T03:04:05Z
day: 2024-01-02
list:
    - one
    # in a list
    - two: 2
      three: [1, 2, [3, "x"]]
    - []
    - {}
    - ""
    # after the last one
unicode: "äöü ☃ \\u0000"
long: %s
clear_unencrypted: visible
# the foot
""" % ("a " * 300)
SEVERAL = "# one\na: b\n---\nc: d # beside\n---\n# three\ne: [1]\n# end\n"
ANCHORS = "one: &it\n  a: b\nother: *it\nmerged:\n  <<: *it\n  c: d\n"
JSON = b"""{"a": "x<&>\\u2028", "n": 1, "f": 1.0, "e": 1e30, "s": 1e-9, "b": true, "z": null,
"l": [1, "two", [], {}, [3, {"q": ""}]], "o": {}, "big": 12345678901234567890, "empty": "", "u": "\xc3\xa4"}"""
DOTENV = b"# a comment\nA=one\nB=two words = three\n\nC=several\\nlines\nD=\n#last\n"
RULES = (
    "encrypted_regex: ^(data|stringData)$",
    "unencrypted_regex: ^(metadata|kind|apiVersion)$",
    "encrypted_suffix: Data",
    "unencrypted_suffix: List",
    "encrypted_comment_regex: sops:enc",
    "unencrypted_comment_regex: above the",
    "encrypted_regex: (?i)^STRINGDATA$",
)


async def check(reader: SopsReader, real: RealSops, name: str, encrypted: bytes, *keys: PrivateKey) -> bytes:
    opened = await reader.open(name, encrypted, keys or [real.key])
    theirs = real.decrypt(name, encrypted)
    assert opened.exact == theirs.replace(b"!!merge <<:", b"<<:")  # a newer YAML library leaves the tag out
    return opened.lined


@pytest.mark.parametrize("text", [EVERYTHING, SEVERAL, ANCHORS, "---\n# nothing\n---\na: b\n"])
async def test_yaml_to_the_byte(reader: SopsReader, real: RealSops, text: str) -> None:
    await check(reader, real, "a.yaml", real.encrypt("a.yaml", text.encode()))


@pytest.mark.parametrize("only", [False, True], ids=["all", "only encrypted"])
@pytest.mark.parametrize("rule", RULES)
async def test_a_part_of_a_file(reader: SopsReader, real: RealSops, rule: str, *, only: bool) -> None:
    config = f"creation_rules:\n  - age: {real.recipient}\n    {rule}\n    mac_only_encrypted: {str(only).lower()}\n"
    encrypted = real.encrypt("a.yaml", EVERYTHING.encode(), config=config)
    await check(reader, real, "a.yaml", encrypted)
    changed = encrypted.replace(b"count: 3", b"count: 4")
    if changed != encrypted and not only:
        with pytest.raises(AssertionError, match="MAC mismatch"):
            real.decrypt("a.yaml", changed)
        with pytest.raises(Exception, match="TL0167"):
            await reader.open("a.yaml", changed, [real.key])


async def test_json_dotenv_and_bytes(reader: SopsReader, real: RealSops) -> None:
    await check(reader, real, "a.json", real.encrypt("a.json", JSON))
    await check(reader, real, ".env", real.encrypt(".env", DOTENV, "--input-type", "dotenv"))
    await check(reader, real, "a.env", real.encrypt("a.env", DOTENV))
    for content in (random.Random(7).randbytes(3000), b"", b"text\n", b'{"a": 1}'):
        await check(reader, real, "a.bin", real.encrypt("a.bin", content))


async def test_json_under_another_name(reader: SopsReader, real: RealSops) -> None:
    opened = await reader.open("a.txt", real.encrypt("a.json", JSON), [real.key])
    assert opened.exact == real.decrypt("a.json", real.encrypt("a.json", JSON))


async def test_openpgp(reader: SopsReader, real: RealSops, pgp: PgpKey) -> None:
    encrypted = real.encrypt("a.yaml", EVERYTHING.encode(), "--pgp", pgp.fingerprint)
    assert (await reader.open("a.yaml", encrypted, [real.key, pgp.key])).exact.startswith(b"# the head\napiVersion: v1")


async def test_several_recipients(reader: SopsReader, real: RealSops, pgp: PgpKey) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    encrypted = real.encrypt("a.env", DOTENV, "--age", f"{other},{real.recipient}", "--pgp", pgp.fingerprint)
    for key in (real.key, pgp.key):
        await check(reader, real, "a.env", encrypted, key)


async def test_an_ssh_key(reader: SopsReader, real: RealSops) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    encrypted = real.encrypt("a.yaml", b"a: b\n", "--age", f"{public.decode()} me@example.com")
    opened = await reader.open("a.yaml", encrypted, [PrivateKey(name="file: id", value=Masked(private.decode()))])
    assert opened.exact == b"a: b\n"


async def test_key_groups_are_refused(reader: SopsReader, real: RealSops) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    groups = f"creation_rules:\n  - key_groups:\n      - age: [{real.recipient}]\n      - age: [{other}]\n"
    encrypted = real.encrypt("a.yaml", b"a: b\n", config=groups)
    with pytest.raises(Exception, match="TL0165"):
        await reader.open("a.yaml", encrypted, [real.key])


async def test_ini_is_refused_by_name(reader: SopsReader, real: RealSops) -> None:
    with pytest.raises(Exception, match="INI"):
        await reader.open("a.ini", real.encrypt("a.ini", b"[a]\nb = c\n"), [real.key])


async def test_every_line_of_a_manifest_stays_where_it_was(reader: SopsReader, real: RealSops) -> None:
    encrypted = real.encrypt("a.yaml", EVERYTHING.encode())
    lined = await check(reader, real, "a.yaml", encrypted)
    before, after = encrypted.decode().split("\n"), lined.decode().split("\n")
    assert len(before) == len(after)
    assert 'password: "hunter2"' in after[before.index(next(b for b in before if "password:" in b))]
    assert "sops:" not in after


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff"), max_size=12)
_LEAF = st.one_of(
    _TEXT,
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["yes", "~", "0x10", "1_000", "012", "1e3", ".5", "- a", "a: b", "# c", "line\nline\n", " a ", "\t"]
    ),
)
_VALUE = st.recursive(
    _LEAF, lambda below: st.lists(below, max_size=3) | st.dictionaries(_TEXT.filter(bool), below, max_size=3)
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.dictionaries(_TEXT.filter(lambda name: name and name != "sops"), _VALUE, min_size=1, max_size=4))
async def test_any_values(reader: SopsReader, real: RealSops, value: dict[str, object]) -> None:
    text = json.dumps(value, ensure_ascii=False).encode()
    await check(reader, real, "a.json", real.encrypt("a.json", text))
    await check(reader, real, "a.yaml", real.encrypt("a.yaml", text))
