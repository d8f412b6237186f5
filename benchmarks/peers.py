"""Other builders of sites, measured in the same run: Hugo and Eleventy, and Pagefind for their search.

They are fetched by their ecosystems' own clients (`go install`, `npm install`) into the cache folder, never into the
repository; one that cannot be had is left out, and the benchmark says so. Each gets the same Markdown, a plain layout
with a menu of the page's section, and its own highlighting: Hugo has it by default, Eleventy by its plug-in.
"""

import asyncio
import json
import os
import resource
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from testbed.build import cache_folder
from trueline.runtime.clock import SystemClock

HUGO: Final = "github.com/gohugoio/hugo@v0.152.2"
ELEVENTY: Final = ("@11ty/eleventy@3.1.2", "@11ty/eleventy-plugin-syntaxhighlight@5.0.2", "pagefind@1.4.0")
LIMIT_S: Final = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A process from its start to its end, with its children."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The commands that could be had, run in the folder of the site; `missing` says why not of the others."""

    builders: Mapping[str, tuple[str, ...]]
    pagefind: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


async def peers() -> Peers:
    """Fetch what is not there yet."""
    folder = cache_folder().parent / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    builders: dict[str, tuple[str, ...]] = {}
    missing = []
    hugo, npm = folder / "bin" / "hugo", folder / "eleventy"
    if hugo.is_file() or await _had("go", "install", HUGO, GOBIN=str(folder / "bin"), CGO_ENABLED="0"):
        builders["Hugo 0.152"] = (str(hugo), "--quiet", "--source", ".")
    else:
        missing.append("Hugo could not be built, so that it is not in this run")
    programs = npm / "node_modules" / ".bin"
    wanted = npm / "node_modules" / "@11ty" / "eleventy-plugin-syntaxhighlight"
    if wanted.is_dir() or await _had("npm", "install", "--no-audit", "--no-fund", "--prefix", str(npm), *ELEVENTY):
        builders["Eleventy 3.1, no highlighting"] = (str(programs / "eleventy"), "--quiet", "--config=plain.config.js")
        builders["Eleventy 3.1, highlighting"] = (str(programs / "eleventy"), "--quiet", "--config=lit.config.js")
        return Peers(
            builders=builders, pagefind=(str(programs / "pagefind"), "--quiet", "--site"), missing=tuple(missing)
        )
    missing.append("Eleventy and Pagefind could not be had from npm, so that they are not in this run")
    return Peers(builders=builders, missing=tuple(missing))


async def _had(program: str, *arguments: str, **variables: str) -> bool:
    if shutil.which(program) is None:
        return False
    try:
        child = await asyncio.create_subprocess_exec(
            program, *arguments, env={**os.environ, **variables}, stdout=DEVNULL, stderr=DEVNULL
        )
        async with asyncio.timeout(LIMIT_S):
            return await child.wait() == 0
    except OSError:
        return False


async def cost(command: tuple[str, ...], folder: Path) -> tuple[Cost, bytes]:
    """Run a command to its end; its output is given back."""
    clock, before = SystemClock(), resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = clock.monotonic_s()
    child = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE)
    said, _ = await child.communicate()
    wall_s = clock.monotonic_s() - began_s
    assert child.returncode == 0, command
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall_s=wall_s, cpu_s=used), said


def write_hugo(site: Mapping[str, str], folder: Path) -> Path:
    """A folder for Hugo; where it publishes to."""
    write({f"content/{path.replace('index.md', '_index.md')}": text for path, text in site.items()}, folder)
    write(
        {
            "hugo.toml": (
                'baseURL = "https://site.example/"\ntitle = "Site"\ndisableKinds = ["taxonomy", "term", "RSS"]\n'
                "[markup.highlight]\nnoClasses = false\n[markup.goldmark.parser.attribute]\nblock = true\n"
            ),
            "layouts/_default/baseof.html": _HUGO,
            "layouts/_default/single.html": '{{ define "main" }}{{ .TableOfContents }}{{ .Content }}{{ end }}',
            "layouts/_default/list.html": '{{ define "main" }}{{ .TableOfContents }}{{ .Content }}{{ end }}',
        },
        folder,
    )
    return folder / "public"


def write_eleventy(site: Mapping[str, str], folder: Path) -> Path:
    """A folder for Eleventy; where it publishes to."""
    write({f"content/{path}": text for path, text in site.items()}, folder)
    data = {"layout": "page.njk", "eleventyComputed": {"section": "{{ page.url | split_section }}"}}
    plug_in = str(cache_folder().parent / "peers/eleventy/node_modules/@11ty/eleventy-plugin-syntaxhighlight")
    write(
        {
            "content/content.json": json.dumps(data),
            "content/_includes/page.njk": _ELEVENTY,
            "plain.config.js": _CONFIG.replace("LIT", "null"),
            "lit.config.js": _CONFIG.replace("LIT", json.dumps(plug_in)),
        },
        folder,
    )
    return folder / "public"


def write(files: Mapping[str, str], folder: Path) -> None:
    """Files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


_HEAD: Final = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>'
_HUGO: Final = (
    _HEAD + "{{ .Title }}</title></head>\n<body><nav><ul>{{ range .CurrentSection.RegularPages }}<li><a"
    ' href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul></nav>\n'
    '<main>{{ block "main" . }}{{ end }}</main></body></html>\n'
)
_ELEVENTY: Final = (
    _HEAD + "{{ title }}</title></head>\n<body><nav><ul>{% for one in collections[section] %}"
    '<li><a href="{{ one.url }}">{{ one.data.title }}</a></li>{% endfor %}</ul></nav>\n'
    "<main>{{ content | safe }}</main></body></html>\n"
)
_CONFIG: Final = """
const plugin = LIT;
module.exports = async function (config) {
  if (plugin) { config.addPlugin((await import(plugin + "/.eleventy.js")).default); }
  const section = (url) => (url || "/").split("/")[1] || "home";
  config.addFilter("split_section", section);
  config.addCollection("all sections", () => []);
  for (let n = 0; n < 20; n++) {
    const name = "section-" + String(n).padStart(2, "0");
    config.addCollection(name, (all) => all.getAll().filter((one) => section(one.url) === name));
  }
  config.addCollection("home", () => []);
  return { dir: { input: "content", output: "public" } };
};
"""
