"""The figures for Prometheus: names begin with `trueline_`, units stand last.

`metric`: what one is · `counts`: where the figures come from · `tally`: what is counted of records · `table`: all of
them, which is what a new one is added to · `exposition`: the two forms in which they are told.
"""
