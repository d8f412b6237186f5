"""A Kubernetes API server in-process: Kubernetes' own handlers in the toolbox, everything that remembers here.

`cluster` (the entry) · `store` and `disk` (objects, revisions, history) · `route` and `kind` (what a path means) ·
`discovery` · `selector` · `access` (RBAC) · `self_review` (may I?) · `webhook` (admission by others) · `write`, `read`
and `watch` (the three ways of a request) · `front` (which of them) · `serve` (loopback HTTP) · `bootstrap` ·
`controller/` (what a cluster does by itself).
"""
