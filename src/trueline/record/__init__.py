"""What happened, kept so that it can be proved: the data directory's tables, written beside each other or not at all.

`schema` (every table, by version) · `journal` (append-only, hash-chained) · `line` (its records as people read them) ·
`chain` (what a digest covers, and what is wrong with a chain) · `replay` (what the tables have to be by it) · `ledger`
(inventories, with intents and outcomes in the journal) · `entry_row` (an entry as bytes) · `history` (deployments, and
the fence that keeps older from newer) · `hold` · `approval` · `status` · `keep` (bounded bytes by key: bodies of what
is owned, and the cache of renders) · `outbox` (what people are to be told, until it is delivered).
"""
