"""What a cluster needs is loaded while Git is asked, where one is known: a process of its own says what it loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_CODE = """
import asyncio, sys
from pathlib import Path
from typing import Any
from trueline.declare.application import {kind}
from trueline.declare.folder import folder_application
from trueline.wiring.cluster import ClusterTargets
from trueline.wiring.settings import Settings
from dataclasses import replace

async def main() -> None:
    nothing: Any = None
    settings = Settings(repository="/fleet", kubeconfig=Path("/config"), environment={{}}, data_directory=Path("/data"))
    clusters = ClusterTargets(
        settings=settings, toolbox=nothing, clock=nothing, processes=nothing, directory=nothing, shared=nothing
    )
    known = folder_application("shop", path="shop", cluster="", namespace="shop", create_namespace=True)
    async with clusters:
        clusters.expect([replace(known, target={kind}({arguments}))])

asyncio.run(main())
print("trueline.wiring.remote" in sys.modules)
"""


@pytest.mark.parametrize(
    ("kind", "arguments", "is_loaded"),
    [
        ("ClusterTarget", "", True),
        ("ClusterTarget", "cluster='prod'", True),
        ("ClusterTarget", "cluster='embedded'", False),
        ("DirectoryTarget", "path='/srv/www/site'", False),
    ],
)
def test_what_a_known_cluster_needs_is_loaded(kind: str, arguments: str, *, is_loaded: bool, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(os.path.realpath(path) for path in sys.path if path),
    }
    code = _CODE.format(kind=kind, arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.stdout.strip() == str(is_loaded), done.stderr
