"""Torch7's ``cudnn``: modules of ``nn`` under cuDNN's names, its recurrent networks, and the way between both packages.

They compute with PyTorch's kernels, which are cuDNN's on a GPU, and work on the CPU as well: files that hold them load
anywhere.
"""

import torch as _torch

from . import functional
from .conversion import convert
from .convolution import (
    SpatialConvolution,
    SpatialFullConvolution,
    TemporalConvolution,
    VolumetricConvolution,
    VolumetricFullConvolution,
)
from .normalization import (
    BatchNormalization,
    SpatialBatchNormalization,
    SpatialCrossMapLRN,
    VolumetricBatchNormalization,
)
from .pointwise import ClippedReLU, ReLU, Sigmoid, Tanh
from .pooling import SpatialAveragePooling, SpatialMaxPooling, VolumetricAveragePooling, VolumetricMaxPooling
from .recurrent import BGRU, BLSTM, GRU, LSTM, RNN, RNNReLU, RNNTanh
from .softmax import (
    LogSoftMax,
    SoftMax,
    SpatialCrossEntropyCriterion,
    SpatialLogSoftMax,
    SpatialSoftMax,
    VolumetricCrossEntropyCriterion,
    VolumetricLogSoftMax,
    VolumetricSoftMax,
)

version = _torch.backends.cudnn.version() or 5110  # else the last that Torch7's package knew

__all__ = [
    "BGRU",
    "BLSTM",
    "BatchNormalization",
    "ClippedReLU",
    "GRU",
    "LSTM",
    "LogSoftMax",
    "RNN",
    "RNNReLU",
    "RNNTanh",
    "ReLU",
    "Sigmoid",
    "SoftMax",
    "SpatialAveragePooling",
    "SpatialBatchNormalization",
    "SpatialConvolution",
    "SpatialCrossEntropyCriterion",
    "SpatialCrossMapLRN",
    "SpatialFullConvolution",
    "SpatialLogSoftMax",
    "SpatialMaxPooling",
    "SpatialSoftMax",
    "Tanh",
    "TemporalConvolution",
    "VolumetricAveragePooling",
    "VolumetricBatchNormalization",
    "VolumetricConvolution",
    "VolumetricCrossEntropyCriterion",
    "VolumetricFullConvolution",
    "VolumetricLogSoftMax",
    "VolumetricMaxPooling",
    "VolumetricSoftMax",
    "convert",
    "functional",
    "version",
]
