"""The loop: what runs is held to what Git says.

`desired` is what one application shall be · `reconcile` brings one application there, one pass, and reads like the
stages in order · `status` is how it stands · `schedule` says whose turn it is · `fleet` is what Git declares · `engine`
follows Git and the targets and keeps them all going. Nothing here waits for health or hooks: a pass ends, and an event
wakes the next one.
"""
