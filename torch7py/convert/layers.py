"""Which PyTorch module stands for which of ``nn``'s: one function for each kind of layer."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from torch7py import nn
from torch7py.convert.expressions import Call
from torch7py.convert.trace import Flow
from torch7py.errors import TorchError

Converter = Callable[[nn.Module, Flow, Callable], Call]  # module, its flow, and what converts the modules within
converters: dict[str, Converter] = {}


class NoEquivalent(TorchError):
    """A module that cannot be converted."""


def converts(*typenames: str) -> Callable[[Converter], Converter]:
    """Decorator: this function converts the classes of these names."""

    def decorate(function: Converter) -> Converter:
        for name in typenames:
            converters[f"nn.{name}"] = function
        return function

    return decorate


def convert(module: nn.Module, flows: dict[int, Flow]) -> Call:
    """The PyTorch module for a module of ``nn``.

    Raises:
        NoEquivalent: there is none; the message names all such modules within.
    """
    missing: dict[str, str] = {}

    def inner(module: nn.Module) -> Call:
        flow = flows.get(id(module))
        name = getattr(type(module), "__typename__", None) or type(module).__name__
        if flow is None:
            return Call("nn.Identity", note=f"{name}: nothing reaches it")
        try:
            return converters[name](module, flow, inner)
        except KeyError:
            missing[name] = "has no equivalent"
        except NoEquivalent as error:
            missing[name] = str(error)
        return Call("nn.Identity")

    call = inner(module)
    if missing:
        raise NoEquivalent("cannot convert " + "; ".join(f"{name}: {why}" for name, why in missing.items()))
    return call


def _dimension(dimension: int, sample_dims: int | None, shape: tuple) -> int:
    """A dimension of Torch7's, from 1 and maybe without the batch, as PyTorch counts."""
    if dimension < 0:
        return len(shape) + dimension
    return dimension - 1 + (sample_dims is not None and len(shape) == sample_dims + 1)


def _sizes(*sizes):
    """Sizes as a person writes them: one number where all are equal."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def _window(module) -> tuple[int, ...]:
    """The sizes of a layer's window: over an image, or over a volume."""
    return tuple(getattr(module, f"k{axis}") for axis in _axes(module))


def _axes(module) -> str:
    return "THW" if hasattr(module, "kT") else "HW"


def _along(module, field: str, default: int = 0):
    """A setting of a layer that has one for each axis: ``d`` (stride), ``pad``, ``dilation``, ..."""
    return _sizes(*(getattr(module, field + axis, None) or default for axis in _axes(module)))


def _given(**options) -> dict:
    """Options that are not at their defaults, given as ``name=(value, default)``."""
    return {name: value for name, (value, default) in options.items() if value != default}


def _weights(module, *names: str, shape: tuple | None = None) -> dict[str, torch.Tensor]:
    state = {name: getattr(module, name) for name in names or ("weight", "bias") if getattr(module, name) is not None}
    if shape is not None:
        state["weight"] = state["weight"].reshape(shape)
    return state


# --- containers


@converts("Sequential", "Maxout", "LayerNormalization", "SpatialLPPooling")
def _sequential(module, flow, inner):
    return Call("nn.Sequential", tuple(inner(part) for part in module.modules))


@converts("ConcatTable", "ParallelTable")
def _tables(module, flow, inner):
    return Call(type(module).__name__, tuple(inner(part) for part in module.modules))


@converts("MapTable")
def _map_table(module, flow, inner):
    return Call("MapTable", (inner(module.modules[1]),))


@converts("Concat", "DepthConcat")
def _concat(module, flow, inner):
    return Call(type(module).__name__, (module.dimension - 1, *map(inner, module.modules)))


@converts("Parallel")
def _parallel(module, flow, inner):
    return Call("Parallel", (module.inputDimension - 1, module.outputDimension - 1, *map(inner, module.modules)))


@converts("Bottle")
def _bottle(module, flow, inner):
    return Call("Bottle", (inner(module.modules[1]), module.nInputDim))


@converts("Decorator", "DontCast", "Profile", "NaN", "GPU", "Convert")
def _around(module, flow, inner):
    if not module.modules:
        return Call("nn.Identity")
    return inner(module.modules[1])


# --- linear


@converts("Linear")
def _linear(module, flow, inner):
    outputs, inputs = module.weight.shape
    return Call("nn.Linear", (inputs, outputs), _given(bias=(module.bias is not None, True)), _weights(module))


