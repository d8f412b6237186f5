"""What a text of a Notifier may say: an address over HTTP, a mailbox, a repository of a forge, a template."""

import re
from typing import Final

from trueline.declare.finding import REFUSED_VALUE, TEMPLATE, Finding, shown, suggestion
from trueline.model.pointer import Path, text as written
from trueline.notify.address import fault_of_http
from trueline.notify.template import NAMES, TEMPLATE_CHARACTERS_MAX, find_unknown

_MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+", re.ASCII)


def check_http(at: Path, value: str) -> Finding | None:
    """An address of http or https, without a credential; what is wrong with it is said without repeating it."""
    if why := fault_of_http(value):
        return REFUSED_VALUE.at(at, f"`{written(at)}`: {why}", "write an address such as https://hooks.example.com/in")
    return None


def check_mail(at: Path, value: str) -> Finding | None:
    """One mailbox, without a name for people: nothing in it can end a line of the conversation."""
    if _MAILBOX.fullmatch(value):
        return None
    return REFUSED_VALUE.at(at, f"`{written(at)}` is {shown(value)}", "write a mailbox such as ops@example.com")


def check_repository(at: Path, value: str) -> Finding | None:
    """A repository as its forge names it: at least an owner and a name."""
    is_path = _REPOSITORY.fullmatch(value) and not {".", ".."}.intersection(value.split("/"))
    if is_path:
        return None
    return REFUSED_VALUE.at(at, f"`{written(at)}` is {shown(value)}", "write OWNER/NAME, as the forge has it")


def check_template(at: Path, value: str) -> Finding | None:
    """A template whose names are known."""
    if len(value) > TEMPLATE_CHARACTERS_MAX:
        remedy = f"write at most {TEMPLATE_CHARACTERS_MAX}"
        return TEMPLATE.at(at, f"`{written(at)}` has {len(value)} characters", remedy)
    name = next(find_unknown(value), None)
    if name is None:
        return None
    if name in {"{", "}"}:
        return TEMPLATE.at(at, f"`{written(at)}` has a brace alone", "write a name in braces, or {{ for a brace")
    said = f"`{written(at)}` names {shown(name)}{suggestion(name, NAMES)}"
    return TEMPLATE.at(at, said, f"write one of: {', '.join(NAMES)}")
