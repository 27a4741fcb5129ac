"""``nngraph.simple_print``: drawings of the modules alone, without splits and identities."""

from __future__ import annotations

from torch7py.errors import TorchError
from torch7py.graph import Graph
from torch7py.graph.graphviz import draw
from torch7py.nngraph.node import Node

__all__ = ["dot", "todot"]


def todot(graph: Graph, title: str | None = None) -> str:
    """The graph of the modules in graphviz's language."""
    nodes = graph.nodes.list()
    edges = [(node, child) for node in nodes for child in node.children.list()]
    for node in nodes:
        if not _has_module(node):
            edges = _without(node, edges)
    lines = ["digraph G {\n"]
    if title:
        lines.append(f'labelloc="t";\nlabel="{title}";\n')
    lines.append("node [shape = oval]; ")
    lines += [f'\nn{node.id}[label="Node{node.id}\\n{node.label()}"];' for node in nodes if _has_module(node)]
    lines.append("\n")
    lines += [f"n{start.id} -> n{end.id};\n" for start, end in edges]
    return "".join([*lines, "}"])


def dot(g: Graph, title: str | None = None, fname: str | None = None) -> None:
    """Write the graph of the modules to ``fname.dot``, and its drawing to ``fname.svg``; see ``graph.dot``."""
    if fname is None:
        raise TorchError("simple_print.dot(g, title, fname): there is no window here, give a file name")
    draw(todot(g, title), fname)


def _has_module(node: Node) -> bool:
    module = node.data["module"]
    return module is not None and module.__typename__ != "nn.Identity"


def _without(node: Node, edges: list[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
    """The edges past a node: from all that lead to it to all that it leads to."""
    before = [start for start, end in edges if end is node]
    behind = [end for start, end in edges if start is node]
    others = [edge for edge in edges if node not in edge]
    return others + [(start, end) for start in before for end in behind]
