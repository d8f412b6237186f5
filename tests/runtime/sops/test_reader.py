"""Every way in which an encrypted file can be wrong, each with its own diagnostic, and none that shows a value."""

import re
from collections.abc import Callable
from pathlib import Path

import pyrage
import pysequoia
import pytest

from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.runtime.sops.key import PrivateKey
from trueline.runtime.sops.reader import SopsReader
from trueline.runtime.sops.tree import leaves

pytestmark = pytest.mark.asyncio(loop_scope="module")
SAMPLE = Path(__file__).parent / "sample"
SECRET = (SAMPLE / "secret.yaml").read_bytes()
KEY = PrivateKey(name="file: key.txt", value=Masked((SAMPLE / "key.txt").read_text()))
CANARIES = ("hunter2-of-the-sample", "token-of-the-sample", "AGE-SECRET-KEY-1", "line one")


async def refused(reader: SopsReader, data: bytes, *keys: PrivateKey, path: str = "a/secret.yaml") -> str:
    with pytest.raises(UserError) as caught:
        await reader.open(path, data, keys)
    (one,) = caught.value.diagnostics
    assert one.origin is None or one.origin.path == path
    told = f"{one} {one.detail} {caught.value!r} {caught.value.__cause__!r}"
    assert not [canary for canary in CANARIES if canary in told]
    return one.code


async def test_what_sops_encrypted_opens(reader: SopsReader) -> None:
    opened = await reader.open("secret.yaml", SECRET, [KEY])
    assert opened.exact == (SAMPLE / "secret.clear.yaml").read_bytes()
    lines = opened.lined.decode().split("\n")
    assert lines[6] == '    password: "hunter2-of-the-sample"'
    assert len(lines) == SECRET.count(b"\n") + 1
    values = {".".join(path): node.text for path, node in leaves(opened.documents[0]) if node.kind == "str"}
    assert values["stringData.several"] == "line one\nline two\n"


async def test_every_format(reader: SopsReader) -> None:
    async def exact(name: str) -> bytes:
        return (await reader.open(name, (SAMPLE / name).read_bytes(), [KEY])).exact

    assert await exact("vars.env") == b"TOKEN=token-of-the-sample\nPLAIN_unencrypted=seen\n"
    assert b'"b.c": "json-of-the-sample"' in await exact("values.json")
    assert await exact("blob.bin") == b"\x00\x01\xffbinary-of-the-sample"


async def test_nothing_of_it_can_be_printed_or_pickled(reader: SopsReader) -> None:
    """INV-25: the values of an encrypted file, and the key that opened it."""
    opened = await reader.open("secret.yaml", SECRET, [KEY])
    assert "hunter2" not in f"{opened} {opened!r} {opened.documents} {KEY}"
    for secret in (opened, opened.documents[0]):
        with pytest.raises(TypeError, match="not written"):
            secret.__reduce__()


def swapped(data: bytes) -> bytes:
    """Two encrypted values change places: each is genuine, neither is where it belongs."""
    first, second, *_ = re.findall(rb"ENC\[[^\]]*\]", data)
    return data.replace(first, b"@").replace(second, first).replace(b"@", second)


def flipped(data: bytes) -> bytes:
    return re.sub(rb"(password: ENC\[AES256_GCM,data:)(.)", lambda m: m[1] + (b"B" if m[2] != b"B" else b"C"), data)


def without_value(data: bytes) -> bytes:
    return re.sub(rb"    count: ENC.*\n", b"", data)


def other_mac(data: bytes) -> bytes:
    return re.sub(rb"(mac: ENC\[AES256_GCM,data:)(.)", lambda m: m[1] + (b"B" if m[2] != b"B" else b"C"), data)


def other_time(data: bytes) -> bytes:
    return re.sub(rb'lastmodified: "20', b'lastmodified: "19', data)


