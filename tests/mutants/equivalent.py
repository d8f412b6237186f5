"""Generic mutants that change nothing that anybody could see, each with the reason."""

from collections.abc import Mapping

_HOOK = "src/trueline/plan/hook.py"
_KNOWN = "src/trueline/model/known.py"
_PATH = "src/trueline/model/field_path.py"
_REF = "src/trueline/model/ref.py"

EQUIVALENT: Mapping[str, str] = {
    f"{_HOOK}: at = next((i for i, hook in enumerate(hooks) if entry and entry.run == run_of(hook, run)), -1): 1 becomes 2": (
        "any number below 0 says that it is in none of its phases"
    ),
    f'{_KNOWN}: T = TypeVar("T", covariant=True): True becomes False': "a word for the type check alone",
    f"{_PATH}: return sum(name in item for name, _ in step.items) if isinstance(step, Key) else 0: 0 becomes 1": (
        "elements of a set are compared among themselves: the same number for each"
    ),
    f"{_REF}: class Ref(msgspec.Struct, frozen=True, order=True, gc=False):: False becomes True": (
        "what the garbage collector keeps of it, and no more"
    ),
    f"{_REF}: case [kind, *parts] if len(parts) > 2 and kind and all(parts):  # noqa: PLR2004 - a file's path: > becomes >=": (
        "two parts that are not empty were read by the case before"
    ),
    f"{_REF}: if self.namespace and self.name:: the condition never holds": "the usual form, written faster",
}
