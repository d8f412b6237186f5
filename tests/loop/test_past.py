"""An application at an older deployment: who asks for one is told of that one alone."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from trueline.loop.past import desired_at
from trueline.model.fault import UserError


class _Fleet:
    """One that declared others at that commit."""

    async def look_back(self, commit: str) -> Any:
        """Two others."""
        names = ("vault", "ledger")
        return SimpleNamespace(revision=commit, applications=[SimpleNamespace(name=name) for name in names])


async def test_one_that_was_not_declared_then_is_told_without_the_names_of_others() -> None:
    """INV-25: who may go back with one application need not be one who may know of the others."""
    with pytest.raises(UserError) as caught:
        await desired_at(cast("Any", _Fleet()), cast("Any", None), "shop", "c0ffee", {})
    [told] = caught.value.diagnostics
    assert (told.code, told.detail) == ("TL0701", "shop at c0ffee")
