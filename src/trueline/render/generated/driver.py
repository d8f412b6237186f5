"""Runs MkDocs inside a cell, and says in JSON what it logged: a program of its own, which imports nothing of Trueline.

`python driver.py CONFIGURATION OUTPUT`: the site goes to OUTPUT/site, the report to OUTPUT/report.json. That MkDocs
refuses a project is a report too, and no failure.
"""

import json
import logging
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

SAID_MAX: Final = 2_000
TEXT_LENGTH_MAX: Final = 4_000


class Collector(logging.Handler):
    """Keeps what MkDocs, its plug-ins and what they use log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        if len(self.said) < SAID_MAX:
            text = record.getMessage()[:TEXT_LENGTH_MAX]
            self.said.append({"level": record.levelname, "text": text, "by": record.name})

    def add(self, level: str, text: str) -> None:
        """Keep what nobody logged."""
        if text not in {one["text"] for one in self.said}:
            self.said.append({"level": level, "text": text, "by": "mkdocs"})


def build(configuration: str, output: Path) -> dict[str, Any]:
    """Load and build; what it answers is the report but for the messages."""
    from mkdocs.commands.build import build as build_site  # noqa: PLC0415 - after the collector listens
    from mkdocs.config import load_config  # noqa: PLC0415
    from mkdocs.exceptions import Abort, MkDocsException  # noqa: PLC0415

    report: dict[str, Any] = {"built": False}
    try:
        config = load_config(configuration, site_dir=str(output / "site"))
        report |= {
            "strict": bool(config.strict),
            "documents": str(config.docs_dir),
            "address": str(config.site_url or ""),
        }
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build_site(config)
        finally:
            config.plugins.on_shutdown()
        report["built"] = True
    except Abort as aborted:
        report["aborted"] = str(aborted)[:TEXT_LENGTH_MAX]
    except MkDocsException as refused:
        report["refused"] = str(refused)[:TEXT_LENGTH_MAX]
    except Exception:  # noqa: BLE001 - a plug-in's bug is told, whatever it is
        report["crashed"] = traceback.format_exc(limit=-4)[-TEXT_LENGTH_MAX:]
    return report


def absent_plugins(configuration: str) -> list[str]:
    """Every plug-in that a configuration asks for and that is not installed; MkDocs itself stops at the first.

    It reads the file as MkDocs does, with what it inherits.
    """
    from mkdocs.plugins import get_plugins  # noqa: PLC0415 - after the collector listens
    from mkdocs.utils.yaml import yaml_load  # noqa: PLC0415

    with open(configuration, "rb") as file:  # noqa: PTH123 - it asks for an open file with a name
        read = yaml_load(file)
    theme, asked = read.get("theme") or "", read.get("plugins") or ()
    theme = theme.get("name") or "" if isinstance(theme, dict) else theme
    names = [name for one in asked for name in (one if isinstance(one, dict) else (one,)) if isinstance(name, str)]
    there = get_plugins()
    return [name for name in dict.fromkeys(names) if not {name.removeprefix("/"), f"{theme}/{name}"} & set(there)]


def main() -> None:
    """Build, and write the report."""
    configuration, output = Path(sys.argv[1]), Path(sys.argv[2]).absolute()
    if configuration.parent.is_dir():
        os.chdir(configuration.parent)  # plug-ins name files from there, as where a writer types `mkdocs build`
    collector = Collector()
    logging.getLogger().addHandler(collector)
    logging.getLogger("mkdocs").setLevel(logging.INFO)
    report = build(configuration.name, output)
    if not report["built"]:
        with suppress(Exception):  # what is wrong with the file itself is told already
            for name in absent_plugins(configuration.name):
                plugin = name.removeprefix("/")
                collector.add("ERROR", f"Config value 'plugins': The \"{plugin}\" plugin is not installed")
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.json").write_text(json.dumps({**report, "said": collector.said}), encoding="ascii")


if __name__ == "__main__":
    main()
