"""A plan as people read it: what is lost stands first, and nothing that matters is left out."""

from typing import Any

from trueline.server.body import ChangeBody, FieldBody, OwnerBody, PlanBody
from trueline.server.page.planned import CHANGES_MAX, FIELDS_MAX, planned


def change(ref: str, action: str = "update", **told: Any) -> ChangeBody:
    known = {"sign": "~", "reason": "changed in Git", "origin": "a.yaml:1", "body": "", "uid": "", "ours": ""}
    return ChangeBody(ref=ref, action=action, generation=0, **(known | told))


def plan(*changes: ChangeBody, asks: tuple[str, ...] = ()) -> PlanBody:
    counts: dict[str, int] = {}
    return PlanBody(
        application="shop",
        target="t",
        revision="r",
        digest="d" * 64,
        summary="s",
        counts=counts,
        changes=changes,
        problems=(),
        asks=asks,
    )


def test_nothing_to_do_is_no_plan() -> None:
    assert planned(None) is None
    assert planned(plan()) is None


def test_what_is_lost_comes_first_however_much_else_there_is() -> None:
    many = [change(f"ConfigMap/a/{at}") for at in range(CHANGES_MAX)]
    found = planned(plan(*many, change("ConfigMap/a/gone", "prune"), change("Job.batch/a/anew", "replace")))
    assert found is not None
    assert [one.ref for one in found.lost] == ["ConfigMap/a/gone", "Job.batch/a/anew"]
    assert [one.ref for one in found.changes][:2] == ["ConfigMap/a/gone", "Job.batch/a/anew"]
    assert (len(found.changes), found.rest) == (CHANGES_MAX, 2)
    assert sum(len(part.changes) for part in found.parts) == CHANGES_MAX - 2


def test_waves_and_hooks_stand_apart_where_there_are_several() -> None:
    one = planned(plan(change("A/a/b"), change("C/a/b")))
    assert one is not None
    assert [part.title for part in one.parts] == [""]
    several = planned(plan(change("Job/a/h", hook="before"), change("A/a/b"), change("C/a/b", wave=1)))
    assert several is not None
    assert [(part.title, len(part.changes)) for part in several.parts] == [
        ("Hook, before", 1),
        ("Wave 0", 1),
        ("Wave 1", 1),
    ]


def test_what_the_target_said_is_told_unless_it_is_simply_yes() -> None:
    yes = change("A/a/a", trial="passed", message="")
    no = change("A/a/b", trial="refused", message="the quota is full")
    same = change("A/a/c", "heal", trial="same", message="")
    found = planned(plan(yes, no, same))
    assert found is not None
    assert [one.verdict for one in found.changes] == ["", "refused: the quota is full"]


def test_fields_are_cut_and_their_owners_named() -> None:
    fields = tuple(FieldBody(path=f"p{at}", before="x" * 500, after=None) for at in range(FIELDS_MAX + 2))
    owner, goes = OwnerBody(path="spec.a", manager="hpa"), OwnerBody(path="data.b", manager="kubectl")
    found = planned(plan(change("A/a/a", fields=fields, conflicts=(owner,), goes=(goes,), trial="passed")))
    assert found is not None
    [only] = found.changes
    assert (len(only.fields), only.rest, len(only.fields[0].before), only.fields[0].after) == (FIELDS_MAX, 2, 201, "")
    assert only.owners == ("spec.a is held by hpa", "data.b goes: kubectl added it")
