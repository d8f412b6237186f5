"""Two that claim one object, one that gives it up, and one that may."""

import random
from collections.abc import Collection, Mapping

import pytest

from tests.plan.world import entry, ref, resource
from trueline.declare.application import Application, ClusterTarget
from trueline.loop.claim import ClaimBook
from trueline.loop.desired import Desired
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Resource
from trueline.target.inventory import Entry

SETTINGS, WEB = resource("settings"), resource("web")


class Owned:
    """Owners by ref."""

    def __init__(self, owners: Mapping[Ref, str]) -> None:
        self._owners = owners

    def former(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, tuple[str, Entry]]:
        """Its owner, where that is another one."""
        found = {ref: self.lookup(target, ref) for ref in refs}
        return {ref: owned for ref, owned in found.items() if owned is not None and owned[0] != application}

    def lookup(self, target: str, ref: Ref) -> tuple[str, Entry] | None:
        """Its owner."""
        return (self._owners[ref], entry(ref.name)) if ref in self._owners else None

    def sizes(self) -> Mapping[str, int]:
        """Nobody asks."""
        raise AssertionError

    def abandon(self, application: str) -> int:
        """Nothing is asked to."""
        raise AssertionError(application)


def book(**owners: str) -> ClaimBook:
    return ClaimBook(Owned({ref(name): owner for name, owner in owners.items()}))


def desired(name: str, *resources: Resource) -> Desired:
    application = Application(name=name, sources=(), target=ClusterTarget(), origin=Origin(path=""))
    return Desired(application=application, revision="main@1", commit="1", resources=resources or (SETTINGS,))


def test_two_that_declare_one_object_are_both_told() -> None:
    claims = book()
    assert claims.declare("shop", "prod", [SETTINGS]) == ()
    assert claims.disputes(desired("shop"), "prod") == ()
    assert claims.declare("blog", "prod", [SETTINGS, WEB]) == ("shop",)
    assert [d.code for name in ("shop", "blog") for d in claims.disputes(desired(name), "prod")] == ["TL0408"] * 2
    assert claims.disputes(desired("shop"), "another") == ()


def test_a_dispute_ends_when_one_gives_in() -> None:
    claims = book()
    claims.declare("shop", "prod", [SETTINGS])
    claims.declare("blog", "prod", [SETTINGS])
    assert claims.declare("blog", "prod", [WEB]) == ("shop",)
    assert claims.disputes(desired("shop"), "prod") == ()
    assert claims.declare("shop", "prod", [SETTINGS, WEB]) == ("blog",)
    assert claims.disputes(desired("blog", WEB), "prod")[0].detail.startswith("ConfigMap/shop/web")
    assert claims.remove("blog") == ("shop",)
    assert claims.disputes(desired("shop"), "prod") == ()


def test_what_is_owned_and_no_longer_declared_is_yielded() -> None:
    claims = book(settings="shop", web="shop")
    claims.declare("shop", "prod", [WEB])
    claims.declare("blog", "prod", [SETTINGS, WEB])
    assert claims.yielded("blog", "prod", [SETTINGS, WEB]) == {SETTINGS.ref: "shop"}


def test_what_its_owner_declares_is_not_yielded() -> None:
    """INV-08: a second claim takes nothing from who has it and keeps it."""
    claims = book(settings="shop")
    claims.declare("shop", "prod", [SETTINGS])
    claims.declare("blog", "prod", [SETTINGS])
    assert claims.yielded("blog", "prod", [SETTINGS]) == {}


def test_what_leaves_with_a_commit_is_remembered_while_that_commit_is_read() -> None:
    """INV-08: an application that is removed, before or after a start, gives to one that its commit broke."""
    for was_declared in (True, False):
        claims = book(settings="shop")
        if was_declared:
            claims.declare("shop", "prod", [SETTINGS], at="1")
        with claims.reading():
            claims.remove("shop", at="2")
            with claims.reading():
                claims.cannot_read("store", "2", "files")
        assert claims.moving("shop", "prod", [SETTINGS.ref]) == {SETTINGS.ref: ""}
        claims.declare("store", "prod", [SETTINGS], at="3")
        assert claims.moving("shop", "prod", [SETTINGS.ref]) == {SETTINGS.ref: "store"}


def test_what_another_one_declares_is_moving() -> None:
    claims = book(settings="shop")
    claims.declare("blog", "prod", [SETTINGS])
    assert claims.moving("shop", "prod", [SETTINGS.ref, WEB.ref]) == {SETTINGS.ref: "blog"}
    assert claims.doubting() == ()