@converts("Bilinear")
def _bilinear(module, flow, inner):
    outputs, first, second = module.weight.shape
    options = _given(bias=(module.bias is not None, True))
    return Call("BilinearTable", (first, second, outputs), options, _weights(module))


@converts("PartialLinear")
def _partial_linear(module, flow, inner):
    columns = module.partition.long() - 1
    weight = module.network.modules[1].modules[2].weight
    bias = module.bias
    state = {"weight": weight[columns], **({} if bias is None else {"bias": bias.reshape(-1)[columns]})}
    options = _given(bias=(bias is not None, True))
    return Call("nn.Linear", (module.inputsize, columns.numel()), options, state)


@converts("WeightNorm", "LinearWeightNorm")
def _weight_norm(module, flow, inner):
    layer = module.modules[1] if module.modules else None
    if layer is None:
        weight = module.v * (module.g / module.v.norm(dim=1, keepdim=True))
        state = {"weight": weight.reshape(module.outputSize, module.inputSize)}
        state |= {} if module.bias is None else {"bias": module.bias}
        options = _given(bias=(module.bias is not None, True))
        return Call("nn.Linear", (module.inputSize, module.outputSize), options, state, "weight norm folded in")
    call = inner(layer)
    call.note = "weight norm folded in"
    return call


@converts("Cosine")
def _cosine(module, flow, inner):
    outputs, inputs = module.weight.shape
    return Call("Cosine", (inputs, outputs), {}, _weights(module, "weight"))


@converts("Euclidean")
def _euclidean(module, flow, inner):
    return Call("Euclidean", tuple(module.weight.shape), {}, _weights(module, "weight"))


@converts("WeightedEuclidean")
def _weighted_euclidean(module, flow, inner):
    return Call("WeightedEuclidean", tuple(module.weight.shape), {}, _weights(module, "weight", "diagCov"))


@converts("OneHot")
def _one_hot(module, flow, inner):
    return Call("OneHot", (module.outputSize,))


@converts("Constant")
def _constant(module, flow, inner):
    shape = tuple(module.value.shape)
    if module.nInputDim is None or len(flow.input) != module.nInputDim + 1:
        raise NoEquivalent("it does not know of batches (nInputDim)")
    return Call("Constant", shape, {}, {"value": module.value})


@converts("GradientReversal")
def _reversal(module, flow, inner):
    return Call("GradientReversal", (getattr(module, "lambda"),))


@converts("LookupTable")
def _lookup(module, flow, inner):
    rows, width = module.weight.shape
    if module.maxNorm is not None:
        raise NoEquivalent("its maxNorm changes the weights in every forward")
    return Call("OneBasedEmbedding", (rows, width), {}, _weights(module, "weight"))


@converts("Add")
def _add(module, flow, inner):
    size = () if module.bias.numel() == 1 and math.prod(flow.input[1:]) != 1 else tuple(flow.input[1:])
    return Call("Bias", size, {}, {"bias": module.bias.reshape(size)})


@converts("CAdd")
def _cadd(module, flow, inner):
    size = tuple(module.bias.shape)
    return Call("Bias", _without_batch(size, flow), {}, {"bias": module.bias.reshape(_without_batch(size, flow))})


@converts("Mul")
def _mul(module, flow, inner):
    return Call("Gain", (), {}, {"weight": module.weight.reshape(())})


@converts("CMul")
def _cmul(module, flow, inner):
    size = _without_batch(tuple(module.weight.shape), flow)
    return Call("Gain", size, {}, {"weight": module.weight.reshape(size)})


def _without_batch(size: tuple, flow: Flow) -> tuple:
    """The size of a learnt tensor that is spread over a batch: without the leading dimension of one."""
    return size[1:] if len(size) == len(flow.input) and size[0] == 1 else size


@converts("SeqLSTM")
def _seq_lstm(module, flow, inner):
    m = module
    if m.maskzero or isinstance(flow.input, list):
        raise NoEquivalent("it masks steps")
    inputs, hidden = m.weight.shape[0] - m.bias.numel() // 4, m.bias.numel() // 4
    # its gates are input, forget, output, candidate; PyTorch's input, forget, candidate, output
    order = torch.arange(4 * hidden).view(4, hidden)[[0, 1, 3, 2]].flatten()
    weight, bias = m.weight.t()[order], m.bias[order]
    state = {
        "weight_ih_l0": weight[:, :inputs],
        "weight_hh_l0": weight[:, inputs:],
        "bias_ih_l0": bias,
        "bias_hh_l0": torch.zeros_like(bias),
    }
    return Call("SeqLSTM", (inputs, hidden), _given(batch_first=(bool(m.batchfirst), False)), state)


