"""The sheet and the scripts: small, of this host alone, and readable in both schemes."""

import re
from collections.abc import Mapping

import pytest

from trueline.render.site.theme.asset import assets

STYLE = assets()["style.css"].decode()
TONES = ("note", "tip", "important", "warning", "caution")
PAIRS = (
    *((ink, paper) for ink in ("ink", "soft", "link") for paper in ("paper", "panel", "code", "hover")),
    *((tone, paper) for tone in TONES for paper in ("panel", "code", "paper", "hover", "mark", "add", "del")),
    ("ink", "mark"),
    ("soft", "mark"),
    ("link", "mark"),
    ("ink", "add"),
    ("ink", "del"),
    ("paper", "ink"),
)


def variables(start: str) -> Mapping[str, str]:
    block, *_ = re.findall(re.escape(start) + r"\s*\{(.*?)\}", STYLE, re.DOTALL)
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))


SCHEMES = {"light": variables("\n:root"), "dark": variables("\n:root[data-theme=dark]")}


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(scheme: str) -> None:
    colours = SCHEMES[scheme]
    weak = {(ink, paper): ratio for ink, paper in PAIRS if (ratio := contrast(colours[ink], colours[paper])) < 4.5}
    assert not weak
    assert all(contrast(colours["edge"], colours[paper]) >= 3 for paper in ("paper", "panel"))


def test_the_switch_and_the_system_give_the_same_dark() -> None:
    assert variables(":root:not([data-theme=light])") == SCHEMES["dark"]
    assert SCHEMES["dark"].keys() == SCHEMES["light"].keys()


def test_every_variable_that_is_used_is_there() -> None:
    assert set(re.findall(r"var\(--([a-z]+)", STYLE)) <= {*SCHEMES["light"], "font", "mono", "top", "tone", "shape"}


def test_colours_are_variables() -> None:
    rules = re.sub(r"--[a-z]+: [^;}]*", "", STYLE)
    assert not re.findall(r"#[0-9a-f]{3,6}\b(?![^{]*\{)", rules)


def test_all_is_small() -> None:
    sizes = {name: len(data) for name, data in assets().items()}
    assert sizes["style.css"] < 30_000
    assert sizes["theme.js"] + sizes["search.js"] < 24_000


def test_no_other_host_is_asked_and_nothing_is_evaluated() -> None:
    for name, data in assets().items():
        text = data.decode().replace("http://www.w3.org/2000/svg", "")
        for forbidden in ("http:", "https:", "@import", "url(", "eval(", "innerHTML", "new Function", "document.write"):
            assert forbidden not in text, (name, forbidden)


def test_the_sheet_is_whole() -> None:
    assert STYLE.count("{") == STYLE.count("}")
    for needed in ("prefers-reduced-motion", "focus-visible", "@media print", "forced-colors", "max-width: 100%"):
        assert needed in STYLE


def test_every_class_of_pygments_has_a_tone() -> None:
    token = pytest.importorskip("pygments.token")
    named = set(re.findall(r"\.([a-z][a-z0-9]{0,2})\b", STYLE))
    plain = {"", "n", "w", "o", "p", "pi", "ni", "nx", "x", "g", "esc", "ges", "err", "pm", "prc", "fixme", "on"}
    assert set(token.STANDARD_TYPES.values()) - named <= plain
