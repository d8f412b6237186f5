"""`python -m tests.mutants` runs every named guard, then generic mutants of the pure stages, and writes what it saw.

`--only WORD` runs the named guards with that word in their name, `--generic WORD` the modules with that word in their
path; `--minutes`, `--workers` bound it. The exit code is 1 if a mutant survives that should not.
"""

import argparse
import ast
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.generic import Mutant, mutants
from tests.mutants.guard import ROOT, Guard, is_of, missed
from tests.mutants.guards import GUARDS
from tests.mutants.run import NOTHING_RUN, Job, Pool, Ran, pool
from tests.mutants.scope import Module, modules
from tests.reliability.figure import write_figures

_DRAWN = ("-m", "hypothesis", "-x", "--hypothesis-seed=0")
_FIXED = ("-m", "not hypothesis", "-x")
_GENERIC_S = 60.0
_WHOLE_S = 600.0


def main() -> int:
    """The command line."""
    asked = _asked()
    with pool(asked.workers, asked.minutes, _tell) as workers:
        named = _named(workers, [g for g in GUARDS if asked.only in g.name] if asked.guards else [])
        generic = _generic(workers, asked.generic) if asked.pure else {}
    print()
    for line in (*named["survivors"], *generic.get("survivors", ())):
        print(f"SURVIVED {line}")
    print(f"guards: {named['killed']} of {named['of']} killed")
    if generic:
        told = ("killed", "of", "equivalent", "not_run")
        print("generic: " + ", ".join(f"{name} {generic[name]}" for name in told))
    if not (asked.only or asked.generic):
        write_figures("mutants", {**named, **({"generic": generic} if generic else {})})
    return 1 if named["survivors"] or generic.get("survivors") else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--only", default="")
    parser.add_argument("--generic", default="")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--no-guards", dest="guards", action="store_false")
    parser.add_argument("--no-generic", dest="pure", action="store_false")
    return parser.parse_args()


def _tell(ran: Ran) -> None:
    sign = (
        "late"
        if ran.is_late
        else "nothing"
        if ran.broken == (NOTHING_RUN,)
        else "killed"
        if ran.is_killed
        else "passed"
    )
    print(f"{sign:7} {ran.seconds:5.1f} s  {ran.name}", flush=True)


def _named(workers: Pool, guards: Sequence[Guard]) -> dict[str, Any]:
    """First the tests on the sources as they are: what fails anyhow kills nothing."""
    by_file: dict[str, set[str]] = {}
    for test in (test for guard in guards for test in guard.tests):
        by_file.setdefault(test.partition("::")[0], set()).add(test)
    whole = [
        Job(name=f"as it is: {file}", tests=tuple(sorted(tests)), timeout_s=_WHOLE_S) for file, tests in by_file.items()
    ]
    unfit = {test for ran in workers.run(whole) for test in _unfit(ran, by_file[ran.name.removeprefix("as it is: ")])}
    jobs = [
        Job(name=guard.name, tests=guard.tests, path=guard.path, text=guard.mutated((ROOT / guard.path).read_text()))
        for guard in guards
    ]
    ran = {one.name: one for one in workers.run(jobs)}
    survivors = [told for guard in guards if (told := _survived(guard, ran.get(guard.name), unfit))]
    return {"killed": len(guards) - len(survivors), "of": len(guards), "survivors": survivors}


def _unfit(ran: Ran, tests: set[str]) -> set[str]:
    """Those that fail anyhow; all, where it cannot be told which."""
    if ran.broken or ran.is_late:
        return tests
    return {test for test in tests if any(is_of(node, test) for node in ran.failed)}


def _survived(guard: Guard, ran: Ran | None, unfit: set[str]) -> str:
    if bad := [test for test in guard.tests if test in unfit]:
        return f"{guard.name}: {', '.join(bad)} fails without any mutant"
    if ran is None:
        return f"{guard.name}: not run in time"
    if ran.is_late:
        return f"{guard.name}: its tests did not end in time, which proves nothing"
    if ran.broken:
        return f"{guard.name}: its mutant cannot be imported, which proves nothing: {', '.join(ran.broken)}"
    left = missed(guard.tests, ran.failed)
    return f"{guard.name}: {', '.join(left)} passes without it" if left else ""


def _generic(workers: Pool, word: str) -> dict[str, Any]:
    """What no test of the module's own kills is asked of all that may tell, and then of the drawn ones."""
    scope = [module for module in modules() if word in module.path]
    made = {mutant.name: (mutant, module) for module in scope for mutant in _mutants(module)}
    asked = {name: pair for name, pair in made.items() if name not in EQUIVALENT}
    whole = [Job(name=f"as it is: {path}", tests=(path,)) for path in sorted({t for m in scope for t in m.tests[:-1]})]
    for one in workers.run(whole):
        assert not one.is_killed, f"{one.name} fails without any mutant: {one.failed + one.broken}"
    left, begun = dict(asked), set[str]()
    for is_near, options in ((True, _FIXED), (False, _FIXED), (False, _DRAWN)):
        jobs = [_job(mutant, module.near if is_near else module.tests, options) for mutant, module in left.values()]
        ran = workers.run(jobs)
        begun |= {one.name for one in ran}
        for one in ran:
            if one.failed or one.is_late or set(one.broken) - {NOTHING_RUN}:
                del left[one.name]
    survivors = [f"{mutant.path}:{mutant.line}: {name}" for name, (mutant, _) in left.items() if name in begun]
    return {
        "killed": len(asked) - len(left),
        "of": len(made),
        "equivalent": len(made) - len(asked),
        "not_run": len(asked.keys() - begun),
        "survivors": survivors,
    }


def _mutants(module: Module) -> Iterator[Mutant]:
    text = (ROOT / module.path).read_text()
    whole = ast.dump(ast.parse(text))
    return (mutant for mutant in mutants(module.path, text) if ast.dump(ast.parse(mutant.text)) != whole)


def _job(mutant: Mutant, tests: tuple[str, ...], options: tuple[str, ...]) -> Job:
    return Job(name=mutant.name, tests=tests, path=mutant.path, text=mutant.text, options=options, timeout_s=_GENERIC_S)


if __name__ == "__main__":
    sys.exit(main())
