"""The site that P7 builds: Markdown as people write documentation, the same on every machine.

How much of what a page has was counted in a real project (419 pages of a tool for Kubernetes: 6.3 kB, 7.8 headings,
4.7 links, 4.5 code blocks of 700 bytes, six of ten in a language, mostly YAML and shell). No code block is repeated.
"""

import json
import random
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Final

PAGES: Final = 1_000
PAGE_BYTES: Final = 7_300
SECTIONS: Final = 20
WORDS: Final = 4_000
_LETTERS: Final = ("b c d f g l m n p r s t v st tr pl".split(), "a e i o u ai ou".split())  # noqa: SIM905 - reads better


class Writer:
    """Writes pages; each is the same for its number, whatever was written before."""

    def __init__(self, pages: int = PAGES) -> None:
        chance = random.Random(4)  # noqa: S311 - the same site on every machine
        self._words = [
            "".join(chance.choice(_LETTERS[n % 2]) for n in range(chance.randrange(2, 8))) for _ in range(WORDS)
        ]
        self._frequencies = list(accumulate(1 / (rank + 20) for rank in range(WORDS)))
        self._pages = pages
        self._chance = chance

    def site(self) -> dict[str, str]:
        """Every page by its path: a home page, and sections with an index and pages."""
        return {self.path(number): self.page(number) for number in range(self._pages)}

    def path(self, number: int) -> str:
        """Where a page stands."""
        section, place = number % SECTIONS, number // SECTIONS
        if number == 0:
            return "index.md"
        return f"section-{section:02}/{'index' if place == 0 else f'page-{place:03}'}.md"

    def page(self, number: int, edition: int = 0) -> str:
        """One page; another edition has another text and the same headings."""
        self._chance = random.Random(number)  # noqa: S311
        title = self._title()
        parts = [f"---\ntitle: {title}\ndescription: {self._sentence()}\n---\n\n# {title}\n\n{self._paragraph(number)}"]
        size = len(parts[0])
        while size < PAGE_BYTES:
            parts.append("".join(self._part(number)))
            size += len(parts[-1])
        said = f"Edition {edition} says so.\n" if edition else ""
        return "\n".join(parts) + said

    # ---- what a page is made of ---------------------------------------------------------------------------------

    def _part(self, number: int) -> Iterator[str]:
        """What stands under one heading."""
        yield f"{'#' * self._chance.choice((2, 2, 3))} {self._title()}\n\n{self._paragraph(number)}\n"
        for share, write in (
            (0.18, self._admonition),
            (0.55, self._code),
            (0.30, self._list),
            (0.30, self._plain),
            (0.06, self._table),
        ):
            if self._chance.random() < share:
                yield f"{write()}\n{self._paragraph(number)}\n"

    def _some(self, count: int) -> list[str]:
        return self._chance.choices(self._words, cum_weights=self._frequencies, k=count)

    def _title(self) -> str:
        return " ".join(self._some(self._chance.randrange(2, 5))).capitalize()

    def _sentence(self) -> str:
        return f"{' '.join(self._some(self._chance.randrange(6, 16))).capitalize()}."

    def _paragraph(self, number: int) -> str:
        text = [self._sentence() for _ in range(self._chance.randrange(2, 5))]
        if self._chance.random() < 0.35:  # noqa: PLR2004
            text.append(f"See [{' '.join(self._some(2))}]({self._way(number)}).")
        if self._chance.random() < 0.5:  # noqa: PLR2004
            first, second, third = self._some(3)
            text.append(f"The field `{first}.{second}` is **{third}**, *never* empty.")
        return " ".join(text) + "\n"

    def _way(self, number: int) -> str:
        """The address of another page, as it is written beside this one."""
        up = "" if number == 0 else "../"
        return up + self.path(self._chance.randrange(self._pages))

    def _admonition(self) -> str:
        kind = self._chance.choice(("NOTE", "TIP", "WARNING"))
        return f"> [!{kind}]\n> {self._sentence()} {self._sentence()}\n"

    def _list(self) -> str:
        return "".join(f"- {self._sentence()}\n" for _ in range(self._chance.randrange(3, 6)))

    def _table(self) -> str:
        rows = "".join(f"| `{' | '.join(self._some(3)).replace(' | ', '` | ', 1)} |\n" for _ in range(5))
        return f"| Name | Kind | Meaning |\n|---|---|---|\n{rows}"

    def _plain(self) -> str:
        rows = (f"{' '.join(self._some(3)).upper()}   {self._chance.randrange(9999)}\n" for _ in range(18))
        return f"```\n{''.join(rows)}```\n"

    def _code(self) -> str:
        kinds: tuple[Callable[[], str], ...] = (_yaml, _shell, _json, _python, _go)  # type: ignore[assignment]
        write = self._chance.choices(kinds, (60, 26, 6, 5, 3))[0]
        return write(self)  # type: ignore[call-arg]

    def words(self, count: int) -> list[str]:
        """Some words, for code."""
        return self._some(count)

    def number(self) -> int:
        """Some number, for code."""
        return self._chance.randrange(1, 9_000)