# --- convolutions


@converts(
    *("SpatialConvolution", "SpatialConvolutionMM", "SpatialDilatedConvolution"),
    *("VolumetricConvolution", "VolumetricDilatedConvolution"),
)
def _convolution(module, flow, inner):
    m, window = module, _window(module)
    groups = getattr(m, "groups", 1)
    options = _given(
        stride=(_along(m, "d"), 1),
        padding=(_along(m, "pad"), 0),
        dilation=(_along(m, "dilation", 1), 1),
        groups=(groups, 1),
        bias=(m.bias is not None, True),
    )
    weights = _weights(m, shape=(m.nOutputPlane, m.nInputPlane // groups, *window))
    return Call(f"nn.Conv{len(window)}d", (m.nInputPlane, m.nOutputPlane, _sizes(*window)), options, weights)


@converts("SpatialFullConvolution", "VolumetricFullConvolution")
def _full_convolution(module, flow, inner):
    m, window = module, _window(module)
    if isinstance(flow.input, list):
        raise NoEquivalent("it takes the size of its output from a second input")
    options = _given(
        stride=(_along(m, "d"), 1),
        padding=(_along(m, "pad"), 0),
        output_padding=(_along(m, "adj"), 0),
        bias=(m.bias is not None, True),
    )
    weights = _weights(m, shape=(m.nInputPlane, m.nOutputPlane, *window))
    return Call(f"nn.ConvTranspose{len(window)}d", (m.nInputPlane, m.nOutputPlane, _sizes(*window)), options, weights)


@converts("SpatialDepthWiseConvolution")
def _depthwise(module, flow, inner):
    m = module
    options = _given(stride=(_along(m, "d"), 1), padding=(_along(m, "pad"), 0), bias=(m.bias is not None, True))
    outputs = m.nInputPlane * m.nOutputPlane
    weight = m.weight.reshape(m.nOutputPlane, m.nInputPlane, 1, m.kH, m.kW).transpose(0, 1)
    state = {"weight": weight.reshape(outputs, 1, m.kH, m.kW)}
    if m.bias is not None:
        state["bias"] = m.bias.reshape(m.nOutputPlane, m.nInputPlane).t().reshape(-1)
    arguments = (m.nInputPlane, outputs, _sizes(*_window(m)))
    return Call("nn.Conv2d", arguments, {**options, "groups": m.nInputPlane}, state)


@converts("SpatialConvolutionMap")
def _mapped_convolution(module, flow, inner):
    m = module
    weight = m.weight.new_zeros(m.nOutputPlane, m.nInputPlane, m.kH, m.kW)
    for kernel, (source, target) in zip(m.weight, m.connTable.long().tolist()):
        weight[target - 1, source - 1] += kernel
    arguments = (m.nInputPlane, m.nOutputPlane, _sizes(*_window(m)))
    options = _given(stride=(_along(m, "d"), 1))
    return Call("nn.Conv2d", arguments, options, {"weight": weight, "bias": m.bias}, "0 between unconnected planes")


@converts("SpatialConvolutionLocal")
def _local_convolution(module, flow, inner):
    m = module
    if not m.padH == m.padW:
        raise NoEquivalent("its padding differs by direction")
    planes = (m.nInputPlane, m.nOutputPlane, (m.oH, m.oW), (m.kH, m.kW), (m.dH, m.dW), m.padH)
    weight = m.weight.reshape(m.oH * m.oW, m.nOutputPlane, -1)
    return Call("LocalConvolution", planes, {}, {"weight": weight, "bias": m.bias.reshape(m.nOutputPlane, m.oH, m.oW)})


@converts("TemporalRowConvolution")
def _row_convolution(module, flow, inner):
    m = module
    width = m.inputFrameSize
    options = {**_given(stride=(m.dW, 1), bias=(m.bias is not None, True)), "groups": width}
    rows = Call("nn.Conv1d", (width, width, m.kW), options, _weights(m, shape=(width, 1, m.kW)))
    if m.featFirst:
        return rows
    turned = Call("Permute", (0, 2, 1))
    return Call("nn.Sequential", (turned, rows, turned))


@converts("TemporalConvolution")
def _temporal_convolution(module, flow, inner):
    m = module
    state = _weights(m)
    weight = m.weight.reshape(m.outputFrameSize, m.kW, m.inputFrameSize)
    state["weight"] = weight.transpose(1, 2).contiguous()
    arguments = (m.inputFrameSize, m.outputFrameSize, m.kW)
    return Call("TemporalConvolution", arguments, _given(stride=(m.dW, 1)), state)


# --- pooling


@converts("SpatialMaxPooling", "SpatialDilatedMaxPooling", "VolumetricMaxPooling", "VolumetricDilatedMaxPooling")
def _max_pool(module, flow, inner):
    kernel = _sizes(*_window(module))
    options = _given(
        stride=(_along(module, "d"), kernel),
        padding=(_along(module, "pad"), 0),
        dilation=(_along(module, "dilation", 1), 1),
        ceil_mode=(bool(module.ceil_mode), False),
    )
    return Call(f"nn.MaxPool{len(_axes(module))}d", (kernel,), options)


@converts("SpatialAveragePooling", "VolumetricAveragePooling")
def _average_pool(module, flow, inner):
    kernel = _sizes(*_window(module))
    options = _given(
        stride=(_along(module, "d"), kernel),
        padding=(_along(module, "pad"), 0),
        ceil_mode=(bool(getattr(module, "ceil_mode", False)), False),
        count_include_pad=(getattr(module, "count_include_pad", True) is not False, True),
        divisor_override=(None if getattr(module, "divide", True) is not False else 1, None),
    )
    return Call(f"nn.AvgPool{len(_axes(module))}d", (kernel,), options)


@converts("TemporalMaxPooling")
def _temporal_max_pool(module, flow, inner):
    return Call("TemporalMaxPool", (module.kW,), _given(stride=(module.dW, module.kW)))


@converts("SpatialAdaptiveMaxPooling")
def _adaptive_max_pool(module, flow, inner):
    return Call("nn.AdaptiveMaxPool2d", (_sizes(module.H, module.W),))


@converts("SpatialAdaptiveAveragePooling")
def _adaptive_average_pool(module, flow, inner):
    return Call("nn.AdaptiveAvgPool2d", (_sizes(module.H, module.W),))


@converts("SpatialSubSampling")
def _subsampling(module, flow, inner):
    m = module
    kernel = _sizes(*_window(m))
    pooled = Call("nn.AvgPool2d", (kernel,), {**_given(stride=(_along(m, "d"), kernel)), "divisor_override": 1})
    size = (m.nInputPlane, 1, 1)
    gain = Call("Gain", size, {}, {"weight": m.weight.reshape(size)})
    return Call("nn.Sequential", (pooled, gain, Call("Bias", size, {}, {"bias": m.bias.reshape(size)})))


@converts("SpatialUpSamplingNearest")
def _nearest(module, flow, inner):
    return Call("nn.Upsample", (), {"scale_factor": flow.output[-1] // flow.input[-1]})


@converts("SpatialUpSamplingBilinear")
def _bilinear_upsampling(module, flow, inner):
    return Call("nn.UpsamplingBilinear2d", (), {"size": tuple(flow.output[-2:])})


@converts("PixelShuffle")
def _pixel_shuffle(module, flow, inner):
    return Call("nn.PixelShuffle", (module.upscaleFactor,))


@converts("SpatialZeroPadding")
def _zero_padding(module, flow, inner):
    return Call("nn.ZeroPad2d", (_sides(module),))


@converts("SpatialReflectionPadding")
def _reflection_padding(module, flow, inner):
    return Call("nn.ReflectionPad2d", (_sides(module),))


@converts("SpatialReplicationPadding")
def _replication_padding(module, flow, inner):
    return Call("nn.ReplicationPad2d", (_sides(module),))


def _sides(module):
    return _sizes(module.pad_l, module.pad_r, module.pad_t, module.pad_b)


@converts("VolumetricReplicationPadding")
def _volumetric_padding(module, flow, inner):
    return Call("nn.ReplicationPad3d", (tuple(module._pads()),))


@converts("SpatialSubtractiveNormalization")
def _subtractive(module, flow, inner):
    kernel = _neighbours(module)
    return Call("Subtract", tuple(kernel.shape[1:]), {}, {"kernel": kernel})


@converts("SpatialDivisiveNormalization")
def _divisive(module, flow, inner):
    kernel = _neighbours(module)
    return Call("Divide", (*kernel.shape[1:], module.threshold, module.thresval), {}, {"kernel": kernel})


@converts("SpatialContrastiveNormalization")
def _contrastive(module, flow, inner):
    first, second = module.normalizer.modules
    return Call("nn.Sequential", (_subtractive(first, flow, inner), _divisive(second, flow, inner)))


def _neighbours(module) -> torch.Tensor:
    """The weights around a pixel, 1 x planes x height x width."""
    layers = [layer for layer in module.meanestimator.modules if layer.weight is not None]
    planes = module.nInputPlane
    if len(layers) == 1:
        return layers[0].weight.reshape(1, planes, layers[0].kH, layers[0].kW).clone()
    along, across = layers[0].weight.reshape(planes, 1, -1), layers[1].weight.reshape(planes, -1, 1)
    return (across * along).unsqueeze(0)


# --- normalisation and dropout


@converts("BatchNormalization", "SpatialBatchNormalization", "VolumetricBatchNormalization")
def _batch_norm(module, flow, inner):
    m = module
    name = {2: "nn.BatchNorm1d", 3: "nn.BatchNorm1d", 4: "nn.BatchNorm2d", 5: "nn.BatchNorm3d"}[len(flow.input)]
    options = _given(eps=(m.eps, 1e-5), momentum=(m.momentum, 0.1), affine=(m.weight is not None, True))
    return Call(name, (m.running_mean.numel(),), options, _weights(m, "weight", "bias", "running_mean", "running_var"))


@converts("SpatialCrossMapLRN")
def _lrn(module, flow, inner):
    m = module
    return Call("nn.LocalResponseNorm", (m.size,), _given(alpha=(m.alpha, 1e-4), beta=(m.beta, 0.75), k=(m.k, 1)))


@converts("Normalize")
def _normalize(module, flow, inner):
    return Call("Normalize", (module.p, module.eps))


@converts("Dropout")
def _dropout(module, flow, inner):
    if module.stochastic_inference:
        raise NoEquivalent("with stochasticInference it drops in evaluation too")
    return Call("nn.Dropout" if module.v2 else "LegacyDropout", (module.p,))


@converts("SpatialDropout", "VolumetricDropout")
def _map_dropout(module, flow, inner):
    return Call("LegacyMapDropout", (module.p,))


@converts("WhiteNoise")
def _white_noise(module, flow, inner):
    return Call("WhiteNoise", (module.mean, module.std))


# --- transfer functions


_IN_PLACE = {"nn.ReLU", "nn.ReLU6", "nn.Threshold", "nn.LeakyReLU", "nn.ELU", "nn.Hardtanh", "nn.RReLU"}


def _simple(typename: str, name: str, *fields: str):
    """A module that takes some fields' values as arguments."""

    def converter(module, flow, inner):
        # what works in place must do so here: other branches may see the same memory
        inplace = _given(inplace=(bool(getattr(module, "inplace", False)) and name in _IN_PLACE, False))
        return Call(name, tuple(getattr(module, field) for field in fields), inplace)

    converters[f"nn.{typename}"] = converter


for _typename, _name, *_fields in (
    ("Tanh", "nn.Tanh"),
    ("Sigmoid", "nn.Sigmoid"),
    ("ReLU", "nn.ReLU"),
    ("ReLU6", "nn.ReLU6"),
    ("LogSigmoid", "nn.LogSigmoid"),
    ("SoftSign", "nn.Softsign"),
    ("TanhShrink", "nn.Tanhshrink"),
    ("HardTanh", "nn.Hardtanh", "min_val", "max_val"),
    ("Clamp", "Clamp", "min_val", "max_val"),
    ("LeakyReLU", "nn.LeakyReLU", "negval"),
    ("ELU", "nn.ELU", "alpha"),
    ("RReLU", "nn.RReLU", "lower", "upper"),
    ("SoftPlus", "nn.Softplus", "beta"),
    ("SoftShrink", "nn.Softshrink", "lambda"),
    ("HardShrink", "nn.Hardshrink", "lambda"),
    ("Threshold", "nn.Threshold", "threshold", "val"),
    ("Abs", "Abs"),
    ("Exp", "Exp"),
    ("Log", "Log"),
    ("Sqrt", "Sqrt"),
    ("Square", "Square"),
    ("Power", "Power", "pow"),
    ("MulConstant", "Scale", "constant_scalar"),
    ("Identity", "nn.Identity"),
    ("Contiguous", "nn.Identity"),
    ("Copy", "nn.Identity"),
    ("L1Penalty", "nn.Identity"),
    ("PrintSize", "nn.Identity"),
    ("CAddTable", "CAddTable"),
    ("CMulTable", "CMulTable"),
    ("CSubTable", "CSubTable"),
    ("CDivTable", "CDivTable"),
    ("CMaxTable", "CMaxTable"),
    ("CMinTable", "CMinTable"),
    ("FlattenTable", "FlattenTable"),
    ("DotProduct", "DotProduct"),
    ("CosineDistance", "CosineDistance"),
    ("PairwiseDistance", "PairwiseDistance", "norm"),
    ("MM", "MM", "transA", "transB"),
    ("MV", "MV", "trans"),
):
    _simple(_typename, _name, *_fields)


@converts("GatedLinearUnit")
def _glu(module, flow, inner):
    dim = next(place for place, (a, b) in enumerate(zip(flow.input, flow.output)) if a != b)
    return Call("nn.GLU", (), {"dim": dim})


@converts("AddConstant")
def _add_constant(module, flow, inner):
    constant = module.constant_scalar
    if isinstance(constant, torch.Tensor):
        return Call("Bias", tuple(constant.shape), {}, {"bias": constant}, "constant in the original")
    return Call("Shift", (constant,))


@converts("PReLU")
def _prelu(module, flow, inner):
    return Call("nn.PReLU", (module.weight.numel(),) if module.nOutputPlane else (), {}, _weights(module, "weight"))


@converts("CReLU")
def _crelu(module, flow, inner):
    return Call("CReLU", (1 if len(flow.input) > module.nInputDims else 0,))


@converts("SoftMax", "LogSoftMax", "SoftMin")
def _softmax(module, flow, inner):
    dim = {1: 0, 2: 1, 3: 0, 4: 1}[len(flow.input)]
    name = {"SoftMax": "nn.Softmax", "LogSoftMax": "nn.LogSoftmax", "SoftMin": "nn.Softmin"}[type(module).__name__]
    return Call(name, (), {"dim": dim})


@converts("SpatialSoftMax", "SpatialLogSoftMax")
def _spatial_softmax(module, flow, inner):
    name = "nn.LogSoftmax" if type(module).__name__ == "SpatialLogSoftMax" else "nn.Softmax"
    return Call(name, (), {"dim": {1: 0, 2: 1, 3: 0, 4: 1}[len(flow.input)]})


# --- shapes


@converts("View", "Reshape", "Collapse")
def _shape(module, flow, inner):
    given, wanted = flow.input, flow.output
    if given == wanted:
        return Call("nn.Identity")
    if given[0] != wanted[0]:  # the batch takes part
        return Call("Reshape", _free(module, given, wanted))
    if len(wanted) == 2 and wanted[1] == math.prod(given[1:]):
        return Call("nn.Flatten")
    if len(given) == 2:
        return Call("nn.Unflatten", (1, tuple(wanted[1:])))
    return Call("Reshape", (-1, *wanted[1:]))


def _free(module, given: tuple, wanted: tuple) -> tuple:
    """A shape in which the dimension that grows with the batch is -1."""
    sizes = [int(size) for size in module.size] if hasattr(module, "size") else []
    if -1 in sizes and len(sizes) == len(wanted):
        return tuple(-1 if size == -1 else actual for size, actual in zip(sizes, wanted))
    if wanted[0] % given[0] == 0 or given[0] % wanted[0] == 0:
        return (-1, *wanted[1:])
    raise NoEquivalent(f"it makes {wanted} of {given}, across the batch")


@converts("Transpose")
def _transpose(module, flow, inner):
    order = list(range(len(flow.input)))
    skipped = 0 if module.numInputDims is None else len(order) - module.numInputDims
    for pair in module.permutations:
        a, b = pair[1] + skipped - 1, pair[2] + skipped - 1
        order[a], order[b] = order[b], order[a]
    return Call("Permute", tuple(order))


@converts("Squeeze")
def _squeeze(module, flow, inner):
    dims = [place for place, size in enumerate(flow.input) if size == 1 and place]
    if module.dim is not None:
        dims = [_dimension(module.dim, module.numInputDims, flow.input)]
    return Call("Squeeze", tuple(dims))


@converts("Unsqueeze")
def _unsqueeze(module, flow, inner):
    return Call("Unsqueeze", (module.pos - 1 + len(flow.input) - (module.numInputDims or len(flow.input)),))


@converts("Narrow")
def _narrow(module, flow, inner):
    dim, start, length = _dimension(module.dimension, None, flow.input), module.index - 1, module.length
    if length < 0:
        length = flow.input[dim] - module.index + length + 2
    return Call("Narrow", (dim, start if module.index > 0 else 0, flow.output[dim]))


@converts("Select")
def _select(module, flow, inner):
    index = module.index - 1 if module.index > 0 else module.index
    return Call("Select", (_dimension(module.dimension, None, flow.input), index))


@converts("Index")
def _index(module, flow, inner):
    return Call("Index", (module.dimension - 1,))


@converts("Replicate")
def _replicate(module, flow, inner):
    ndim = module.ndim
    extra = 1 if ndim is not None and len(flow.input) > ndim else 0
    return Call("Replicate", (module.nfeatures, module.dim - 1 + extra))


@converts("Padding")
def _padding(module, flow, inner):
    if getattr(module, "index", 1) not in (1, None):
        raise NoEquivalent("it pads in the middle of its input (index)")
    dim = _dimension(module.dim, module.nInputDim, flow.input)
    before, behind = (-module.pad, 0) if module.pad < 0 else (0, module.pad)
    return Call("Pad", (dim, before, behind), _given(value=(module.value or 0, 0)))


@converts("Sum", "Mean")
def _sum(module, flow, inner):
    name = "Mean" if module.sizeAverage else "Sum"
    dim = _dimension(module.dimension, module.nInputDims, flow.input)
    return Call(name, (dim,), _given(keepdim=(module.squeeze is False, False)))


@converts("Max", "Min")
def _extreme(module, flow, inner):
    return Call(type(module).__name__, (_dimension(module.dimension, module.nInputDims, flow.input),))


# --- tables


@converts("JoinTable")
def _join(module, flow, inner):
    return Call("JoinTable", (_dimension(module.dimension, module.nInputDims, flow.input[0]),))


@converts("SplitTable")
def _split(module, flow, inner):
    return Call("SplitTable", (_dimension(module.dimension, module.nInputDims, flow.input),))


@converts("SelectTable")
def _select_table(module, flow, inner):
    if not isinstance(module.index, int):
        raise NoEquivalent(f"it selects by the name {module.index!r}")
    return Call("SelectTable", (module.index - 1 if module.index > 0 else module.index,))


@converts("NarrowTable")
def _narrow_table(module, flow, inner):
    return Call("NarrowTable", (module.offset - 1, module.offset - 1 + module.length))


@converts("MixtureTable")
def _mixture(module, flow, inner):
    if len(flow.input[0]) != 2:
        raise NoEquivalent("it takes a single sample")
    dim = getattr(module, "dim", None)
    return Call("MixtureTable", () if dim is None else (dim - 1,))


converters["nngraph.JustElement"] = lambda module, flow, inner: Call("SelectTable", (0,))
converters["nngraph.JustTable"] = lambda module, flow, inner: Call("ConcatTable", (Call("nn.Identity"),))


# --- for GPUs


@converts("DataParallelTable")
def _data_parallel(module, flow, inner):
    return inner(module.modules[1])


def _flat_softmax(module, flow, inner):
    if len(flow.input) > 2:
        raise NoEquivalent("it runs over all elements of an image")
    return _softmax(module, flow, inner)


for _name in """BatchNormalization ReLU Sigmoid SpatialAveragePooling SpatialBatchNormalization SpatialConvolution
        SpatialCrossMapLRN SpatialFullConvolution SpatialLogSoftMax SpatialMaxPooling SpatialSoftMax Tanh
        VolumetricBatchNormalization VolumetricConvolution VolumetricFullConvolution VolumetricMaxPooling""".split():
    converters[f"cudnn.{_name}"] = converters[f"nn.{_name}"]
converters["cudnn.SoftMax"] = converters["cudnn.LogSoftMax"] = _flat_softmax
