"""Torch7's ``nn``: networks built from modules, trained with criterions."""

from . import utils
from .classification import ClassNLLCriterion, CrossEntropyCriterion
from .container import Container
from .convolution import SpatialConvolution, SpatialConvolutionMM
from .criterion import Criterion
from .dropout import Dropout
from .identity import Identity
from .linear import Linear
from .module import Module
from .pooling import SpatialAveragePooling, SpatialMaxPooling
from .regression import MSECriterion
from .sequential import Sequential
from .softmax import LogSoftMax, SoftMax, SoftMin, SpatialLogSoftMax, SpatialSoftMax
from .transfer import ReLU, Sigmoid, Tanh, Threshold
from .view import Reshape, View
