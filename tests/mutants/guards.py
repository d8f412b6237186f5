"""Every guard by its name, stage by stage."""

from tests.mutants.guard import Guard
from tests.mutants.registry.access import ACCESS
from tests.mutants.registry.acts import ACTS
from tests.mutants.registry.alerts import ALERTS
from tests.mutants.registry.apply import APPLY
from tests.mutants.registry.hooks import HOOKS
from tests.mutants.registry.incident import INCIDENT
from tests.mutants.registry.loop import LOOP
from tests.mutants.registry.offer import OFFER
from tests.mutants.registry.oidc import OIDC
from tests.mutants.registry.plan import PLAN
from tests.mutants.registry.reads import READS
from tests.mutants.registry.record import RECORD
from tests.mutants.registry.server import SERVER
from tests.mutants.registry.signature import SIGNATURE
from tests.mutants.registry.target import TARGET

GUARDS: tuple[Guard, ...] = (
    *PLAN,
    *APPLY,
    *LOOP,
    *RECORD,
    *TARGET,
    *SIGNATURE,
    *INCIDENT,
    *SERVER,
    *ACCESS,
    *ACTS,
    *ALERTS,
    *HOOKS,
    *OFFER,
    *OIDC,
    *READS,
)