@pytest.mark.parametrize("is_removed", [False, True])
def test_who_waits_for_a_taker_hears_that_it_declares_something_else(*, is_removed: bool) -> None:
    """INV-29: what moves was left alone; Git may take the move back before anything was taken."""
    claims = book(settings="blog")
    claims.declare("shop", "prod", [SETTINGS])
    assert claims.moving("blog", "prod", [SETTINGS.ref]) == {SETTINGS.ref: "shop"}
    assert (claims.remove("shop") if is_removed else claims.declare("shop", "prod", [WEB])) == ("blog",)
    assert claims.declare("shop", "prod", [WEB]) == (), "once"


def test_what_a_removed_application_had_may_stand_in_one_that_cannot_be_read() -> None:
    """INV-02: one commit removes an application, moves its object into another one, and breaks that."""
    claims = book(settings="shop")
    claims.declare("shop", "prod", [SETTINGS], at="1")
    claims.remove("shop", at="2")
    with claims.reading():
        claims.cannot_read("blog", "2", "files")
    assert claims.moving("shop", "prod", [SETTINGS.ref]) == {SETTINGS.ref: ""}
    with claims.reading():
        claims.read("blog")
    assert claims.moving("shop", "prod", [SETTINGS.ref]) == {}


def test_while_the_fleet_is_read_everything_may_move() -> None:
    claims = book(settings="shop")
    with claims.reading():
        assert claims.moving("shop", "prod", [SETTINGS.ref]) == {SETTINGS.ref: ""}
    assert claims.doubting() == ("shop",)
    assert claims.doubting() == ()
    assert claims.moving("shop", "prod", [SETTINGS.ref]) == {}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_declared_in_whatever_order_the_claimants_are_those_who_declare_it(seed: int) -> None:
    """Also where an application declares again what it has alone, and only what came and went is looked at."""
    chance, claims, model = random.Random(seed), book(), dict[str, set[str]]()
    things = [resource(name) for name in "abcd"]
    waits = dict[str, set[str]]()
    for _ in range(60):
        name = chance.choice(("shop", "blog", "docs"))
        touched = set(model.get(name, ()))
        if chance.random() < 0.2:
            model.pop(name, None)
            told = claims.remove(name, at="1")
        else:
            chosen = [one for one in things if chance.random() < 0.4]
            model[name] = {one.ref.name for one in chosen}
            told = claims.declare(name, "prod", chosen, at="1")
        touched |= model.get(name, set())
        assert set(told) == {other for other in model if other != name and model[other] & touched} | waits.pop(
            name, set()
        )
        for asked in model:
            found = claims.moving(asked, "prod", [one.ref for one in things])
            others = [(one, other) for other in sorted(model, reverse=True) if other != asked for one in model[other]]
            assert {ref.name: by for ref, by in found.items()} == dict(others)
            for taker in dict(others).values():
                waits.setdefault(taker, set()).add(asked)


def test_what_left_with_its_application_may_stand_in_what_cannot_be_read() -> None:
    """INV-08: one commit takes an application away and breaks the one that shall have its object."""
    claims = book(settings="old")
    with claims.reading():
        claims.declare("old", "prod", [SETTINGS], at="1")
        claims.declare("shop", "prod", [WEB], at="1")
    with claims.reading():
        claims.remove("old", at="2")
        with claims.reading():
            claims.cannot_read("shop", "2", "broken")
    assert claims.moving("old", "prod", [SETTINGS.ref]) == {SETTINGS.ref: ""}
    with claims.reading():
        claims.declare("shop", "prod", [WEB], at="3")
    assert claims.moving("old", "prod", [SETTINGS.ref]) == {}


def test_an_intent_that_came_to_nothing_hides_no_owner() -> None:
    """INV-08: who was about to take an object stands in the books beside who gives it up."""
    claims = ClaimBook(Both())
    claims.declare("blog", "prod", [SETTINGS])
    assert claims.yielded("blog", "prod", [SETTINGS]) == {SETTINGS.ref: "shop"}


class Both(Owned):
    """The taker's own intent stands before the giver's entry."""

    def __init__(self) -> None:
        super().__init__({ref("settings"): "blog"})

    def former(self, application: str, target: str, refs: Collection[Ref]) -> Mapping[Ref, tuple[str, Entry]]:
        """Who gives it up."""
        return {ref: (name, entry(ref.name)) for ref in refs for name in ("blog", "shop") if name != application}
