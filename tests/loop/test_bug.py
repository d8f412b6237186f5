"""What nobody meant to raise: where it came from, and what is no fault of ours though nobody caught it."""

import errno
import json

import pytest

from trueline.cli.blame import faults_of
from trueline.loop.bug import own_fault
from trueline.model.digest import digest_value
from trueline.runtime.store import StoreFull

FULL = OSError(errno.ENOSPC, "No space left on device", "/data/a")


def test_a_bug_is_told_by_its_place_in_our_code_and_nothing_of_what_it_was_about() -> None:
    with pytest.raises(TypeError) as raised:
        digest_value({"password": object()})
    told = own_fault("shop", raised.value)
    assert (told.code, told.detail.startswith("shop: TypeError at model/digest.py:")) == ("TL0999", True)
    assert "password" not in str(told)
    with pytest.raises(json.JSONDecodeError) as elsewhere:
        json.loads("{")
    assert "JSONDecodeError at " in own_fault("shop", elsewhere.value).detail
    assert own_fault("shop", KeyError("x")).detail == "shop: KeyError at nowhere"


def test_of_a_group_the_first_is_told() -> None:
    group = ExceptionGroup("", [ExceptionGroup("", [KeyError("x")]), ValueError("y")])
    assert "shop: KeyError at" in own_fault("shop", group).detail


@pytest.mark.parametrize("error", [FULL, ExceptionGroup("", [FULL]), OSError(errno.EDQUOT, "Disk quota exceeded")])
def test_a_disk_that_is_full_is_no_bug(error: Exception) -> None:
    told = own_fault("shop", error)
    assert (told.code, "shop" in told.detail) == ("TL0802", False)
    (fault,) = faults_of(error) or ()
    assert (type(fault), fault.diagnostics) == (StoreFull, (told,))


def test_what_is_wrong_with_a_file_for_another_reason_is_a_bug() -> None:
    assert own_fault("shop", PermissionError(errno.EACCES, "Permission denied", "/a")).code == "TL0999"
    assert faults_of(PermissionError(errno.EACCES, "Permission denied", "/a")) is None
