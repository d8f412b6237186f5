"""The theme's script, run by node."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from trueline.render.site import theme
from trueline.render.site.theme.language import script_words

HERE = Path(__file__).parent
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def run(script: str, question: Mapping[str, Any]) -> Any:
    assert NODE is not None
    with as_file(files(theme) / "search.js") as search:
        done = subprocess.run(
            [NODE, HERE / script, search.resolve()],
            input=json.dumps({"words": script_words("en"), **question}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(index: Mapping[str, bytes], queries: Sequence[str] = (), texts: Sequence[str] = ()) -> Any:
    """What each query finds, which files it read, and the words of each text."""
    return run("ask.js", {"files": text_of(index), "queries": queries, "texts": texts})


def text_of(index: Mapping[str, bytes]) -> Mapping[str, str]:
    return {name: data.decode() for name, data in index.items()}