def _yaml(writer: Writer) -> str:
    name, label, image, key, value, note = writer.words(6)
    containers = "".join(
        f"        - name: {one}\n          image: registry.example.com/{image}/{one}:v1.{writer.number()}\n"
        f'          args: ["--{key}={value}", \'--level\', "{writer.number()}"]  # {note}\n'
        f"          resources:\n            limits: {{cpu: {writer.number()}m, memory: {writer.number()}Mi}}\n"
        for one in writer.words(2)
    )
    return (
        f"```yaml\n# {note} of {name}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels:\n"
        f'    app.kubernetes.io/name: "{label}"\nspec:\n  replicas: {writer.number()}\n  paused: false\n'
        f"  template:\n    spec:\n      containers:\n{containers}```\n"
    )


def _shell(writer: Writer) -> str:
    rows = "".join(
        f"kubectl get {a} --namespace {b} -o jsonpath='{{.{c}}}' | grep -v \"{d}\" > /tmp/{a}.{writer.number()}\n"
        f'if [ -n "${d.upper()}" ]; then export {c.upper()}=$(cat {a}.txt) && echo "done: ${{{b}}}"; fi\n'
        for a, b, c, d in (writer.words(4) for _ in range(3))
    )
    return f"```bash\n# {writer.words(1)[0]}\n{rows}```\n"


def _json(writer: Writer) -> str:
    value = {
        one: {two: writer.number(), three: [four, True, None]}
        for one, two, three, four in (writer.words(4) for _ in range(5))
    }
    return f"```json\n{json.dumps(value, indent=2)}\n```\n"


def _python(writer: Writer) -> str:
    rows = "".join(
        f'def {a}_{b}({c}: int = {writer.number()}, *, {d}: str = "{a}") -> dict[str, int]:\n'
        f'    """Of {b}, by {d}."""\n    if {c} > {writer.number()} and not {d}:  # {b}\n'
        f'        raise ValueError(f"{{{c}}} is {d}")\n    return {{{d!r}: {c} + 1}}\n\n'
        for a, b, c, d in (writer.words(4) for _ in range(3))
    )
    return f"```python\nimport os\n\n{rows}```\n"


def _go(writer: Writer) -> str:
    rows = "".join(
        f"// {a.title()} is {b}.\nfunc {a.title()}({c} int) (string, error) {{\n\tif {c} > {writer.number()} {{\n"
        f'\t\treturn "", fmt.Errorf("{d}: %d", {c})\n\t}}\n\treturn "{b}", nil\n}}\n\n'
        for a, b, c, d in (writer.words(4) for _ in range(2))
    )
    return f"```go\npackage {writer.words(1)[0]}\n\n{rows}```\n"
