"""What must not happen although it could: verdicts on a plan, before anything is tried. Pure.

`page` a page that readers know may not vanish · `outside` what answers of other sites mean. A verdict is a diagnostic
among the plan's problems, or a warning beside it.
"""
