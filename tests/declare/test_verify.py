"""`verify` of a source and the keys of a `Project`, as they are written."""

from datetime import date

import pytest

from trueline.declare.application import VerifyMode
from trueline.declare.native import NativeDialect
from trueline.declare.protocol import Declared
from trueline.runtime.files import MemoryTree
from trueline.runtime.toolbox import Toolbox
from trueline.source.signature.key import Scheme
from trueline.testing.signature import SshSigner

ADA = SshSigner("ada", b"ada")
BLOCK = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"


def document(kind: str, name: str, spec: str) -> str:
    lines = "".join(f"  {line}\n" for line in spec.strip("\n").splitlines())
    return f"apiVersion: trueline.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{lines}"


def project(*keys: str, name: str = "platform") -> str:
    return document("Project", name, "trustedKeys:\n" + "\n".join(f"- {key}" for key in keys))


SSH = f"{{owner: ada, ssh: '{ADA.line}'}}"
KEYS = project(SSH)


async def read(toolbox: Toolbox, *texts: str) -> Declared:
    return await NativeDialect(toolbox).read(MemoryTree({"a.yaml": "---\n".join(texts).encode()}), "", "c0ffee")


async def test_what_a_project_and_a_source_say(toolbox: Toolbox) -> None:
    openpgp = "owner: bo\n  openpgp: |\n" + "".join(f"    {line}\n" for line in BLOCK.splitlines())
    more = f"{{owner: cy, ssh: '{ADA.line}', since: 2026-01-01, until: 2026-12-31, revoked: laptop stolen}}"
    source = document("Source", "charts", "url: https://example.com/x.git\nverify: {mode: range, keys: [platform]}")
    shop = document("Application", "shop", "source: {from: charts}\ntarget: {namespace: shop}")
    blog = document(
        "Application",
        "blog",
        "source: {url: https://example.com/y.git, verify: {keys: [platform, platform]}}\ntarget: {namespace: blog}",
    )
    declared = await read(toolbox, project(SSH, openpgp, more), source, shop, blog)
    assert declared.diagnostics == ()
    (found,) = declared.projects
    ada, bo, cy = found.ring.keys
    assert (found.name, ada.owner, ada.scheme, ada.text) == ("platform", "ada", Scheme.SSH, ADA.line)
    assert (bo.owner, bo.scheme, bo.text) == ("bo", Scheme.OPENPGP, BLOCK)
    assert (cy.since, cy.until, cy.revoked) == (date(2026, 1, 1), date(2026, 12, 31), "laptop stolen")
    (charts,) = declared.sources
    assert charts.verify is not None
    assert (charts.verify.mode, charts.verify.rings) == (VerifyMode.RANGE, (found.ring,))
    on_blog, on_shop = (one.sources[0].verify for one in declared.applications)
    assert on_shop == charts.verify
    assert on_blog is not None
    assert (on_blog.mode, on_blog.rings) == (VerifyMode.HEAD, (found.ring,))


async def test_a_source_without_an_address_is_the_fleet_repository(toolbox: Toolbox) -> None:
    fleet = document("Source", "fleet", "verify: {keys: [platform]}")
    shop = document("Application", "shop", "source: {from: fleet, path: a}\ntarget: {namespace: shop}")
    declared = await read(toolbox, KEYS, fleet, shop)
    assert declared.diagnostics == ()
    assert (declared.sources[0].url, declared.sources[0].verify is not None) == ("", True)
    assert (declared.applications[0].sources[0].url, declared.applications[0].sources[0].path) == ("", "a")


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("url: https://example.com/x.git\nverify: {keys: [platfrom]}", "TL0148"),
        ("url: https://example.com/x.git\nverify: {keys: []}", "TL0207"),
        ("url: https://example.com/x.git\nverify: {mode: head}", "TL0206"),
        ("url: https://example.com/x.git\nverify: {mode: tail, keys: [platform]}", "TL0207"),
        ("verify: {keys: [platform]}\nrevision: main", "TL0208"),
        ("revision: main", "TL0206"),
    ],
)
async def test_a_demand_that_cannot_hold_blocks_its_source(toolbox: Toolbox, spec: str, code: str) -> None:
    """INV-11: nobody falls back to a source without a demand."""
    shop = document("Application", "shop", "source: {from: charts}\ntarget: {namespace: shop}")
    declared = await read(toolbox, KEYS, document("Source", "charts", spec), shop)
    assert code in {one.code for one in declared.diagnostics}
    assert (declared.sources, declared.applications) == ((), ())


async def test_a_demand_of_an_application_names_its_project_too(toolbox: Toolbox) -> None:
    """INV-11."""
    inline = "source: {url: https://example.com/y.git, verify: {keys: [others]}}\ntarget: {namespace: b}"
    declared = await read(toolbox, KEYS, document("Application", "blog", inline))
    assert [one.code for one in declared.diagnostics] == ["TL0148"]
    own = "source: {path: a, verify: {keys: [platform]}}\ntarget: {namespace: b}"
    declared = await read(toolbox, KEYS, document("Application", "blog", own))
    assert [one.code for one in declared.diagnostics] == ["TL0208"]


async def test_the_fleet_repository_has_one_demand(toolbox: Toolbox) -> None:
    demands = [document("Source", name, "verify: {keys: [platform]}") for name in ("one", "two")]
    declared = await read(toolbox, KEYS, *demands)
    assert [one.code for one in declared.diagnostics] == ["TL0201", "TL0201"]
    assert declared.sources == ()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("{owner: ada}", "TL0206"),
        (f"{{ssh: '{ADA.line}'}}", "TL0206"),
        ("{owner: ada, ssh: nonsense}", "TL0207"),
        (f"{{owner: ada, ssh: 'ssh-rsa {ADA.line.split()[1]}'}}", "TL0207"),
        ("{owner: ada, openpgp: nonsense}", "TL0207"),
        (f"{{owner: ada, ssh: '{ADA.line}', until: tomorrow}}", "TL0207"),
        (f"{{owner: ada, ssh: '{ADA.line}', expires: 2026-12-31}}", "TL0204"),
    ],
)
async def test_a_key_that_cannot_be_meant_is_told_and_blocks_who_names_it(
    toolbox: Toolbox, key: str, code: str
) -> None:
    """INV-11."""
    source = document("Source", "charts", "url: https://example.com/x.git\nverify: {keys: [platform]}")
    declared = await read(toolbox, project(key), source)
    assert {one.code for one in declared.diagnostics} == {code, "TL0148"}
    assert (declared.sources, declared.projects) == ((), ())


@pytest.mark.parametrize("field", ["ssh", "openpgp"])
async def test_a_private_key_is_refused_and_never_repeated(toolbox: Toolbox, field: str) -> None:
    """INV-20."""
    word = "OPENSSH PRIVATE KEY" if field == "ssh" else "PGP PRIVATE KEY BLOCK"
    secret = f"owner: ada\n  {field}: |\n    -----BEGIN {word}-----\n    canary\n    -----END {word}-----"
    declared = await read(toolbox, project(secret))
    (told,) = declared.diagnostics
    assert told.code == "TL0207"
    assert "canary" not in str(told)
