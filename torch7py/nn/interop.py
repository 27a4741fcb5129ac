"""Networks of both kinds in one: a PyTorch module inside a Torch7 network, a Torch7 network inside a PyTorch one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from ..tensor import handle, types
from .module import Module, both

Tensor = torch.Tensor


@register("nn.FromTorch")
class FromTorch(Module):
    """A ``torch.nn.Module``, or another function of tensors that autograd can follow, as a Torch7 module.

    A Table as input gives the arguments of the function one by one; several results make a Table. The module's
    parameters are those of this one: the Tables ``weights`` and ``gradWeights`` hold tensors on the same memory.
    Random numbers that it draws are PyTorch's.

    A ``.t7`` file takes the parameters and buffers, but no code: what was read from one must be given its module
    (:meth:`setModule`) before it is used.
    """

    __slots__ = ("_call",)  # not a field: input and output of the last call, with their graph, and the parameters
    module = None

    def __init__(self, module: Callable):
        Module.__init__(self)
        self.weights, self.gradWeights = Table(), Table()
        self.setModule(module)

    def setModule(self, module: Callable) -> FromTorch:
        """Put ``module`` in place; it takes over the parameters and buffers that are here. Returns itself."""
        if not callable(module):
            raise TorchError("FromTorch: expected a torch.nn.Module or a function")
        parameters, buffers = _tensors_of(module)
        if len(self.weights) == 0:
            self.weights = Table([_with_dimension(parameter.detach()) for parameter in parameters])
            self.gradWeights = Table([torch.zeros_like(parameter) for parameter in self.weights])
        elif [tuple(p.shape) or (1,) for p in parameters] != [tuple(weight.shape) for weight in self.weights]:
            raise TorchError(f"FromTorch: {_name(module)} does not have the parameters that are here")
        for buffer, kept in zip(buffers, self.__dict__.pop("buffers", ())):
            buffer.copy_(kept.view(buffer.shape))
        self.module, self.name = module, _name(module)
        return self

    def parameters(self) -> tuple[Table, Table]:
        return Table(self.weights), Table(self.gradWeights)

    def updateOutput(self, input):
        if self.module is None:
            raise TorchError(
                f"this nn.FromTorch was read from a file, which has no code: give it its {self.name} by setModule"
            )
        parameters, _ = _tensors_of(self.module)
        for parameter, weight in zip(parameters, self.weights, strict=True):
            if parameter.data_ptr() != weight.data_ptr() or parameter.dtype is not weight.dtype:
                parameter.data = weight.view(parameter.shape)
        if isinstance(self.module, torch.nn.Module):
            self.module.train(self.train is not False)
        watched = _nest(input, lambda tensor: tensor.detach().requires_grad_(tensor.is_floating_point()))
        with torch.enable_grad():
            result = self.module(*_arguments(watched))
        self._call = watched, _leaves(result), parameters
        self.output = _as_table(_nest(result, lambda tensor: _with_dimension(tensor.detach())))
        return self.output

    def updateGradInput(self, input, gradOutput):
        inputs = _leaves(self._last()[0])
        self._give(inputs, self._derivatives(inputs, gradOutput))
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self._add(self.gradWeights, self._derivatives(self._last()[2], gradOutput), 1 if scale is None else scale)

    def defaultAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        self._add(self.weights, self._derivatives(self._last()[2], gradOutput), -lr)

    def _backward(self, input, gradOutput, scale):
        watched, _, parameters = self._last()
        inputs = _leaves(watched)
        derivatives = self._derivatives([*inputs, *parameters], gradOutput)
        self._give(inputs, derivatives[: len(inputs)])
        self._add(self.gradWeights, derivatives[len(inputs) :], 1 if scale is None else scale)
        return self.gradInput

    def _last(self) -> tuple:
        call = getattr(self, "_call", None)
        if call is None:
            raise TorchError("FromTorch: backward needs a forward before it")
        return call

    def _derivatives(self, wanted: list[Tensor], gradOutput) -> list[Tensor | None]:
        """The gradients by these tensors; None where there is none."""
        _, results, _ = self._last()
        pairs = zip(results, _leaves(gradOutput), strict=True)
        pairs = [(result, gradient.reshape(result.shape)) for result, gradient in pairs if result.requires_grad]
        sought = [tensor for tensor in wanted if tensor.requires_grad]
        if not pairs or not sought:
            return [None] * len(wanted)
        outputs, gradients = zip(*pairs)
        found = iter(torch.autograd.grad(outputs, sought, gradients, retain_graph=True, allow_unused=True))
        return [next(found) if tensor.requires_grad else None for tensor in wanted]

    def _give(self, inputs: list[Tensor], gradients: list[Tensor | None]) -> None:
        """Take these as gradInput; in the structure of the input, with zeros where there is none."""
        pairs = zip(inputs, gradients, strict=True)
        flat = iter([torch.zeros_like(tensor) if gradient is None else gradient for tensor, gradient in pairs])
        self.gradInput = _as_table(_nest(self._call[0], lambda tensor: next(flat).detach()))

    @staticmethod
    def _add(totals: Table, gradients: list[Tensor | None], scale: float) -> None:
        for total, gradient in zip(totals, gradients, strict=True):
            if gradient is not None:
                total.add_(gradient.view(total.shape), alpha=scale)

    def type(self, type: str | None = None, tensorCache=None):
        Module.type(self, type, tensorCache)
        if type is None:
            return self._type
        if isinstance(self.module, torch.nn.Module):
            device, dtype = types.lookup(type)
            self.module.to(device, dtype)
        return self

    def clearState(self) -> FromTorch:
        self._call = None
        return Module.clearState(self)

    def write(self, file) -> None:
        module = self.__dict__.pop("module", None)
        if module is not None:
            self.buffers = Table(_tensors_of(module)[1])
        try:
            Module.write(self, file)
        finally:
            if module is not None:
                self._set(module=module, buffers=None)

    def __tostring__(self) -> str:
        shown = self.name if self.module is None else repr(self.module)
        return f"{type(self).__typename__} @ {shown}"


class TorchModule(torch.nn.Module):
    """A Torch7 network as a ``torch.nn.Module``; made by :func:`as_torch_module`."""

    def __init__(self, net: Module):
        super().__init__()
        self.net = net
        self.weights = torch.nn.ParameterList(
            torch.nn.Parameter(weight, requires_grad=weight.is_floating_point()) for weight in self._fields()[0]
        )
        self._count = 0  # of calls: which one the network's own fields belong to

    def forward(self, *inputs):
        call = _Call(self, inputs)
        return call.shaped(_Network.apply(call, *_leaves(inputs), *self.weights))

    def train(self, mode: bool = True) -> TorchModule:
        self.net.training() if mode else self.net.evaluate()
        return super().train(mode)

    def _fields(self) -> tuple[list[Tensor], list[Tensor]]:
        weights, gradients = both(self.net.parameters())
        return list(weights or ()), list(gradients or ())

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        if len(self.weights) > 0:
            self.net.type(types.typename(self.weights[0].data))
            for weight, parameter in zip(self._fields()[0], self.weights, strict=True):
                weight.set_(parameter.data)
        return self

    def __deepcopy__(self, copies: dict) -> TorchModule:
        return as_torch_module(self.net.clone())

    def __reduce__(self):
        return as_torch_module, (self.net,)

    def extra_repr(self) -> str:
        return self.net.__tostring__()


class _Call:
    """One call of a TorchModule: what it needs to be repeated, as others may come before its backward."""

    def __init__(self, module: TorchModule, inputs: tuple):
        self.module, self.structure = module, inputs
        self.state = random.getRNGState()

    def run(self, tensors: tuple[Tensor, ...]):
        """The network's output, with the same random numbers each time."""
        module, flat = self.module, iter(tensors)
        values = _as_table(_nest(self.structure, lambda tensor: next(flat)))
        self.input = values[1] if len(values) == 1 else values
        module._count += 1
        self.number = module._count
        self.output = module.net.forward(self.input)
        return self.output

    def repeat(self, tensors: tuple[Tensor, ...]) -> None:
        """Bring the network into the state after this call, if there was another since."""
        if self.number != self.module._count:
            after = random.getRNGState()
            random.setRNGState(self.state)
            self.run(tensors)
            random.setRNGState(after)

    def shaped(self, results: tuple[Tensor, ...]):
        """Flat results in the structure of the network's output, with tuples for Tables."""
        flat = iter(results)
        return _as_tuple(_nest(self.output, lambda tensor: next(flat)))


