"""A secret is shown by no way of printing, and each wrong reference is told without its value."""

import json
from pathlib import Path

import msgspec
import pytest

from trueline.model.fault import UserError
from trueline.model.masked import Masked
from trueline.model.origin import Origin
from trueline.runtime.secret import SecretReference, SystemSecrets, encode_masked, scrub

SECRET = Masked("hunter2")


def test_encoders_write_stars() -> None:
    """INV-25: JSON."""
    printed = [json.dumps({"x": SECRET}, default=encode_masked)]
    printed += [msgspec.json.encode({"x": SECRET}, enc_hook=encode_masked).decode()]
    assert all("***" in text and "hunter" not in text for text in printed)
    with pytest.raises(TypeError):
        msgspec.json.encode(SECRET)
    with pytest.raises(NotImplementedError):
        encode_masked(object())


def test_foreign_text_is_scrubbed() -> None:
    assert scrub("a hunter2 b hunter2", [SECRET, Masked("")]) == "a *** b ***"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("hunter2", "TL0150"),
        (12345, "TL0150"),
        (None, "TL0153"),
        ({"secret": "hunter2"}, "TL0153"),
        ({"secret": {}}, "TL0153"),
        ({"secret": {"env": "A", "file": "B"}}, "TL0153"),
        ({"secret": {"env": "A"}, "more": 1}, "TL0153"),
        ({"secret": {"env": ""}}, "TL0153"),
        ({"secret": {"env": 1}}, "TL0153"),
        ({"secret": {"vault": "A"}}, "TL0153"),
        ({"secret": {"kubernetes": "name"}}, "TL0153"),
        ({"secret": {"kubernetes": "a/b/c#d"}}, "TL0153"),
        ({"secret": {"sops": ""}}, "TL0153"),
    ],
)
def test_wrong_references(value: object, code: str) -> None:
    with pytest.raises(UserError) as caught:
        SecretReference.parse(value, Origin(path="fleet.yaml", line=3))
    assert [(d.code, str(d.origin)) for d in caught.value.diagnostics] == [(code, "fleet.yaml:3")]
    assert "hunter2" not in str(caught.value)


async def test_values_are_read_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")

    async def kubernetes(namespace: str, name: str, key: str) -> str:
        return f"{namespace} {name} {key}"

    secrets = SystemSecrets({"TOKEN": "from a variable"}, kubernetes=kubernetes, directory=tmp_path)

    async def value(place: str, name: str) -> str:
        return (await secrets.resolve(SecretReference.parse({"secret": {place: name}}))).reveal()

    assert await value("env", "TOKEN") == "from a variable"
    assert await value("file", "token") == "from a file"
    assert await value("file", str(tmp_path / "token")) == "from a file"
    assert await value("kubernetes", "flux-system/git#password") == "flux-system git password"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("env", "NOTHING"),
        ("file", "nothing"),
        ("file", "binary"),
        ("file", "large"),
        ("file", "."),
        ("kubernetes", "a/b#c"),
    ],
)
async def test_what_cannot_be_read(tmp_path: Path, place: str, name: str) -> None:
    (tmp_path / "binary").write_bytes(b"\xffhunter2")
    (tmp_path / "large").write_bytes(b"x" * 2_000_000)
    with pytest.raises(UserError, match="TL0152") as caught:
        await SystemSecrets({}, directory=tmp_path).resolve(SecretReference.parse({"secret": {place: name}}))
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)
