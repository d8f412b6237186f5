"""Trueline holds what runs to what Git says, at once, and can prove it.

The folders are the way of one commit, from the bottom up: source, render, target, plan, policy, trial, review, apply,
drift, record, notify; `loop` walks it, `wiring` puts it together, `cli`, `server` and `agent` are its doors.
`ARCHITECTURE.md` walks one commit through them.
"""
