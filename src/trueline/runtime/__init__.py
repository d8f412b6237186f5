"""Every effect, each as a `Protocol` and its real form. Nothing above this package touches the machine in another way.

`clock` · `process` (children, confined) · `toolbox` (the field's own engines behind a pipe) · `files` (what a render may
read; atomic writes) · `store` (the data directory's database) · `secret` (references to values) · `http`.
"""
