"""Torch7's ``nn``: networks built from modules, trained with criterions."""

from . import hessian, utils
from . import jacobian as Jacobian
from . import sparse_jacobian as SparseJacobian
from .adaptive import SpatialAdaptiveAveragePooling, SpatialAdaptiveMaxPooling
from .arithmetic import Add, AddConstant, CAdd, CMul, Mul, MulConstant
from .classification import (
    ClassNLLCriterion,
    CrossEntropyCriterion,
    MultiLabelMarginCriterion,
    MultiMarginCriterion,
    SpatialClassNLLCriterion,
)
from .composite import CriterionTable, ModuleCriterion, MultiCriterion, ParallelCriterion
from .container import Container
from .containers import Concat, ConcatTable, DepthConcat, MapTable, Parallel, ParallelTable
from .convert import Convert
from .convolution import (
    SpatialConvolution,
    SpatialConvolutionMM,
    SpatialDilatedConvolution,
    SpatialFullConvolution,
    TemporalConvolution,
    VolumetricConvolution,
    VolumetricDilatedConvolution,
    VolumetricFullConvolution,
)
from .criterion import Criterion
from .decorators import Bottle, Decorator, DontCast, NaN, Profile
from .depthwise import SpatialDepthWiseConvolution, TemporalRowConvolution
from .dropout import Dropout, SpatialDropout, VolumetricDropout, WhiteNoise
from .euclidean import Euclidean, WeightedEuclidean
from .fractional import SpatialFractionalMaxPooling, VolumetricFractionalMaxPooling
from .gpu import GPU
from .gradients import Constant, GradientReversal, L1Penalty, OneHot, PrintSize, ZeroGrad
from .identity import Identity
from .index_linear import IndexLinear
from .interop import FromTorch
from .interop import as_torch_module as as_torch_module
from .kmeans import Kmeans
from .linear import Linear
from .local import SpatialConvolutionLocal
from .local_normalization import (
    SpatialContrastiveNormalization,
    SpatialCrossMapLRN,
    SpatialDivisiveNormalization,
    SpatialSubtractiveNormalization,
)
from .lookup import LookupTable
from .maps import SpatialConvolutionMap, SpatialFullConvolutionMap
from .margin import (
    CosineEmbeddingCriterion,
    DistanceRatioCriterion,
    HingeEmbeddingCriterion,
    L1HingeEmbeddingCriterion,
    MarginCriterion,
    MarginRankingCriterion,
    SoftMarginCriterion,
)
from .module import Module
from .normalization import (
    BatchNormalization,
    LayerNormalization,
    Normalize,
    SpatialBatchNormalization,
    VolumetricBatchNormalization,
)
from .padding import (
    SpatialReflectionPadding,
    SpatialReplicationPadding,
    SpatialZeroPadding,
    VolumetricReplicationPadding,
)
from .partial_linear import PartialLinear
from .pointwise import (
    Abs,
    Clamp,
    Exp,
    HardShrink,
    HardTanh,
    Log,
    LogSigmoid,
    Power,
    ReLU6,
    SoftPlus,
    SoftShrink,
    SoftSign,
    Sqrt,
    Square,
    TanhShrink,
)
from .pooling import SpatialAveragePooling, SpatialDilatedMaxPooling, SpatialMaxPooling
from .powers import FeatureLPPooling, SpatialLPPooling
from .products import MM, MV, Bilinear, Cosine, CosineDistance, DotProduct, PairwiseDistance
from .rectifier import ELU, CReLU, GatedLinearUnit, LeakyReLU, Maxout, PReLU, RReLU
from .reductions import Max, Mean, Min, Sum
from .regression import (
    AbsCriterion,
    BCECriterion,
    ClassSimplexCriterion,
    DistKLDivCriterion,
    L1Cost,
    MSECriterion,
    MultiLabelSoftMarginCriterion,
    SmoothL1Criterion,
    SpatialAutoCropMSECriterion,
    WeightedMSECriterion,
)
from .sequential import Sequential
from .slices import Contiguous, Copy, Index, MaskedSelect, Narrow, Padding, Replicate, Select, Transpose
from .softmax import LogSoftMax, SoftMax, SoftMin, SpatialLogSoftMax, SpatialSoftMax
from .sparse_linear import SparseLinear
from .stochastic_gradient import StochasticGradient
from .subsampling import SpatialSubSampling, TemporalSubSampling
from .tabular import (
    CAddTable,
    CAddTensorTable,
    CDivTable,
    CMaxTable,
    CMinTable,
    CMulTable,
    CSubTable,
    FlattenTable,
    JoinTable,
    MixtureTable,
    NarrowTable,
    SelectTable,
    SplitTable,
    ZipTable,
    ZipTableOneToMany,
)
from .transfer import ReLU, Sigmoid, Tanh, Threshold
from .unpooling import SpatialMaxUnpooling, VolumetricMaxUnpooling
from .upsampling import PixelShuffle, SpatialUpSamplingBilinear, SpatialUpSamplingNearest, UpSampling
from .view import Collapse, Reshape, Squeeze, Unsqueeze, View
from .volumes import (
    TemporalDynamicKMaxPooling,
    TemporalMaxPooling,
    VolumetricAveragePooling,
    VolumetricDilatedMaxPooling,
    VolumetricMaxPooling,
)
from .weight_norm import LinearWeightNorm, WeightNorm

