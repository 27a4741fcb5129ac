"""``cudnn.functional``: what modules compute, on tensors alone; results go to tensors that are given.

``handle`` was cuDNN's, and has no meaning here. Where a tensor has the dimensions ``batch x planes x height x width``,
all of them may lack the batch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.nn import Module
from torch7py.nn._check import sizes
from torch7py.tensor.arguments import given
from torch7py.tensor.types import typename

from . import pointwise, pooling, softmax

__all__ = [
    "AveragePooling2D_updateGradInput",
    "AveragePooling2D_updateOutput",
    "Convolution2D_accGradParameters",
    "Convolution2D_updateGradInput",
    "Convolution2D_updateOutput",
    "LogSoftMax_updateGradInput",
    "LogSoftMax_updateOutput",
    "MaxPooling2D_updateGradInput",
    "MaxPooling2D_updateOutput",
    "Pooling_updateGradInput",
    "Pooling_updateOutput",
    "ReLU_updateGradInput",
    "ReLU_updateOutput",
    "Sigmoid_updateGradInput",
    "Sigmoid_updateOutput",
    "SoftMax_updateGradInput",
    "SoftMax_updateOutput",
    "Tanh_updateGradInput",
    "Tanh_updateOutput",
    "bias2D_accGradParameters",
    "bias2D_updateOutput",
]

Tensor = torch.Tensor


def _write(target: Tensor, result: Tensor) -> None:
    if target.numel() != result.numel():
        raise TorchError(f"Output is of wrong size: {sizes(target)} instead of {sizes(result)}")
    target.copy_(result.reshape(target.shape))


def _accumulate(total: Tensor, gradient: Tensor, scale: float | None, alpha: float | None) -> None:
    """``total = alpha * total + scale * gradient``; both factors are 1 unless given."""
    total.mul_(given(alpha, 1)).add_(gradient.view(total.shape), alpha=given(scale, 1))


# --- bias and convolution


def bias2D_updateOutput(handle, bias: Tensor, output: Tensor) -> None:
    """Add a bias for each plane to ``output``."""
    output.add_(bias.view(-1, 1, 1))


def bias2D_accGradParameters(
    handle, gradOutput: Tensor, gradBias: Tensor, scale: float | None = None, alpha: float | None = None
) -> None:
    """``gradBias = alpha * gradBias + scale * gradient``; both factors are 1 unless given."""
    _accumulate(gradBias, _batch(gradOutput).sum((0, 2, 3)), scale, alpha)


def Convolution2D_updateOutput(
    handle, input: Tensor, weight: Tensor, output: Tensor, strideH, strideW, padH, padW, workspace=None
) -> None:
    """The convolution of ``input`` with ``weight`` (outputs x inputs x height x width), without a bias."""
    _write(output, torch.conv2d(_batch(input), weight, stride=(strideH, strideW), padding=(padH, padW)))


def Convolution2D_updateGradInput(
    handle, input: Tensor, weight: Tensor, output: Tensor, gradOutput: Tensor, gradInput: Tensor,
    strideH, strideW, padH, padW
) -> None:  # fmt: skip
    """The gradient by the convolution's input."""
    result = _convolution_backward(gradOutput, input, weight, (strideH, strideW), (padH, padW), (True, False, False))
    _write(gradInput, result[0])


def Convolution2D_accGradParameters(
    handle, input: Tensor, gradWeight: Tensor, gradOutput: Tensor,
    strideH, strideW, padH, padW, scale: float | None = None, alpha: float | None = None
) -> None:  # fmt: skip
    """``gradWeight = alpha * gradWeight + scale * gradient``; both factors are 1 unless given."""
    result = _convolution_backward(
        gradOutput, input, gradWeight, (strideH, strideW), (padH, padW), (False, True, False)
    )  # fmt: skip
    _accumulate(gradWeight, result[1], scale, alpha)


def _convolution_backward(gradOutput, input, weight, stride, padding, wanted) -> tuple:
    return torch.ops.aten.convolution_backward(
        _batch(gradOutput), _batch(input), weight, None, stride, padding, (1, 1), False, (0, 0), 1, wanted
    )


def _batch(images: Tensor) -> Tensor:
    return images.unsqueeze(0) if images.dim() == 3 else images


