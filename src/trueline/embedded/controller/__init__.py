"""What a cluster does by itself, level by level: each controller looks at one object and does the next thing for it.

`loop` (which object is looked at when) · `hand` (how a controller asks and writes) · `collect` (owners, dependents) ·
`namespace` · `definition` · `deployment`, `replica`, `stateful`, `daemon`, `job` · `pod` (the kubelet's part) ·
`cloud` (addresses, volumes) · `scaling` (autoscalers, budgets).
"""
