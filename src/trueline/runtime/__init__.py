"""Every effect, each as a `Protocol` and its real form; nothing above touches the machine in another way.

`clock` · `process` (children, confined) · `cell` (where a program that others wrote runs once) · `toolbox` (the field's
own engines behind a pipe; `worker_process` and `confine`: engines of Python behind the same one) · `files` (what a
render may read) · `data_directory` (its lock, atomic writes) · `store` (its database) · `secret` (references) ·
`sops` (encrypted files) · `seal` (what is kept, for nobody else to read) · `http`
· `visit` (whether an address of somebody else answers) · `http_listener` (an address that answers) · `notice` and
`folder_watch` (what changes below folders) · `blob` (bytes by their digest) · `post`, `mail` and
`apprise` (messages to people).
"""
