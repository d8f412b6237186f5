"""The kept form of a render: the commit is the reader's, but for what came from another one."""

from trueline.model.diagnostic import Diagnostic
from trueline.model.digest import digest_bytes
from trueline.model.origin import Origin
from trueline.model.ref import Ref
from trueline.render.resource import Position, Rendered, Resource
from trueline.render.stored import from_stored, to_stored
from trueline.render.trace import Trace

BODY = b"{}"


def test_a_file_of_an_older_version_keeps_its_commit() -> None:
    origins = [Origin(path="new.md", line=3, commit="now"), Origin(path="old.md", line=4, commit="before")]
    rendered = Rendered(
        resources=tuple(
            Resource(ref=Ref("File", "", one.path), digest=digest_bytes(BODY), origin=one, position=Position())
            for one in origins
        ),
        bodies={digest_bytes(BODY): BODY},
        notes=tuple(Diagnostic(code="TL1510", summary="", detail="", remedy="", origin=one) for one in origins),
        outside=tuple(("https://example.com/", one) for one in origins),
    )
    kept = to_stored(rendered, Trace(root="", root_identity="", looks=()), "now")
    again = from_stored(kept, "later", lambda _: {})
    for found in (
        [one.origin for one in again.resources],
        [one.origin for one in again.notes],
        [origin for _, origin in again.outside],
    ):
        assert found == [Origin(path="new.md", line=3, commit="later"), origins[1]]
