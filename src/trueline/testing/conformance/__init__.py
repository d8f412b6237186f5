"""What a Kubernetes API server must do for Trueline: the same cases run against the embedded one and the real one.

`api` (the suite's own small client) · `case` (the list of cases, and how they expect) · `apply`, `ownership` (D5),
`refusal` (D6, D17), `delete`, `listing`, `watching`, `custom`, `life` (what a cluster does by itself).
"""
