"""INV-25: values on their way that hold a secret: printed by accident, none shows it."""

import dataclasses
import pickle
import traceback
from typing import Any

import msgspec
import pytest

from trueline.model.masked import Masked
from trueline.model.ref import Ref
from trueline.render.resource import Rendered
from trueline.runtime.http import Endpoint, Request, Response
from trueline.runtime.process import Command, Completed, Ending
from trueline.runtime.secret import SystemSecrets
from trueline.runtime.sops.key import DataKey, PrivateKey
from trueline.runtime.sops.keyring import Keyring
from trueline.runtime.sops.metadata import Metadata
from trueline.runtime.sops.reader import Clear
from trueline.runtime.sops.tree import Node
from trueline.source.git_command import Credentials
from trueline.target.kubernetes.credential import Basic, ExecPlugin, Token
from trueline.target.kubernetes.kubeconfig import Entry
from trueline.target.protocol import Write, WriteMode
from trueline.target.site.s3.place import BucketPlace, Opening
from trueline.wiring.settings import Settings

TOKEN = "canary-on-its-way-51c7"
SECRET = Masked(TOKEN)
BODY = TOKEN.encode()
METADATA = Metadata(recipients=(), mac="", last_modified="", version="3.13.3")
ENVIRONMENT = {"SOPS_AGE_KEY": TOKEN}
CARRIERS: tuple[object, ...] = (
    Credentials(username="ci", password=SECRET, bearer=SECRET, ssh_key=SECRET),
    Endpoint(url="https://a", client_key=SECRET),
    Token(text=SECRET),
    Basic(username="a", password=SECRET),
    ExecPlugin(api_version="v1", command="c", environment={"TOKEN": SECRET}),
    Entry(name="u", value={"token": SECRET}, path="config"),
    Opening(BucketPlace(bucket="b"), access=SECRET, secret=SECRET),
    PrivateKey(name="env: KEY", value=SECRET),
    DataKey(BODY),
    Clear(metadata=METADATA, exact=BODY, lined=BODY, documents=()),
    Node(kind="str", text=TOKEN, secret=True),
    Keyring(ENVIRONMENT, SystemSecrets(ENVIRONMENT)),
    SystemSecrets(ENVIRONMENT),
    Settings(repository="r", environment=ENVIRONMENT),
    Command(argv=("git",), environment=ENVIRONMENT, stdin=BODY),
    Completed(ending=Ending.EXITED, exit_code=0, stdout=BODY, stderr=BODY),
    Request(method="PATCH", path="/", headers={"Authorization": TOKEN}, body=BODY),
    Response(status=200, headers={"set-cookie": TOKEN}, body=BODY),
    Write(ref=Ref("Secret", "a", "b"), body=BODY, mode=WriteMode.APPLY),
    Rendered(resources=(), bodies={}, beside=(BODY,), secrets=(SECRET,)),
)
KEPT_CLOSED = (Credentials, Endpoint, Token, Basic, ExecPlugin, Entry, Opening, PrivateKey, DataKey, Clear)
"""These hold nothing but what opens something: they go into no file either."""


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: type(one).__name__)
def test_a_carrier_shows_no_secret(carrier: Any) -> None:
    """INV-25: `repr`, `str`, a format, an error's text, a traceback with its locals."""
    with pytest.raises(RuntimeError) as caught:
        _fail(carrier)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "carrier = " in told
    assert TOKEN not in f"{carrier} {carrier!r} {[carrier]} {told}"
    if isinstance(carrier, KEPT_CLOSED):
        with pytest.raises((TypeError, pickle.PicklingError)):
            pickle.dumps(carrier)
        with pytest.raises(TypeError):
            msgspec.json.encode(carrier)


def _fail(carrier: object) -> None:
    raise RuntimeError(carrier)


def test_each_carrier_would_be_seen() -> None:
    """INV-25: the check itself. Each of them does hold the token: it is found by whoever opens it on purpose."""
    for carrier in CARRIERS:
        assert TOKEN in _opened(carrier), type(carrier).__name__


def _opened(value: Any) -> str:  # noqa: PLR0911 - one for each kind
    match value:
        case Masked():
            return value.reveal()
        case bytes():
            return value.decode()
        case dict():
            return " ".join(map(_opened, value.values()))
        case tuple() | list():
            return " ".join(map(_opened, value))
        case msgspec.Struct():
            return " ".join(_opened(getattr(value, name)) for name in value.__struct_fields__)
        case _ if dataclasses.is_dataclass(value):
            return " ".join(_opened(getattr(value, field.name)) for field in dataclasses.fields(value))
        case SystemSecrets():
            return _opened(value.environment)
        case DataKey():
            return _opened(value.data)
        case Clear():
            return _opened(value.exact)
        case _:
            return str(value)
