"""The order in which a gModule works through its nodes, found out once.

A node's data shows what went through it last (``input``, ``gradOutput``), and names its module, which a program may
replace. Both cost nothing unless somebody looks: these Tables have stores that ask the plan (:class:`_Shown`), or tell
it (:class:`_Watched`), until their content moves to Lua; from then on the plan keeps them up to date itself.
"""

from __future__ import annotations

import torch

from torch7py.errors import TorchError
from torch7py.nn import utils
from torch7py.nngraph import nesting
from torch7py.table import Store, Table

Tensor = torch.Tensor


class Step:
    """One node: where its inputs come from, and what went through it last."""

    __slots__ = ("arrived", "buffer", "data", "gradOutput", "input", "inputs", "module", "node", "place", "plan")
    __slots__ += ("select", "sources", "split")

    def __init__(self, plan: Plan, node, place: int):
        self.plan, self.node, self.data, self.place = plan, node, node.data, place
        data = self.data
        self.module, self.select, self.split = data["module"], data["selectindex"], data["nSplitOutputs"]
        self.sources: list[int] = []  # the places of the nodes that give the inputs, in the order of the inputs
        self.inputs, gradients, self.buffer = data["input"], data["gradOutput"], data["gradOutputBuffer"]
        if self.inputs is None:
            self.inputs = data["input"] = Table()
        alone = len(data["mapindex"]) == 1 or len(self.inputs) == 1
        self.input = self.inputs[1] if alone else self.inputs  # what the module is given
        self.arrived = [] if gradients is None else list(gradients)  # one gradient from each use of the output
        self.gradOutput = self.buffer if len(self.arrived) > 1 else self.arrived[0] if self.arrived else None

    def total(self):
        """The sum of the gradients that arrived."""
        if not self.arrived:
            return None
        first, second, *others = self.arrived
        buffer = self.buffer
        if type(first) is Tensor and type(second) is Tensor and first.shape == second.shape and not others:
            if buffer is None:
                buffer = self._keep(utils.empty_like_type(first))
            if buffer.shape != first.shape:
                buffer.resize_(first.shape)
            return torch.add(first, second, out=buffer)
        buffer = nesting.cloneNested(first) if buffer is None else nesting.resizeNestedAs(buffer, first)
        nesting.copyNested(buffer, first)
        for gradient in (second, *others):
            nesting.addNestedTo(buffer, gradient)
        return self._keep(buffer)

    def _keep(self, buffer):
        if buffer is not self.buffer:
            self.buffer = self.data["gradOutputBuffer"] = buffer
        return buffer


