"""Equal secrets of other applications are told by name: found by keyed digests, and no value is kept."""

import base64
import gc
import hashlib
import hmac
from collections.abc import Iterable, Mapping

import pytest

from trueline.model.digest import Digest, canonical, digest_bytes
from trueline.target.kubernetes.difference import changes
from trueline.target.kubernetes.likeness import SECRETS_MAX, Likeness

HEAD = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def digest(value: bytes) -> bytes:
    return hmac.new(b"a key", value, hashlib.sha256).digest()


class Books:
    """Applications with the Secrets that they have applied; `asked` counts the bodies that were opened."""

    def __init__(self, secrets: Mapping[str, Mapping[str, str]]) -> None:
        self.secrets = secrets
        self.asked = 0

    def body(self, application: str) -> bytes:
        """Made when it is asked for, as one that was sealed is."""
        data = {key: encoded(value) for key, value in self.secrets[application].items()}
        return canonical({**HEAD, "data": data})

    def held(self) -> list[tuple[str, Digest]]:
        """Each application with its body's digest."""
        return [(name, digest_bytes(self.body(name))) for name in self.secrets]

    def bodies(self, wanted: Iterable[Digest]) -> dict[Digest, bytes]:
        """Those of the digests."""
        names = {digest_bytes(self.body(name)): name for name in self.secrets}
        asked = [one for one in wanted if one in names]
        self.asked += len(asked)
        return {one: self.body(names[one]) for one in asked}

    def likeness(self) -> Likeness:
        """Of these."""
        return Likeness(digest=digest, held=self.held, bodies=self.bodies, mark=lambda name: f"i.{name}")


BOOKS = {
    "staging": {"password": "correct-horse", "user": "app", "empty": ""},
    "production": {"password": "hunter2", "user": "app"},
    "test": {"password": "battery-staple", "user": "app"},
    "preview": {"password": "battery-staple", "user": "app"},
}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("correct-horse", ", as in staging"),
        ("hunter2", ""),
        ("battery-staple", ", as in preview, test"),
        ("app", ", as in preview, staging and 1 more"),
        ("nobody has it", ""),
        ("", ""),
    ],
)
def test_what_another_application_holds_is_named(value: str, told: str) -> None:
    """INV-25: its own value of before is no likeness, nor is what is empty everywhere."""
    name = Books(BOOKS).likeness().fingerprint("i.production")(value.encode())
    assert name == digest(value.encode()).hex()[:8] + told


def test_a_plan_says_changed_and_as_in_staging() -> None:
    """INV-25: the words of a diff, and no value."""
    before = {**HEAD, "data": {"password": encoded("hunter2"), "user": encoded("app")}}
    after = {**HEAD, "data": {"password": encoded("correct-horse"), "user": encoded("app")}}
    (change,) = changes(before, after, Books(BOOKS).likeness().fingerprint("i.production"))
    assert change.path == "data.password"
    assert change.before == f"*** ({digest(b'hunter2').hex()[:8]})"
    assert change.after == f"*** ({digest(b'correct-horse').hex()[:8]}, as in staging)"


def test_a_body_is_opened_once_and_only_where_something_differs() -> None:
    books = Books(BOOKS)
    likeness = books.likeness()
    same = {**HEAD, "data": {"password": encoded("hunter2")}}
    assert changes(same, same, likeness.fingerprint("i.production")) == ()
    assert books.asked == 0
    likeness.fingerprint("i.production")(b"a")
    likeness.fingerprint("i.staging")(b"b")
    assert books.asked == len({body for _, body in books.held()})


def test_no_value_is_kept() -> None:
    """INV-25: what it remembers are digests."""
    books = Books({"staging": {"password": "kept-nowhere-f3a1"}})
    likeness = books.likeness()
    likeness.fingerprint("i.production")(b"a")
    books.secrets = {}
    gc.collect()
    wanted = "kept-nowhere-f3a1"
    reached, seen = [likeness.__dict__["_known"]], set[int]()
    while reached:
        one = reached.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        assert not isinstance(one, bytes | str) or (wanted not in str(one) and encoded(wanted) not in str(one))
        reached.extend(gc.get_referents(one))
    assert len(seen) > 2, "something is remembered"


def test_it_is_bounded() -> None:
    books = Books({"a": {"k": "one"}, "b": {"k": "two"}})
    many = [(f"n{number}", Digest(f"{number}")) for number in range(SECRETS_MAX)]
    likeness = Likeness(
        digest=digest, held=lambda: [*many, *books.held()], bodies=books.bodies, mark=lambda name: f"i.{name}"
    )
    likeness.fingerprint("i.x")(b"one")
    assert books.asked == 2
    before = [(f"0{name}", body) for name, body in many]
    likeness = Likeness(digest=digest, held=lambda: [*before, *books.held()], bodies=books.bodies, mark=str)
    likeness.fingerprint("i.x")(b"one")
    assert books.asked == 2
