"""Configuration → objects. The only place that names a plug-in; it decides nothing and does nothing by itself.

`settings` is what a command line says · `assembly` puts everything together · `target` is every target by its kind:
`cluster` (`connection` and `remote` are how one is reached), `served` and `place`, which opens a `directory`, `branch`,
`bucket` or host (`ssh`) · `builder` builds sites (`site`, with pools of `worker`s) · `git` opens sources · `committed`
is a fleet at its last commit · `kept` gives the store's caches to who asks for them · `blob` says which bytes are
needed · `visit` asks links · `notify` makes the services that people are told by.

What only some applications need is imported with the first of them: no command pays for what it does not use.
"""
