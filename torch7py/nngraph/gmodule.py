"""gModule: a network made of nodes."""

from __future__ import annotations

from torch7py.classes import register
from torch7py.console import current, tostring
from torch7py.errors import TorchError
from torch7py.nn import Container, utils
from torch7py.nngraph import debugging
from torch7py.nngraph.calls import nodes_in
from torch7py.nngraph.node import Node
from torch7py.nngraph.plan import Plan
from torch7py.table import Table
from torch7py.tensor.arguments import wording


@register("nn.gModule")
class gModule(Container):
    """The network from the nodes ``inputs`` to the nodes ``outputs`` (lists or Tables).

    With one input node it takes that node's input, with several a Table of their inputs; likewise for outputs.

    Fields: the graphs ``fg`` (edges lead from input to output) and ``bg`` (the other way), their nodes in the order of
    evaluation, ``forwardnodes`` and ``backwardnodes``, the nodes ``innode`` and ``outnode`` added at both ends,
    ``nInputs``, ``verbose`` (print each node evaluated), ``modules`` in the order of evaluation, and maybe ``name``.

    Raises:
        TorchError: a node is not connected to the outputs, parts of a split are not used, something is not a node.
    """

    __slots__ = ("_plan",)

    name = None
    verbose = False
    nInputs = None

    def __init__(self, inputs, outputs):
        Container.__init__(self)
        outnode = Node(Table(input=Table()))
        for node in nodes_in(outputs, "outputs"):
            outnode.add(node, True)
        inputs = nodes_in(inputs, "inputs")
        innode = Node(Table(input=Table()))
        if not inputs:
            raise TorchError("no inputs are not supported")
        if len(inputs) == 1:
            inputs[0].add(innode, True)
        else:
            if any(len(node.children) > 0 for node in inputs):
                raise TorchError("an input should have no inputs")
            for node, part in zip(inputs, innode.split(len(inputs))):
                node.add(part, True)

        self.bg = outnode.graph()
        self.fg, _ = self.bg.reverse()
        self.innode = self._root(innode)
        self.outnode = outnode
        self.verbose = False
        self.nInputs = len(inputs)
        self.forwardnodes, *_ = self.fg.topsort()
        self.backwardnodes, *_ = self.bg.topsort()
        self._check_connections()
        for node in self.forwardnodes:
            node.data["forwardNodeId"] = node.id
            if node.data["module"] is not None:
                self.add(node.data["module"])
        self._set(output=outnode.data["input"] if len(outnode.children) > 1 else None, gradInput=None)

    def _root(self, innode: Node) -> Node:
        """The forward graph's node of the inputs; other roots must hold parameters (nnop.Parameters)."""
        roots = self.fg.roots().list()
        found = [root for root in roots if root.data is innode.data]
        if len(found) != 1:
            raise TorchError("expecting the forward innode")
        for root in roots:
            module = root.data["module"]
            if root is not found[0] and getattr(module, "__typename__", None) != "nnop.Parameters":
                raise TorchError(f"Expected nnop.Parameters node, found : {module}")
        return found[0]

    def _check_connections(self) -> None:
        connected = {node.data for node in self.forwardnodes}
        for node in self.forwardnodes:
            parts, label = node.data["nSplitOutputs"], node.data["annotations"]["_debugLabel"]
            if parts is not None and parts != len(node.children):
                unused = parts - len(node.children)
                raise TorchError(f"{unused} of split({parts}) outputs from the node declared at {label} are unused")
            for successor in node.data["reverseMap"].keys():
                if successor.data not in connected:
                    label = successor.data["annotations"]["_debugLabel"]
                    raise TorchError(f"node declared on {label} does not connect to gmodule output")

    # --- forward and backward

    def updateOutput(self, input):
        return self.runForwardFunction("updateOutput", input)

    def runForwardFunction(self, func, input):
        """Send ``input`` through the graph with the modules' method of that name, or with ``func(module, input)``."""
        count = self.nInputs or len(self.innode.children)
        if count <= 1:
            given = [input]
        elif not isinstance(input, Table):
            raise TorchError(f"expecting table of {count} inputs")
        else:
            given = list(input)
            if len(given) != count:
                raise TorchError(f"Got {len(given)} inputs instead of {count}")
        output = self._run(Plan.run, func, given)
        self.output = output if len(self.outnode.children) != 1 else output[1]
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradients = self._run(Plan.run_back, gradOutput)
        if len(gradients) != 1:
            raise TorchError("expecting the innode to be used only once")
        self.gradInput = gradients[0]
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._run(Plan.accumulate, 1 if scale is None else scale)

    def _run(self, way, *arguments):
        """Go one way through the plan; an error then names the node at which it arose."""
        try:
            plan = self._plan
        except AttributeError:
            plan = self._plan = Plan(self)
        try:
            result = way(plan, *arguments)
        except Exception as error:
            plan.show()
            if debugging.enabled():
                debugging.draw_failure(self, plan.step.node)
            if not isinstance(getattr(error, "value", ""), str):
                raise  # a module written in Lua raised an object, for someone who expects just that
            message = getattr(error, "message", None) or wording(error)
            raise TorchError(f"{message}\n{self._place(plan.step.node)}") from error
        if self.verbose:
            for step in plan.steps if way is Plan.run else plan.backward:
                current.console.print(f" V : {step.node.label()}")
        return result

    def _forget(self) -> None:
        """Drop the plan, with the modules and tensors that it holds."""
        if hasattr(self, "_plan"):
            self._plan.close()
            del self._plan

    def _place(self, node: Node) -> str:
        module, label = node.data["module"], node.data["annotations"]["_debugLabel"]
        what = f", {module}," if module is not None else ""
        return f"in {node.graphNodeName()}{what} of {self}, declared at {tostring(label).rstrip('_')}"

    # --- the whole network

    def clearState(self) -> gModule:
        self._forget()
        Container.clearState(self)
        for node in self._nodes():
            for field in ("input", "gradOutput", "gradOutputBuffer"):
                node.data[field] = None
        return self

    def type(self, type: str | None = None, tensorCache=None):
        if type is None:
            return self._type
        self._forget()
        cache = {} if tensorCache is None else tensorCache
        convert = utils.converter(type, cache)
        for node in self._nodes():
            for field in ("input", "gradOutput", "gradOutputBuffer"):
                node.data[field] = convert(node.data[field])
        return Container.type(self, type, cache)

    def replace(self, callback):
        self._forget()
        out = callback(self)
        places = {module: position for position, module in enumerate(self.modules, 1)}
        for node in self.forwardnodes:
            module = node.data["module"]
            if module is not None:
                new = node.data["module"] = module.replace(callback)
                self.modules[places[module]] = new
        return out

    def map(self, gm: gModule, func) -> None:
        """Call ``func(module, other)`` with each module and the one in its place in ``gm``, of the same structure."""
        others = gm.forwardnodes
        for position, node in enumerate(self.forwardnodes, 1):
            module, other = node.data["module"], others[position] and others[position].data["module"]
            if others[position] is None or (module is not None and other is None):
                raise TorchError("trying to map another gModule with a different structure")
            if module is not None:
                func(module, other)

    def read(self, file, version=None) -> None:
        Container.read(self, file, version)
        if self.modules is None:  # files from before there were containers of this kind
            self.modules = Table([module for node in self.forwardnodes if (module := node.data["module"]) is not None])

    def _nodes(self) -> list[Node]:
        return self.forwardnodes.list()

    def __tostring__(self) -> str:
        return self.name or type(self).__typename__