__all__ = [
    "Abs",
    "AbsCriterion",
    "Add",
    "AddConstant",
    "BCECriterion",
    "BatchNormalization",
    "Bilinear",
    "Bottle",
    "CAdd",
    "CAddTable",
    "CAddTensorTable",
    "CDivTable",
    "CMaxTable",
    "CMinTable",
    "CMul",
    "CMulTable",
    "CReLU",
    "CSubTable",
    "Clamp",
    "ClassNLLCriterion",
    "ClassSimplexCriterion",
    "Collapse",
    "Concat",
    "ConcatTable",
    "Constant",
    "Container",
    "Contiguous",
    "Convert",
    "Copy",
    "Cosine",
    "CosineDistance",
    "CosineEmbeddingCriterion",
    "Criterion",
    "CriterionTable",
    "CrossEntropyCriterion",
    "Decorator",
    "DepthConcat",
    "DistKLDivCriterion",
    "DistanceRatioCriterion",
    "DontCast",
    "DotProduct",
    "Dropout",
    "ELU",
    "Euclidean",
    "Exp",
    "FeatureLPPooling",
    "FlattenTable",
    "FromTorch",
    "GPU",
    "GatedLinearUnit",
    "GradientReversal",
    "HardShrink",
    "HardTanh",
    "HingeEmbeddingCriterion",
    "Identity",
    "Index",
    "IndexLinear",
    "Jacobian",
    "JoinTable",
    "Kmeans",
    "L1Cost",
    "L1HingeEmbeddingCriterion",
    "L1Penalty",
    "LayerNormalization",
    "LeakyReLU",
    "Linear",
    "LinearWeightNorm",
    "Log",
    "LogSigmoid",
    "LogSoftMax",
    "LookupTable",
    "MM",
    "MSECriterion",
    "MV",
    "MapTable",
    "MarginCriterion",
    "MarginRankingCriterion",
    "MaskedSelect",
    "Max",
    "Maxout",
    "Mean",
    "Min",
    "MixtureTable",
    "Module",
    "ModuleCriterion",
    "Mul",
    "MulConstant",
    "MultiCriterion",
    "MultiLabelMarginCriterion",
    "MultiLabelSoftMarginCriterion",
    "MultiMarginCriterion",
    "NaN",
    "Narrow",
    "NarrowTable",
    "Normalize",
    "OneHot",
    "PReLU",
    "Padding",
    "PairwiseDistance",
    "Parallel",
    "ParallelCriterion",
    "ParallelTable",
    "PartialLinear",
    "PixelShuffle",
    "Power",
    "PrintSize",
    "Profile",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Replicate",
    "Reshape",
    "Select",
    "SelectTable",
    "Sequential",
    "Sigmoid",
    "SmoothL1Criterion",
    "SoftMarginCriterion",
    "SoftMax",
    "SoftMin",
    "SoftPlus",
    "SoftShrink",
    "SoftSign",
    "SparseJacobian",
    "SparseLinear",
    "SpatialAdaptiveAveragePooling",
    "SpatialAdaptiveMaxPooling",
    "SpatialAutoCropMSECriterion",
    "SpatialAveragePooling",
    "SpatialBatchNormalization",
    "SpatialClassNLLCriterion",
    "SpatialContrastiveNormalization",
    "SpatialConvolution",
    "SpatialConvolutionLocal",
    "SpatialConvolutionMM",
    "SpatialConvolutionMap",
    "SpatialCrossMapLRN",
    "SpatialDepthWiseConvolution",
    "SpatialDilatedConvolution",
    "SpatialDilatedMaxPooling",
    "SpatialDivisiveNormalization",
    "SpatialDropout",
    "SpatialFractionalMaxPooling",
    "SpatialFullConvolution",
    "SpatialFullConvolutionMap",
    "SpatialLPPooling",
    "SpatialLogSoftMax",
    "SpatialMaxPooling",
    "SpatialMaxUnpooling",
    "SpatialReflectionPadding",
    "SpatialReplicationPadding",
    "SpatialSoftMax",
    "SpatialSubSampling",
    "SpatialSubtractiveNormalization",
    "SpatialUpSamplingBilinear",
    "SpatialUpSamplingNearest",
    "SpatialZeroPadding",
    "SplitTable",
    "Sqrt",
    "Square",
    "Squeeze",
    "StochasticGradient",
    "Sum",
    "Tanh",
    "TanhShrink",
    "TemporalConvolution",
    "TemporalDynamicKMaxPooling",
    "TemporalMaxPooling",
    "TemporalRowConvolution",
    "TemporalSubSampling",
    "Threshold",
    "Transpose",
    "Unsqueeze",
    "UpSampling",
    "View",
    "VolumetricAveragePooling",
    "VolumetricBatchNormalization",
    "VolumetricConvolution",
    "VolumetricDilatedConvolution",
    "VolumetricDilatedMaxPooling",
    "VolumetricDropout",
    "VolumetricFractionalMaxPooling",
    "VolumetricFullConvolution",
    "VolumetricMaxPooling",
    "VolumetricMaxUnpooling",
    "VolumetricReplicationPadding",
    "WeightNorm",
    "WeightedEuclidean",
    "WeightedMSECriterion",
    "WhiteNoise",
    "ZeroGrad",
    "ZipTable",
    "ZipTableOneToMany",
    "hessian",
    "tables",
    "utils",
]
