"""The scenarios in which every effect fails once: `change` · `hand` · `person` · `order` · `owner`, all in `every`."""
