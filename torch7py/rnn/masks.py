"""Sequences of different lengths in one batch: their gaps hold zeros, which MaskZero and its kin pass over."""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.console import current
from torch7py.errors import TorchError
from torch7py.identity import isTypeOf
from torch7py.nn import Decorator, LookupTable, Module, utils
from torch7py.table import Table
from torch7py.tensor.arguments import describe
from torch7py.torchx.nests import first_tensor

Tensor = torch.Tensor


def check_dimensions(nInputDim, name: str) -> None:
    """Raise unless ``nInputDim`` is a number."""
    if isinstance(nInputDim, bool) or not isinstance(nInputDim, (int, float)):
        raise TorchError(f"{name}: Expecting nInputDim number, got {describe(nInputDim)}")


def blank(samples: Tensor) -> Tensor:
    """For each sample of a batch, whether it is all zeros."""
    return ~(samples.reshape(len(samples), -1) != 0).any(1)


@register("nn.MaskZero")
class MaskZero(Decorator):
    """Decorates a module: where a sample of the input is all zeros, so is that of the output.

    ``nInputDim`` is the number of dimensions of a sample; what counts of a Table is its first tensor. ``silent`` turns
    off a warning.
    """

    batchmode = zeroMask = gradOutput = None

    def __init__(self, module: Module, nInputDim: int, silent: bool | None = None):
        Decorator.__init__(self, module)
        name = type(self).__name__
        if not isinstance(module, Module):
            raise TorchError(f"{name}: expecting nn.Module at arg 1, got {describe(module)}")
        if isTypeOf(module, "nn.AbstractRecurrent") and not silent:
            current.console.print(
                "Warning : you are most likely using MaskZero the wrong way. "
                "You should probably use AbstractRecurrent:maskZero() so that "
                "it wraps the internal AbstractRecurrent.recurrentModule instead of "
                "wrapping the AbstractRecurrent module itself."
            )
        check_dimensions(nInputDim, name)
        self.nInputDim = nInputDim

    def _look_for_zeros(self, input) -> None:
        """Find out whether this is a batch (``batchmode``) and which samples are zero (``zeroMask``)."""
        tensor = first_tensor(input)
        if tensor.dim() not in (self.nInputDim, self.nInputDim + 1):
            raise TorchError(f"nInputDim error: {tensor.dim()}, {self.nInputDim}")
        self.batchmode = tensor.dim() != self.nInputDim
        self.zeroMask = blank(tensor if self.batchmode else tensor.unsqueeze(0)).byte()

    def updateOutput(self, input):
        self._look_for_zeros(input)
        self.output = self._masked(self.output, self.modules[1].updateOutput(input))
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradOutput = self._masked(self.gradOutput, gradOutput)
        gradInput = self.modules[1].updateGradInput(input, self.gradOutput)
        self._set(gradInput=gradInput)
        return gradInput

    def _masked(self, result, nest):
        """A copy of ``nest``, in ``result`` if that fits, with zeros in the samples that are masked."""
        if isinstance(nest, Table):
            result = result if isinstance(result, Table) else Table()
            for place, item in enumerate(nest, 1):
                result[place] = self._masked(result[place], item)
            return result
        result = utils.recursiveCopy(result if isinstance(result, Tensor) else None, nest)[0]
        mask = self.zeroMask.bool()
        return result.masked_fill_(mask.view(-1, *[1] * (nest.dim() - 1)) if self.batchmode else mask, 0)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            self._set(zeroMask=None)
        return Decorator.type(self, type, tensorCache)


@register("nn.TrimZero")
class TrimZero(MaskZero):
    """Does the same as MaskZero, but leaves samples that are all zeros out of the batch that its module gets."""

    def __init__(self, module: Module, nInputDim: int, silent: bool | None = None):
        MaskZero.__init__(self, module, nInputDim, silent)
        if type(module).__typename__ in ("nn.GRU", "nn.LSTM", "nn.FastLSTM") and module.p != 0 and not module.mono:
            raise TorchError("TrimZero + Bayesian RNN needs `mono` option!")
        self.temp, self.gradTemp = utils.default_tensor(), utils.default_tensor()

    def updateOutput(self, input):
        self._look_for_zeros(input)
        self.temp = self._trimmed(self.temp, input)
        self.output = self._restored(self.output, self.modules[1].updateOutput(self.temp))
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.temp = self._trimmed(self.temp, input)
        self.gradTemp = self._trimmed(self.gradTemp, gradOutput)
        self.gradInput = self._restored(self.gradInput, self.modules[1].updateGradInput(self.temp, self.gradTemp))
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        self.temp = self._trimmed(self.temp, input)
        self.gradTemp = self._trimmed(self.gradTemp, gradOutput)
        self.modules[1].accGradParameters(self.temp, self.gradTemp, 1 if scale is None else scale)

    def _kept(self) -> Tensor:
        return torch.nonzero(self.zeroMask == 0).view(-1)

    def _trimmed(self, result, nest):
        """``nest`` without its masked samples, in ``result`` if that fits.

        Where all are masked the first one stays, since a module needs one; gradients flow from it, as in Torch7.
        """
        if isinstance(nest, Table):
            result = result if isinstance(result, Table) else Table()
            for place, item in enumerate(nest, 1):
                result[place] = self._trimmed(result[place], item)
            return result
        result = result if isinstance(result, Tensor) else utils.empty_like_type(nest)
        if not self.batchmode:
            return result.resize_(nest.shape).copy_(nest).mul_(1 - self.zeroMask.to(nest.dtype))
        kept = self._kept()
        return result.set_(nest[kept] if len(kept) else nest[:1].clone())

    def _restored(self, result, nest):
        """``nest`` with zeros put in for the samples that were left out, in ``result`` if that fits."""
        if isinstance(nest, Table):
            result = result if isinstance(result, Table) else Table()
            for place, item in enumerate(nest, 1):
                result[place] = self._restored(result[place], item)
            return result
        result = result if isinstance(result, Tensor) else utils.empty_like_type(nest)
        if not self.batchmode:
            return result.resize_(nest.shape).copy_(nest).mul_(1 - self.zeroMask.to(nest.dtype))
        kept = self._kept()
        result.resize_(len(self.zeroMask), *nest.shape[1:]).zero_()
        return result.index_copy_(0, kept, nest) if len(kept) else result


@register("nn.LookupTableMaskZero")
class LookupTableMaskZero(LookupTable):
    """A LookupTable of ``nIndex`` words in which index 0 is allowed, and gives zeros.

    ``weight`` has one row more, the first, for index 0.
    """

    def __init__(self, nIndex: int, nOutput: int):
        LookupTable.__init__(self, nIndex + 1, nOutput)

    def updateOutput(self, input):
        self.weight[0].zero_()
        return LookupTable.updateOutput(self, input + 1)

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        LookupTable.accGradParameters(self, input + 1, gradOutput, scale)
