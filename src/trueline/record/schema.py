"""Every table of the data directory's database, by version. A version that was released is never edited: add one.

`record` has no row id, so that every byte of a record is one that its digest covers.
"""

from trueline.runtime.store import Schema

_FIRST = (
    """CREATE TABLE record (
        sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, application TEXT NOT NULL,
        body BLOB NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX record_of ON record (application, sequence)",
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, digest TEXT NOT NULL)",
    """CREATE TABLE entry (
        target TEXT NOT NULL, ref TEXT NOT NULL, application TEXT NOT NULL, state TEXT NOT NULL,
        body TEXT NOT NULL, intended TEXT NOT NULL, value BLOB NOT NULL, before BLOB,
        PRIMARY KEY (target, ref, application)
    ) WITHOUT ROWID""",
    "CREATE INDEX entry_of ON entry (application, target)",
    """CREATE TABLE deployment (
        application TEXT NOT NULL, number INTEGER NOT NULL, revision TEXT NOT NULL, tree TEXT NOT NULL,
        plan TEXT NOT NULL, began TEXT NOT NULL, ended TEXT, by TEXT NOT NULL, result TEXT NOT NULL,
        PRIMARY KEY (application, number)
    ) WITHOUT ROWID""",
    "CREATE TABLE fence (application TEXT PRIMARY KEY, newest TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE hold (
        application TEXT NOT NULL, revision TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
        since TEXT NOT NULL, until TEXT, PRIMARY KEY (application, revision)
    ) WITHOUT ROWID""",
    """CREATE TABLE approval (
        plan TEXT NOT NULL, who TEXT NOT NULL, application TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (plan, who)
    ) WITHOUT ROWID""",
    "CREATE TABLE status (application TEXT PRIMARY KEY, at TEXT NOT NULL, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE kept_body (key TEXT PRIMARY KEY, size INTEGER NOT NULL, used INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE kept_render (key TEXT PRIMARY KEY, size INTEGER NOT NULL, used INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE INDEX kept_body_used ON kept_body (used, key, size)",
    "CREATE INDEX kept_render_used ON kept_render (used, key, size)",
)

_PINS = ("ALTER TABLE deployment ADD COLUMN pins TEXT NOT NULL DEFAULT '{}'",)

_SIGNATURES = (
    "ALTER TABLE deployment ADD COLUMN signed TEXT NOT NULL DEFAULT '{}'",
    "CREATE TABLE trusted (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE verified (line TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE proof (digest TEXT PRIMARY KEY, used INTEGER NOT NULL, data BLOB NOT NULL)",
    "CREATE INDEX proof_used ON proof (used)",
)

_ACCESS = (
    """CREATE TABLE account (
        name TEXT PRIMARY KEY, password TEXT NOT NULL, is_admin INTEGER NOT NULL, since TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE invitation (
        digest TEXT PRIMARY KEY, name TEXT NOT NULL, is_admin INTEGER NOT NULL, until TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE session (
        digest TEXT PRIMARY KEY, name TEXT NOT NULL, began TEXT NOT NULL, used TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX session_of ON session (name)",
    """CREATE TABLE token (
        name TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, role TEXT NOT NULL,
        projects TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, used TEXT, PRIMARY KEY (owner, name)
    ) WITHOUT ROWID""",
)
"""Passwords as argon2id has them; of every other secret its digest alone."""

_NOTIFIERS = (
    "CREATE TABLE notifier (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE delivery (
        number INTEGER PRIMARY KEY AUTOINCREMENT, notifier TEXT NOT NULL, service TEXT NOT NULL, subject TEXT NOT NULL,
        attempts INTEGER NOT NULL, made TEXT NOT NULL, due TEXT NOT NULL, error TEXT NOT NULL, body BLOB NOT NULL
    )""",
    "CREATE INDEX delivery_of ON delivery (notifier, service, number)",
    """CREATE TABLE loss (
        notifier TEXT NOT NULL, service TEXT NOT NULL, count INTEGER NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (notifier, service)
    ) WITHOUT ROWID""",
)

_PEOPLE = (
    """CREATE TABLE person (
        name TEXT PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, groups TEXT NOT NULL,
        seen TEXT NOT NULL, until TEXT NOT NULL, UNIQUE (issuer, subject)
    ) WITHOUT ROWID""",
    "ALTER TABLE session ADD COLUMN until TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT ''",
)

_SERVICES = (
    """CREATE TABLE service (
        notifier TEXT NOT NULL, name TEXT NOT NULL, failing TEXT NOT NULL DEFAULT '',
        taken_at TEXT NOT NULL DEFAULT '', taken BLOB NOT NULL DEFAULT x'', PRIMARY KEY (notifier, name)
    ) WITHOUT ROWID""",
)

SCHEMA: Schema = (_FIRST, _PINS, _SIGNATURES, _ACCESS, (*_NOTIFIERS, *_PEOPLE), _SERVICES)
