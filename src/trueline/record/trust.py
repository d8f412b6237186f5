"""What is remembered of signatures: whose keys were trusted last, which commit of each line was verified, and proofs.

A line is one source at one branch, tag or range. A proof is what a verdict was made from: the signed objects as Git has
them and the keys; `trueline verify` makes the verdict from it anew. Nothing here judges.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from trueline.model.digest import Digest, canonical, digest_bytes, parse
from trueline.record.journal import Journal, Kind, Note, stamp
from trueline.runtime.store import Store

PROOFS_MAX: Final = 20_000
"""How many proofs are kept; the oldest go first."""

PROOF_BYTES_MAX: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCommit:
    """The commit of a line that was verified last: when, by which keys, and who signed (as a record has it).

    `replaced` are the commits from which its history was turned away by a signed word.
    """

    commit: str
    at: datetime
    keys: Digest
    signer: dict[str, str]
    replaced: tuple[str, ...] = ()


class TrustBook:
    """Trust in the store; each change of it has its record in the same transaction."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    def trusted(self, name: str) -> Any:
        """What is trusted under a name, as a JSON value; `None` before the first time."""
        row = self._store.row("SELECT body FROM trusted WHERE name = ?", (name,))
        return parse(row[0]) if row else None

    def names(self) -> tuple[str, ...]:
        """The names under which something is trusted."""
        return tuple(str(name) for (name,) in self._store.rows("SELECT name FROM trusted ORDER BY name"))

    def trust(self, name: str, body: Any, *, told: dict[str, Any]) -> None:
        """From now on this is trusted under a name; `None` trusts nothing any more. `told` is what its record says."""
        written = b"" if body is None else canonical(body)
        digest = digest_bytes(written) if written else ""
        with self._store.transaction(durable=True):
            if written:
                self._store.execute("INSERT OR REPLACE INTO trusted VALUES (?, ?)", (name, written))
            else:
                self._store.execute("DELETE FROM trusted WHERE name = ?", (name,))
            self._journal.append([Note(kind=Kind.TRUST_CHANGED, body={"name": name, **told, "body": digest})])

    def verified(self, line: str) -> VerifiedCommit | None:
        """What was verified last of a line."""
        row = self._store.row("SELECT body FROM verified WHERE line = ?", (line,))
        if row is None:
            return None
        body = parse(row[0])
        return VerifiedCommit(
            commit=body["commit"],
            at=datetime.fromisoformat(body["at"]),
            keys=Digest(body["keys"]),
            signer=body["signer"],
            replaced=tuple(body.get("replaced", ())),
        )

    def advance(self, line: str, verified: VerifiedCommit, *, told: dict[str, Any], proof: Any) -> None:
        """A line was verified to this commit."""
        body: dict[str, Any] = {"commit": verified.commit, "at": stamp(verified.at), "keys": verified.keys}
        body |= {"signer": verified.signer} | ({"replaced": list(verified.replaced)} if verified.replaced else {})
        with self._store.transaction(durable=True):
            digest = self._keep(canonical(proof))
            self._store.execute("INSERT OR REPLACE INTO verified VALUES (?, ?)", (line, canonical(body)))
            record = {"line": line, **body, **told, "proof": digest}
            self._journal.append([Note(kind=Kind.REVISION_VERIFIED, body=record)])

    def refuse(self, line: str, commit: str, diagnostics: list[str]) -> None:
        """A revision was refused."""
        body = {"line": line, "commit": commit, "diagnostics": diagnostics}
        self._journal.append([Note(kind=Kind.REVISION_REFUSED, body=body)])

    def proof(self, digest: str) -> Any:
        """What a verdict was made from; `None` where it is not kept any more.

        Raises:
            ValueError: it is not what it was.
        """
        row = self._store.row("SELECT data FROM proof WHERE digest = ?", (digest,))
        if row is None:
            return None
        try:
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(row[0], PROOF_BYTES_MAX)
        except (zlib.error, TypeError) as error:
            raise ValueError(f"proof {digest[:12]}: {error}") from None
        if digest_bytes(data) != digest:
            raise ValueError(f"proof {digest[:12]} does not have its digest")
        return parse(data)

    def _keep(self, data: bytes) -> Digest:
        digest = digest_bytes(data)
        found = self._store.row("SELECT max(used) FROM proof")
        used = ((found[0] if found else None) or 0) + 1
        self._store.execute("INSERT OR REPLACE INTO proof VALUES (?, ?, ?)", (digest, used, zlib.compress(data)))
        self._store.execute("DELETE FROM proof WHERE used <= ?", (used - PROOFS_MAX,))
        return digest
