"""A proof: the signed objects as Git has them, and the keys that judged them; enough for the same verdict again.

It needs neither the repository nor the network, nor what is trusted today.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from trueline.model.diagnostic import Diagnostic
from trueline.source.git_object import GitObject
from trueline.source.signature.judge import judge, judge_revision
from trueline.source.signature.key import TrustedKey, trusted_key

_SHA1_HEX_LENGTH: Final = 40


def proof_of(
    objects: Sequence[GitObject], between: Sequence[GitObject], ref: str, keys: Collection[TrustedKey]
) -> dict[str, Any]:
    """What a verdict on a revision was made from; `between` are all commits since the one before."""
    return {
        "ref": ref,
        "objects": [_plain(one) for one in objects],
        "between": [_plain(one) for one in between],
        "keys": [key.plain for key in keys],
    }


def fault_of(record: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    """Why the record of a verified revision is not proven by what is kept; empty where it is.

    The ids are computed anew from the objects' bytes, and the verdict from their signatures, for the time of then.
    """
    at = datetime.fromisoformat(record["at"])
    keys = [trusted_key(one) for one in proof["keys"]]
    objects, between = ([_object(one) for one in proof[name]] for name in ("objects", "between"))
    for one in (*objects, *between):
        if _identity(one) != one.identity:
            return f"the bytes that are kept of {one.identity[:10]} are not those of that object"
    if record["commit"] not in {one.identity for one in objects if one.kind == "commit"}:
        return f"what is kept is not of {record['commit'][:10]}"
    verdict = judge_revision(objects, proof["ref"], keys, at)
    if isinstance(verdict, Diagnostic):
        return verdict.line
    if verdict.plain != record["signer"]:
        return f"{verdict} signed {record['commit'][:10]}, the record names {record['signer'].get('owner', 'nobody')}"
    others = (judge(one, keys, at) for one in between if one.identity != record["commit"])
    return next((one.line for one in others if isinstance(one, Diagnostic)), "")


def _plain(one: GitObject) -> dict[str, str]:
    return {"id": one.identity, "kind": one.kind, "data": base64.b64encode(one.data).decode()}


def _object(plain: Mapping[str, str]) -> GitObject:
    data = base64.b64decode(plain["data"])
    return GitObject(plain["id"], plain["kind"], len(data), data)


def _identity(one: GitObject) -> str:
    """As Git computes it."""
    is_sha1 = len(one.identity) == _SHA1_HEX_LENGTH
    hashing = hashlib.sha1 if is_sha1 else hashlib.sha256
    return hashing(b"%b %d\0%b" % (one.kind.encode(), len(one.data), one.data)).hexdigest()
