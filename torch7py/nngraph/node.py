"""Node: a module in a graph, or a place where a Table is split."""

from __future__ import annotations

import torch

from torch7py import graph
from torch7py.classes import register
from torch7py.console import current, tostring
from torch7py.errors import TorchError
from torch7py.nngraph.elements import JustElement
from torch7py.table import Table
from torch7py.tensor import types


@register("nngraph.Node", "nn.Node")
class Node(graph.Node):
    """A node of a network; it points to the nodes that its inputs come from.

    ``data`` is a Table shared by all graphs that the node is in:

    - ``module``: what it does, or nil if it hands on its input;
    - ``annotations``: ``name``, ``description``, ``graphAttributes`` and whatever :meth:`annotate` was given;
    - ``mapindex``: the data of its inputs in order, and the place of each;
    - ``reverseMap``: the nodes that take it as input, as keys;
    - ``nSplitOutputs``: how many parts its output is split into; ``selectindex``: which part it selects;
    - ``input``, ``gradOutput``, ``gradOutputBuffer``: what went through it last, kept by the gModule.
    """

    def __init__(self, data):
        if not isinstance(data, Table):
            data = Table(data)
        graph.Node.__init__(self, data)
        for name in ("annotations", "mapindex", "reverseMap"):
            if data[name] is None:
                data[name] = Table()
        if data["annotations"]["_debugLabel"] is None:
            file, _, line = current.console.position().rpartition(":")
            data["annotations"]["_debugLabel"] = f"[{file}]:{line}_"

    def add(self, child, domap: bool | None = None) -> None:
        """Point to ``child``; with ``domap`` as the next of the inputs."""
        graph.Node.add(self, child)
        if domap:
            data, inputs = child.data, self.data["mapindex"]
            if inputs[data] is not None:
                raise TorchError("Don't pass the same input twice.")
            inputs.append(data)
            inputs[data] = len(inputs)
            if data["reverseMap"][self]:
                raise TorchError("this connection has already been made!")
            data["reverseMap"][self] = True

    def split(self, noutput: int) -> Node | tuple[Node, ...]:
        """Nodes for the ``noutput`` elements of the Table that this node gives; for 1 element one node, not a tuple."""
        if noutput == 1:
            node = Node(Table(module=JustElement()))
            node.add(self, True)
            return node
        label = self.data["annotations"]["_debugLabel"]
        file, _, line = current.console.position().rpartition(":")
        whole = _labelled(f"{label} split at [{file}]:{line}-mnode", nSplitOutputs=noutput)
        whole.add(self, True)
        parts = []
        for index in range(1, noutput + 1):
            part = _labelled(f"{label}-{index}", selectindex=index, input=Table())
            part.add(whole, True)
            parts.append(part)
        return tuple(parts)

    def annotate(self, annotations=(), **named) -> Node:
        """Keep what a Table says, or named arguments, among the node's annotations. Returns itself.

        Drawings show the ``name``, the ``description``, and follow ``graphAttributes`` (a Table).
        """
        for key, value in [*Table(annotations).items(), *named.items()]:
            self.data["annotations"][key] = value
        return self

    def graphNodeName(self) -> str:
        """The annotated name and the number of the node, or ``Node`` and the number."""
        name = self.data["annotations"]["name"]
        return f"{name} ({self.id})" if name else f"Node{self.id}"

    def graphNodeAttributes(self) -> Table:
        """The annotated attributes; as tooltip, unless one is given, where the node was made."""
        annotations = self.data["annotations"]
        if annotations["graphAttributes"] is None:
            annotations["graphAttributes"] = Table()
        attributes = annotations["graphAttributes"]
        if attributes["tooltip"] is None:
            attributes["tooltip"] = annotations["_debugLabel"]
        return attributes

    def label(self) -> str:
        """What is in ``data``, with the sizes of tensors; lines end in ``\\l``, as graphviz has it."""
        lines = []
        for key, value in self.data.items():
            if key == "mapindex":
                if len(value) > 1:
                    nodes = ",".join(f"Node{tostring(data['forwardNodeId'] or '')}" for data in value)
                    lines.append(f"{key} = {{{nodes}}}")
            elif key not in ("forwardNodeId", "annotations"):
                lines.append(f"{key} = {_summary(value)}")
        description = self.data["annotations"]["description"]
        return (f"desc = {description}\\n" if description else "") + "\\l".join(lines)

    def __sub__(self, module):
        """``node - module``: the module's node that takes this one's output."""
        return module(self)


def _labelled(label: str, **data) -> Node:
    return Node(Table(annotations=Table(_debugLabel=label), **data))


def _summary(value) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Table):
        return "{" + ",".join(map(_summary, value)) + "}"
    if isinstance(value, torch.Tensor):
        name = types.typename(value)
        kind = "Tensor" if name == types.default.name else name
        sizes = "x".join(map(str, value.shape)) if value.numel() else ""
        return f"{kind}[{sizes}]{_not_finite(value)}"
    return tostring(value).replace("\n", "\\l")


def _not_finite(tensor: torch.Tensor) -> str:
    if tensor.numel() == 0 or not tensor.dtype.is_floating_point:
        return ""
    if tensor.isnan().any():
        return "NaN"
    if tensor.isposinf().any():
        return "inf"
    return "-inf" if tensor.isneginf().any() else ""
