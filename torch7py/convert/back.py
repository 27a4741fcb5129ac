"""From PyTorch's usual layers back to Torch7."""

from __future__ import annotations

from collections.abc import Callable

import torch

from torch7py import nn
from torch7py.convert import pieces
from torch7py.errors import TorchError
from torch7py.tensor import types

_makers: dict[type, Callable] = {}


def convert_back(module: torch.nn.Module) -> nn.Module:
    """See :func:`torch7py.convert.from_torch`."""
    parameter = next(module.parameters(), None)
    dtype = torch.float64 if parameter is None else parameter.dtype
    net = _back(module, "").type(types.typename(torch.empty(0, dtype=dtype)))
    if not module.training:
        net.evaluate()
    return net


def _back(module: torch.nn.Module, path: str) -> nn.Module:
    for cls in type(module).__mro__:
        if cls in _makers:
            made = _makers[cls](module, path)
            _fill(made, module)
            return made
    raise TorchError(f"{path or 'the module'}: {type(module).__name__} has no equivalent in nn")


def _fill(made: nn.Module, module: torch.nn.Module) -> None:
    """Copy parameters and running statistics of the same names, but a weight in another layout."""
    for name, tensor in {**module._parameters, **module._buffers}.items():
        target = getattr(made, name, None)
        if tensor is None or not isinstance(target, torch.Tensor) or target.numel() != tensor.numel():
            continue
        if not (name == "weight" and isinstance(module, pieces.TemporalConvolution)):
            made.__dict__[name] = tensor.detach().clone().reshape(target.shape)


def _makes(cls: type) -> Callable:
    def decorate(function: Callable) -> Callable:
        _makers[cls] = function
        return function

    return decorate