CASES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a value that was changed": (flipped, "TL0166"),
    "values that changed places": (swapped, "TL0166"),
    "a key that was renamed": (lambda data: data.replace(b"password:", b"passwort:"), "TL0166"),
    "a value that was taken away": (without_value, "TL0167"),
    "a clear value that was changed": (lambda data: data.replace(b"name: access", b"name: other"), "TL0167"),
    "a clear value that was added": (lambda data: data.replace(b"kind:", b"more: x\nkind:"), "TL0167"),
    "a MAC that was changed": (other_mac, "TL0167"),
    "a time that was changed": (other_time, "TL0167"),
    "a value in clear": (lambda data: re.sub(rb"password: ENC.*", b"password: hunter2-of-the-sample", data), "TL0168"),
    "a number in clear": (lambda data: re.sub(rb"password: ENC.*", b"password: 12", data), "TL0168"),
    "no version": (lambda data: re.sub(rb"    version: .*\n", b"", data), "TL0162"),
    "a version to come": (lambda data: re.sub(rb"version: 3", b"version: 4", data), "TL0162"),
    "no metadata": (lambda data: data[: data.index(b"sops:")], "TL0161"),
    "no MAC": (lambda data: re.sub(rb"    mac: .*\n", b"", data), "TL0161"),
    "two rules": (lambda data: data.replace(b"    version:", b"    encrypted_suffix: x\n    version:"), "TL0161"),
    "no YAML": (lambda data: data.replace(b"kind: Secret", b"kind: ]Secret: {"), "TL0161"),
    "a rule that is none": (lambda data: data.replace(b"^(data|stringData)$", b"^(data"), "TL0161"),
    "a key twice": (lambda data: data.replace(b"kind: Secret", b"kind: Secret\nkind: Secret"), "TL0161"),
    "a damaged data key": (
        lambda data: re.sub(rb"(-----BEGIN AGE ENCRYPTED FILE-----\n\s+\S{20})\S", rb"\1!", data),
        "TL0170",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_damaged_file_is_refused(reader: SopsReader, name: str) -> None:
    """INV-25: each fault has its own diagnostic, and no value stands in it."""
    damage, code = CASES[name]
    damaged = damage(SECRET)
    assert damaged != SECRET
    assert await refused(reader, damaged, KEY) == code


async def test_keys_that_do_not_open_it(reader: SopsReader) -> None:
    """INV-25: neither the key at hand nor the value is told; the recipients are."""
    other = PrivateKey(name="env: OTHER", value=Masked(str(pyrage.x25519.Identity.generate())))
    pgp = PrivateKey(name="file: ops.asc", value=Masked(str(pysequoia.Tsk.generate("a <a@example.com>"))))
    assert await refused(reader, SECRET) == "TL0163"
    assert await refused(reader, SECRET, other, pgp) == "TL0164"
    assert await refused(reader, SECRET, PrivateKey(name="x", value=Masked("hunter2-of-the-sample"))) == "TL0169"
    broken = PrivateKey(name="x", value=Masked("AGE-SECRET-KEY-1QQQ"))
    assert await refused(reader, SECRET, broken) == "TL0169"
    cut = PrivateKey(name="x", value=Masked("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n"))
    assert await refused(reader, SECRET, cut) == "TL0169"
    public = KEY.value.reveal().split()[3]
    with pytest.raises(UserError) as caught:
        await reader.open("a.yaml", SECRET, [other])
    detail = caught.value.diagnostics[0].detail
    assert public in detail
    assert "env: OTHER" in detail


async def test_the_metadata_is_read_without_a_key(reader: SopsReader) -> None:
    found = await reader.metadata("secret.yaml", SECRET)
    assert [str(one) for one in found.recipients] == [KEY.value.reveal().split()[3]]
    assert found.modified is not None
    assert found.rule == "encrypted_regex: ^(data|stringData)$"
    env = await reader.metadata("vars.env", (SAMPLE / "vars.env").read_bytes())
    assert [str(one) for one in env.recipients] == [KEY.value.reveal().split()[3]]


async def test_a_hostile_file_costs_no_more_than_its_bounds(reader: SopsReader) -> None:
    """Aliases that multiply, and levels without end, are refused by number."""
    tail = SECRET[SECRET.index(b"sops:") :]
    laughs = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        laughs += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n".encode()
    assert await refused(reader, laughs + tail, KEY) == "TL0161"
    deep = b"a: " + b"[" * 5000 + b"]" * 5000 + b"\n"
    assert await refused(reader, deep + tail, KEY) == "TL0161"
    document = b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b', "sops": {"mac": "ENC[AES256_GCM,"}}'
    assert await refused(reader, document, KEY, path="a.json") == "TL0161"
