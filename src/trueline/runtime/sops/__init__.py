"""Files that SOPS encrypted, opened in memory: nothing here writes a file, and no message repeats a value.

`reader` is the way of one file: `shape` tells whether it is one, the toolbox takes it apart into a `tree`, `metadata`
is what SOPS wrote beside it, `key` finds the data key with the private keys that are at hand, `value` opens each value
and the MAC, `lined` puts the values where they stood. `refusal` are the diagnostics (TL016x).
"""
