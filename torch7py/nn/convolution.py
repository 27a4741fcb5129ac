"""Convolutions over images and volumes."""

from __future__ import annotations

import math

import torch

from ..classes import register
from ..errors import TorchError
from ..table import Table
from . import _parameters, utils
from ._check import need_dims, need_sizes, need_tensor, sizes
from ._kernels import take, vacate
from .module import Module, keeps

Tensor = torch.Tensor
convolution = torch.convolution
convolution_backward = torch.ops.aten.convolution_backward.default
product_convolution_backward = torch.ops.aten._slow_conv2d_backward.output_mask
_FEW = 3  # up to so many input planes a matrix product finds gradInput in a fraction of oneDNN's time


class _Convolution(Module):
    """What all convolutions share.

    Kernel, step, padding, dilation and adjustment have a field for each axis: ``kW``, ``kH``, ... ``_axes`` has the
    axes in the order of the input's dimensions, ``_named`` in that of Torch7's arguments.
    """

    _axes: tuple[str, ...]
    _named: tuple[str, ...]
    _transposed = False
    _prints_bias = True

    def _set_up(self, nInputPlane, nOutputPlane, kernel: tuple, step: tuple, padding: tuple) -> None:
        """Set the geometry (by ``_named``) and make the parameters. A step not given is 1."""
        Module.__init__(self)
        self.nInputPlane, self.nOutputPlane = nInputPlane, nOutputPlane
        for place, axis in enumerate(self._named):
            setattr(self, "k" + axis, kernel[place])
            setattr(self, "d" + axis, 1 if step[place] is None else step[place])
            setattr(self, "pad" + axis, padding[place])
        _parameters.make(self, self._weight_size(), self._bias_size())

    def _each(self, prefix: str, axes: tuple[str, ...] | None = None) -> tuple:
        return tuple([getattr(self, prefix + axis) for axis in axes or self._axes])

    def _weight_size(self) -> tuple[int, ...]:
        planes = (self.nInputPlane, self.nOutputPlane) if self._transposed else (self.nOutputPlane, self.nInputPlane)
        return *planes, *self._each("k")

    def _bias_size(self) -> tuple[int, ...]:
        return (self.nOutputPlane,)

    def noBias(self) -> _Convolution:
        """Do without the bias from now on. Returns itself."""
        self._set(bias=None, gradBias=None)
        return self

    def reset(self, stdv: float | None = None) -> None:
        """Draw weight and bias uniformly, by default from +-1/sqrt(elements of a kernel * nInputPlane)."""
        _parameters.draw(self, 1 / math.sqrt(math.prod(self._each("k")) * self.nInputPlane), stdv)

    def updateOutput(self, input):
        batch = self._batch(input)
        vacate(self.output, input)
        output = convolution(batch, self._kernels(), self._shifts(), *self._geometry())
        if output.numel() == 0:
            raise TorchError(f"Given input size: {sizes(input)}. Calculated output size: {sizes(output)}, too small")
        return take(self.output, output if batch is input else output.squeeze(0))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        vacate(self.gradInput, gradOutput)
        gradient, _, _ = self._gradients(input, gradOutput, (True, False, False))
        return take(self.gradInput, gradient.view(input.shape))

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        _, weight, bias = self._gradients(input, gradOutput, (False, True, self.gradBias is not None))
        self._accumulate(weight, bias, scale)

    def _backward(self, input, gradOutput, scale):
        if self.gradInput is None or not (
            keeps(self, "updateGradInput", _Convolution) and keeps(self, "accGradParameters", _Convolution)
        ):
            return Module._backward(self, input, gradOutput, scale)
        vacate(self.gradInput, gradOutput)
        gradient, weight, bias = self._gradients(input, gradOutput, (True, True, self.gradBias is not None))
        self._accumulate(weight, bias, scale)
        return take(self.gradInput, gradient.view(input.shape))

    def _gradients(self, input: Tensor, gradOutput: Tensor, wanted: tuple[bool, bool, bool]):
        """The gradients by input, weight and bias; None for those that are not wanted."""
        batch, gradient = self._batches(input, gradOutput)
        bias_size = gradient.shape[1:2]
        return convolution_backward(gradient, batch, self._kernels(), bias_size, *self._geometry(), wanted)

    def _accumulate(self, weight: Tensor, bias: Tensor | None, scale: float | None) -> None:
        """Add ``scale`` times the gradients that the kernel gave."""
        scale = 1 if scale is None else scale
        self.gradWeight.add_(weight.view(self.gradWeight.shape), alpha=scale)
        if bias is not None:
            self.gradBias.add_(bias, alpha=scale)

    def _geometry(self) -> tuple:
        """Step, padding, dilation, whether transposed, adjustment, and groups: what the kernels take."""
        return self._each("d"), self._each("pad"), self._dilation(), self._transposed, self._adjustment(), 1

    def _dilation(self) -> tuple[int, ...]:
        return (1,) * len(self._axes)

    def _adjustment(self) -> tuple[int, ...]:
        return (0,) * len(self._axes)

    def _kernels(self) -> Tensor:
        """The weight in the shape that the kernels take."""
        return self.weight

    def _shifts(self) -> Tensor | None:
        """The bias in the shape that the kernels take."""
        return self.bias

    def _batches(self, input: Tensor, gradOutput: Tensor) -> tuple[Tensor, Tensor]:
        """Input and gradient as batches of images. Of their sizes, PyTorch checks all but the first."""
        batch = self._batch(input)
        gradient = gradOutput if batch is input else gradOutput.unsqueeze(0)
        if gradient.shape[0] != batch.shape[0]:
            raise TorchError(f"gradOutput{sizes(gradOutput)} does not fit input{sizes(input)}")
        return batch, gradient

    def _batch(self, input: Tensor) -> Tensor:
        """The input as a batch of images."""
        if type(input) is not Tensor or input.dtype is not self.weight.dtype:
            need_tensor(input, self.weight)
        dims, given = len(self._axes) + 2, input.dim()
        if given != dims and given != dims - 1:
            raise TorchError(f"{dims - 1}D or {dims}D input tensor expected but got: {sizes(input)}")
        if input.shape[1 - dims] != self.nInputPlane:
            raise TorchError(f"input with {self.nInputPlane} planes expected, but got: {sizes(input)}")
        return input if given == dims else input.unsqueeze(0)

    def type(self, type=None, tensorCache=None):
        if type is not None:
            utils.clear(self, "finput", "fgradInput")
        return Module.type(self, type, tensorCache)

    def clearState(self) -> _Convolution:
        utils.clear(self, "finput", "fgradInput", "_input", "_gradOutput")
        return Module.clearState(self)

    def __tostring__(self) -> str:
        kernel, step, padding = (self._each(prefix, self._named) for prefix in ("k", "d", "pad"))
        text = f"{type(self).__typename__}({self.nInputPlane} -> {self.nOutputPlane}, {'x'.join(map(str, kernel))}"
        if any(number != 1 for number in step) or any(padding):
            text += ", " + ",".join(map(str, step))
        if any(padding):
            text += ", " + ",".join(map(str, padding))
        return (
            text + self._further_text() + (")" if self.bias is not None or not self._prints_bias else ") without bias")
        )

    def _further_text(self) -> str:
        return ""


