"""Rectifiers with a slope on the negative side, fixed, learnt or random."""

from __future__ import annotations

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._kernels import fit, into, matched, take
from .arithmetic import MulConstant
from .containers import ConcatTable
from .identity import Identity
from .linear import Linear
from .module import Module
from .reductions import Max
from .sequential import Sequential
from .tabular import JoinTable
from .transfer import ReLU, threshold_backward
from .view import View

_aten = torch.ops.aten
leaky_relu = torch._C._nn.leaky_relu
leaky_relu_backward = _aten.leaky_relu_backward.grad_input
elu = torch._C._nn.elu
elu_backward = _aten.elu_backward.grad_input
glu = torch._C._nn.glu
glu_backward = _aten.glu_backward.grad_input


@register("nn.LeakyReLU")
class LeakyReLU(Module):
    """``x`` where it is positive, else ``negval x`` (0.01 unless given)."""

    inplace = False  # for files of older versions

    def __init__(self, negval: float | None = None, ip: bool | None = None):
        Module.__init__(self)
        self.negval = 1 / 100 if negval is None or isinstance(negval, bool) else negval
        self.inplace = bool(ip) and self.negval >= 0

    def updateOutput(self, input):
        return leaky_relu(input, self.negval, out=into(self.output, input, self.inplace))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        gradInput = into(self.gradInput, gradOutput, self.inplace)
        # the slope does not change the sign, so the kernel may look at the overwritten input as well
        return leaky_relu_backward(gradOutput, input, self.negval, False, grad_input=gradInput)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.negval:g})"


@register("nn.ELU")
class ELU(Module):
    """``x`` where it is positive, else ``alpha (e^x - 1)``. Clevert et al., arXiv:1511.07289."""

    inplace = False

    def __init__(self, alpha: float | None = None, inplace: bool | None = None):
        Module.__init__(self)
        self.alpha = 1 if alpha is None else alpha
        self.inplace = bool(inplace)

    def updateOutput(self, input):
        return elu(input, self.alpha, out=into(self.output, input, self.inplace))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        gradInput = into(self.gradInput, gradOutput, self.inplace)
        return elu_backward(gradOutput, self.alpha, 1, 1, True, self.output, grad_input=gradInput)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} (alpha:{self.alpha:f})"


@register("nn.PReLU")
class PReLU(Module):
    """``x`` where it is positive, else ``weight x``: one slope for all, or one for each of ``nOutputPlane`` planes.

    He et al., arXiv:1502.01852. Planes are the second dimension of the input (the first of a vector).
    """

    def __init__(self, nOutputPlane: int | None = None):
        Module.__init__(self)
        self.nOutputPlane = nOutputPlane or 0
        self.weight = utils.default_tensor(nOutputPlane or 1).fill_(0.25)
        self.gradWeight = utils.default_tensor(nOutputPlane or 1)

    def updateOutput(self, input):
        if self.nOutputPlane == 0:
            return leaky_relu(input, self.weight.item(), out=fit(self.output, input))
        falling = torch.clamp(input, max=0, out=fit(self.output, input)).mul_(self._slopes(input))
        return falling.add_(input.clamp(min=0))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        gradInput = fit(self.gradInput, input)
        if self.nOutputPlane == 0:
            return leaky_relu_backward(gradOutput, input, self.weight.item(), False, grad_input=gradInput)
        rising = threshold_backward(gradOutput, input, 0, grad_input=gradInput)
        return rising.addcmul_(gradOutput - rising, self._slopes(input))

    def accGradParameters(self, input, gradOutput, scale=1):
        falling = input.clamp(max=0).mul_(matched(gradOutput, input))
        if self.nOutputPlane == 0:
            gradient = falling.sum()
        else:
            gradient = falling.sum_to_size(self._slopes(input).shape).view(-1)
        return self.gradWeight.add_(gradient, alpha=1 if scale is None else scale)

    def _slopes(self, input):
        """The planes' weights in a shape that goes along with the input's."""
        planes = input.shape[1 if input.dim() > 1 else 0]
        if planes != self.nOutputPlane:
            raise TorchError(f"Wrong number of input planes. Expected {self.nOutputPlane} but got {planes}.")
        return self.weight if input.dim() == 1 else self.weight.view([1, -1] + [1] * (input.dim() - 2))

    def clearState(self) -> PReLU:
        utils.clear(self, "gradWeightBuf", "gradWeightBuf2")
        return Module.clearState(self)


