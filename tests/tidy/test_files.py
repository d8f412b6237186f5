"""What is tracked belongs to everybody: no path of one machine, no registry of packages; locks are exact."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = re.compile(
    r"""(?x)
    (?<![\w$}.*])/(?:root|work|opt/wheels)/                    # a folder of one machine
    | --(?:extra-)?index-url | --find-links | --trusted-host    # where packages come from is the machine's to say
    | \b(?:pypi|files)\.[a-z]+host(?:ed)?\.org\b | \bproxy\.golang\.org\b | \bregistry\.npmjs\.org\b
    """
)
ALLOWED = {
    "tests/tidy/test_files.py",  # the pattern itself
}
TEXT_BYTES_MAX = 1 << 20


def _tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("not a Git work tree")
    return sorted(name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = []
    for name in _tracked():
        if name in ALLOWED or (ROOT / name).stat().st_size > TEXT_BYTES_MAX:
            continue
        lines = (ROOT / name).read_text(errors="replace").splitlines()
        found += [
            f"{name}:{number}: {line.strip()[:120]}" for number, line in enumerate(lines, 1) if PLACES.search(line)
        ]
    assert found == []


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_requirements_are_exact_and_hashed(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    lines = [line.split("#")[0].strip() for line in text.splitlines() if line.split("#")[0].strip()]
    assert lines
    for line in lines:
        assert re.match(r"[a-z0-9._-]+==[^\s;]+ ", line + " "), f"not exact: {line[:80]}"
        assert "--hash=sha256:" in line, f"without a hash: {line[:80]}"
