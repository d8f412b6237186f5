"""Which pages would be gone: only those that leave the site and lead nowhere."""

from dataclasses import replace

import pytest

from trueline.model.digest import Digest
from trueline.model.ref import Ref
from trueline.plan.change import Action, Change
from trueline.policy.page import SHOWN, gone, leaving, refuse_gone
from trueline.render.site.file import Redirect


def leaves(*paths: str, action: Action = Action.PRUNE, kind: str = "File") -> tuple[Change, ...]:
    return tuple(Change(ref=Ref(kind, "", path), action=action, reason="") for path in paths)


CASES = {
    "a page that leaves": (("a/index.html",), (), ("/a/",)),
    "the home page": (("index.html",), (), ("/",)),
    "a page that leads on": (("a/index.html",), ("/a",), ()),
    "with a slash": (("a/index.html",), ("/a/",), ()),
    "by its file": (("a/index.html",), ("/a/index.html",), ()),
    "by a pattern": (("a/b/index.html", "a/c.html"), ("/a/*",), ()),
    "by a name": (("2020/x/index.html", "2020/x/y/index.html"), ("/:year/x",), ("/2020/x/y/",)),
    "a file without an ending in the address": (("about.html",), ("/about",), ()),
    "another page's rule": (("ab/index.html",), ("/a",), ("/ab/",)),
    "no page": (("a.png", "feed.xml", "404.html", "v1/404.html"), (), ()),
}


@pytest.mark.parametrize("case", CASES)
def test_which_pages_would_be_gone(case: str) -> None:
    paths, sources, expected = CASES[case]
    redirects = [Redirect(source=one, leads_to="/") for one in sources]
    assert gone(paths, redirects) == expected


def test_a_version_that_leaves_takes_its_pages_with_it() -> None:
    paths = ("v1/a/index.html", "v2/b/index.html", "index.html")
    assert gone(paths, (), {"v2", "index.html"}) == ("/", "/v2/b/")


@pytest.mark.parametrize("action", [Action.PRUNE, Action.FORGET, Action.HOLD])
def test_a_page_that_git_no_longer_mentions_leaves_whatever_becomes_of_its_name(action: Action) -> None:
    """INV-03: a release takes along what it does not list, held back or deleted by somebody else."""
    assert leaving(leaves("a/index.html", action=action)) == ("a/index.html",)


def test_what_does_not_leave_is_no_matter() -> None:
    updated = leaves("b.html", action=Action.UPDATE)
    held = tuple(replace(one, body=Digest("b")) for one in leaves("a.html", action=Action.HOLD))
    assert leaving((*updated, *held, *leaves("c.html", kind="ConfigMap"), *leaves("d.html", action=Action.KEEP))) == ()


def test_many_pages_are_told_in_a_bounded_text() -> None:
    told = refuse_gone([f"/{number}/" for number in range(100)], None)
    assert told.detail.count("/") == 2 * SHOWN
    assert told.detail.endswith("and 90 more")


def test_as_many_as_are_shown_are_all() -> None:
    assert "more" not in refuse_gone([f"/{number}/" for number in range(SHOWN)], None).detail
    assert refuse_gone([f"/{number}/" for number in range(SHOWN + 1)], None).detail.endswith(", and 1 more")
