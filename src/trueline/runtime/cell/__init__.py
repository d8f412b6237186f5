"""A cell: where a program that others wrote runs once, with no files, network, time or memory but what it is given.

`task` has the values and the port · `process` is the port's real form, in Trueline's own process · `launch` is what it
starts: it makes the `room` (namespaces and mounts, where the kernel gives them), starts the program, keeps `watch` over
it and gives its `output` back. What holds the program itself is in `runtime/confine`.
"""
