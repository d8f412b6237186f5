"""Plan + Trial + Approval → Outcomes.

`executor` carries out one stage of a plan · `outcome` is what happened to one change · `ledger` is the port through
which an intent is durable before the act and an outcome after it.
"""
