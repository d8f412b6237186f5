"""Generic mutants that change nothing that anybody could see, each with the reason."""

from collections.abc import Mapping

_GUARD = "src/trueline/plan/guard.py"
_HISTOGRAM = "src/trueline/model/histogram.py"
_HOOK = "src/trueline/plan/hook.py"
_INHABITANT = "src/trueline/plan/inhabitant.py"
_KNOWN = "src/trueline/model/known.py"
_ORIGIN = "src/trueline/model/origin.py"
_OUTSIDE = "src/trueline/policy/outside.py"
_PATH = "src/trueline/model/field_path.py"
_POD = "src/trueline/health/pod.py"
_REF = "src/trueline/model/ref.py"

EQUIVALENT: Mapping[str, str] = {
    'src/trueline/health/custom.py: return "": returns None': "no switch is on: whoever asks, asks whether it is one",
    "src/trueline/health/field.py: return False: returns None": "whoever asks, asks whether it is true",
    f'{_POD}: return "": returns None': "no end to tell of: whoever asks, asks whether there is one",
    f'{_POD}: return "": returns None (2)': "as above",
    f"{_GUARD}: pruned_ones = [change for change in changes if change.action is Action.PRUNE]: nothing is left out": (
        "only prunes are counted among them; that they come first spares a question for each change"
    ),
    f'{_HISTOGRAM}: for bound, count in zip((*self.bounds, float("inf")), self._counts, strict=True):: True becomes False': (
        "both have one more than the bounds, from the beginning on"
    ),
    f"{_INHABITANT}: if not any(_takes(change, rules) for change in changes):: the condition never holds": (
        "the usual case, done faster"
    ),
    f"{_ORIGIN}: class Origin(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):: False becomes True": (
        "what the garbage collector keeps of it, and no more"
    ),
    f"{_OUTSIDE}: class Heard(msgspec.Struct, frozen=True, array_like=True, gc=False):: False becomes True": "as above",
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
