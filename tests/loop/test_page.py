"""When pages that leave stop a release, and who may let them go."""

from collections.abc import Mapping

import pytest

from trueline.declare.application import Application, DirectoryTarget
from trueline.loop.desired import Desired
from trueline.loop.page import vanishing_pages
from trueline.model.digest import Digest, digest_bytes
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.render.options import GeneratedSite, RenderOptions, Site
from trueline.render.resource import Resource
from trueline.render.site.file import RELEASE_REF, Redirect, Release
from trueline.target.inventory import Entry, EntryState, Inventory

ORIGIN = Origin(path="index.md")


class Bodies(dict[Digest, bytes]):
    """A store of bodies."""

    def put_many(self, bodies: Mapping[Digest, bytes]) -> None:
        """Keep them."""
        self.update(bodies)


def file(path: str, action: Action) -> Change:
    return Change(ref=Ref("File", "", path), action=action, reason="")


def told(
    *changes: Change,
    render: RenderOptions | None = None,
    is_return: bool = False,
    redirects: tuple[Redirect, ...] = (),
    files: tuple[str, ...] = ("index.html",),
    shown: tuple[str, ...] | None = None,
    state: EntryState = EntryState.APPLIED,
) -> list[str]:
    last = Release(files=dict.fromkeys(shown or (), "0" * 64)).body()
    entries = {RELEASE_REF: Entry(ref=RELEASE_REF, state=state, body=digest_bytes(last))} if shown is not None else {}
    body = Release(files=dict.fromkeys(files, "0" * 64), redirects=redirects).body()
    release = Resource(ref=RELEASE_REF, digest=digest_bytes(body), origin=ORIGIN)
    application = Application(
        name="site", sources=(), target=DirectoryTarget(path="/srv"), origin=ORIGIN, render=render
    )
    desired = Desired(application=application, revision="r", commit="c", resources=(release,), is_return=is_return)
    bodies = Bodies({release.digest: body, digest_bytes(last): last})
    inventory = Inventory(application="site", entries=entries)
    return [one.detail for one in vanishing_pages(desired, changes, bodies, inventory)]


PAGE = "old/index.html"
GONE = file("old/index.html", Action.PRUNE)
VERSION_GONE = file("v1/a/index.html", Action.PRUNE)


@pytest.mark.parametrize("render", [None, Site(), GeneratedSite(mkdocs="mkdocs.yml")])
def test_a_page_that_leaves_stops_the_release_whoever_built_it(render: RenderOptions | None) -> None:
    assert told(GONE, render=render) == ["/old/"]


@pytest.mark.parametrize("render", [Site(removed_pages="allow"), GeneratedSite(removed_pages="allow")])
def test_git_may_let_pages_go(render: RenderOptions) -> None:
    assert told(GONE, render=render) == []


def test_who_goes_back_has_decided_and_who_leads_on_has_done_enough() -> None:
    assert told(GONE, is_return=True) == []
    assert told(GONE, redirects=(Redirect(source="/old", leads_to="/"),)) == []
    assert told(file("old/index.html", Action.UPDATE)) == []


def test_a_version_may_leave_as_a_whole_and_a_page_of_one_that_stays_may_not() -> None:
    menu, stays = file("versions.json", Action.UPDATE), ("index.html", "versions.json", "v2/index.html")
    assert told(menu, VERSION_GONE, files=stays) == []
    assert told(menu, file("v2/a/index.html", Action.PRUNE), files=stays) == ["/v2/a/"]


def test_a_site_that_had_no_versions_loses_no_address_by_getting_some() -> None:
    menu = file("versions.json", Action.CREATE)
    assert told(menu, GONE, files=("index.html", "versions.json", "latest/index.html")) == ["/old/"]


@pytest.mark.parametrize("action", [Action.PRUNE, Action.FORGET, Action.HOLD])
def test_a_page_that_somebody_deleted_or_that_is_held_back_is_as_gone(action: Action) -> None:
    """INV-03: a release takes along what it does not list: neither a hand on the target nor a doubt lets it pass."""
    assert told(file(PAGE, action), shown=(PAGE,)) == ["/old/"]


def test_a_page_that_no_release_has_shown_is_nobodys_address() -> None:
    """It was prepared for a release that never came, and left Git meanwhile."""
    assert told(GONE, shown=("index.html",)) == []


@pytest.mark.parametrize("state", [EntryState.INTENDED, EntryState.FAILED])
def test_where_a_release_has_no_known_outcome_a_page_may_have_been_seen(state: EntryState) -> None:
    """INV-23: nothing is guessed."""
    assert told(GONE, shown=("index.html",), state=state) == ["/old/"]
