"""The toolbox's own tests, which are Go: no clock but the caller's, places, confinement."""

import build_toolbox


def test_gos_own_tests_of_the_toolbox() -> None:
    compiler, folder = build_toolbox.find_go(), build_toolbox.ROOT / "toolbox"
    answer = build_toolbox.run_go(compiler, folder, "test", "-count=1", "-v", ".")
    assert answer.count("--- PASS") > len(list(folder.glob("*_test.go")))
