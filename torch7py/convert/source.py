"""A network as Python source that needs nothing but PyTorch."""

from __future__ import annotations

import inspect
import keyword
import re
from dataclasses import dataclass, field

import torch

from torch7py import nn
from torch7py.convert import layers, pieces
from torch7py.convert.expressions import Call, calls, states
from torch7py.convert.trace import Flow


@dataclass
class Source:
    """The text of a network.

    Attributes:
        text: a module that defines the class ``Network`` and what it needs.
        state: the parameters and buffers of ``Network()``.
    """

    text: str
    state: dict[str, torch.Tensor]


@dataclass
class Graph(Call):
    """A network of named variables: a class of its own, made from a gModule.

    Attributes:
        members: attribute -> module.
        lines: the statements of ``forward``, after the inputs have got their names.
        inputs: names of the inputs.
        result: what ``forward`` returns.
        title: what the class does.
    """

    members: dict[str, Call] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    result: str = ""
    title: str = ""

    def parts(self):
        return iter(self.members.items())

    def definition(self, top: bool, several: bool = False) -> str:
        """The class. The outermost network takes ``several`` inputs as arguments, others as a list."""
        made = "\n".join(f"        self.{name} = {call.text(8)}" for name, call in self.members.items())
        start = [] if top or len(self.inputs) == 1 else [f"{', '.join(self.inputs)} = inputs"]
        taken = ", ".join(self.inputs) if top or len(self.inputs) == 1 else "inputs"
        if several and len(self.inputs) == 1:  # one input that is a table
            taken = f"*{taken}"
        body = "\n".join(f"        {line}" for line in [*start, *self.lines, f"return {self.result}"])
        return (
            f'class {self.name}(nn.Module):\n    """{self.title}"""\n\n'
            f"    def __init__(self):\n        super().__init__()\n{made}\n\n"
            f"    def forward(self, {taken}):\n{body}\n"
        )


def source(net: nn.Module, flows: dict[int, Flow], title: str, standalone: bool = True) -> Source:
    """Write the source of a network through which an input has been traced.

    Arguments:
        title: the docstring of the file.
        standalone: hold all that is used; else the small modules are imported from torch7py.

    Raises:
        NoEquivalent: a module has no equivalent in PyTorch.
    """
    call = layers.convert(net, flows)
    graphs = [each for each in calls(call) if isinstance(each, Graph)]
    for number, graph in enumerate(graphs, 1):
        graph.name = "Network" if graph is call else f"Block{number}"
    used = sorted({each.name for each in calls(call) if "." not in each.name and not isinstance(each, Graph)},
                  key=_order_in_pieces)  # fmt: skip
    parts = [f'"""{title}"""\n', _imports(used, graphs, standalone)]
    if standalone:
        parts += [f"\n\n{inspect.getsource(getattr(pieces, name))}" for name in used]
    parts += [f"\n\n{graph.definition(False)}" for graph in reversed(graphs) if graph is not call]
    several = isinstance(flows[id(net)].input, list)
    state = dict(states(call, _prefix(call, several)))
    ties = _ties(state)
    parts.append(f"\n\n{_network(call, several, ties)}")
    return Source("".join(parts), state)


def _order_in_pieces(name: str) -> int:
    return inspect.getsourcelines(getattr(pieces, name))[1]


def _imports(used: list[str], graphs: list[Graph], standalone: bool) -> str:
    text = "\n".join(inspect.getsource(getattr(pieces, name)) for name in used) if standalone else ""
    text += "".join(line for graph in graphs for line in graph.lines)
    lines = ["\nimport torch"] if re.search(r"\btorch\.", text) else [""]
    lines += ["import torch.nn.functional as F"] if re.search(r"\bF\.", text) else []
    lines += ["from torch import nn"]
    if used and not standalone:
        lines += [f"\nfrom torch7py.convert.pieces import {', '.join(used)}"]
    return "\n".join(line for line in lines if line).join(("\n" if not lines[0] else "", "\n"))


def _prefix(call: Call, several: bool) -> str:
    """Where a network's modules are in the class Network: it may be the class itself."""
    if isinstance(call, Graph):
        return ""
    return "net." if several else "" if call.name == "nn.Sequential" else "0."


def _network(call: Call, several: bool, ties: dict[str, str]) -> str:
    """The class Network; one of several inputs takes them as arguments."""
    tied = "".join(f"        {_attribute(name)} = {_attribute(first)}\n" for name, first in ties.items())
    tied = f"        # the original shares these\n{tied}" if tied else ""
    if isinstance(call, Graph):
        text = call.definition(True, several)
        return text.replace("\n\n    def forward", f"\n{tied}\n    def forward", 1) if tied else text
    if several:
        return (
            "class Network(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            f"        self.net = {call.text(8)}\n{tied}\n"
            "    def forward(self, *inputs):\n        return self.net(list(inputs))\n"
        )
    made = call.parts() if call.name == "nn.Sequential" else [("0", call)]
    inner = "".join(f"            {part.text(12)},{_note(part)}\n" for _, part in made)
    start = "class Network(nn.Sequential):\n    def __init__(self):\n        super().__init__(\n"
    return f"{start}{inner}        )\n{tied}"


def _note(call: Call) -> str:
    return f"  # {call.note}" if call.note else ""


def _attribute(name: str) -> str:
    """``self[0][2].weight`` for ``0.2.weight``."""
    return "self" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in name.split("."))


def _ties(state: dict[str, torch.Tensor]) -> dict[str, str]:
    """Parameters that are the same memory as an earlier one, and that one."""
    first, ties = {}, {}
    for name, tensor in state.items():
        if name.rpartition(".")[2].startswith("running_") or not tensor.numel():
            continue
        key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if key in first:
            ties[name] = first[key]
        else:
            first[key] = name
    return ties


def identifier(text: str) -> str:
    """A name for a variable from an annotation or a class name."""
    name = re.sub(r"\W+", "_", text).strip("_").lower() or "x"
    name = re.sub(r"^(\d)", r"n\1", name)
    return f"{name}_" if keyword.iskeyword(name) or name in ("self", "torch", "nn", "f", "inputs") else name
