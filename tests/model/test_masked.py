"""A secret is shown by no way of printing, and goes into no file by accident."""

import copy
import dataclasses
import inspect
import json
import logging
import marshal
import pickle
import pprint
import sqlite3
import string
import traceback
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from rich.pretty import pretty_repr

from trueline.model.masked import Masked

SECRET = Masked("hunter2")


@dataclasses.dataclass(frozen=True, slots=True)
class Holder:
    """What holds one."""

    secret: Masked


class Struct(msgspec.Struct):
    """What else holds one."""

    secret: Masked


PRINTING: dict[str, Callable[[Any], object]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": lambda secret: f"{secret} {secret!r} {secret!s} {secret:>20} {secret:s}",
    "format_map": lambda secret: "{a} {a!r}".format_map({"a": secret}),
    "percent": lambda secret: "%s %r" % (secret, secret),
    "template": lambda secret: string.Template("$a").substitute(a=secret),
    "print": lambda secret: pprint.pformat({"a": [secret]}),
    "rich": lambda secret: pretty_repr([secret, Holder(secret), Struct(secret)]),
    "holders": lambda secret: (Holder(secret), Struct(secret), {"a": (secret,)}),
    "json by str": lambda secret: json.dumps({"x": secret}, default=str),
    "an error's arguments": lambda secret: ValueError("wrong", secret),
}
WRITING: dict[str, Callable[[Any], object]] = {
    "pickle": pickle.dumps,
    "an old pickle": lambda secret: pickle.dumps(secret, 0),
    "marshal": marshal.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "state": lambda secret: secret.__getstate__(),
    "hash": hash,
    "json": json.dumps,
    "json by fields": lambda secret: json.dumps(secret, default=vars),
    "msgspec": msgspec.json.encode,
    "msgspec to builtins": msgspec.to_builtins,
    "msgspec of a struct": lambda secret: msgspec.msgpack.encode(Struct(secret)),
    "fields": lambda secret: dataclasses.asdict(Holder(secret)),
    "variables": vars,
    "iteration": list,
    "bytes": bytes,
    "a sum": lambda secret: "x" + secret,
    "join": lambda secret: ",".join(iter((secret,))),
    "a number's format": lambda secret: "%d" % secret,
    "a row": lambda secret: sqlite3.connect(":memory:").execute("SELECT ?", (secret,)),
}


@pytest.mark.parametrize("way", PRINTING)
def test_every_way_to_print_it(way: str) -> None:
    """INV-25: all give stars."""
    text = repr(PRINTING[way](SECRET))
    assert "***" in text
    assert "hunter" not in text


def test_logs_and_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    """INV-25: the locals of a traceback, too."""
    logging.getLogger("test").warning("%s %r", SECRET, {"x": SECRET})
    with pytest.raises(LookupError) as caught:
        _fail({"it": SECRET})
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "local = {'it': ***}" in told
    assert "***" in caplog.text
    assert "hunter" not in caplog.text + told
    assert SECRET.reveal() == "hunter2"


def _fail(local: object) -> None:
    raise LookupError(local)


@pytest.mark.parametrize("way", WRITING)
def test_it_is_written_by_no_way(way: str) -> None:
    """INV-25: each is refused, and no refusal repeats it."""
    with pytest.raises((TypeError, ValueError, sqlite3.Error)) as caught:
        WRITING[way](SECRET)
    assert "hunter" not in repr(caught.value)


def test_it_has_one_way_out() -> None:
    """INV-25: nothing public of it gives the value but `reveal`."""
    public = {name for name, value in inspect.getmembers(SECRET) if not name.startswith("_") and callable(value)}
    assert public == {"reveal"}
    assert not hasattr(SECRET, "__dict__")


def test_it_is_compared_with_its_kind_alone() -> None:
    assert Masked("hunter2") == SECRET
    assert Masked("other") != SECRET
    assert SECRET != "hunter2"
    assert (SECRET == "hunter2") is False, "and says so itself"
    assert Masked("\udcff") == Masked("\udcff"), "a variable of the environment may hold any byte"
