"""Torch7's ``rnn``: recurrent networks, as modules of nn.

Importing it, as importing dpnn on which it builds, gives every ``nn.Module`` the methods that recurrent networks need
(``forget``, ``remember``, ``getHiddenState``, ...).
"""

from torch7py import dpnn, nn  # noqa: F401 (the methods that dpnn gives nn.Module are needed below)
from torch7py.torchx.nests import (
    recursiveAdd,
    recursiveCopy,
    recursiveFill,
    recursiveNew,
    recursiveNormal,
    recursiveResizeAs,
    recursiveSet,
    recursiveSum,
    recursiveTensorEq,
    recursiveType,
)

from . import module  # noqa: F401 (gives nn.Module its methods)
from .abstract import AbstractRecurrent
from .attention import RecurrentAttention
from .bidirectional import SeqBRNN, SeqReverseSequence
from .criterions import MaskZeroCriterion, RepeaterCriterion, SequencerCriterion
from .gru import GRU, MuFuRu
from .lstm import LSTM, FastLSTM
from .masks import LookupTableMaskZero, MaskZero, TrimZero
from .recurrent import Recurrence, Recurrent, Recursor
from .sequencer import AbstractSequencer, BiSequencer, BiSequencerLM, Repeater, Sequencer
from .sequences import SeqGRU, SeqLSTM, SeqLSTMP
from .simple import CopyGrad, LinearNoBias, SAdd
from .stabilizer import NormStabilizer

version = 2.1

__all__ = [
    "AbstractRecurrent",
    "AbstractSequencer",
    "BiSequencer",
    "BiSequencerLM",
    "CopyGrad",
    "FastLSTM",
    "GRU",
    "LSTM",
    "LinearNoBias",
    "LookupTableMaskZero",
    "MaskZero",
    "MaskZeroCriterion",
    "MuFuRu",
    "NormStabilizer",
    "Recurrence",
    "Recurrent",
    "RecurrentAttention",
    "Recursor",
    "Repeater",
    "RepeaterCriterion",
    "SAdd",
    "SeqBRNN",
    "SeqGRU",
    "SeqLSTM",
    "SeqLSTMP",
    "SeqReverseSequence",
    "Sequencer",
    "SequencerCriterion",
    "TrimZero",
    "recursiveAdd",
    "recursiveCopy",
    "recursiveFill",
    "recursiveNew",
    "recursiveNormal",
    "recursiveResizeAs",
    "recursiveSet",
    "recursiveSum",
    "recursiveTensorEq",
    "recursiveType",
    "version",
]

for _name in __all__:
    if isinstance(globals()[_name], type):  # in Torch7 they are classes of nn
        setattr(nn, _name, globals()[_name])
