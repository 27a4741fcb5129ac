"""Package nnx: modules and criterions that programs use and nn never took over. They are members of ``nn``."""

from .ctc import CTCCriterion
from .modules import (
    DistNLLCriterion,
    FunctionWrapper,
    Minus,
    MultiSoftMax,
    PullTable,
    PushTable,
    SpatialClassifier,
    SpatialPadding,
    SpatialReSampling,
    SuperCriterion,
)
from .riemannian import QDRiemaNNLinear
from .trees import SoftMaxTree, TreeNLLCriterion

__all__ = [
    "CTCCriterion",
    "DistNLLCriterion",
    "FunctionWrapper",
    "Minus",
    "MultiSoftMax",
    "PullTable",
    "PushTable",
    "QDRiemaNNLinear",
    "SoftMaxTree",
    "SpatialClassifier",
    "SpatialPadding",
    "SpatialReSampling",
    "SuperCriterion",
    "TreeNLLCriterion",
]
