"""One value of an encrypted file, by the key that a declaration names; and which private keys are at hand."""

from pathlib import Path

import pytest

from tests.runtime.sops.test_reader import KEY, SAMPLE, SECRET
from trueline.model.fault import UserError
from trueline.runtime.files import MemoryTree
from trueline.runtime.secret import SecretReference, SystemSecrets
from trueline.runtime.sops.decryption import Decryption
from trueline.runtime.sops.keyring import Keyring
from trueline.runtime.sops.reader import SopsReader

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = ("secret.yaml", "values.json", "vars.env", "blob.bin")
FILES = MemoryTree({f"ops/{name}": (SAMPLE / name).read_bytes() for name in NAMES})
ENVIRONMENT = {"SOPS_AGE_KEY": KEY.value.reveal()}


def decrypting(reader: SopsReader, environment: dict[str, str] | None = None) -> Decryption:
    known = ENVIRONMENT if environment is None else environment
    return Decryption(reader, Keyring(known, SystemSecrets(known)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("secret.yaml#stringData.password", "hunter2-of-the-sample"),
        ("secret.yaml#/stringData/password", "hunter2-of-the-sample"),
        ("secret.yaml#metadata.name", "access"),
        ("values.json#/a/b.c", "json-of-the-sample"),
        ("values.json#list.1", "two"),
        ("values.json#f", "1.5"),
        ("vars.env#TOKEN", "token-of-the-sample"),
        ("vars.env", "TOKEN=token-of-the-sample\nPLAIN_unencrypted=seen\n"),
    ],
)
async def test_a_value_is_named_by_file_and_key(reader: SopsReader, name: str, value: str) -> None:
    reference = SecretReference.parse({"secret": {"sops": f"ops/{name}"}})
    opening = decrypting(reader)
    secrets = SystemSecrets({}, sops=lambda path: opening.value(path, FILES))
    found = await secrets.resolve(reference)
    assert found.reveal() == value
    assert f"{found}{reference}" == f"***sops: ops/{name}"


@pytest.mark.parametrize(
    "name",
    ["none.yaml#a", "secret.yaml#no", "secret.yaml#stringData", "values.json#list.7", "blob.bin", "values.json#a.b"],
)
async def test_what_is_not_there(reader: SopsReader, name: str) -> None:
    """INV-25: no message shows a value."""
    opening = decrypting(reader)
    secrets = SystemSecrets({}, sops=lambda path: opening.value(path, FILES))
    with pytest.raises(UserError, match="TL0152") as caught:
        await secrets.resolve(SecretReference.parse({"secret": {"sops": f"ops/{name}"}}))
    assert "of-the-sample" not in str(caught.value)


async def test_where_private_keys_are_found(reader: SopsReader, tmp_path: Path) -> None:
    file = tmp_path / "key.txt"
    file.write_text(KEY.value.reveal())
    for environment in (ENVIRONMENT, {"SOPS_AGE_KEY_FILE": str(file)}, {"TRUELINE_PGP_KEY_FILE": str(file)}):
        opened = await decrypting(reader, environment).open("secret.yaml", SECRET)
        assert b"hunter2" in opened.exact
    named = SecretReference.parse({"secret": {"file": str(file)}})
    assert b"hunter2" in (await decrypting(reader, {}).open("secret.yaml", SECRET, [named])).exact
    with pytest.raises(UserError, match="TL0163"):
        await decrypting(reader, {}).open("secret.yaml", SECRET)
    with pytest.raises(UserError, match="TL0152"):
        await decrypting(reader, {"SOPS_AGE_KEY_FILE": "/none"}).open("secret.yaml", SECRET)
    with pytest.raises(UserError, match="TL0152"):  # a private key in an encrypted file would wait for itself
        await decrypting(reader, {}).open("secret.yaml", SECRET, [SecretReference.parse({"secret": {"sops": "a#b"}})])
