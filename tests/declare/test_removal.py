"""A `Removal` as it is written: what it says, what it must not say, and whom a broken one keeps."""

from datetime import date

import pytest

from trueline.declare.application import Removal, RemovalWay
from trueline.declare.native import NativeDialect
from trueline.declare.protocol import Declared
from trueline.model.origin import Origin
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox import Toolbox

HEAD = "apiVersion: trueline.dev/v1\nkind: Removal\nmetadata: {name: leaves}\nspec:\n"
SHOP = """\
apiVersion: trueline.dev/v1
kind: Application
metadata: {name: shop}
spec: {source: {path: a}, target: {cluster: c}}
"""


async def read(toolbox: Toolbox, spec: str, *more: str) -> Declared:
    text = "---\n".join([HEAD + "".join(f"  {line}\n" for line in spec.splitlines()), *more])
    return await NativeDialect(toolbox).read(MemoryTree({"a.yaml": text.encode()}), "", "c0ffee")


async def test_what_a_removal_says(toolbox: Toolbox) -> None:
    spec = (
        "application: shop\ndelete: {countMax: 12, allowDelete: [PersistentVolumeClaim/shop/data]}\nuntil: 2026-12-31"
    )
    declared = await read(toolbox, spec)
    assert declared.diagnostics == ()
    assert declared.is_fleet
    assert declared.removals == (
        Removal(
            name="leaves",
            application="shop",
            way=RemovalWay.DELETE,
            until=date(2026, 12, 31),
            origin=Origin(path="a.yaml", line=1, commit="c0ffee"),
            count_max=12,
            allow_delete=("PersistentVolumeClaim/shop/data",),
        ),
    )


async def test_named_resources_belong_to_their_application(toolbox: Toolbox) -> None:
    spec = "application: shop\nkeep: {}\nresources: [ConfigMap/shop/old]\nuntil: 2026-12-31"
    (shop,) = (await read(toolbox, spec, SHOP)).applications
    assert [(one.name, one.way, one.resources) for one in shop.removals] == [
        ("leaves", RemovalWay.KEEP, ("ConfigMap/shop/old",))
    ]


WRONG = [
    ("application: shop\nkeep: {}", [], {"TL0206"}),
    ("application: shop\nuntil: 2026-12-31", [], {"TL0206"}),
    ("keep: {}\nuntil: 2026-12-31", [], {"TL0206"}),
    ("application: shop\nkeep: {}\nuntil: 2026-02-30", [], {"TL0207"}),
    ("application: shop\nkeep: {}\nuntil: 20261231", [], {"TL0205"}),
    ("application: shop\nkeep: {}\nforget: {}\nuntil: 2026-12-31", [], {"TL0208"}),
    ("application: shop\nforget: {}\nresources: [ConfigMap/a/b]\nuntil: 2026-12-31", [], {"TL0208"}),
    ("application: shop\nkeep: {}\nresources: []\nuntil: 2026-12-31", [], {"TL0207"}),
    ("application: shop\ndelete: {countMax: 0}\nuntil: 2026-12-31", [], {"TL0207"}),
    ("application: shop\ndelete: {}\nuntil: 2026-12-31", [], {"TL1631"}),
    ("application: shop\nkeep: {}\nuntil: 2026-12-31", [SHOP], {"TL1630"}),
    ("application: shop\nkeep: {}\nresources: [shop]\nuntil: 2026-12-31", [SHOP], {"TL0207", "TL1632"}),
]


@pytest.mark.parametrize(("spec", "more", "codes"), WRONG)
async def test_what_a_removal_must_not_say(toolbox: Toolbox, spec: str, more: list[str], codes: set[str]) -> None:
    declared = await read(toolbox, spec, *more)
    assert {one.code for one in declared.diagnostics} == codes
    assert declared.removals == ()


async def test_two_of_one_application_contradict_each_other(toolbox: Toolbox) -> None:
    spec = "application: shop\nkeep: {}\nuntil: 2026-12-31"
    second = HEAD.replace("leaves", "again") + "  application: shop\n  forget: {}\n  until: 2026-12-31\n"
    declared = await read(toolbox, spec, second)
    assert [one.code for one in declared.diagnostics] == ["TL0201", "TL0201"]
    assert declared.removals == ()


async def test_a_broken_removal_keeps_the_application_that_it_names(toolbox: Toolbox) -> None:
    """INV-04: nobody knows how it was to go."""
    declared = await read(toolbox, "application: shop\nkeeep: {}\nuntil: 2026-12-31")
    assert declared.keeps("shop", "elsewhere.yaml")
    assert not declared.keeps("blog", "a.yaml")


async def test_a_removal_in_a_file_that_does_not_parse_keeps_the_application_too(toolbox: Toolbox) -> None:
    """INV-04: as far as anything can be told of it."""
    declared = await read(toolbox, "application: shop\nkeep: {\nuntil: 2026-12-31")
    assert declared.keeps("shop", "elsewhere.yaml")
