"""Every guard by its name, stage by stage."""

from tests.mutants.guard import Guard
from tests.mutants.registry.apply import APPLY
from tests.mutants.registry.incident import INCIDENT
from tests.mutants.registry.loop import LOOP
from tests.mutants.registry.plan import PLAN
from tests.mutants.registry.record import RECORD
from tests.mutants.registry.signature import SIGNATURE
from tests.mutants.registry.target import TARGET

GUARDS: tuple[Guard, ...] = (*PLAN, *APPLY, *LOOP, *RECORD, *TARGET, *SIGNATURE, *INCIDENT)