# --- pooling


def Pooling_updateOutput(
    handle, mode: str, input: Tensor, output: Tensor, kH, kW, dH, dW, padH=None, padW=None, ceil_mode=None
) -> None:
    """The greatest or mean value of windows of kH x kW, dH and dW apart.

    mode: ``CUDNN_POOLING_MAX``, or ``CUDNN_POOLING_AVERAGE``, where padding counts.
    """
    _write(output, _pooling(mode, input, kH, kW, dH, dW, padH, padW, ceil_mode).updateOutput(input))


def Pooling_updateGradInput(
    handle, mode: str, input: Tensor, output: Tensor, gradOutput: Tensor, gradInput: Tensor,
    kH, kW, dH, dW, padH=None, padW=None, ceil_mode=None
) -> None:  # fmt: skip
    """The gradient by the pooling's input."""
    module = _pooling(mode, input, kH, kW, dH, dW, padH, padW, ceil_mode)
    module.updateOutput(input)
    _write(gradInput, module.updateGradInput(input, gradOutput))


_POOLINGS = {
    "CUDNN_POOLING_MAX": pooling.SpatialMaxPooling,
    "CUDNN_POOLING_AVERAGE": pooling.SpatialAveragePooling,
    "CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING": pooling.SpatialAveragePooling,
}


def _pooling(mode: str, input: Tensor, kH, kW, dH, dW, padH, padW, ceil_mode) -> Module:
    if mode not in _POOLINGS:
        raise TorchError(f"unknown pooling mode {mode!r}, known are {', '.join(_POOLINGS)}")
    module = _POOLINGS[mode](kW, kH, dW, dH, padW, padH).type(typename(input))
    module.ceil_mode = bool(ceil_mode)
    return module


def MaxPooling2D_updateOutput(handle, *args) -> None:
    """:func:`Pooling_updateOutput` with ``CUDNN_POOLING_MAX``."""
    Pooling_updateOutput(handle, "CUDNN_POOLING_MAX", *args)


def MaxPooling2D_updateGradInput(handle, *args) -> None:
    """:func:`Pooling_updateGradInput` with ``CUDNN_POOLING_MAX``."""
    Pooling_updateGradInput(handle, "CUDNN_POOLING_MAX", *args)


def AveragePooling2D_updateOutput(handle, *args) -> None:
    """:func:`Pooling_updateOutput` with ``CUDNN_POOLING_AVERAGE``."""
    Pooling_updateOutput(handle, "CUDNN_POOLING_AVERAGE", *args)


def AveragePooling2D_updateGradInput(handle, *args) -> None:
    """:func:`Pooling_updateGradInput` with ``CUDNN_POOLING_AVERAGE``."""
    Pooling_updateGradInput(handle, "CUDNN_POOLING_AVERAGE", *args)


# --- functions of elements, and soft-max over all elements of a sample


def _functions(kind: type[Module]) -> tuple[Callable, Callable]:
    def updateOutput(handle, input: Tensor, output: Tensor) -> None:
        _write(output.resize_(input.shape), kind().type(typename(input)).updateOutput(input))

    def updateGradInput(handle, input: Tensor, output: Tensor, gradOutput: Tensor, gradInput: Tensor) -> None:
        module = kind().type(typename(input))
        module.output = output
        _write(gradInput.resize_(input.shape), module.updateGradInput(input, gradOutput))

    of_module = f"of :class:`cudnn.{kind.__name__}`"
    updateOutput.__doc__ = f"The output {of_module}; ``output`` is resized."
    updateGradInput.__doc__ = f"The gradient by the input {of_module}; ``gradInput`` is resized."
    return updateOutput, updateGradInput


ReLU_updateOutput, ReLU_updateGradInput = _functions(pointwise.ReLU)
Tanh_updateOutput, Tanh_updateGradInput = _functions(pointwise.Tanh)
Sigmoid_updateOutput, Sigmoid_updateGradInput = _functions(pointwise.Sigmoid)
SoftMax_updateOutput, SoftMax_updateGradInput = _functions(softmax.SoftMax)
LogSoftMax_updateOutput, LogSoftMax_updateGradInput = _functions(softmax.LogSoftMax)