def _two(value) -> tuple:
    """Height and width of PyTorch's options."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _reject(module, path: str, **options) -> None:
    for name, allowed in options.items():
        value = getattr(module, name)
        if value != allowed:
            raise TorchError(f"{path}: {type(module).__name__} with {name}={value!r} has no equivalent in nn")


@_makes(torch.nn.Sequential)
def _sequential(module, path):
    net = nn.Sequential()
    for name, child in module.named_children():
        net.add(_back(child, f"{path}.{name}" if path else name))
    return net


@_makes(torch.nn.Linear)
def _linear(module, path):
    return nn.Linear(module.in_features, module.out_features, module.bias is not None)


@_makes(torch.nn.Conv2d)
def _conv2d(module, path):
    _reject(module, path, padding_mode="zeros")
    (kh, kw), (dh, dw) = _two(module.kernel_size), _two(module.stride)
    if isinstance(module.padding, str):
        raise TorchError(f"{path}: padding={module.padding!r} has no equivalent in nn")
    (ph, pw), dilation = _two(module.padding), _two(module.dilation)
    if module.groups != 1:
        raise TorchError(f"{path}: {type(module).__name__} with groups={module.groups} has no equivalent in nn")
    if dilation == (1, 1):
        made = nn.SpatialConvolution(module.in_channels, module.out_channels, kw, kh, dw, dh, pw, ph)
    else:
        sizes = (module.in_channels, module.out_channels, kw, kh, dw, dh, pw, ph, dilation[1], dilation[0])
        made = nn.SpatialDilatedConvolution(*sizes)
    return made if module.bias is not None else made.noBias()


@_makes(torch.nn.ConvTranspose2d)
def _conv_transpose2d(module, path):
    _reject(module, path, groups=1, dilation=(1, 1))
    (kh, kw), (dh, dw) = module.kernel_size, module.stride
    (ph, pw), (ah, aw) = module.padding, module.output_padding
    made = nn.SpatialFullConvolution(module.in_channels, module.out_channels, kw, kh, dw, dh, pw, ph, aw, ah)
    return made if module.bias is not None else made.noBias()


@_makes(torch.nn.Conv3d)
def _conv3d(module, path):
    _reject(module, path, groups=1, dilation=(1, 1, 1), padding_mode="zeros")
    (kt, kh, kw), (dt, dh, dw), (pt, ph, pw) = module.kernel_size, module.stride, module.padding
    made = nn.VolumetricConvolution(module.in_channels, module.out_channels, kt, kw, kh, dt, dw, dh, pt, pw, ph)
    return made if module.bias is not None else made.noBias()


@_makes(pieces.TemporalConvolution)
def _temporal(module, path):
    _reject(module, path, padding=(0,), dilation=(1,), groups=1)
    made = nn.TemporalConvolution(module.in_channels, module.out_channels, module.kernel_size[0], module.stride[0])
    weight = module.weight.detach().transpose(1, 2)  # time is the outer dimension there
    made.weight = weight.reshape(made.weight.shape).clone()
    return made


@_makes(torch.nn.MaxPool2d)
def _max_pool(module, path):
    _reject(module, path, return_indices=False)
    (kh, kw), (dh, dw), (ph, pw) = _two(module.kernel_size), _two(module.stride), _two(module.padding)
    dilation = _two(module.dilation)
    if dilation == (1, 1):
        made = nn.SpatialMaxPooling(kw, kh, dw, dh, pw, ph)
    else:
        made = nn.SpatialDilatedMaxPooling(kw, kh, dw, dh, pw, ph, dilation[1], dilation[0])
    return made.ceil() if module.ceil_mode else made


@_makes(torch.nn.AvgPool2d)
def _average_pool(module, path):
    _reject(module, path, divisor_override=None)
    (kh, kw), (dh, dw), (ph, pw) = _two(module.kernel_size), _two(module.stride), _two(module.padding)
    made = nn.SpatialAveragePooling(kw, kh, dw, dh, pw, ph)
    made = made.ceil() if module.ceil_mode else made
    return made if module.count_include_pad else made.setCountExcludePad()


@_makes(torch.nn.AdaptiveMaxPool2d)
def _adaptive_max(module, path):
    height, width = _two(module.output_size)
    return nn.SpatialAdaptiveMaxPooling(width, height)


@_makes(torch.nn.AdaptiveAvgPool2d)
def _adaptive_average(module, path):
    height, width = _two(module.output_size)
    return nn.SpatialAdaptiveAveragePooling(width, height)


def _batch_norm(name: str):
    def make(module, path):
        _reject(module, path, track_running_stats=True)
        if module.momentum is None:
            raise TorchError(f"{path}: a cumulative average (momentum=None) has no equivalent in nn")
        return getattr(nn, name)(module.num_features, module.eps, module.momentum, module.affine)

    return make


_makers[torch.nn.BatchNorm1d] = _batch_norm("BatchNormalization")
_makers[torch.nn.BatchNorm2d] = _batch_norm("SpatialBatchNormalization")
_makers[torch.nn.BatchNorm3d] = _batch_norm("VolumetricBatchNormalization")


@_makes(pieces.OneBasedEmbedding)
def _lookup(module, path):
    return nn.LookupTable(module.num_embeddings, module.embedding_dim)


@_makes(torch.nn.Embedding)
def _embedding(module, path):
    _reject(module, path, max_norm=None)
    counted = nn.AddConstant(1)  # indices count from 0 there
    table = nn.LookupTable(module.num_embeddings, module.embedding_dim)
    table.weight = module.weight.detach().clone()
    return nn.Sequential().add(counted).add(table)


@_makes(torch.nn.Flatten)
def _flatten(module, path):
    _reject(module, path, start_dim=1, end_dim=-1)
    return nn.Reshape(-1, True)


@_makes(torch.nn.Unflatten)
def _unflatten(module, path):
    _reject(module, path, dim=1)
    return nn.Reshape(*module.unflattened_size, True)


@_makes(torch.nn.LogSoftmax)
def _log_softmax(module, path):
    return nn.LogSoftMax()


@_makes(torch.nn.Softmax)
def _softmax(module, path):
    return nn.SoftMax()


for _cls, _make in {
    torch.nn.Identity: lambda m, path: nn.Identity(),
    torch.nn.Tanh: lambda m, path: nn.Tanh(),
    torch.nn.Sigmoid: lambda m, path: nn.Sigmoid(),
    torch.nn.ReLU: lambda m, path: nn.ReLU(m.inplace),
    torch.nn.ReLU6: lambda m, path: nn.ReLU6(m.inplace),
    torch.nn.LeakyReLU: lambda m, path: nn.LeakyReLU(m.negative_slope, m.inplace),
    torch.nn.ELU: lambda m, path: nn.ELU(m.alpha, m.inplace),
    torch.nn.PReLU: lambda m, path: nn.PReLU(0 if m.num_parameters == 1 else m.num_parameters),
    torch.nn.Softplus: lambda m, path: nn.SoftPlus(m.beta),
    torch.nn.Hardtanh: lambda m, path: nn.HardTanh(m.min_val, m.max_val, m.inplace),
    torch.nn.Softsign: lambda m, path: nn.SoftSign(),
    torch.nn.LogSigmoid: lambda m, path: nn.LogSigmoid(),
    torch.nn.Softshrink: lambda m, path: nn.SoftShrink(m.lambd),
    torch.nn.Hardshrink: lambda m, path: nn.HardShrink(m.lambd),
    torch.nn.Tanhshrink: lambda m, path: nn.TanhShrink(),
    torch.nn.Threshold: lambda m, path: nn.Threshold(m.threshold, m.value, m.inplace),
    torch.nn.Dropout: lambda m, path: nn.Dropout(m.p),
    torch.nn.Dropout2d: lambda m, path: nn.SpatialDropout(m.p),
    torch.nn.ZeroPad2d: lambda m, path: nn.SpatialZeroPadding(*m.padding),
    torch.nn.ReflectionPad2d: lambda m, path: nn.SpatialReflectionPadding(*m.padding),
    torch.nn.ReplicationPad2d: lambda m, path: nn.SpatialReplicationPadding(*m.padding),
    torch.nn.PixelShuffle: lambda m, path: nn.PixelShuffle(m.upscale_factor),
    torch.nn.LocalResponseNorm: lambda m, path: nn.SpatialCrossMapLRN(m.size, m.alpha, m.beta, m.k),
    pieces.CAddTable: lambda m, path: nn.CAddTable(),
    pieces.CMulTable: lambda m, path: nn.CMulTable(),
    pieces.JoinTable: lambda m, path: nn.JoinTable(m.dim + 1),
    pieces.FlattenTable: lambda m, path: nn.FlattenTable(),
    pieces.SelectTable: lambda m, path: nn.SelectTable(m.index + 1 if m.index >= 0 else m.index),
}.items():
    _makers[_cls] = _make


def _holding(cls: type, make: Callable) -> None:
    def convert_children(module, path):
        net = make(module)
        for name, child in module.named_children():
            net.add(_back(child, f"{path}.{name}" if path else name))
        return net

    _makers[cls] = convert_children


_holding(pieces.ConcatTable, lambda m: nn.ConcatTable())
_holding(pieces.ParallelTable, lambda m: nn.ParallelTable())
_holding(pieces.Concat, lambda m: nn.Concat(m.dim + 1))
