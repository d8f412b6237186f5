"""Plan → Trial: what the target says when asked, before anything is done (D6).

`trial` is the value · `attempt` tries every change of a plan side by side and reports all refusals at once ·
`protocol` is the port to the bodies.
"""
