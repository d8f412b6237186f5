"""Signatures: what is signed with our secret goes in, and nothing else."""

import pytest
from multidict import CIMultiDict

from tests.server.hook.sent import (
    OTHER,
    SECRET,
    SIGNING,
    Sent,
    bitbucket,
    generic,
    gitea,
    github,
    gitlab,
    gitlab_signed,
    mac,
    pushes,
    stamped,
    standard,
)
from trueline.model.masked import Masked
from trueline.server.access.refusal import Refusal
from trueline.server.hook.forge import Forge
from trueline.server.hook.signature import AGE_S_MAX, check, claim

NOW = 1_700_000_000
KEYS = (Masked(SECRET), Masked(SIGNING))
PUSHES = pushes(NOW)


def judged(sent: Sent, *keys: Masked, now_s: float = NOW) -> str:
    """The code of the refusal; empty where it is let in."""
    try:
        check(claim(sent.forge, sent.heads), sent.body, keys or KEYS, now_s)
    except Refusal as refused:
        return refused.diagnostic.code
    return ""


def headed(sent: Sent, **headers: str | None) -> Sent:
    """The same with other headers; `None` takes one away."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = CIMultiDict(sent.headers)
    for name, value in changed.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    return Sent(forge=sent.forge, headers=kept, body=sent.body)


@pytest.mark.parametrize("name", PUSHES)
def test_what_is_signed_with_our_secret_is_let_in(name: str) -> None:
    assert judged(PUSHES[name]) == ""


@pytest.mark.parametrize("name", PUSHES)
def test_what_is_signed_with_another_secret_is_not(name: str) -> None:
    assert judged(PUSHES[name], Masked(OTHER)) == "TL2002"
    assert judged(PUSHES[name], Masked(OTHER), Masked("whsec_" + "A" * 44)) == "TL2002"


@pytest.mark.parametrize("name", sorted(PUSHES.keys() - {"gitlab"}))
def test_one_byte_more_in_the_body_is_another_delivery(name: str) -> None:
    """INV-11 Who changes what was signed is nobody; GitLab's token signs nothing, as the guide says."""
    sent = PUSHES[name]
    assert judged(Sent(forge=sent.forge, headers=sent.headers, body=sent.body + b" ")) == "TL2002"


def test_during_a_change_of_secrets_both_are_right() -> None:
    for secret in (SECRET, OTHER):
        for sent in (github(secret=secret), gitlab(secret=secret), gitea(secret=secret), bitbucket(secret=secret)):
            assert judged(sent, Masked(SECRET), Masked(OTHER)) == ""


def test_without_a_secret_nothing_is_right() -> None:
    with pytest.raises(Refusal):
        check(claim(Forge.GITHUB, github().heads), github().body, (), NOW)


@pytest.mark.parametrize(
    "sent",
    [
        headed(github(), X_Hub_Signature_256=None),
        headed(github(), X_Hub_Signature_256="sha256=" + "0" * 40),
        headed(github(), X_Hub_Signature_256=f"sha1={mac(github().body, kind='sha1')}"),
        headed(github(), X_Hub_Signature_256=mac(github().body)),
        headed(github(), X_Hub_Signature_256=f"sha256={mac(github().body)}0"),
        headed(github(), X_Hub_Signature_256=f"sha256={mac(github().body)[:-1]}\uff11"),
        headed(github(), X_Hub_Signature_256=""),
        headed(bitbucket(), X_Hub_Signature=f"sha1={mac(bitbucket().body, kind='sha1')}"),
        headed(gitea(), X_Gitea_Signature=None, X_Forgejo_Signature=None),
        headed(gitlab(), X_Gitlab_Token=None),
        headed(gitlab_signed(NOW), webhook_id=None),
        headed(gitlab_signed(NOW), webhook_timestamp="soon"),
        headed(gitlab_signed(NOW), webhook_timestamp="1" * 40),
        headed(gitlab_signed(NOW), webhook_signature="v2,AAAA"),
        headed(gitlab_signed(NOW), webhook_signature="v1,not base64"),
        headed(generic(NOW), Trueline_Timestamp=None),
        headed(generic(NOW), Trueline_Signature=None),
    ],
    ids=lambda sent: f"{sent.forge.value}-{max(sent.headers.items())}",
)
def test_what_is_no_signature_by_sha_256_is_told_before_the_body_is_read(sent: Sent) -> None:
    """INV-11 SHA-1 alone is no signature, nor is anything of another form."""
    with pytest.raises(Refusal) as caught:
        claim(sent.forge, sent.heads)
    assert (caught.value.status, caught.value.diagnostic.code) == (401, "TL2001")


