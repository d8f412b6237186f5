"""Values to HTML, by Jinja2: everything that is put in is escaped, and a value that is not there is an error.

Control characters and marks that turn the direction of text are shown as what they are: no message poses as another.
"""

import re
from functools import cache
from typing import Any, Final

from trueline.server.page.address import DEPENDENCIES, DRIFT, JOURNAL, NOTIFIERS
from trueline.server.page.asset import assets
from trueline.server.page.state import State

NAVIGATION: Final = (
    ("Fleet", "/"),
    ("Drift", DRIFT),
    ("Dependencies", DEPENDENCIES),
    ("Notifiers", NOTIFIERS),
    ("Journal", JOURNAL),
)
"""What is reached from every page: its word and its address. An entry for every page that exists, and for no other."""

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def render(name: str, view: Any, *, title: str) -> bytes:
    """The page of a template; `view` is what it speaks of.

    Raises:
        jinja2.UndefinedError: the template names what the view has not; that is our bug.
    """
    text: str = _template(name).render(view=view, title=title)
    return text.encode()


def shown(value: object) -> object:
    r"""A value as it is put in: what cannot be seen in it is written out.

    >>> shown("a\u202eb"), shown(3)
    ('a\\u202eb', 3)
    """
    if not isinstance(value, str) or value.isprintable() or hasattr(value, "__html__"):  # that was made of such already
        return value
    return _HIDDEN.sub(_written_out, value)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004 - where ASCII ends


@cache
def _templates() -> Any:
    import jinja2  # noqa: PLC0415 - 0.1 s and 5 MB for who never looks at a page

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("trueline.server.page", "template"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(navigation=NAVIGATION, files=assets(), states=tuple(State))
    return made


@cache
def _template(name: str) -> Any:
    return _templates().get_template(name)
