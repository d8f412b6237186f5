"""Generic mutants that change nothing that anybody could see, each with the reason."""

from collections.abc import Mapping

_HOOK = "src/trueline/plan/hook.py"
_ORDER = "src/trueline/plan/order.py"
_INHABITANT = "src/trueline/plan/inhabitant.py"

EQUIVALENT: Mapping[str, str] = {
    f"{_HOOK}: at = next((i for i, hook in enumerate(hooks) if entry and entry.run == run_of(hook, run)), -1): 1 becomes 2": (
        "any number below 0 says that it is in none of its phases"
    ),
}
