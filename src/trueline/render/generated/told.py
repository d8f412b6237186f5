"""What MkDocs said → what is wrong, each with its file and its line, found again in the files that the writers know.

MkDocs names the file and writes the link as it stands there, but no line: the n-th time that it says the same is the
n-th place where the file has it.
"""

import posixpath
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from trueline.render.generated.build import Built
from trueline.render.generated.finding import (
    CONFIGURATION,
    FAILED,
    NAVIGATION,
    NOT_INSTALLED,
    SOURCE_LINK,
    WARNED,
    Case,
)
from trueline.render.generated.report import Report, Said
from trueline.render.generated.source import Source
from trueline.render.site.discover import is_markdown

_VALUE: Final = re.compile(r"Config value '([^']+)': (.*)", re.DOTALL)
_PAGE: Final = re.compile(r"Doc file '([^']*)' contains (.*)", re.DOTALL)
_LINK: Final = re.compile(r"[^']*'([^']*)'")
_NAV: Final = re.compile(r"(?:A reference|An absolute path) to '([^']*)' is included in the 'nav'")
_PLUGIN: Final = re.compile(r'The "([^"]+)" plugin is not installed')
_THEME: Final = re.compile(r"Unrecognised theme name: '([^']+)'")
_EXTENSION: Final = re.compile(r"Failed to load extension '([^']+)'.*No module named '([^']+)'", re.DOTALL)
_PLACE: Final = re.compile(r"line (\d+)")
_PRINTED: Final = re.compile(r"^Warning: .+$", re.MULTILINE)
_ABSENT: Final = re.compile(r"could not find file (\S+?)\. ")
_QUOTED: Final = re.compile(r"'([^']+)'")
_PLUGINS: Final = {
    "awesome-nav": "mkdocs-awesome-nav",
    "glightbox": "mkdocs-glightbox",
    "gh-admonitions": "mkdocs-github-admonitions-plugin",
    "literate-nav": "mkdocs-literate-nav",
    "gen-files": "mkdocs-gen-files",
    "section-index": "mkdocs-section-index",
    "redirects": "mkdocs-redirects",
    "mkdocstrings": "mkdocstrings[python]",
    "autorefs": "mkdocs-autorefs",
    "mike": "mike",
    "blog": "mkdocs-material",
    "tags": "mkdocs-material",
    "social": "mkdocs-material[imaging]",
    "privacy": "mkdocs-material",
    "offline": "mkdocs-material",
    "group": "mkdocs-material",
    "meta": "mkdocs-material",
}
_EXTENSIONS: Final = {
    "pymdownx": "pymdown-extensions",
    "markdown_include": "markdown-include",
    "material": "mkdocs-material",
}


@dataclass(slots=True)
class Told:
    """What MkDocs told: `errors` stop the site, `notes` do not. `targets` are the links that it named."""

    errors: list[Case] = field(default_factory=list)
    notes: list[Case] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)


async def tell(report: Report, built: Built, source: Source, configuration: str, *, links_stop: bool) -> Told:
    """All that is to be told of one build."""
    reader = _Reader(source, configuration, report)
    told = Told()
    for said in report.said:
        case = await reader.case(said)
        if case is None:
            continue
        stops = said.is_grave and (report.strict or not report.built or said.level != "WARNING")
        (told.errors if stops or (links_stop and case.code == SOURCE_LINK) else told.notes).append(case)
    told.targets |= reader.targets
    if report.crashed:
        told.errors.append(Case(code=FAILED, detail=report.crashed, path=reader.configuration))
    if report.refused:
        lines = [int(one) for one in _PLACE.findall(report.refused)]
        detail = report.refused
        told.errors.append(
            Case(code=CONFIGURATION, detail=detail, path=reader.configuration, line=lines[-1] if lines else 0)
        )
    if report.aborted and not told.errors:
        told.errors.append(Case(code=FAILED, detail=report.aborted, path=reader.configuration))
    for printed in dict.fromkeys(_PRINTED.findall(built.text)):
        told.notes.append(await reader.printed(printed))
    return told


