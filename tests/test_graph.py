"""Graphs: ways through them, order, text for graphviz, drawings."""

import os

import pytest

from torch7py import graph
from torch7py.errors import TorchError


def chain(*ends):
    """A graph from pairs of numbers, and its nodes by number."""
    nodes = {}
    result = graph.Graph()
    for pair in ends:
        for number in pair:
            nodes.setdefault(number, graph.Node(number))
        result.add(graph.Edge(nodes[pair[0]], nodes[pair[1]]))
    return result, nodes


def numbers(nodes):
    return [node.data for node in nodes]


def visited(way):
    seen = []
    way(lambda node: seen.append(node.data) or None)
    return seen


def test_ways_through_a_graph():
    _, nodes = chain((1, 2), (1, 3), (2, 4), (3, 4), (4, 5))
    assert visited(nodes[1].bfs) == [1, 2, 3, 4, 5]
    assert visited(nodes[1].dfs) == [5, 4, 2, 3, 1]
    assert not any(node.visited or node.marked for node in nodes.values())


def test_order_roots_and_leaves():
    g, _ = chain((1, 3), (2, 3), (3, 4), (3, 5))
    nodes, reversed_graph, roots = g.topsort()
    assert numbers(nodes) == [1, 2, 3, 4, 5]
    assert numbers(g.roots()) == [1, 2] and numbers(g.leaves()) == [4, 5]
    assert numbers(reversed_graph.leaves()) == [1, 2] and numbers(roots) == [4, 5]
    assert numbers(g.clone().roots()) == [1, 2]


def test_cycles():
    g, nodes = chain((1, 2), (2, 3), (3, 4), (4, 2))
    assert g.hasCycle() and nodes[1].hasCycle()
    with pytest.raises(TorchError, match="Graph has cycles"):
        g.topsort()
    assert not chain((1, 2), (1, 3), (2, 3))[0].hasCycle()


def test_a_long_chain_costs_no_depth():
    g, nodes = chain(*((i, i + 1) for i in range(3000)))
    assert numbers(g.topsort()[0]) == list(range(3001))
    assert not g.hasCycle() and len(nodes[0].graph().nodes) == 3001


def test_nodes_and_edges_know_their_places():
    g, nodes = chain((1, 2), (1, 3))
    assert nodes[3].id == g.nodes[nodes[3]] == 3
    assert nodes[1].children[nodes[3]] == 2 and g.edges[g.edges[2]] == 2
    g.add(g.edges[1])
    assert len(g.edges) == 2 and len(nodes[1].children) == 2


def test_text_for_graphviz():
    g, _ = chain((1, "two words"))
    assert g.todot("title") == (
        'digraph G {\nlabelloc="t";\nlabel="title";\nnode [shape = oval]; \n'
        'n1[label="Node1\\n1"];\nn2[label="Node2\\ntwo words"];\nn1 -> n2;\n}'
    )


def test_without_graphviz_there_is_the_text(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    g, _ = chain((1, 2))
    with pytest.raises(TorchError, match="picture.dot, but no .*graphviz could not be found"):
        graph.dot(g, "title", str(tmp_path / "picture"))
    assert (tmp_path / "picture.dot").read_text() == g.todot("title")
    with pytest.raises(TorchError, match="graphviz could not be found"):
        graph.graphvizFile(g, "dot", str(tmp_path / "picture.png"))


def test_with_graphviz_there_are_drawings(tmp_path, monkeypatch):
    program = tmp_path / "dot"  # stands in for graphviz: says how it was called
    program.write_text('#!/bin/sh\nif [ "$2" = -Tplain ]; then echo "graph 1 2 4"; echo "node n2 1 3 a b"; '
                       'else echo "$@"; cat; fi\n')  # fmt: skip
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    g, _ = chain((1, 2))
    graph.dot(g, "title", str(tmp_path / "picture"))
    assert (tmp_path / "picture.svg").read_text() == "-Kdot -Tsvg\n" + g.todot("title")
    graph.graphvizFile(g, "neato", str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").read_text().startswith("-Kneato -Tpng\n")
    assert graph.graphvizLayout(g).tolist() == [[0, 0], [0.5, 0.75]]
