"""Torch7's optim: optimisers, line search, ConfusionMatrix, Logger."""

from torch7py.optim.adaptive import adadelta, adagrad, adam, adamax, rmsprop, rprop
from torch7py.optim.checking import checkgrad
from torch7py.optim.confusion_matrix import ConfusionMatrix
from torch7py.optim.descent import asgd, nag, sgd
from torch7py.optim.evolution import cmaes, de
from torch7py.optim.fista import FistaLS
from torch7py.optim.interpolation import lswolfe, polyinterp
from torch7py.optim.logger import Logger
from torch7py.optim.second_order import cg, lbfgs

__all__ = [
    "ConfusionMatrix",
    "FistaLS",
    "Logger",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "asgd",
    "cg",
    "checkgrad",
    "cmaes",
    "de",
    "lbfgs",
    "lswolfe",
    "nag",
    "polyinterp",
    "rmsprop",
    "rprop",
    "sgd",
]
