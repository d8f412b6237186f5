"""Configuration → objects. The only place that names a plug-in; it decides nothing and does nothing by itself.

`settings` is what a command line says · `assembly` puts everything together · `cluster`, `git`, `site`, `branch`,
`bucket` and `ssh` open what declarations name · `served` serves sites · `committed` a fleet at its last commit · `kept`
gives the store's caches to who asks for them.
"""
