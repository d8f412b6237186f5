"""`python -m trueline`: the same as `trueline`."""

import sys

from trueline.cli.main import main

sys.exit(main())
