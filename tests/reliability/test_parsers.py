"""Whatever comes from outside is read or refused, never a fault of ours: each parser, on drawn and on deep input."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from trueline.health.table import judge
from trueline.model import field_path
from trueline.model.fault import UserError
from trueline.model.ref import Ref
from trueline.record.entry_row import decode_entry
from trueline.render.annotation import timing
from trueline.render.site.address import read_address
from trueline.render.site.image import css
from trueline.render.site.image.describe import describe
from trueline.render.site.image.info import ImageRefused
from trueline.render.site.redirect import read_headers, read_redirects
from trueline.render.site.version import folder_of, precedence
from trueline.runtime.http import Response
from trueline.runtime.secret import SecretReference, split_kubernetes
from trueline.source.address import Address
from trueline.source.branch import fault_of_branch
from trueline.source.selector import Selector
from trueline.target.kubernetes.mask import masked
from trueline.target.kubernetes.status import read_answer
from trueline.target.kubernetes.wire import decode_list, decode_object
from trueline.target.site.body import read_marked_file, read_marked_release
from trueline.target.site.branch.state import Damaged as BranchDamaged, read_state as read_branch_state
from trueline.target.site.path import hostility
from trueline.target.site.s3.state import Damaged as BucketDamaged, read_state as read_bucket_state
from trueline.target.site.server.condition import span_of

DEEP = b"[" * 100_000

texts = st.text(max_size=60) | st.text('abc/.-_[]="\\:@#?*{}$ \n%', max_size=60)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
mappings = st.dictionaries(texts, values, max_size=4)
json_bytes = values.map(msgspec.json.encode)
heads = st.sampled_from([b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP", b"\xff\xd8\xff", b"<svg "])
images = st.builds(bytes.__add__, heads, st.binary(max_size=200))
anything = st.binary(max_size=200) | json_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """One of them: what it is given, and what it may raise. `is_bytes`: it is given deep JSON, too."""

    read: Callable[[Any], object]
    given: st.SearchStrategy[Any]
    refuses: tuple[type[BaseException], ...] = ()
    is_bytes: bool = False


PARSERS: Mapping[str, Parser] = {
    "a ref": Parser(read=Ref.parse, given=texts, refuses=(ValueError,)),
    "a path of a field": Parser(read=field_path.parse, given=texts, refuses=(ValueError,)),
    "a path as the server writes it": Parser(
        read=lambda pair: field_path.of_server(*pair), given=st.tuples(texts, values), refuses=(ValueError,)
    ),
    "a reference to a secret": Parser(read=SecretReference.parse, given=values, refuses=(UserError,)),
    "a Kubernetes secret's name": Parser(read=split_kubernetes, given=texts),
    "an address": Parser(read=Address.parse, given=texts, refuses=(UserError,)),
    "a revision": Parser(read=Selector.parse, given=texts, refuses=(UserError,)),
    "a branch": Parser(read=fault_of_branch, given=texts),
    "annotations": Parser(
        read=timing,
        given=st.dictionaries(
            st.sampled_from(["trueline.dev/hook", "trueline.dev/wave", "helm.sh/hook", "helm.sh/hook-weight"])
            | st.sampled_from(["argocd.argoproj.io/hook", "argocd.argoproj.io/sync-wave", "trueline.dev/prune"]),
            values,
        ),
    ),
    "a live object's health": Parser(read=judge, given=values),
    "a live object to be shown": Parser(
        read=lambda body: masked({"apiVersion": "v1", "kind": "Secret", **body}), given=mappings
    ),
    "an answer of a cluster": Parser(
        read=lambda body: read_answer(Response(status=200, headers={}, body=body), masked=True),
        given=anything,
        is_bytes=True,
    ),
    "a refusal of a cluster": Parser(
        read=lambda body: read_answer(Response(status=409, headers={"retry-after": "x"}, body=body)),
        given=anything,
        is_bytes=True,
    ),
    "an object of a cluster": Parser(read=decode_object, given=anything, refuses=(msgspec.DecodeError,), is_bytes=True),
    "a list of a cluster": Parser(read=decode_list, given=anything, refuses=(msgspec.DecodeError,), is_bytes=True),
    "an entry of the inventory": Parser(
        read=decode_entry, given=st.binary(max_size=200), refuses=(msgspec.MsgspecError, ValueError)
    ),
    "redirects": Parser(read=read_redirects, given=texts),
    "headers": Parser(read=read_headers, given=texts),
    "a version": Parser(read=precedence, given=texts),
    "a version's folder": Parser(read=folder_of, given=texts),
    "an image": Parser(read=describe, given=images, refuses=(ImageRefused,)),
    "a style": Parser(read=css.outside_of, given=texts),
    "a path of a site": Parser(read=hostility, given=texts),
    "an address that a reader asks for": Parser(read=read_address, given=texts),
    "a range that a reader asks for": Parser(read=lambda asked: span_of(asked, 10), given=texts),
    "a body of a file": Parser(
        read=read_marked_file, given=anything, refuses=(msgspec.MsgspecError, RecursionError), is_bytes=True
    ),
    "a body of a release": Parser(
        read=read_marked_release, given=anything, refuses=(msgspec.MsgspecError, RecursionError), is_bytes=True
    ),
    "what a branch says is ours": Parser(
        read=read_branch_state, given=anything, refuses=(BranchDamaged,), is_bytes=True
    ),
    "what a bucket says is ours": Parser(
        read=lambda data: read_bucket_state(data, "here"), given=anything, refuses=(BucketDamaged,), is_bytes=True
    ),
}


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_comes_is_read_or_refused(name: str) -> None:
    """INV-30: no input is our crash."""
    parser = PARSERS[name]

    @settings(max_examples=50, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(parser.given)
    def read(value: Any) -> None:
        try:
            parser.read(value)
        except parser.refuses:
            return

    read()


@pytest.mark.parametrize("name", [name for name, parser in PARSERS.items() if parser.is_bytes])
@pytest.mark.parametrize("body", [DEEP, b'{"a":' * 100_000, b"\xff\xfe", b'{"metadata":' + DEEP], ids=range(4))
def test_what_is_deep_or_no_text_is_read_or_refused(name: str, body: bytes) -> None:
    """INV-30, INV-31: a depth has its bound, though nobody counts it."""
    parser = PARSERS[name]
    try:
        parser.read(body)
    except parser.refuses:
        return