class _Spatial(_Convolution):
    """What the convolutions over images share."""

    _axes, _named = ("H", "W"), ("W", "H")
    padW = padH = 0  # files from before there was padding lack the fields
    padding = None

    def __init__(self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None):
        padW = 0 if padW is None else padW
        self._set_up(nInputPlane, nOutputPlane, (kW, kH), (dW, dH), (padW, padW if padH is None else padH))
        self.reset()

    def _gradients(self, input: Tensor, gradOutput: Tensor, wanted: tuple[bool, bool, bool]):
        by_input, *by_parameters = wanted
        step, padding, dilation, *_ = self._geometry()
        if not by_input or self.nInputPlane > _FEW or not input.is_cpu or dilation != (1, 1):
            return _Convolution._gradients(self, input, gradOutput, wanted)
        weight = bias = None
        if any(by_parameters):
            _, weight, bias = _Convolution._gradients(self, input, gradOutput, (False, *by_parameters))
        batch, gradient = self._batches(input, gradOutput)
        gradient, _, _ = product_convolution_backward(
            gradient, batch, self._kernels(), self._each("k"), step, padding, (True, False, False)
        )
        return gradient, weight, bias

    def _geometry(self) -> tuple:
        if self.padding is not None:  # very old files have one number for both directions
            self._set(padW=self.padding, padH=self.padding, padding=None)
        return _Convolution._geometry(self)

    def _kernels(self) -> Tensor:
        """The weight with four dimensions; some classes and old files keep it with two."""
        weight = self.weight
        return weight if weight.dim() == 4 else weight.view(self.nOutputPlane, self.nInputPlane, self.kH, self.kW)


