"""The order of applications: properties of any graph."""

from hypothesis import given, strategies as st

from trueline.declare.graph import creation_order, deletion_order, find_cycles

NAMES = st.sampled_from("abcdefg")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=3, unique=True).map(tuple))


@given(GRAPHS)
def test_an_order_or_a_cycle(graph: dict[str, tuple[str, ...]]) -> None:
    cycles = find_cycles(graph)
    try:
        order = creation_order(graph)
    except ValueError:
        assert cycles
        return
    assert not cycles
    assert sorted(order) == sorted(graph)
    for name, needed in graph.items():
        assert all(order.index(other) < order.index(name) for other in needed if other in graph)
    assert deletion_order(graph) == order[::-1]


@given(GRAPHS)
def test_a_cycle_is_a_way_along_dependencies(graph: dict[str, tuple[str, ...]]) -> None:
    for cycle in find_cycles(graph):
        following = [*cycle.names[1:], cycle.names[0]]
        assert all(other in graph[name] for name, other in zip(cycle.names, following, strict=True))
        assert cycle.names[0] == min(cycle.names)


@given(GRAPHS)
def test_without_one_name_of_each_cycle_less_remains(graph: dict[str, tuple[str, ...]]) -> None:
    while cycles := find_cycles(graph):
        cut = {cycle.names[0] for cycle in cycles}
        graph = {name: needed for name, needed in graph.items() if name not in cut}
    assert sorted(creation_order(graph)) == sorted(graph)


@given(GRAPHS)
def test_the_order_of_input_does_not_matter(graph: dict[str, tuple[str, ...]]) -> None:
    backwards = {name: graph[name][::-1] for name in reversed(graph)}
    assert find_cycles(backwards) == find_cycles(graph)


def test_a_long_chain_costs_no_more_than_its_length() -> None:
    chain = {f"a{index:05}": (f"a{index - 1:05}",) for index in range(1, 20_000)} | {"a00000": ()}
    assert creation_order(chain) == tuple(sorted(chain))
    assert not find_cycles(chain)
    (cycle,) = find_cycles(chain | {"a00000": ("a19999",)})
    assert len(cycle.names) == len(chain)
