"""The figures of the design, measured: ours, the floor of the same run, the ratio. Never a test: no time is asserted.

`figure` is one line of a table · `machine` what it was measured on · `fleet` the files · `rig` a running engine with a
cluster and a Git server · `floor` the same work with nothing around it · `p1` … `start` one benchmark each.
"""
