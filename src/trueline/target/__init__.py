"""Where resources are made live.

`protocol` is what the engine asks of a target · `snapshot` what a target says is there · `inventory` what an
application owns there · `answer` what a target says to a write · `reclaim` how much of others' work our next apply
takes away · `rules` what it knows of kinds.

`kubernetes/` and `directory/` are plug-ins, and so are the platforms below `site/`, whose own modules are what all
places of a site have in common. Targets do not know each other, nor the planner.
"""
