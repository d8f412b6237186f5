"""The real engine in a simulated world: a seed in, a verdict out; the same seed gives the same log.

`loop` (virtual time) · `clock` · `toolbox` (the real one, asked without waiting) · `disk` (commits that fail) ·
`network` (faults on the way to the cluster) · `repository` (Git that forks, lags, is away) · `machine` (a process that
dies) · `fleet` (what people want) · `truth` (what was said, and what may be) · `actor` (who does what) · `run`.
"""
