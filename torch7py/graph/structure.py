"""Edges, nodes and graphs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from torch7py.classes import TorchObject, register
from torch7py.console import tostring
from torch7py.errors import TorchError
from torch7py.graph.text import attributes, escape
from torch7py.table import Table

Visitor = Callable[["Node"], object]


@register("graph.Edge")
class Edge(TorchObject):
    """An arrow from one node to another: fields ``from``, ``to`` and, if given, ``weight``."""

    def __init__(self, from_: Node, to: Node, weight=None):
        self.__dict__["from"] = from_
        self.to = to
        if weight is not None:
            self.weight = weight

    def _ends(self) -> tuple[Node, Node]:
        return self.__dict__["from"], self.to


@register("graph.Node")
class Node(TorchObject):
    """A node with any ``data``.

    ``children`` is a Table of the nodes that it points to, and of the place of each (``children[child]``). ``id`` is
    its number in the graph that it was put in last.
    """

    def __init__(self, data=None):
        self.data = data
        self.id = 0
        self.children = Table()
        self.visited = False
        self.marked = False

    def add(self, child) -> None:
        """Point to ``child``, a node or a table of such, unless that is so already."""
        if isinstance(child, (Table, list, tuple)):
            for node in child:
                self.add(node)
        elif child not in self.children:
            self.children.append(child)
            self.children[child] = len(self.children)

    def visit(self, pre_func: Visitor | None = None, post_func: Visitor | None = None) -> None:
        """Go depth-first to each node that is not ``visited``: ``pre_func(node)``, its children, ``post_func(node)``.

        One of the two has to set ``visited``, or a node that can be reached twice is visited twice.
        """
        path = []

        def enter(node: Node) -> None:
            if pre_func:
                pre_func(node)
            path.append((node, iter(node.children.list())))

        if not self.visited:
            enter(self)
        while path:
            node, rest = path[-1]
            child = next((child for child in rest if not child.visited), None)
            if child is not None:
                enter(child)
            else:
                path.pop()
                if post_func:
                    post_func(node)

    def label(self) -> str:
        """What a drawing says of the node."""
        return tostring(self.data)

    def graph(self) -> Graph:
        """The graph of all that can be reached from here."""
        graph = Graph()
        self.bfs(lambda node: [graph.add(Edge(node, child)) for child in node.children.list()])
        return graph

    def dfs_dirty(self, func: Visitor) -> Table:
        """As :meth:`dfs`, but the nodes stay ``visited``. Returns them in order."""
        nodes = Table()

        def enter(node: Node) -> None:
            node.visited = True

        def leave(node: Node) -> None:
            func(node)
            nodes.append(node)

        self.visit(enter, leave)
        return nodes

    def dfs(self, func: Visitor) -> None:
        """Call ``func`` with each node that can be reached from here, behind those that can be reached from it."""
        for node in self.dfs_dirty(func):
            node.visited = False

    def bfs_dirty(self, func: Visitor) -> Table:
        """As :meth:`bfs`, but the nodes stay ``marked``. Returns them in order."""
        nodes, waiting = Table(), deque([self])
        self.marked = True
        while waiting:
            node = waiting.popleft()
            nodes.append(node)
            func(node)
            for child in node.children.list():
                if not child.marked:
                    child.marked = True
                    waiting.append(child)
        return nodes

    def bfs(self, func: Visitor) -> None:
        """Call ``func`` with each node that can be reached from here, the nearest first."""
        for node in self.bfs_dirty(func):
            node.marked = False

    def hasCycle(self) -> bool:
        """Whether some way from here comes back to where it has been."""
        path, open_nodes, done = [(self, iter(self.children.list()))], {self}, set()
        while path:
            node, rest = path[-1]
            child = next((child for child in rest if child not in done), None)
            if child is None:
                path.pop()
                open_nodes.discard(node)
                done.add(node)
            elif child in open_nodes:
                return True
            else:
                open_nodes.add(child)
                path.append((child, iter(child.children.list())))
        return False


@register("graph.Graph")
class Graph(TorchObject):
    """Nodes and edges: the Tables ``nodes`` and ``edges`` list them, and give the place of each."""

    def __init__(self):
        self.nodes = Table()
        self.edges = Table()

    def add(self, edge) -> None:
        """Take in an edge and its two nodes, or a table of edges."""
        if isinstance(edge, (Table, list, tuple)):
            for item in edge:
                self.add(item)
            return
        if not isinstance(edge, TorchObject):
            raise TorchError("graph.Edge or {graph.Edges} expected")
        _enter(self.edges, edge)
        start, end = edge._ends()
        for node in (start, end):
            _enter(self.nodes, node)
        start.add(end)
        start.id, end.id = self.nodes[start], self.nodes[end]

    def clone(self) -> Graph:
        """A graph of new nodes on the same data."""
        nodes = {node: type(node)(node.data) for node in self.nodes}
        return self._mapped(lambda start, end: (nodes[start], nodes[end]))

    def reverse(self) -> tuple[Graph, Table]:
        """A graph of new nodes on the same data with all edges turned round, and the Table from old to new nodes."""
        nodes = Table()

        def turned(start: Node, end: Node) -> tuple[Node, Node]:
            for node in (start, end):
                if node not in nodes:
                    nodes[node] = type(node)(node.data)
            return nodes[end], nodes[start]

        return self._mapped(turned), nodes

    def _mapped(self, change: Callable[[Node, Node], tuple[Node, Node]]) -> Graph:
        graph = Graph()
        for edge in self.edges:
            graph.add(type(edge)(*change(*edge._ends())))
        return graph

    def hasCycle(self) -> bool:
        """Whether some way along the edges comes back to its beginning."""
        roots = self.roots()
        return len(roots) == 0 or any(root.hasCycle() for root in roots)

    def topsort(self) -> tuple[Table, Graph, Table]:
        """The nodes so that each stands behind all that point to it; the reversed graph, and that one's roots."""
        reversed_graph, mapped = self.reverse()
        original = {new: old for old, new in mapped.items()}
        roots = reversed_graph.roots()
        if len(roots) == 0:
            raise TorchError("Graph has cycles")
        if len(roots) == 1:
            start = roots[1]
        else:
            start = Node("dummy_root")
            start.add(roots)
        nodes = Table()
        start.dfs(lambda node: node in original and nodes.append(original[node]))
        if len(nodes) != len(self.nodes):
            raise TorchError("Graph has cycles")
        return nodes, reversed_graph, roots

    def roots(self) -> Table:
        """The nodes that no edge leads to."""
        starts, ends = self._ends()
        return self._in_order(starts - ends)

    def leaves(self) -> Table:
        """The nodes that no edge leads away from."""
        starts, ends = self._ends()
        return self._in_order(ends - starts)

    def _ends(self) -> tuple[set[Node], set[Node]]:
        ends = [edge._ends() for edge in self.edges]
        return {start for start, _ in ends}, {end for _, end in ends}

    def _in_order(self, nodes: set[Node]) -> Table:
        return Table(sorted(nodes, key=self.nodes.__getitem__))

    def todot(self, title: str | None = None) -> str:
        """The graph in graphviz's language.

        A node may have methods ``graphNodeName()``, its name, and ``graphNodeAttributes()``, a Table of attributes of
        graphviz's (https://graphviz.org/doc/info/attrs.html).
        """
        parts = ["digraph G {\n"]
        if title:
            parts.append(f'labelloc="t";\nlabel="{title}";\n')
        parts.append("node [shape = oval]; ")
        for node in self.nodes:
            name = node.graphNodeName() if hasattr(node, "graphNodeName") else f"Node{node.id}"
            label = escape(f"{name}\n{node.label()}")
            more = attributes(node.graphNodeAttributes()) if hasattr(node, "graphNodeAttributes") else ""
            parts.append(f"\nn{node.id}[label={label}{more}];")
        parts.append("\n")
        for edge in self.edges:
            start, end = edge._ends()
            parts.append(f"n{start.id} -> n{end.id};\n")
        return "".join([*parts, "}"])


def _enter(table: Table, item) -> None:
    """Append an item and keep its place, unless it is there."""
    if item not in table:
        table.append(item)
        table[item] = len(table)
