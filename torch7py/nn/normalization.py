"""Normalisation: of batches, of layers, of vectors."""

from __future__ import annotations

import math

import torch

from .. import random
from ..classes import register
from ..errors import TorchError
from . import utils
from ._check import need_sizes, need_tensor
from ._kernels import fit, matched, take, vacate
from .arithmetic import Add, CMul, MulConstant
from .containers import ConcatTable
from .identity import Identity
from .module import Module
from .reductions import Mean
from .sequential import Sequential
from .slices import Replicate
from .tabular import CSubTable

Tensor = torch.Tensor
_LARGE = 2**15  # elements from which sums of our own are quicker
batch_norm_backward = torch.ops.aten.native_batch_norm_backward.default


@register("nn.BatchNormalization")
class BatchNormalization(Module):
    """Normalises each feature over the batch, then scales by ``weight`` and shifts by ``bias`` unless ``affine`` is
    false. Ioffe and Szegedy, arXiv:1502.03167.

    Input: batch x nOutput. In training the batch's mean and variance (plus ``eps``, 1e-5) count, and
    ``running_mean`` and ``running_var`` move towards them by ``momentum`` (0.1); in tests, and for a batch of one,
    the running ones count.
    """

    _version = 2
    nDim = 2
    save_mean = save_std = None

    def __init__(self, nOutput=None, eps=None, momentum=None, affine=None):
        Module.__init__(self)
        if isinstance(nOutput, bool) or not isinstance(nOutput, (int, float)):
            raise TorchError("Missing argument #1: dimensionality of input.")
        if nOutput == 0:
            raise TorchError("To set affine=false call BatchNormalization(nOutput, eps, momentum, false)")
        if affine is not None and not isinstance(affine, bool):
            raise TorchError("affine has to be true/false")
        self.affine = affine is not False
        self.eps = 1e-5 if eps is None or eps is False else eps
        self.momentum = 0.1 if momentum is None or momentum is False else momentum
        self.train = True
        self.running_mean = utils.default_tensor(nOutput).zero_()
        self.running_var = utils.default_tensor(nOutput).fill_(1)
        if self.affine:
            for name in ("weight", "bias", "gradWeight", "gradBias"):
                setattr(self, name, utils.default_tensor(nOutput))
            self.reset()

    def reset(self, stdv=None) -> None:
        if self.weight is not None:
            random.default().fill_uniform(self.weight, 0, 1)
        if self.bias is not None:
            self.bias.zero_()
        self.running_mean.zero_()
        self.running_var.fill_(1)

    def checkInputDim(self, input) -> None:
        need_tensor(input, self.running_mean)
        dims, single = input.dim(), input.dim() == self.nDim - 1 and self.train is False
        if dims != self.nDim and not single:
            raise TorchError(f"only mini-batch supported ({self.nDim}D tensor), got {dims}D tensor instead")
        features, expected = input.shape[0 if single else 1], self.running_mean.numel()
        if features != expected:
            raise TorchError(f"got {features}-feature tensor, expected {expected}")

    def updateOutput(self, input):
        batch = self._batch(input).contiguous()  # of another one, PyTorch writes nonsense into a given tensor
        output = fit(self.output, batch)
        if self.save_mean is None:
            self.save_mean, self.save_std = (utils.empty_like_type(self.running_mean) for _ in range(2))
        training = self._uses_batch(batch)
        if training and batch.dim() > 2 and batch.numel() >= _LARGE and batch.data_ptr() != output.data_ptr():
            return self._normalise(batch, output)
        torch.native_batch_norm(
            batch, self.weight, self.bias, self.running_mean, self.running_var,
            training, self.momentum, self.eps, out=(output, self.save_mean, self.save_std),
        )  # fmt: skip
        return output

    def _normalise(self, batch: Tensor, output: Tensor) -> Tensor:
        """Training by PyTorch's sums, which take a tenth of the time of those in its batch normalisation."""
        mean, dims = self.save_mean, (0, *range(2, batch.dim()))
        torch.mean(batch, dims, out=fit(mean, self.running_mean))
        variance = torch.sub(batch, mean.view(-1, *(1,) * (len(dims) - 1)), out=output).square_().mean(dims)
        torch.add(variance, self.eps, out=fit(self.save_std, variance)).rsqrt_()
        torch.native_batch_norm(
            batch, self.weight, self.bias, mean, variance, False, 0, self.eps,
            out=(output, batch.new_empty(0), batch.new_empty(0)),
        )  # fmt: skip
        count = batch.numel() // len(mean)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance.mul_(count / (count - 1)), self.momentum)
        return output

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        vacate(self.gradInput, gradOutput)
        gradient, _, _ = self._gradients(input, gradOutput, (True, False, False))
        return take(self.gradInput, gradient)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        if self.gradWeight is not None:
            self._add(*self._gradients(input, gradOutput, (False, True, True))[1:], scale)

    def _backward(self, input, gradOutput, scale):
        # as in Torch7, whoever replaces the halves has to replace this as well
        by_input, by_parameters = self.gradInput is not None, self.gradWeight is not None
        if by_input:
            vacate(self.gradInput, gradOutput)
        gradient, weight, bias = self._gradients(input, gradOutput, (by_input, by_parameters, by_parameters))
        if by_parameters:
            self._add(weight, bias, scale)
        return take(self.gradInput, gradient) if by_input else None

    def _add(self, weight: Tensor, bias: Tensor, scale) -> None:
        scale = 1 if scale is None else scale
        self.gradWeight.add_(weight, alpha=scale)
        self.gradBias.add_(bias, alpha=scale)

    def _gradients(self, input, gradOutput, wanted: tuple[bool, bool, bool]):
        if self.save_mean is None:
            raise TorchError("must call :updateOutput() first")
        batch, gradient = self._batch(input), self._batch(gradOutput)
        need_sizes(gradient, batch.shape)
        return batch_norm_backward(
            gradient, batch, self.weight, self.running_mean, self.running_var, self.save_mean, self.save_std,
            self._uses_batch(batch), self.eps, wanted,
        )  # fmt: skip

    def _batch(self, input: Tensor) -> Tensor:
        self.checkInputDim(input)
        return input if input.dim() == self.nDim else input.unsqueeze(0)

    def _uses_batch(self, batch: Tensor) -> bool:
        return bool(self.train) and batch.shape[0] > 1

    def read(self, file, version=None) -> None:
        Module.read(self, file, version)
        if version is not None and version < 2 and "running_std" in self.__dict__:
            # the first version kept the inverse of the standard deviation
            self.running_var = self.__dict__.pop("running_std").pow(-2).sub_(self.eps)

    def clearState(self) -> BatchNormalization:
        utils.clear(self, "buffer", "buffer2", "centered", "std", "normalized", "_input", "_gradOutput")
        utils.clear(self, "save_mean", "save_std")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__} ({self.nDim}D) ({self.running_mean.numel()})"


