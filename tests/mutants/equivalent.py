"""Generic mutants that change nothing that anybody could see, each with the reason."""

from collections.abc import Mapping

EQUIVALENT: Mapping[str, str] = {}
