"""A secret is shown by no way of printing, and goes into no file by accident."""

import copy
import json
import logging
import pickle

import pytest

from trueline.model.masked import Masked

SECRET = Masked("hunter2")


def test_every_way_to_print_it(caplog: pytest.LogCaptureFixture) -> None:
    """INV-25: logs, tracebacks, formats."""
    logging.getLogger("test").warning("%s %r", SECRET, {"x": SECRET})
    printed = [str(SECRET), repr(SECRET), f"{SECRET:>20}", "%s" % SECRET, repr([SECRET]), caplog.text]
    assert all("***" in text and "hunter" not in text for text in printed)
    assert SECRET.reveal() == "hunter2"


def test_it_is_not_written_nor_hashed() -> None:
    for attempt in (pickle.dumps, copy.deepcopy, hash, json.dumps):
        with pytest.raises(TypeError):
            attempt(SECRET)


def test_it_is_compared_with_its_kind_alone() -> None:
    assert Masked("hunter2") == SECRET
    assert Masked("other") != SECRET
    assert SECRET != "hunter2"