@register("nn.RReLU")
class RReLU(Module):
    """``x`` where it is positive, else ``a x``: in training ``a`` is drawn from ``l`` to ``u``, in tests their mean."""

    inplace = False

    def __init__(self, l=None, u=None, ip=None):  # noqa: E741 - Torch7's own name
        Module.__init__(self)
        self.lower = 1 / 8 if l is None else l
        self.upper = 1 / 3 if u is None else u
        if not 0 <= self.lower <= self.upper:
            raise TorchError(f"RReLU: need 0 <= lower <= upper, got {self.lower} and {self.upper}")
        self.noise = utils.default_tensor()
        self.train = True
        self.inplace = bool(ip)

    def updateOutput(self, input):
        output = into(self.output, input, self.inplace)
        if not self.train:
            return leaky_relu(input, (self.lower + self.upper) / 2, out=output)
        noise, falling = fit(self.noise, input).fill_(1), input <= 0
        drawn = input.new_empty(int(falling.sum()))
        if drawn.numel() > 0:
            random.default().fill_uniform(drawn, self.lower, self.upper)
            noise[falling] = drawn
        return torch.mul(input, noise, out=output)

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, input)
        gradInput = into(self.gradInput, gradOutput, self.inplace)
        if self.train and self.upper - self.lower > 1e-6:
            return torch.mul(gradOutput, self.noise, out=gradInput)
        return leaky_relu_backward(gradOutput, input, (self.lower + self.upper) / 2, False, grad_input=gradInput)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} (l:{self.lower:f}, u:{self.upper:f})"

    def clearState(self) -> RReLU:
        utils.clear(self, "noise")
        return Module.clearState(self)


@register("nn.CReLU")
class CReLU(Sequential):
    """ReLU of the input beside ReLU of the negated input: twice as many features. Shang et al., arXiv:1603.05201.

    ``nInputDims`` is the number of dimensions of one sample, of which the first is the features.
    """

    def __init__(self, nInputDims: int, inplace: bool | None = None):
        Sequential.__init__(self)
        self.nInputDims = nInputDims
        self.inplace = bool(inplace)
        self.add(ConcatTable().add(Identity()).add(MulConstant(-1)))
        self.add(JoinTable(2))
        self.add(ReLU(self.inplace))

    def updateOutput(self, input):
        output = Sequential.updateOutput(self, self._rows(input, input))
        shape = list(input.shape)
        shape[self._is_batch(input)] *= 2
        self.output = output.resize_(shape)
        return self.output

    def updateGradInput(self, input, gradOutput):
        gradInput = Sequential.updateGradInput(self, self._rows(input, input), self._rows(input, gradOutput))
        self.gradInput = gradInput.resize_(input.shape)
        return self.gradInput

    def _backward(self, input, gradOutput, scale):
        return self.updateGradInput(input, gradOutput)

    def _rows(self, input, tensor):
        """``tensor`` as a matrix with a row for each sample of ``input``."""
        return tensor.view(input.shape[0] if self._is_batch(input) else 1, -1)

    def _is_batch(self, input) -> bool:
        return input.dim() == self.nInputDims + 1

    def __tostring__(self) -> str:
        return "CReLU()"


@register("nn.GatedLinearUnit")
class GatedLinearUnit(Module):
    """One half of the input times the sigmoid of the other half, cut along ``dim`` (by default the last)."""

    dim = None

    def __init__(self, dim: int | None = None):
        Module.__init__(self)
        self._set(dim=dim)

    def updateOutput(self, input):
        dim = self._dimension(input)
        if input.shape[dim] % 2:
            raise TorchError(f"Halving dimension must be even. Dim {dim + 1} is size {input.shape[dim]}")
        return take(self.output, glu(input, dim))

    def updateGradInput(self, input, gradOutput):
        gradOutput = matched(gradOutput, self.output)
        return glu_backward(gradOutput, input, self._dimension(input), grad_input=fit(self.gradInput, input))

    def _dimension(self, input) -> int:
        return (input.dim() if self.dim is None else self.dim) - 1


@register("nn.Maxout")
class Maxout(Sequential):
    """The largest of ``maxoutNumber`` linear functions for each output. Goodfellow et al., arXiv:1302.4389."""

    def __init__(self, inputSize, outputSize, maxoutNumber, preprocess: Module | None = None):
        Sequential.__init__(self)
        self.add(Linear(inputSize, outputSize * maxoutNumber))
        self.add(View(maxoutNumber, outputSize).setNumInputDims(1))
        if preprocess is not None:
            self.add(preprocess)
        self.add(Max(1, 2))
