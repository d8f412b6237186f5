"""Every bound stands, is used, and says by a code of its own when it is reached."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trueline.health.field import COUNT_MAX, TEXT_CHARS_MAX, Fields, Malformed
from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault
from trueline.render.options import Versions
from trueline.render.site.redirect import LINE_LENGTH_MAX, RULES_MAX, read_headers, read_redirects
from trueline.render.site.version import TAGS, VERSIONS_MAX, choose
from trueline.runtime.secret import SECRET_BYTES_MAX, SecretPlace, SecretReference, SystemSecrets
from trueline.source.address import ADDRESS_LENGTH_MAX, Address
from trueline.source.selector import NAME_LENGTH_MAX, Selector
from trueline.target.answer import FieldConflict
from trueline.target.inventory import ADDED_MAX, remembered
from trueline.target.site.branch.state import STATE_BYTES_MAX, Damaged, read_state
from trueline.target.site.path import DEPTH_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX, hostility

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "trueline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One bound: what is just inside it, what is just beyond, and the code that says so."""

    read: Callable[[Any], list[str]]
    inside: Any
    beyond: Any
    code: str


def raised(read: Callable[[Any], object]) -> Callable[[Any], list[str]]:
    """The codes of what is raised."""

    def codes(value: Any) -> list[str]:
        try:
            read(value)
        except Fault as fault:
            return [one.code for one in fault.diagnostics]
        return []

    return codes


def redirected(text: str) -> list[str]:
    """The codes of what a file of redirects is told."""
    return sorted({finding.code for finding in read_redirects(text)[1]})


def headed(text: str) -> list[str]:
    """The codes of what a file of headers is told."""
    return sorted({finding.code for finding in read_headers(text)[1]})


def chosen(count: int) -> list[str]:
    """The codes of so many versions."""
    errors: tuple[Diagnostic, ...] = choose(
        Versions(tags=("v*",)), [f"{TAGS}v{number}.0" for number in range(count)], f"{TAGS}v0.0"
    ).errors
    return [one.code for one in errors]


LINE = "/a{} /b\n"
BOUNDS: dict[str, Bound] = {
    "an address": Bound(
        read=raised(Address.parse),
        inside="https://a.example/" + "a" * (ADDRESS_LENGTH_MAX - 18),
        beyond="https://a.example/" + "a" * (ADDRESS_LENGTH_MAX - 17),
        code="TL0101",
    ),
    "a revision": Bound(
        read=raised(Selector.parse), inside="a" * NAME_LENGTH_MAX, beyond="a" * (NAME_LENGTH_MAX + 1), code="TL0103"
    ),
    "versions of a site": Bound(read=chosen, inside=VERSIONS_MAX, beyond=VERSIONS_MAX + 1, code="TL1531"),
    "redirects": Bound(
        read=redirected,
        inside="".join(LINE.format(number) for number in range(RULES_MAX)),
        beyond="".join(LINE.format(number) for number in range(RULES_MAX + 1)),
        code="TL1506",
    ),
    "a line of redirects": Bound(
        read=redirected,
        inside="/a /" + "b" * (LINE_LENGTH_MAX - 4),
        beyond="/a /" + "b" * (LINE_LENGTH_MAX - 3),
        code="TL1520",
    ),
    "header rules": Bound(
        read=headed,
        inside="".join(f"/a{number}\n  X-A: b\n" for number in range(RULES_MAX)),
        beyond="".join(f"/a{number}\n  X-A: b\n" for number in range(RULES_MAX + 1)),
        code="TL1506",
    ),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_each_bound_stands_and_is_told(name: str) -> None:
    """INV-31: what is inside passes without a word, one more is told by the bound's code."""
    bound = BOUNDS[name]
    assert bound.read(bound.inside) == []
    assert bound.read(bound.beyond) == [bound.code]
    assert f"### {bound.code} " in (ROOT / "docs" / "reference" / "diagnostics.md").read_text()


@pytest.mark.parametrize(("size_bytes", "codes"), [(SECRET_BYTES_MAX, []), (SECRET_BYTES_MAX + 1, ["TL0152"])])
async def test_a_secret_has_a_bound(tmp_path: Path, size_bytes: int, codes: list[str]) -> None:
    """INV-31: a file that grows is not read without end."""
    (tmp_path / "token").write_bytes(b"x" * size_bytes)
    reference = SecretReference(place=SecretPlace.FILE, name="token")
    try:
        await SystemSecrets({}, directory=tmp_path).resolve(reference)
        found: list[str] = []
    except Fault as fault:
        found = [one.code for one in fault.diagnostics]
    assert found == codes


PATHS = ["a" * (NAME_BYTES_MAX + 1), "/".join(["a"] * (DEPTH_MAX + 1)), "/".join(["a" * 100] * 11)]


@pytest.mark.parametrize("path", PATHS, ids=["name", "depth", "length"])
def test_a_path_of_a_site_has_bounds(path: str) -> None:
    """INV-31: no file system is asked what it bears."""
    assert hostility(path)
    assert len("/".join(["a" * 100] * 11)) > PATH_BYTES_MAX
    assert not hostility("a/b.html")


def test_what_is_shown_and_kept_has_bounds() -> None:
    """INV-31: foreign texts and lists are cut, numbers beyond the API's are none."""
    assert len(Fields.of({"m": "x" * 10_000}).phrase("m")) == TEXT_CHARS_MAX
    assert Fields.of({"n": COUNT_MAX}).count("n") == COUNT_MAX
    with pytest.raises(Malformed):
        Fields.of({"n": COUNT_MAX + 1}).count("n")
    many = [FieldConflict(manager="m", path=f"p{number}") for number in range(ADDED_MAX + 1)]
    assert len(remembered(many)) == ADDED_MAX
    with pytest.raises(Damaged, match="bytes"):
        read_state(b" " * (STATE_BYTES_MAX + 1))


def _bounds(path: Path) -> list[str]:
    """The constants of a module whose name says that they bound something."""
    body = ast.parse(path.read_text()).body
    targets: list[ast.expr] = [node.target for node in body if isinstance(node, ast.AnnAssign)]
    targets += [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    names = [leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
    return [name for name in names if name.endswith("_MAX")]


def test_no_bound_is_only_written_down() -> None:
    """INV-31: each constant that bounds something is read somewhere."""
    read: set[str] = set()
    stands: list[tuple[str, str]] = []
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text())
        read |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        read |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        stands += [(path.relative_to(SOURCES).as_posix(), name) for name in _bounds(path)]
    assert len(stands) > 200
    assert [one for one in stands if one[1] not in read] == []
