"""Which repository a PATH means."""

from pathlib import Path

import pytest

from trueline.cli.folder import locate

DECLARATION = "# a fleet\napiVersion: trueline.dev/v1\nkind: Application\n"
FILES = {
    "base/kustomization.yaml": "resources: []",
    "overlays/prod/kustomization.yaml": "resources: [../../base]",
    "plain/web.yaml": "apiVersion: v1\nkind: Service\n",
    "fleet/kustomization.yaml": "resources: []",
    "fleet/apps/shop.yaml": DECLARATION,
    "jsonnet/main.jsonnet": "import '../lib/x.libsonnet'",
}
CASES = [
    ("overlays/prod", "", "", ("", "overlays/prod")),
    ("jsonnet", "", "", ("", "jsonnet")),
    ("plain", "", "", ("plain", "")),
    ("plain", "", "main", ("", "plain")),
    ("fleet", "", "", ("fleet", "")),
    ("overlays/prod", "below", "", ("overlays/prod", "below")),
    (".", "", "", ("", "")),
]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    for name, text in FILES.items():
        file = tmp_path / "repo" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "repo"


@pytest.mark.parametrize(("path", "below", "revision", "expected"), CASES)
def test_what_builds_upon_other_folders_is_taken_from_the_top(
    top: Path, path: str, below: str, revision: str, expected: tuple[str, str]
) -> None:
    repository, folder = expected
    assert locate(str(top / path), below, revision) == (str(top / repository), folder)


def test_outside_of_a_work_tree_a_folder_is_by_itself(top: Path) -> None:
    (top / ".git").rmdir()
    assert locate(str(top / "overlays/prod"), "") == (str(top / "overlays/prod"), "")
    assert locate("https://git.example.com/x.git", "") == ("https://git.example.com/x.git", "")
