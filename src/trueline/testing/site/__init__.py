"""A platform in memory, in both orders, whose faults and effects are at a test's hand.

`place` what is there, each effect counted and seen · `platform` the port over it · `ground` the conformance suite's
ground on it · `bucket` a bucket in memory, for the platform that publishes to one.
"""
