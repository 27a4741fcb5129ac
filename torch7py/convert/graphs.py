"""nngraph's gModules: a ``forward`` with a line for each node."""

from __future__ import annotations

import re
from collections import Counter

from torch7py import nn
from torch7py.convert.expressions import Call
from torch7py.convert.layers import converts
from torch7py.convert.source import Graph, identifier

# Modules that a person would write as an operator: by the name of their piece
_OPERATORS = {"CAddTable": " + ", "CMulTable": " * ", "CSubTable": " - ", "CDivTable": " / "}
_FUNCTIONS = {"nn.Tanh": "{}.tanh()", "nn.Sigmoid": "{}.sigmoid()", "nn.ReLU": "{}.relu()", "Exp": "{}.exp()"}


@converts("gModule")
def _graph(module: nn.Module, flow, inner) -> Graph:
    names: dict[int, str] = {}  # by the id of a node's data: the variable that holds what it gives
    counts: Counter[str] = Counter()
    members: dict[int, str] = {}  # by the id of a module: its attribute, as one may stand at several nodes
    graph = Graph("", title=getattr(module, "name", None) or "A graph of modules.")
    count = module.nInputs or 1

    def fresh(text: str) -> str:
        name = identifier(text)
        counts[name] += 1
        return name if counts[name] == 1 else f"{name}{counts[name]}"

    for node in module.forwardnodes:
        data = node.data
        sources = [names[id(source)] for source in data["mapindex"].list()]
        if data is module.innode.data:
            taken = [fresh("x") for _ in range(count)]
            graph.inputs = taken
            names[id(data)] = taken[0] if count == 1 else ""
            continue
        if data is module.outnode.data:
            graph.result = sources[0] if len(sources) == 1 else f"[{', '.join(sources)}]"
            continue
        select = data["selectindex"]
        if select is not None:
            whole = data["mapindex"].list()[0]
            if whole is module.innode.data or _is_inputs(whole, module):
                names[id(data)] = graph.inputs[select - 1]
            else:
                names[id(data)] = f"{sources[0]}[{select - 1}]"
            given = names[id(data)]
        elif not sources:
            given = ""
        else:
            given = sources[0] if len(sources) == 1 else f"[{', '.join(sources)}]"
        part = data["module"]
        if part is None:
            names[id(data)] = given
            continue
        call = inner(part)
        if call.name == "nn.Identity":
            names[id(data)] = given
            continue
        label = data["annotations"]["name"] if data["annotations"] is not None else None
        expression = _expression(call, sources if select is None else [given])
        if expression is None:
            if id(part) not in members:
                members[id(part)] = fresh(f"{label}_layer" if label else _kind(call))
                graph.members[members[id(part)]] = call
            expression = f"self.{members[id(part)]}({given})"
        name = fresh(label or "h")
        graph.lines.append(f"{name} = {expression}")
        names[id(data)] = name
    return graph


def _is_inputs(data, module) -> bool:
    """Whether a node's data only hands on the network's inputs."""
    sources = data["mapindex"].list()
    return data["module"] is None and len(sources) == 1 and sources[0] is module.innode.data


def _expression(call: Call, sources: list[str]) -> str | None:
    """Plain arithmetic where that says it better than a module."""
    if call.name in _OPERATORS and len(sources) > 1:
        return _OPERATORS[call.name].join(sources)
    if call.name in _FUNCTIONS and len(sources) == 1:
        return _FUNCTIONS[call.name].format(sources[0])
    if call.name == "JoinTable" and len(sources) > 1:
        return f"torch.cat([{', '.join(sources)}], {call.arguments[0]})"
    if call.name == "Narrow" and len(sources) == 1:
        return f"{sources[0]}.narrow({', '.join(map(str, call.arguments))})"
    if call.name == "SelectTable" and len(sources) == 1:
        return f"{sources[0]}[{call.arguments[0]}]"
    return None


def _kind(call: Call) -> str:
    """``log_softmax`` for ``nn.LogSoftmax``: the name of a module's attribute."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", call.name.rpartition(".")[2]) or "block"