class _Network(torch.autograd.Function):
    @staticmethod
    def forward(ctx, call: _Call, *tensors: Tensor):
        count = len(tensors) - len(call.module.weights)
        inputs = tuple(tensor.detach() for tensor in tensors[:count])
        ctx.call, ctx.count = call, count
        ctx.save_for_backward(*inputs)
        return tuple(tensor.clone() for tensor in _leaves(call.run(inputs)))

    @staticmethod
    def backward(ctx, *gradients: Tensor):
        call, net = ctx.call, ctx.call.module.net
        call.repeat(ctx.saved_tensors)
        flat = iter(gradients)
        gradOutput = _nest(call.output, lambda tensor: next(flat).contiguous())
        own = call.module._fields()[1]
        kept = [gradient.clone() for gradient in own]
        net.zeroGradParameters()
        gradInput = net.backward(call.input, gradOutput)
        by_inputs = [tensor.clone() for tensor in _leaves(gradInput)] or [None] * ctx.count
        by_parameters = [gradient.clone() for gradient in own]
        for gradient, before in zip(own, kept):
            gradient.copy_(before)
        by_inputs = [found if wanted else None for found, wanted in zip(by_inputs, ctx.needs_input_grad[1:])]
        return None, *by_inputs, *by_parameters


def as_torch_module(net: Module) -> TorchModule:
    """A Torch7 network as a ``torch.nn.Module``, for use inside PyTorch networks.

    Its parameters are ``torch.nn.Parameter``s on the network's own memory, and autograd carries gradients through to
    inputs and parameters; the gradient fields of the network keep what they hold. Tables are tuples outside: a Table
    as input is given as several arguments, or as a tuple. Outputs are tensors of their own.
    """
    return TorchModule(net)