@register("nn.SpatialBatchNormalization")
class SpatialBatchNormalization(BatchNormalization):
    """BatchNormalization of images: batch x planes x height x width, each plane a feature."""

    nDim = 4


@register("nn.VolumetricBatchNormalization")
class VolumetricBatchNormalization(BatchNormalization):
    """BatchNormalization of volumes: batch x planes x time x height x width, each plane a feature."""

    nDim = 5


@register("nn.LayerNormalization")
class LayerNormalization(Sequential):
    """Normalises each sample of ``nOutput`` elements to mean 0 and variance 1, then scales (from 1) and shifts (from
    ``bias``, 0) by learnt vectors unless ``affine`` is false. Ba et al., arXiv:1607.06450.
    """

    def __init__(self, nOutput, bias=None, eps=None, affine=None):
        Sequential.__init__(self)
        mean = Sequential().add(Mean(1, 1)).add(Replicate(nOutput, 1, 1))
        self.add(ConcatTable().add(Identity()).add(mean))
        self.add(CSubTable())
        self.add(Normalize(2, 1e-10 if eps is None else eps))
        self.add(MulConstant(math.sqrt(nOutput)))
        if affine is not False:
            # drawn numbers are overwritten at once, but count in the random stream
            shift = Add(nOutput, False)
            shift.bias.fill_(0 if bias is None else bias)
            gain = CMul(nOutput)
            gain.weight.fill_(1)
            self.add(gain)
            self.add(shift)


@register("nn.Normalize")
class Normalize(Module):
    """Divides a vector, or each row of a batch, by its p-norm; ``eps`` (1e-10) keeps it from 0."""

    def __init__(self, p: float | None = None, eps: float | None = None):
        Module.__init__(self)
        if p is None:
            raise TorchError("p-norm not provided")
        if not p > 0:
            raise TorchError(f"{p}-norm not supported")
        self.p = p
        self.eps = 1e-10 if eps is None else eps

    def updateOutput(self, input):
        rows = self._rows(input)
        if math.isinf(self.p):
            largest, where = rows.abs().max(1, keepdim=True)
            self.norm, self._indices = largest.add_(self.eps), where.add_(1)
        else:
            self.normp = rows.abs().pow_(self.p).sum(1, keepdim=True).add_(self.eps)
            self.norm = self.normp.pow(1 / self.p)
        return self.output.set_((rows / self.norm).view(input.shape))

    def updateGradInput(self, input, gradOutput):
        rows, gradient = self._rows(input), self._rows(matched(gradOutput, input))
        cross = (rows * gradient).sum(1, keepdim=True)
        if math.isinf(self.p):
            where = self._indices - 1
            scale, power = self.norm, self.norm
            slope = torch.zeros_like(rows).scatter_(1, where, rows.gather(1, where) / self.norm)
        else:
            scale, power = self.normp, self.normp
            magnitude = rows.abs().add_(self.eps) if self.p < 2 and self.p % 2 else rows.abs()
            slope = rows if self.p == 2 else magnitude.pow_(self.p - 2).mul_(rows)
        result = (scale * gradient - slope * cross) / (power * self.norm)
        return self.gradInput.set_(matched(result, input))

    @staticmethod
    def _rows(tensor: Tensor) -> Tensor:
        if tensor.dim() > 2:
            raise TorchError("only 1d layer supported")
        return tensor.reshape(1, -1) if tensor.dim() == 1 else tensor

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(_indices=None)
        return Module.type(self, type, tensorCache)

    def clearState(self) -> Normalize:
        utils.clear(self, "_output", "_indices", "_gradInput", "buffer", "norm", "normp", "cross")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        return f"{type(self).__typename__}({self.p:{'.0f' if self.p % 1 == 0 else 'f'}})"
