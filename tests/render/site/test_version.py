"""Which refs are versions, in which order, under which folders, and what is wrong with the rest."""

import pytest

from trueline.render.options import Versions
from trueline.render.site.version import VERSIONS_MAX, Choice, Standing, choose

BRANCHES, TAGS = "refs/heads/", "refs/tags/"
MAIN = f"{BRANCHES}main"
EVERYTHING = Versions(branches=("main", "release-*"), tags=("v*",))


def refs(*names: str) -> list[str]:
    """Names with a digit after a `v` are tags."""
    return [f"{TAGS if name[:1] == 'v' and name[1:2].isdigit() else BRANCHES}{name}" for name in names]


def shown(choice: Choice) -> list[str]:
    """Each version in one word: its folders, and what it is."""
    return [
        f"{'+'.join(one.folders)} {one.standing.value}{' own' if one.is_own else ''}{' *' if one.is_default else ''}"
        for one in choice.versions
    ]


TABLE = {
    "branches, tags, aliases": (
        EVERYTHING,
        refs("main", "release-2", "release-10", "v1.0", "v1.10", "v1.9", "other"),
        MAIN,
        [
            "main+latest development own",
            "v1.10+stable stable *",
            "v1.9 old",
            "v1.0 old",
            "release-10 development",
            "release-2 development",
        ],
    ),
    "no tag yet": (EVERYTHING, refs("main"), MAIN, ["main+latest development own *"]),
    "only a pre-release": (
        EVERYTHING,
        refs("main", "v1.0-rc1"),
        MAIN,
        ["main+latest development own *", "v1.0-rc1 prerelease"],
    ),
    "pre-releases stand to the stable one": (
        Versions(tags=("v*",)),
        refs("v1.0-rc.1", "v1.0", "v2.0-rc.10", "v2.0-rc.9"),
        "",
        [
            "latest development own",
            "v2.0-rc.10 prerelease",
            "v2.0-rc.9 prerelease",
            "v1.0+stable stable *",
            "v1.0-rc.1 old",
        ],
    ),
    "what the source stands at is there though no pattern asks for it": (
        Versions(tags=("v*",)),
        refs("main", "v1"),
        MAIN,
        ["latest development own", "v1+stable stable *"],
    ),
    "a branch is latest": (
        Versions(latest="next", tags=("v*",)),
        refs("main", "next", "v1"),
        MAIN,
        ["next+latest development", "v1+stable stable *"],
    ),
    "latest is the default": (
        Versions(branches=("main",), tags=("v*",), default="latest"),
        refs("main", "v1"),
        MAIN,
        ["main+latest development own *", "v1+stable stable"],
    ),
    "a name is the default": (
        Versions(tags=("v*",), default="v1"),
        refs("v1", "v2"),
        "",
        ["latest development own", "v2+stable stable", "v1 old *"],
    ),
    "the newest tags are kept": (
        Versions(tags=("v*",), keep=2),
        refs("v1", "v10", "v9", "v2"),
        "",
        ["latest development own", "v10+stable stable *", "v9 old"],
    ),
    "a pattern takes away": (
        Versions(branches=("**", "!dependabot/**", "!main"), tags=()),
        refs("main", "feature/a", "dependabot/npm/b"),
        MAIN,
        ["latest development own *", "feature-a development"],
    ),
    "a star stays within one name": (
        Versions(branches=("*", "feature/*")),
        refs("main", "feature/a", "feature/a/b"),
        MAIN,
        ["main+latest development own *", "feature-a development"],
    ),
    "a branch that is called stable is the stable one": (
        Versions(branches=("main", "stable"), tags=("v*",)),
        refs("main", "stable", "v1", "v2"),
        MAIN,
        ["main+latest development own", "v2 other", "v1 old", "stable stable *"],
    ),
    "tags that are no semver": (
        Versions(tags=("*",)),
        [f"{TAGS}nightly", f"{TAGS}2024-10", f"{TAGS}v1.2.3.4", f"{TAGS}v1.0.0+build"],
        "",
        [
            "latest development own",
            "v1.0.0+build+stable stable *",
            "v1.2.3.4 other",
            "nightly other",
            "2024-10 other",
        ],
    ),
    "the source stands at a tag": (
        Versions(tags=("v*",)),
        refs("v1", "v2"),
        f"{TAGS}v1",
        ["v1+latest old own", "v2+stable stable *"],
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_versions(name: str) -> None:
    declared, known, own, expected = TABLE[name]
    found = choose(declared, known, own)
    assert (shown(found), found.errors) == (expected, ())


def test_the_order_of_refs_does_not_matter() -> None:
    known = refs("main", "release-2", "v1.0", "v1.10", "v1.9", "v1.10-rc1")
    assert choose(EVERYTHING, known, MAIN) == choose(EVERYTHING, known[::-1], MAIN)


FAULTS = {
    "nothing matches": (
        Versions(branches=("release-*",), tags=("v*",)),
        refs("main"),
        ["TL1530 release-*", "TL1530 v*"],
    ),
    "too many": (
        Versions(tags=("v*",)),
        refs(*(f"v{number}" for number in range(500))),
        [f"TL1531 501, allowed are {VERSIONS_MAX}"],
    ),
    "two refs, one folder": (
        Versions(branches=("**",)),
        refs("a/b", "a-b"),
        ["TL1532 refs/heads/a/b as a-b and refs/heads/a-b as a-b"],
    ),
    "one name, a branch and a tag": (
        Versions(branches=("v1",), tags=("v1",)),
        [f"{BRANCHES}v1", f"{TAGS}v1"],
        ["TL1532 refs/heads/v1 as v1 and refs/tags/v1 as v1"],
    ),
    "two names that some disks take for one": (
        Versions(branches=("*",)),
        refs("next", "Next"),
        ["TL1532 refs/heads/next as next and refs/heads/Next as Next"],
    ),
    "a file of the site itself": (
        Versions(branches=("*",)),
        refs("versions.json"),
        ["TL1532 /versions.json of the site itself and refs/heads/versions.json as versions.json"],
    ),
    "no letter is left": (Versions(branches=("*",)), refs("@@"), ["TL1533 '@@'"]),
    "a default that is not there": (
        Versions(tags=("v*",), default="v1.1"),
        refs("v1.0"),
        ["TL1534 default: v1.1; there is v1.0"],
    ),
    "no stable one": (Versions(default="stable"), refs("main"), ["TL1534 default: stable"]),
    "a latest that is not there, and nothing else": (
        Versions(latest="mian"),
        refs("main"),
        ["TL1534 latest: mian; there is main"],
    ),
    "a latest that is not there": (
        Versions(latest="mian", default="v1", tags=("v*",)),
        refs("main", "v1"),
        ["TL1534 latest: mian; there is main"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name: str) -> None:
    declared, known, expected = FAULTS[name]
    found = choose(declared, known, MAIN if MAIN in known else "")
    assert [f"{one.code} {one.detail}" for one in (*found.errors, *found.notes)] == expected


def test_five_hundred_tags_are_bounded_by_keep() -> None:
    known = refs(*(f"v1.{number}" for number in range(500)))
    found = choose(Versions(tags=("v*",), keep=5), known, "")
    assert [one.name for one in found.versions] == ["latest", "v1.499", "v1.498", "v1.497", "v1.496", "v1.495"]
    assert found.versions[1].standing is Standing.STABLE
    assert found.versions[1].home == "stable"