def test_sha_1_is_named_where_it_is_all_there_is() -> None:
    with pytest.raises(Refusal) as caught:
        claim(Forge.GITHUB, headed(github(), X_Hub_Signature_256=None).heads)
    assert "SHA-1" in caught.value.diagnostic.detail


@pytest.mark.parametrize("forge", Forge)
def test_the_signature_of_one_forge_is_none_of_another(forge: Forge) -> None:
    """INV-11 Each route takes its own scheme alone."""
    for sent in PUSHES.values():
        if sent.forge is not forge and (sent.forge, forge) != (Forge.GITLAB, Forge.GENERIC):
            assert judged(Sent(forge=forge, headers=sent.headers, body=sent.body)) == "TL2001"


def test_a_header_that_stands_there_twice_is_none() -> None:
    heads = github().heads
    heads.add("X-Hub-Signature-256", "sha256=" + "0" * 64)
    with pytest.raises(Refusal) as caught:
        claim(Forge.GITHUB, heads)
    assert "2 times" in caught.value.diagnostic.detail


def test_who_names_two_signatures_is_right_in_both() -> None:
    assert judged(headed(gitea(), X_Gitea_Signature=mac(gitea().body, OTHER))) == "TL2002"
    assert judged(headed(gitea(), X_Forgejo_Signature=None)) == ""
    assert judged(headed(gitea(), X_Gitea_Signature=None)) == ""


@pytest.mark.parametrize("ahead_s", [-AGE_S_MAX - 1, AGE_S_MAX + 1, -86_400])
def test_what_was_signed_long_ago_or_is_not_yet_is_refused(ahead_s: int) -> None:
    """INV-11 A delivery that somebody kept is not sent again later."""
    assert judged(generic(NOW + ahead_s)) == "TL2003"
    assert judged(gitlab_signed(NOW + ahead_s)) == "TL2003"


@pytest.mark.parametrize("ahead_s", [-AGE_S_MAX, 0, AGE_S_MAX])
def test_clocks_may_differ_a_little(ahead_s: int) -> None:
    assert judged(generic(NOW + ahead_s)) == ""


def test_the_time_is_part_of_what_is_signed() -> None:
    """INV-11 Nobody makes an old delivery young."""
    assert judged(headed(generic(NOW - 1_000), Trueline_Timestamp=str(NOW))) == "TL2002"
    assert judged(headed(gitlab_signed(NOW - 1_000), webhook_timestamp=str(NOW))) == "TL2002"
    assert judged(headed(gitlab_signed(NOW), webhook_id="msg_2")) == "TL2002"


def test_a_token_and_a_signing_key_of_gitlab_never_stand_for_each_other() -> None:
    """INV-11 Who has seen the token in a header cannot sign with it, and the signing key is never sent."""
    assert judged(gitlab(secret=SIGNING), Masked(SIGNING)) == "TL2002"
    assert judged(gitlab_signed(NOW, secret=SIGNING), Masked(SIGNING)) == ""
    both = headed(gitlab_signed(NOW, secret=OTHER), X_Gitlab_Token=SECRET)
    assert judged(both) == "TL2002"


def test_one_of_several_signatures_of_standard_webhooks_is_enough() -> None:
    body = b"{}"
    heads = standard(body, NOW)
    heads["webhook-signature"] = f"v1a,AAAA v1,{'A' * 43}= {heads['webhook-signature']}"
    assert judged(Sent(forge=Forge.GENERIC, headers=heads, body=body)) == ""
    plain = Sent(forge=Forge.GENERIC, headers=standard(body, NOW, secret=SECRET), body=body)
    assert judged(plain) == ""


def test_a_signing_key_that_is_no_base64_signs_nothing() -> None:
    broken = Masked("whsec_%%%")
    body = b"{}"
    for secret in ("", "%%%"):
        sent = Sent(forge=Forge.GENERIC, headers=standard(body, NOW, secret=secret), body=body)
        assert judged(sent, broken) == "TL2002"
    assert judged(Sent(forge=Forge.GENERIC, headers=stamped(body, NOW, secret="whsec_%%%"), body=body), broken) == ""


def test_the_same_delivery_has_one_fingerprint_and_another_has_another() -> None:
    prints = [check(claim(s.forge, s.heads), s.body, KEYS, NOW) for s in (github(), github(), github({"ref": "x"}))]
    assert prints[0] == prints[1] != prints[2]
    later = [check(claim(s.forge, s.heads), s.body, KEYS, NOW) for s in (generic(NOW), generic(NOW + 1))]
    assert later[0] != later[1]
