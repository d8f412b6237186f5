"""Configuration → objects. The only place that names a plug-in; it decides nothing and does nothing by itself.

`settings` is what a command line says · `assembly` puts everything together · `cluster` and `git` open what
declarations name · `served` serves sites · `kept` gives the store's caches to who asks for them.
"""