class Plan:
    """The steps of a gModule, in the order of its ``forwardnodes`` and of its ``backwardnodes``."""

    def __init__(self, net):
        self.steps = [Step(self, node, place) for place, node in enumerate(net.forwardnodes)]
        of_data = {step.data: step for step in self.steps}
        for step in self.steps:
            step.sources = [of_data[data].place for data in step.data["mapindex"]]
        self.backward = [of_data[node.data] for node in net.backwardnodes]
        self.innode, self.outnode = of_data[net.innode.data], of_data[net.outnode.data]
        self.step = self.innode  # the one under way
        self.shows_gradients = False  # not before there are some
        self.watched: list[Step] = []  # those whose data Lua has
        self.shown: list[tuple[Table, Step, str]] = []  # Tables that Lua has, and what of the step they show
        for step in self.steps:
            _Watched.put(step)
            if len(step.sources) == 1:
                _Shown.put(step.inputs, step, "input")

    def close(self) -> None:
        """Leave in the data of all nodes what they show now."""
        for step in self.steps:
            for table in (step.data, step.inputs, step.data["gradOutput"]):
                if table is not None and isinstance(table._store, (_Watched, _Shown)):
                    table._store = table._store.settled()

    def run(self, func, given: list) -> Table:
        """Send inputs through the graph; what arrives at the output node. ``func`` as in ``runForwardFunction``."""
        for step in self.watched:
            step.module = step.data["module"]
        outputs = [None] * len(self.steps)
        by_name = isinstance(func, str)
        for step in self.steps:
            self.step = step
            sources = step.sources
            if len(sources) == 1:
                input = outputs[sources[0]]
            else:
                values = [outputs[place] for place in sources] if sources else given if step is self.innode else []
                input = step.inputs
                input._store.assign(values)
                if len(values) == 1:
                    input = values[0]
            step.input = input
            module = step.module
            if module is not None:
                input = getattr(module, func)(input) if by_name else func(module, input)
            elif step.select is not None:
                input = input[step.select]
            if step.split is not None:
                _check_split(input, step.split)
            outputs[step.place] = input
        self.show()
        return self.outnode.inputs

    def run_back(self, gradOutput) -> list:
        """Send a gradient back through the graph; the gradients that arrive at the input node."""
        arrived = [[] for _ in self.steps]
        arrived[self.outnode.place].append(gradOutput)
        for step in self.backward:
            self.step = step
            sources = step.sources
            gradients = step.arrived = arrived[step.place]
            step.gradOutput = gradient = gradients[0] if len(gradients) == 1 else step.total()
            if step.module is not None:
                gradient = step.module.updateGradInput(step.input, gradient)
            elif step.select is not None:
                whole = arrived[sources[0]]
                if not whole:
                    whole.append(Table())
                whole[0][step.select] = gradient
                continue
            if len(sources) == 1:
                if gradient is not None:
                    arrived[sources[0]].append(gradient)
            elif sources:
                parts = gradient.list()
                if len(parts) != len(sources):
                    if step is self.outnode:
                        raise TorchError(f"Got {len(parts)} gradOutputs instead of {len(sources)}")
                    parts = [gradient[position] for position in range(1, len(sources) + 1)]  # some are nil
                for place, part in zip(sources, parts):
                    if part is not None:
                        arrived[place].append(part)
        if not self.shows_gradients:
            self.shows_gradients = True
            for step in self.steps:
                if step.data["gradOutput"] is None:
                    step.data["gradOutput"] = Table()
                _Shown.put(step.data["gradOutput"], step, "arrived")
        self.show()
        return arrived[self.innode.place]

    def accumulate(self, scale) -> None:
        """Let every module add up its parameters' gradients."""
        for step in self.backward:
            self.step = step
            if step.module is not None:
                step.module.accGradParameters(step.input, step.gradOutput, scale)

    def show(self) -> None:
        """Bring the Tables that live in Lua up to date."""
        for table, step, what in self.shown:
            table._store.assign(_values(step, what))


def _check_split(output, parts: int) -> None:
    if not isinstance(output, Table):
        raise TorchError("the input for a split should be a table")
    if len(output) != parts:
        raise TorchError(f"split({parts}) cannot split {len(output)} outputs")


def _values(step: Step, what: str) -> list:
    return list(step.arrived) if what == "arrived" else [] if step.input is None else [step.input]


class _Shown(Store):
    """The content of a Table that shows the ``input`` of a node with one input, or the gradients that ``arrived``."""

    __slots__ = ("step", "what")

    def __init__(self, step: Step, what: str):
        self.step, self.what, self.hash = step, what, {}

    @classmethod
    def put(cls, table: Table, step: Step, what: str) -> None:
        if type(table._store) in (Store, cls):
            table._store = cls(step, what)
        else:
            step.plan.shown.append((table, step, what))

    @property
    def array(self) -> list:
        return _values(self.step, self.what)

    def moving(self, table: Table) -> None:
        self.step.plan.shown.append((table, self.step, self.what))

    def settled(self) -> Store:
        store = Store()
        store.array = self.array
        return store


class _Watched(Store):
    """The content of a node's data; a module that is put there goes to the step as well."""

    __slots__ = ("step",)

    def __init__(self, step: Step, content: Store):
        self.step, self.array, self.hash = step, content.array, content.hash

    @classmethod
    def put(cls, step: Step) -> None:
        if type(step.data._store) in (Store, cls):
            step.data._store = cls(step, step.data._store)
        else:
            step.plan.watched.append(step)

    def set(self, key, value) -> None:
        Store.set(self, key, value)
        if key == "module":
            self.step.module = value

    def moving(self, table: Table) -> None:
        self.step.plan.watched.append(self.step)

    def settled(self) -> Store:
        store = Store()
        store.array, store.hash = self.array, self.hash
        return store