@register("nn.SpatialConvolution")
class SpatialConvolution(_Spatial):
    """Filters an image of ``nInputPlane`` planes into ``nOutputPlane`` planes.

    The kernels are kW wide and kH high, the steps dW and dH (1 unless given); padW and padH zeros (0) surround the
    image. Input: nInputPlane x height x width or a batch of these. Output: height (height + 2 padH - kH) / dH + 1,
    rounded down, width likewise. ``weight`` is nOutputPlane x nInputPlane x kH x kW.
    """


@register("nn.SpatialConvolutionMM")
class SpatialConvolutionMM(_Spatial):
    """SpatialConvolution under its older name; its weight is nOutputPlane x (nInputPlane * kH * kW)."""

    def _weight_size(self) -> tuple[int, ...]:
        return self.nOutputPlane, self.nInputPlane * self.kH * self.kW


@register("nn.SpatialDilatedConvolution")
class SpatialDilatedConvolution(SpatialConvolution):
    """SpatialConvolution whose kernels touch only every dilationW-th column and dilationH-th row (1 unless given)."""

    dilationW = dilationH = 1

    def __init__(
        self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None, dilationW=None, dilationH=None
    ):
        SpatialConvolution.__init__(self, nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
        self.dilationW = 1 if dilationW is None else dilationW
        self.dilationH = 1 if dilationH is None else dilationH

    def _dilation(self) -> tuple[int, ...]:
        return self.dilationH, self.dilationW

    def _further_text(self) -> str:
        return f", {self.dilationW},{self.dilationH}"


@register("nn.VolumetricConvolution")
class VolumetricConvolution(_Convolution):
    """Filters a volume, as SpatialConvolution does an image; kT, dT and padT are for the first axis, time.

    Input: nInputPlane x time x height x width or a batch of these.
    """

    _axes, _named = ("T", "H", "W"), ("T", "W", "H")
    _prints_bias = False
    padT = padW = padH = 0

    def __init__(
        self, nInputPlane, nOutputPlane, kT, kW, kH, dT=None, dW=None, dH=None, padT=None, padW=None, padH=None
    ):
        padT = 0 if padT is None else padT
        padW = padT if padW is None else padW
        padding = (padT, padW, padW if padH is None else padH)
        self._set_up(nInputPlane, nOutputPlane, (kT, kW, kH), (dT, dW, dH), padding)
        self.reset()

    def _kernels(self) -> Tensor:
        weight = self.weight
        return weight if weight.dim() == 5 else weight.view(self._weight_size())


@register("nn.VolumetricDilatedConvolution")
class VolumetricDilatedConvolution(VolumetricConvolution):
    """VolumetricConvolution whose kernels touch only every dilationT-th slice, and so on (1 unless given)."""

    _prints_bias = True

    def __init__(
        self, nInputPlane, nOutputPlane, kT, kW, kH, dT=None, dW=None, dH=None, padT=None, padW=None, padH=None,
        dilationT=None, dilationW=None, dilationH=None,
    ):  # fmt: skip
        VolumetricConvolution.__init__(self, nInputPlane, nOutputPlane, kT, kW, kH, dT, dW, dH, padT, padW, padH)
        self.dilationT = 1 if dilationT is None else dilationT
        self.dilationW = 1 if dilationW is None else dilationW
        self.dilationH = 1 if dilationH is None else dilationH

    def _dilation(self) -> tuple[int, ...]:
        return self._each("dilation")

    def _further_text(self) -> str:
        return f", {self.dilationT},{self.dilationW},{self.dilationH}"


class _Full(_Convolution):
    """What the transposed convolutions share.

    The input may be a Table ``{tensor, target}``; the output then gets the sizes of ``target`` (as far as the
    step leaves a choice), whose content does not matter.
    """

    _transposed = True

    def _set_adjustment(self, *adjustment) -> None:
        for axis, number in zip(self._named, adjustment, strict=True):
            number = 0 if number is None else number
            setattr(self, "adj" + axis, number)
            if number > getattr(self, "d" + axis) - 1:
                names = " and ".join("adj" + name for name in self._named)
                raise TorchError(f"{names} must be smaller than the steps")
        self.ones = utils.default_tensor()

    def updateOutput(self, input):
        if not isinstance(input, Table):
            return _Convolution.updateOutput(self, input)
        return self._fitted(input[2], lambda: _Convolution.updateOutput(self, input[1]))

    def updateGradInput(self, input, gradOutput):
        if not isinstance(input, Table) or self.gradInput is None:
            return _Convolution.updateGradInput(self, input, gradOutput)
        if isinstance(self.gradInput, Table):
            self.gradInput = self.gradInput[1]
        gradient = self._fitted(input[2], lambda: _Convolution.updateGradInput(self, input[1], gradOutput))
        zeros = input[2].new_zeros([1] * input[2].dim()).expand_as(input[2])  # one zero in memory
        self.gradInput = Table([gradient, zeros])
        return self.gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        if not isinstance(input, Table):
            return _Convolution.accGradParameters(self, input, gradOutput, scale)
        return self._fitted(input[2], lambda: _Convolution.accGradParameters(self, input[1], gradOutput, scale))

    def _fitted(self, target: Tensor, call):
        """``call()`` with the adjustment that gives the output the sizes of ``target``."""
        own = {"adj" + axis: getattr(self, "adj" + axis) for axis in self._axes}
        for axis, size in zip(self._axes, target.shape[-len(self._axes) :], strict=True):
            kernel, step, padding = (getattr(self, prefix + axis) for prefix in ("k", "d", "pad"))
            setattr(self, "adj" + axis, (size + 2 * padding - kernel) % step)
        try:
            return call()
        finally:
            self.__dict__.update(own)

    def _adjustment(self) -> tuple[int, ...]:
        return self._each("adj")

    def _further_text(self) -> str:
        adjustment = self._each("adj", self._named)
        return ", " + ",".join(map(str, adjustment)) if any(adjustment) else ""


@register("nn.SpatialFullConvolution")
class SpatialFullConvolution(_Full):
    """The transpose of SpatialConvolution: it makes images larger. Arguments as there.

    adjW and adjH add columns and rows to the output, fewer than the step. ``weight`` is
    nInputPlane x nOutputPlane x kH x kW. Output: height (height - 1) dH - 2 padH + kH + adjH, width likewise.
    """

    _axes, _named = ("H", "W"), ("W", "H")
    padW = padH = adjW = adjH = 0  # for files of older versions

    def __init__(self, nInputPlane, nOutputPlane, kW, kH, dW=None, dH=None, padW=None, padH=None, adjW=None, adjH=None):
        self._set_up(nInputPlane, nOutputPlane, (kW, kH), (dW, dH), (padW or 0, padH or 0))
        self._set_adjustment(adjW, adjH)
        self.reset()


@register("nn.VolumetricFullConvolution")
class VolumetricFullConvolution(_Full):
    """The transpose of VolumetricConvolution: it makes volumes larger. See SpatialFullConvolution."""

    _axes, _named = ("T", "H", "W"), ("T", "W", "H")
    _prints_bias = False
    padT = padW = padH = adjT = adjW = adjH = 0  # for files of older versions

    def __init__(
        self, nInputPlane, nOutputPlane, kT, kW, kH, dT=None, dW=None, dH=None, padT=None, padW=None, padH=None,
        adjT=None, adjW=None, adjH=None,
    ):  # fmt: skip
        padding = (padT or 0, padW or 0, padH or 0)
        self._set_up(nInputPlane, nOutputPlane, (kT, kW, kH), (dT, dW, dH), padding)
        self._set_adjustment(adjT, adjW, adjH)
        self.reset()

    def read(self, file, version=None) -> None:
        Module.read(self, file, version)
        if "adjW" not in self.__dict__:  # the first version: planes the other way round, other names
            self.weight = self.weight.transpose(0, 1).contiguous()
            self.gradWeight = torch.zeros_like(self.weight)
            for axis in self._axes:
                self.__dict__["pad" + axis] = self.__dict__.pop("p" + axis, 0)
                self.__dict__["adj" + axis] = 0


@register("nn.TemporalConvolution")
class TemporalConvolution(Module):
    """Filters a sequence of frames: ``kW`` neighbouring frames of ``inputFrameSize`` numbers give one of
    ``outputFrameSize``; the step is ``dW`` (1).

    Input: frames x inputFrameSize or a batch of these. ``weight`` is outputFrameSize x (kW * inputFrameSize).
    """

    def __init__(self, inputFrameSize, outputFrameSize, kW, dW=None):
        Module.__init__(self)
        self.inputFrameSize, self.outputFrameSize = inputFrameSize, outputFrameSize
        self.kW = kW
        self.dW = 1 if dW is None else dW
        _parameters.make(self, (outputFrameSize, inputFrameSize * kW), (outputFrameSize,))
        self.reset()

    def reset(self, stdv: float | None = None) -> None:
        _parameters.draw(self, 1 / math.sqrt(self.kW * self.inputFrameSize), stdv)

    def updateOutput(self, input):
        windows = self._windows(input)
        output = torch.addmm(self.bias, windows.reshape(-1, windows.shape[-1]), self.weight.t())
        return self.output.set_(output.view(*windows.shape[:-1], -1))

    def updateGradInput(self, input, gradOutput):
        if self.gradInput is None:
            return None
        self._check_gradient(input, gradOutput)
        gradInput = self.gradInput.resize_(input.shape).zero_()
        for place, part in enumerate(self.weight.view(self.outputFrameSize, self.kW, -1).unbind(1)):
            # each of the kernel's frames sends its gradient to the frames that it saw
            seen = gradInput.narrow(-2, place, (gradOutput.shape[-2] - 1) * self.dW + 1)
            seen[..., :: self.dW, :].add_(torch.matmul(gradOutput, part))
        return gradInput

    def accGradParameters(self, input, gradOutput, scale=1) -> None:
        scale = 1 if scale is None else scale
        self._check_gradient(input, gradOutput)
        windows, gradient = self._windows(input), gradOutput.reshape(-1, self.outputFrameSize)
        self.gradWeight.addmm_(gradient.t(), windows.reshape(len(gradient), -1), alpha=scale)
        self.gradBias.add_(gradient.sum(0), alpha=scale)

    def _check_gradient(self, input: Tensor, gradOutput: Tensor) -> None:
        frames = (input.shape[-2] - self.kW) // self.dW + 1
        need_sizes(gradOutput, (*input.shape[:-2], frames, self.outputFrameSize))

    def _windows(self, input: Tensor) -> Tensor:
        """For each place of the kernel the frames that it sees, one behind the other."""
        need_dims(input, self.weight, 2, 3)
        frames, size = input.shape[-2:]
        if size != self.inputFrameSize:
            raise TorchError(f"invalid input frame size. Got: {size}, Expected: {self.inputFrameSize}")
        if frames < self.kW:
            raise TorchError(f"input sequence smaller than kernel size. Got: {frames}, Expected: {self.kW}")
        return input.unfold(-2, self.kW, self.dW).transpose(-1, -2).flatten(-2)

    def sharedAccUpdateGradParameters(self, input, gradOutput, lr) -> None:
        # shared parameters add up their steps by themselves
        self.defaultAccUpdateGradParameters(input, gradOutput, lr)
