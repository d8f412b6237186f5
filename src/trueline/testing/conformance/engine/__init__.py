"""What the whole engine must do on a Kubernetes API server: the same cases run on the embedded cluster and a real one.

`world` (an engine over a transport, with Git in memory) · `repository` (that Git) · `weather` (a transport that fails
when told to) · `case` (the list) · `drift` (D5) · `trial` (D6) · `contact` (D8) · `ownership` (D16) · `former` (D17) ·
`safety` (the promises) · `crash` (the n-th effect fails).
"""
