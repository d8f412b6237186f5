"""What must not happen although it could: verdicts on a plan, before anything is tried. Pure.

`page` a page that readers know may not vanish. A verdict is a diagnostic among the plan's problems.
"""
