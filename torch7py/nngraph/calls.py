"""Modules called with nodes: how a graph is written down."""

from __future__ import annotations

from torch7py.errors import TorchError
from torch7py.nn import Criterion, Module
from torch7py.nngraph.elements import ModuleFromCriterion
from torch7py.nngraph.node import Node
from torch7py.table import Table
from torch7py.tensor.arguments import describe


def node_of(module: Module | Criterion, *inputs) -> Node:
    """The node of ``module`` that takes the output of a node, or a Table of the outputs of several.

    Arguments:
        module: a module, or a criterion, which becomes one that takes ``{prediction, target}``.
        inputs: nothing, a node, or one list or Table of nodes.
    """
    if isinstance(module, Criterion):
        module = ModuleFromCriterion(module)
    if len(inputs) > 1:
        raise TorchError("Use {input1, input2} to pass multiple inputs.")
    if inputs and isinstance(inputs[0], (Table, list, tuple)):
        inputs = inputs[0]
        if not any(True for _ in (inputs.keys() if isinstance(inputs, Table) else inputs)):
            raise TorchError(
                "cannot pass an empty table of inputs. To indicate no incoming connections, leave the second set of "
                "parens blank."
            )
    parents = nodes_in(inputs, "inputs")
    node = Node(Table(module=module))
    for parent in parents:
        node.add(parent, True)
    return node


def nodes_in(values: Table | list | tuple, what: str) -> list[Node]:
    """The nodes in a table; an error that says what stands there if it is something else, or nothing."""
    if isinstance(values, Table):
        last = max((key for key in values.keys() if isinstance(key, (int, float)) and key >= 1), default=0)
        values = [values[position] for position in range(1, int(last) + 1)]
    for position, value in enumerate(values, 1):
        if not isinstance(value, Node):
            raise TorchError(f"{what}[{position}] {_wrong(value)}")
    return list(values)


def _wrong(value) -> str:
    if value is None:
        return "is nil (typo / bad index?)"
    if isinstance(value, Module):
        return (
            f"is an nn.Module, specifically a {type(value).__typename__}, but the only valid thing to pass is an "
            "instance of nngraph.Node. Did you forget a second set of parens, which convert a nn.Module to a "
            "nngraph.Node?"
        )
    return f"should be an nngraph.Node but is of type {describe(value)}"


def install() -> None:
    """Let modules and criterions be called with nodes, and ``-`` lead from a node to a module."""
    for cls in (Module, Criterion):
        cls.__call__ = _call(cls.__call__)
    Module.__neg__ = lambda module: node_of(module)
    Module.__rsub__ = lambda module, nodes: node_of(module, nodes)


def _call(on_data):
    def call(self, *inputs):
        """With nodes, or without arguments, the node of this module; with tensors what it computes of them."""
        if inputs and _is_data(inputs[0]):
            return on_data(self, *inputs)
        return node_of(self, *inputs)

    return call


def _is_data(value) -> bool:
    if isinstance(value, (Table, list, tuple)):
        return any(map(_is_data, value))
    return value is not None and not isinstance(value, (Node, Module, Criterion))
