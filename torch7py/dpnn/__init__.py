"""Torch7's ``dpnn``: more modules and criterions for nn, and methods for all of them.

Importing it gives every ``nn.Module`` the methods: clones that share parameters, momentum, weight decay, constraints
on norms, lighter files, rewards.
"""

from torch7py import nn

# what these add to nn's classes is there once they are imported; those below build on it
from . import batches, parameters, profile, sharing  # noqa: F401

from .serial import Serial  # isort: skip
from .binary_convolution import SpatialBinaryConvolution
from .colours import PCAColorTransform, SimpleColorTransform, SpatialFeatNormalization
from .crops import SpatialGlimpse, SpatialUniformCrop
from .dropout import SpatialRegionDropout, TotalDropout
from .entropy import CategoricalEntropy
from .inception import FireModule, Inception
from .logistic import BinaryLogisticRegression, SpatialBinaryLogisticRegression
from .nce import NCECriterion, NCEModule
from .reinforce import Reinforce, ReinforceBernoulli, ReinforceCategorical, ReinforceGamma, ReinforceNormal
from .rewards import BinaryClassReward, VRClassReward
from .values import ArgMax, Clip, ReverseTable

version = 2

__all__ = [
    "ArgMax",
    "BinaryClassReward",
    "BinaryLogisticRegression",
    "CategoricalEntropy",
    "Clip",
    "FireModule",
    "Inception",
    "NCECriterion",
    "NCEModule",
    "PCAColorTransform",
    "Reinforce",
    "ReinforceBernoulli",
    "ReinforceCategorical",
    "ReinforceGamma",
    "ReinforceNormal",
    "ReverseTable",
    "Serial",
    "SimpleColorTransform",
    "SpatialBinaryConvolution",
    "SpatialBinaryLogisticRegression",
    "SpatialFeatNormalization",
    "SpatialGlimpse",
    "SpatialRegionDropout",
    "SpatialUniformCrop",
    "TotalDropout",
    "VRClassReward",
    "version",
]

for _name in __all__:
    if isinstance(globals()[_name], type):  # in Torch7 they are classes of nn
        setattr(nn, _name, globals()[_name])
