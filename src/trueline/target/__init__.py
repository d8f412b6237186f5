"""Where resources are made live.

`protocol` is what the engine asks of a target · `snapshot` what a target says is there · `inventory` what an
application owns there · `answer` what a target says to a write · `rules` what it knows of kinds.

`kubernetes/` is the one plug-in so far. Targets do not know each other, nor the planner.
"""
