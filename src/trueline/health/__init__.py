"""What a live object says of itself, as one word of health. Pure: no I/O, no clock, no knowledge of plans or of Git.

`status` has the words, their order and the value · `reason` every reason a judgement may have · `field` reads live
objects with types · `table` is the entry: `judge`, `judge_absent`, `needs_status` and the one table of kinds.
The rules stand in `workload` (controllers of replicas) · `pod` · `job` · `network` · `storage` · `scaling` (autoscalers
and disruption budgets) · `cluster` (what the API is made of) · `custom` (any other kind, by its conditions).
"""
