"""What stops a render → diagnostics, and by whose fault. It decides; it asks nothing of anybody.

`Rule`s are the codes of this stage: the summary and remedy are constant, the case goes in the detail.
"""

import posixpath
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import msgspec

from trueline.model.diagnostic import Diagnostic
from trueline.model.fault import Fault, Transient, UserError
from trueline.model.origin import Origin
from trueline.runtime.toolbox import Complaint, ToolboxFailed, ToolboxRefused

_DETAIL_LENGTH_MAX = 2000
_LIMIT = "limit:"
_NO_MEMORY: Final = "runtime: out of memory"
_OUTSIDE: Final = re.compile(r'leads outside the repository|: \S+ is remote: |^Get "https?://')


T = TypeVar("T")
Explain: TypeAlias = Callable[[Complaint], Awaitable[Complaint]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of message of this stage."""

    code: str
    summary: str
    remedy: str

    def about(self, detail: str, origin: Origin | None = None) -> Diagnostic:
        """The diagnostic, for one case."""
        return Diagnostic(
            code=self.code,
            summary=self.summary,
            detail=detail[:_DETAIL_LENGTH_MAX],
            remedy=self.remedy,
            origin=origin,
        )


def _rule(code: str, summary: str, remedy: str) -> Rule:
    return Rule(code=code, summary=summary, remedy=remedy)


PATH_MISSING: Final = _rule("TL0301", "the application's path is not there", "correct `source.path`, or add the files")
NOTHING: Final = _rule(
    "TL0302",
    "there is nothing to render",
    "add manifests, correct `source.path` or the patterns; to remove the application, remove its declaration",
)
NO_SITE: Final = _rule(
    "TL0330", "sites are not built here", "install the builder: pip install 'trueline[site]'; see `render: {site: {}}`"
)
UNREADABLE: Final = _rule("TL0303", "a manifest does not parse", "correct the file at that line")
NO_RESOURCE: Final = _rule(
    "TL0304",
    "a document is not a resource",
    "give it `apiVersion`, `kind` and `metadata.name`, or leave the file out with `render.plain.exclude`",
)
KUSTOMIZATION: Final = _rule(
    "TL0305", "the kustomization does not build", "correct it; `kustomize build` says the same"
)
CHART: Final = _rule("TL0306", "the chart does not render", "correct the chart or its values")
JSONNET: Final = _rule("TL0307", "the Jsonnet does not evaluate", "correct the file, its variables or its libraries")
ANNOTATION: Final = _rule(
    "TL0308", "an annotation of order has no such value", "write one of the values that the detail names, as a string"
)
STRING_DATA: Final = _rule("TL0309", "`stringData` holds what is not a string", "put the value in quotes")
GENERATED_NAME: Final = _rule(
    "TL0310", "`generateName` is for hooks only", "give it `metadata.name`, or make it a hook (`trueline.dev/hook`)"
)
LIST: Final = _rule("TL0311", "a list of resources cannot be read", "write its resources as documents of their own")
LIMIT: Final = _rule("TL0312", "the render exceeds a limit", "make the application smaller, or part it")
NO_ANSWER: Final = _rule("TL0313", "the renderer ended without an answer", "it is tried again; if it stays, report it")
OUTSIDE: Final = _rule("TL0314", "a path leads outside the repository", "name a path inside the source")
UNSTABLE: Final = _rule(
    "TL0320",
    "a chart differs from itself",
    "nothing, if that is wanted: these fields are kept as they were last applied; else give the value in Git",
)
NOT_RUN: Final = _rule("TL0321", "a hook is not run", "nothing, if that is wanted: Trueline has no such moment")
TWICE: Final = _rule(
    "TL0322", "a chart writes a key twice", "nothing: the last one holds, as in Helm; correct the chart"
)


async def answer(asked: Awaitable[bytes], rule: Rule, commit: str, *, explain: Explain | None = None) -> bytes:
    """Wait for the toolbox; what it refuses is told by `rule`, after `explain` made it clearer.

    Raises:
        UserError: the engine refuses the files, or a limit was reached.
        Transient: there is no answer.
    """
    try:
        return await asked
    except ToolboxRefused as refused:
        told = refused.complaints if explain is None else [await explain(one) for one in refused.complaints]
        raise UserError(complained(told, rule, commit)) from None
    except ToolboxFailed as failed:
        raise _failure(failed.reason) from None


def decoded(text: bytes, kind: type[T], rule: Rule, origin: Origin | None) -> T:
    """An engine's answer, typed.

    Raises:
        UserError: it holds what an engine can write and nobody can hold: a number of a thousand digits, or values so
            deep within each other that no cluster would take them.
    """
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError):
        raise UserError(
            [rule.about("it has a number too large, or values too deep within each other", origin)]
        ) from None


def complained(complaints: Iterable[Complaint], rule: Rule, commit: str) -> tuple[Diagnostic, ...]:
    """An engine's complaints as diagnostics of a rule, in the order of their places, each one once."""
    found = {
        (OUTSIDE if _OUTSIDE.search(one.text) else rule).about(
            one.text, Origin(path=one.path, line=one.line, commit=commit) if one.path else None
        ): None
        for one in sorted(complaints, key=lambda one: (one.path, one.line, one.column, one.text))
    }
    return tuple(found)


def inside(directory: str, name: str, commit: str) -> str:
    """A path that a declaration names, seen from the application's path; `/` in front means the source's root.

    >>> inside("apps/shop", "../values.yaml", ""), inside("apps/shop", "/lib", "")
    ('apps/values.yaml', 'lib')

    Raises:
        UserError: TL0314.
    """
    path = posixpath.normpath(name.lstrip("/") if name.startswith("/") else posixpath.join(directory, name))
    if path == ".." or path.startswith("../"):
        origin = Origin(path=directory, commit=commit) if directory else None
        raise UserError([OUTSIDE.about(f"{name}, seen from {directory or '/'}", origin)])
    return "" if path == "." else path


def _failure(reason: str) -> Fault:
    if reason.startswith(_LIMIT):
        return UserError([LIMIT.about(reason.removeprefix(_LIMIT).strip())])
    if _NO_MEMORY in reason:  # it would end the next worker in the same way
        return UserError([LIMIT.about(reason)])
    return Transient([NO_ANSWER.about(reason)])
