"""Products and distances of the two tensors in a Table, and of the input and learnt vectors."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import utils
from .margin import cosine, random_signs
from .module import Module

Tensor = torch.Tensor


class _Pair(Module):
    """A module whose input is a Table of two tensors."""

    def __init__(self):
        Module.__init__(self)
        self.gradInput = Table([utils.default_tensor(), utils.default_tensor()])

    def _give(self, first: Tensor, second: Tensor) -> Table:
        """The two gradients, in the tensors of ``gradInput``."""
        for position, gradient in enumerate((first, second), 1):
            if self.gradInput[position] is None:
                self.gradInput[position] = utils.empty_like_type(gradient)
            self.gradInput[position].set_(gradient.contiguous())
        return self.gradInput


def _need(condition: bool, message: str) -> None:
    if not condition:
        raise TorchError(message)


@register("nn.MM")
class MM(_Pair):
    """The product of two matrices, or of corresponding matrices of two batches; transposed first where told so."""

    def __init__(self, transA: bool | None = None, transB: bool | None = None):
        _Pair.__init__(self)
        self.transA, self.transB = bool(transA), bool(transB)

    def updateOutput(self, input):
        a, b = self._matrices(input)
        return self.output.set_(torch.matmul(a, b))

    def updateGradInput(self, input, gradOutput):
        a, b = self._matrices(input)
        by_a, by_b = torch.matmul(gradOutput, b.mT), torch.matmul(a.mT, gradOutput)
        return self._give(by_a.mT if self.transA else by_a, by_b.mT if self.transB else by_b)

    def _matrices(self, input: Table) -> tuple[Tensor, Tensor]:
        _need(len(input) == 2, "input must be a pair of minibatch matrices")
        a, b = input.list()
        _need(a.dim() in (2, 3), "input tensors must be 2D or 3D")
        _need(b.dim() == a.dim(), f"second input tensor must be {a.dim()}D")
        _need(a.dim() == 2 or a.shape[0] == b.shape[0], "inputs must contain the same number of minibatches")
        a, b = a.mT if self.transA else a, b.mT if self.transB else b
        _need(a.shape[-1] == b.shape[-2], "matrix sizes do not match")
        return a, b


@register("nn.MV")
class MV(_Pair):
    """The product of a matrix and a vector, or of corresponding ones of two batches; the matrix may be transposed."""

    def __init__(self, trans: bool | None = None):
        _Pair.__init__(self)
        if trans is not None and not isinstance(trans, bool):
            raise TorchError("argument must be a boolean, matrix transpose before multiplication")
        self.trans = bool(trans)

    def updateOutput(self, input):
        matrix, vector = self._factors(input)
        return self.output.set_(torch.matmul(matrix, vector.unsqueeze(-1)).squeeze(-1))

    def updateGradInput(self, input, gradOutput):
        matrix, vector = self._factors(input)
        by_matrix = gradOutput.unsqueeze(-1) * vector.unsqueeze(-2)
        by_vector = torch.matmul(matrix.mT, gradOutput.unsqueeze(-1)).squeeze(-1)
        return self._give(by_matrix.mT if self.trans else by_matrix, by_vector)

    def _factors(self, input: Table) -> tuple[Tensor, Tensor]:
        _need(len(input) == 2, "input must be a pair of minibatch matrices")
        matrix, vector = input.list()
        _need(matrix.dim() in (2, 3), "input matrix must be 2D or 3D")
        _need(vector.dim() == matrix.dim() - 1, f"vector must be {matrix.dim() - 1}D")
        _need(
            matrix.dim() == 2 or matrix.shape[0] == vector.shape[0],
            "inputs must contain the same number of minibatches",
        )
        matrix = matrix.mT if self.trans else matrix
        _need(matrix.shape[-1] == vector.shape[-1], "matrix row count and vector length do not match")
        return matrix, vector


@register("nn.DotProduct")
class DotProduct(_Pair):
    """The dot product of two vectors, or of corresponding rows of two batches."""

    def updateOutput(self, input):
        a, b = _as_rows(input)
        return self.output.set_((a * b).sum(1))

    def updateGradInput(self, input, gradOutput):
        a, b = _as_rows(input)
        gradient = gradOutput.reshape(-1, 1)
        return self._give((gradient * b).view(input[1].shape), (gradient * a).view(input[2].shape))

    def clearState(self) -> DotProduct:
        utils.clear(self, "buffer")
        return Module.clearState(self)


def _as_rows(input: Table) -> list[Tensor]:
    return [tensor.reshape(1, -1) if tensor.dim() == 1 else tensor for tensor in (input[1], input[2])]


@register("nn.PairwiseDistance")
class PairwiseDistance(_Pair):
    """The p-norm (2 unless given) of the difference of two vectors, or of corresponding rows of two batches."""

    def __init__(self, p: float | None = None):
        _Pair.__init__(self)
        self.gradInput = Table()
        self.diff = utils.default_tensor()
        self.norm = 2 if p is None else p

    def updateOutput(self, input):
        a, b = self._rows(input)
        return self.output.set_((a - b).abs_().pow_(self.norm).sum(1).pow_(1 / self.norm))

    def updateGradInput(self, input, gradOutput):
        a, b = self._rows(input)
        gradient = a - b
        if self.norm == 1:
            random_signs(gradient.sign_())
        else:
            if self.norm > 2:
                gradient.mul_(gradient.abs().pow_(self.norm - 2))
            gradient.mul_((self.output + 1e-6).pow_(1 - self.norm).view(-1, 1))
        gradient = gradient.mul_(gradOutput.reshape(-1, 1)).view(input[1].shape)
        return self._give(gradient, -gradient)

    @staticmethod
    def _rows(input: Table) -> list[Tensor]:
        _need(input[1].dim() <= 2, "input must be vector or matrix")
        return _as_rows(input)

    def clearState(self) -> PairwiseDistance:
        utils.clear(self, "diff", "outExpand", "grad", "ones")
        return Module.clearState(self)


@register("nn.CosineDistance")
class CosineDistance(_Pair):
    """The cosine of the angle between two vectors, or between corresponding rows of two batches."""

    def updateOutput(self, input):
        return self.output.set_(cosine(*_as_rows(input))[0].contiguous())

    def updateGradInput(self, input, gradOutput):
        _, by_a, by_b = cosine(*_as_rows(input))
        gradient = gradOutput.reshape(-1, 1)
        return self._give((by_a * gradient).view(input[1].shape), (by_b * gradient).view(input[2].shape))

    def clearState(self) -> CosineDistance:
        utils.clear(self, "buffer", "w1", "w22", "w", "w32", "ones")
        return Module.clearState(self)


@register("nn.Bilinear")
class Bilinear(_Pair):
    """``y_k = x1' W_k x2 + b_k`` for ``{x1, x2}``, two batches of rows.

    ``weight`` is outputSize x inputSize1 x inputSize2. As in the original, ``scale`` has no effect on its gradient.
    """

    def __init__(self, inputSize1=None, inputSize2=None, outputSize=None, bias=None):
        counts = (inputSize1, inputSize2, outputSize)
        _need(None not in counts, "should specify inputSize1 and inputSize2 and outputSize")
        _need(
            all(isinstance(n, int) for n in counts),
            "inputSize1 and inputSize2 and outputSize should be integer numbers",
        )
        _need(min(counts) > 0, "inputSize1 and inputSize2 and outputSize should be positive numbers")
        _Pair.__init__(self)
        self.weight = utils.default_tensor(outputSize, inputSize1, inputSize2)
        self.gradWeight = utils.default_tensor(outputSize, inputSize1, inputSize2)
        if bias is not False:
            self.bias = utils.default_tensor(outputSize)
            self.gradBias = utils.default_tensor(outputSize)
        self.reset()

    def reset(self, stdv: float | None = None) -> Bilinear:
        bound = 1 / math.sqrt(self.weight.shape[1]) if stdv is None else stdv * math.sqrt(3)
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                random.default().fill_uniform(parameter, -bound, bound)
        return self

    def updateOutput(self, input):
        first, second = self._rows(input)
        output = torch.einsum("bi,kij,bj->bk", first, self.weight, second)
        return self.output.set_(output if self.bias is None else output.add_(self.bias))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        first, second = self._rows(input, gradOutput)
        by_first = torch.einsum("bk,kij,bj->bi", gradOutput, self.weight, second)
        return self._give(by_first, torch.einsum("bk,kij,bi->bj", gradOutput, self.weight, first))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        first, second = self._rows(input, gradOutput)
        _need(scale is None or scale >= 0, "scale should not be negative")
        self.gradWeight.add_(torch.einsum("bk,bi,bj->kij", gradOutput, first, second))
        if self.gradBias is not None:
            self.gradBias.add_(gradOutput.sum(0), alpha=1 if scale is None else scale)

    def _rows(self, input, gradOutput: Tensor | None = None) -> list[Tensor]:
        _need(isinstance(input, Table) and len(input) == 2, "input should be a table containing two data Tensors")
        first, second = input.list()
        _need(first.dim() == second.dim() == 2, "input Tensors should be two-dimensional")
        _need(first.shape[0] == second.shape[0], "input Tensors should have the same number of rows (instances)")
        _need(first.shape[1] == self.weight.shape[1], "dimensionality of first input is erroneous")
        _need(second.shape[1] == self.weight.shape[2], "dimensionality of second input is erroneous")
        if gradOutput is not None:
            _need(gradOutput.shape[0] == first.shape[0], "number of rows in gradOutput does not match input")
            _need(
                gradOutput.shape[1] == self.weight.shape[0],
                "number of columns in gradOutput does not output size of layer",
            )
        return [first, second]

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        # shared parameters add up their steps by themselves
        self.defaultAccUpdateGradParameters(input, gradOutput, lr)

    def clearState(self) -> Bilinear:
        utils.clear(self, "buff1", "buff2")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        outputs, first, second = self.weight.shape
        ending = " without bias" if self.bias is None else ""
        return f"{type(self).__typename__}({first}x{second} -> {outputs}) {ending}"


@register("nn.Cosine")
class Cosine(Module):
    """The cosines of the angles between the input (a vector or a batch of rows) and ``outputSize`` learnt vectors.

    ``weight`` is outputSize x inputSize. As in the original, ``scale`` has no effect on a batch.
    """

    def __init__(self, inputSize: int, outputSize: int):
        Module.__init__(self)
        self.weight = utils.default_tensor(outputSize, inputSize)
        self.gradWeight = utils.default_tensor(outputSize, inputSize)
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        bound = 1 / math.sqrt(self.weight.shape[0]) if stdv is None else stdv * math.sqrt(3)
        random.default().fill_uniform(self.weight, -bound, bound)

    def updateOutput(self, input):
        rows = self._rows(input)
        self._weightNorm = self.weight.norm(2, 1, keepdim=True).add_(1e-12)
        self._inputNorm = rows.norm(2, 1, keepdim=True).add_(1e-12)
        output = torch.mm(rows, self.weight.t()).div_(self._weightNorm.t()).div_(self._inputNorm)
        return self.output.set_(output.view(-1) if input.dim() == 1 else output)

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        rows, gradient, output = self._rows(input), self._rows(gradOutput), self._rows(self.output)
        along = (gradient * output).sum(1, keepdim=True) * rows / self._inputNorm
        result = (torch.mm(gradient / self._weightNorm.t(), self.weight) - along) / self._inputNorm
        return self.gradInput.set_(result.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        rows, gradient, output = self._rows(input), self._rows(gradOutput), self._rows(self.output)
        towards = torch.mm(gradient.t(), rows / self._inputNorm) / self._weightNorm
        along = (gradient * output).sum(0).unsqueeze(1) / self._weightNorm
        if input.dim() == 1:
            # here the original scales one term, and divides the other by the squared norm
            self.gradWeight.add_(towards, alpha=1 if scale is None else scale)
            self.gradWeight.sub_(along / self._weightNorm * self.weight)
        else:
            self.gradWeight.add_(towards - along / self._weightNorm * self.weight)

    @staticmethod
    def _rows(tensor: Tensor) -> Tensor:
        _need(tensor.dim() <= 2, "input must be vector or matrix")
        return tensor.reshape(1, -1) if tensor.dim() == 1 else tensor

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(_inputNorm=None, _weightNorm=None)
        return Module.type(self, type, tensorCache)

    def clearState(self) -> Cosine:
        utils.clear(self, "_input", "_weight", "_gradOutput", "_sum", "_inputNorm", "_weightNorm")
        return Module.clearState(self)