# --- nests: tensors, Tables, and what PyTorch has in their place


def _leaves(nest) -> list[Tensor]:
    """The tensors of a nest in order."""
    if isinstance(nest, (Table, list, tuple)):
        return [tensor for item in nest for tensor in _leaves(item)]
    nest = handle.unwrap(nest)
    return [nest] if isinstance(nest, Tensor) else []


def _nest(nest, change: Callable[[Tensor], Tensor]):
    """A nest of the same structure with changed tensors."""
    if isinstance(nest, (Table, list, tuple)):
        return (Table if isinstance(nest, Table) else list)(_nest(item, change) for item in nest)
    nest = handle.unwrap(nest)
    return change(nest) if isinstance(nest, Tensor) else nest


def _as_table(nest):
    return Table(map(_as_table, nest)) if isinstance(nest, (Table, list)) else nest


def _as_tuple(nest):
    return tuple(map(_as_tuple, nest)) if isinstance(nest, (Table, list)) else nest


def _arguments(nest) -> Iterator:
    """What a nest gives a PyTorch module as arguments."""
    return map(_as_tuple, nest) if isinstance(nest, (Table, list)) else iter([nest])


def _with_dimension(tensor: Tensor) -> Tensor:
    """``tensor``; in place of one without dimensions, which Torch7 does not know, a vector on the same memory."""
    return tensor if tensor.dim() else tensor.view(1)


def _tensors_of(module: Callable) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters and buffers of a ``torch.nn.Module``; none of any other function."""
    if not isinstance(module, torch.nn.Module):
        return [], []
    return list(module.parameters()), list(module.buffers())


def _name(module: Callable) -> str:
    return getattr(module, "__name__", None) or type(module).__name__
