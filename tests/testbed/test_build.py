"""Binaries are built once for each content of their module."""

from pathlib import Path

import pytest

from testbed.build import MODULES, Binary, BuildFailedError, Module, binary, build


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/tiny\n\ngo 1.26.0\n")
    (folder / "main.go").write_text('package main\n\nfunc main() { println("tiny") }\n')
    return Module(folder=folder, binaries=(Binary(name="tiny", package="."),))


def test_a_module_is_built_once(module: Module, capsys: pytest.CaptureFixture[str]) -> None:
    folder = build(module)
    assert (folder / "tiny").is_file()
    assert "building tiny (1 of 1" in capsys.readouterr().err
    assert build(module) == folder
    assert capsys.readouterr().err == ""
    assert sorted(each.suffix for each in folder.parent.iterdir()) == ["", ".lock"]


def test_other_content_has_another_place(module: Module) -> None:
    before = module.digest()
    (module.folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert module.digest() != before


def test_a_failed_build_leaves_nothing(module: Module) -> None:
    (module.folder / "main.go").write_text("package main\n\nfunc main() { nonsense }\n")
    with pytest.raises(BuildFailedError, match="nonsense"):
        build(module)
    (module.folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert (build(module) / "tiny").is_file()


def test_unknown_programs_are_refused() -> None:
    with pytest.raises(BuildFailedError, match="no program"):
        binary("nothing")


def test_the_names_of_programs_are_unique() -> None:
    names = [each.name for module in MODULES for each in module.binaries]
    assert len(names) == len(set(names))
