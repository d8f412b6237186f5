"""Notes reach people: what a chart makes up, what of the files is left out. They change neither exit code nor sync."""

from typing import Any

from tests.cli.person import Person

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "templates/token.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {key: {{ randAlphaNum 20 | quote }}}\n"
    ),
}


def test_a_note_is_told_in_every_place_and_stops_nothing(person: Person) -> None:
    folder = person.fleet / "apps" / "shop"
    (folder / "all.yaml").unlink()
    for path, text in CHART.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "lost.yaml").symlink_to("../../../elsewhere.yaml")
    person.commit("one")
    codes = ["TL0126", "TL0320"]
    text = person.types("plan", "fleet", code=2)
    assert [text.count(f"  note: {code} ") for code in codes] == [1, 1]
    planned: Any = person.json("plan", "fleet", code=2)
    assert [note["code"] for note in planned["plans"][0]["notes"]] == codes
    assert planned["problems"] == planned["plans"][0]["problems"] == []
    comment = person.types("plan", "fleet", "-o", "markdown", code=2)
    assert [comment.count(f"- note: {code} ") for code in codes] == [1, 1]
    person.types("up", "fleet", "--once", "--listen", "none")
    assert [person.stderr.count(f"shop: note: {code} ") for code in codes] == [1, 1]
    status: Any = person.status()
    assert (status["true"], status["added"], [note["code"] for note in status["notes"]]) == (True, 0, codes)
    assert "note: TL0320" in person.types("plan", "fleet")
