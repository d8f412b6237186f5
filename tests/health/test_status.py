"""The order of health, and of a whole the worst part."""

from hypothesis import given, strategies as st

from trueline.health.status import Status, worst

statuses = st.lists(st.sampled_from(Status))


def test_order() -> None:
    words = [status.word for status in sorted(Status, key=lambda status: status.rank)]
    assert words == ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"]


def test_each_has_a_sign_of_its_own() -> None:
    assert len({status.sign for status in Status}) == len(Status)


def test_of_nothing_is_healthy() -> None:
    assert worst([]) is Status.HEALTHY


@given(statuses, statuses)
def test_the_worst_of_parts_is_the_worst_of_all(left: list[Status], right: list[Status]) -> None:
    assert worst([*left, *right]) is worst([worst(left), worst(right)])
