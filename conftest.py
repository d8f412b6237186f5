"""How every test runs, those of docstrings too: no example of a property is timed, and an interrupt is heard.

Where much else runs, any example may take long; what a test says of time is a bound that only a hang reaches. A shell
lets its background jobs ignore SIGINT, and their children with them: the tests that send it run there as anywhere.
"""

import signal
import threading

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