class _Reader:
    """Turns messages into cases, with what it found before."""

    def __init__(self, source: Source, configuration: str, report: Report) -> None:
        self._source = source
        self._name = configuration
        self._documents = posixpath.normpath(report.documents or "docs")
        self._times = Counter[tuple[str, str]]()
        self._lines: dict[str, list[str]] = {}
        self.configuration = source.at(configuration)
        self.targets: set[str] = set()

    async def case(self, said: Said) -> Case | None:
        """What one message tells; `None` where it is only progress."""
        text = said.text.strip()
        if value := _VALUE.match(text):
            return await self._value(value[1], value[2])
        if page := _PAGE.match(text):
            return await self._page(page[1], page[2])
        if not said.is_grave:
            return None
        if nav := _NAV.match(text):
            self.targets.add(nav[1])
            return Case(
                code=NAVIGATION, detail=nav[1], path=self.configuration, line=await self._line(self._name, nav[1])
            )
        return Case(code=WARNED, detail=text, path=self.configuration)

    async def printed(self, text: str) -> Case:
        """What a plug-in printed beside the log; an include that is not there is looked for where it is asked for."""
        if absent := _ABSENT.search(text):
            asked = "{!" + absent[1]
            for path in self._pages():
                lines = enumerate(await self._read(path), 1)
                if line := next((number for number, one in lines if asked in one), 0):
                    return Case(code=WARNED, detail=text, path=self._source.at(path), line=line)
        return Case(code=WARNED, detail=text, path=self.configuration)

    def _pages(self) -> list[str]:
        return [path for path in self._source.paths if path.startswith(f"{self._documents}/") and is_markdown(path)]

    async def _value(self, name: str, text: str) -> Case:
        """What is wrong with a value of the configuration."""
        quoted = [name, *(_QUOTED.findall(text)), *re.findall(r"\b[a-z]+_[a-z_]+\b", text)]
        code, detail = CONFIGURATION, f"`{name}`: {text}"
        if plugin := _PLUGIN.search(text):
            name = plugin[1].rpartition("/")[2]
            package = "mkdocs-material" if plugin[1].startswith("material/") else _PLUGINS.get(name)
            code, detail = NOT_INSTALLED, f"the plug-in {plugin[1]}: package {package or f'mkdocs-{name}-plugin'}"
            quoted = [plugin[1]]
        elif theme := _THEME.search(text):
            code, detail = NOT_INSTALLED, f"the theme {theme[1]}: package mkdocs-{theme[1]}"
            quoted = [theme[1]]
        elif extension := _EXTENSION.search(text):
            top = extension[2].partition(".")[0]
            code = NOT_INSTALLED
            detail = f"the Markdown extension {extension[1]}: package {_EXTENSIONS.get(top, top.replace('_', '-'))}"
            quoted = [extension[1]]
        lines = [line for one in quoted[::-1] if (line := await self._key(one))]
        return Case(code=code, detail=detail, path=self.configuration, line=lines[0] if lines else 0)

    async def _page(self, page: str, text: str) -> Case:
        """What is wrong with a page: MkDocs' sentence, and the line where the link stands."""
        name = posixpath.join(self._documents, page)
        link = _LINK.match(text)
        line = 0
        if link is not None:
            self.targets.add(link[1])
            line = await self._line(name, link[1])
        return Case(code=SOURCE_LINK, detail=text, path=self._source.at(name), line=line)

    async def _line(self, path: str, wanted: str) -> int:
        """The n-th line of a file that has a link, at the n-th question."""
        self._times[path, wanted] += 1
        alone = re.compile(rf"(?<![\w./-]){re.escape(wanted)}(?![\w/-])")
        places = [number for number, line in enumerate(await self._read(path), 1) for _ in alone.finditer(line)]
        return places[min(self._times[path, wanted], len(places)) - 1] if places else 0

    async def _key(self, name: str) -> int:
        """The line of the configuration where a key or an entry of a list stands."""
        written = re.compile(rf"^[\s-]*(?:name:\s*)?['\"]?{re.escape(name)}['\"]?\s*(?::|$|#)")
        return next((number for number, line in enumerate(await self._read(self._name), 1) if written.match(line)), 0)

    async def _read(self, path: str) -> list[str]:
        if path not in self._lines:
            self._lines[path] = await self._source.lines(path)
        return self._lines[path]
