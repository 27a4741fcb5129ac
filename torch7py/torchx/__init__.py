"""Package torchx: more functions of tensors and of tables of tensors, large lists of files, a queue.

Torch7 has the first ones in the table ``torch`` (``torch.find``, ``torch.group``, ``torch.md5``, ...) and ``indexdir``
in ``paths``.
"""

from torch7py.tensor.handle import face as _face

from . import md5
from .alias import AliasMultinomial
from .folders import FolderIndex, indexdir
from .multi_cuda import MultiCudaTensor
from .nests import (
    recursiveAdd,
    recursiveBatchSize,
    recursiveCopy,
    recursiveFill,
    recursiveIndex,
    recursiveNew,
    recursiveNormal,
    recursiveResizeAs,
    recursiveSet,
    recursiveSize,
    recursiveSub,
    recursiveSum,
    recursiveTensorEq,
    recursiveType,
    remap,
)
from .queue import Queue
from .tensors import concat, find, group, treemax

concat, find, group, treemax = map(_face, (concat, find, group, treemax))
version = 1

__all__ = [
    "AliasMultinomial",
    "FolderIndex",
    "MultiCudaTensor",
    "Queue",
    "concat",
    "find",
    "group",
    "indexdir",
    "md5",
    "recursiveAdd",
    "recursiveBatchSize",
    "recursiveCopy",
    "recursiveFill",
    "recursiveIndex",
    "recursiveNew",
    "recursiveNormal",
    "recursiveResizeAs",
    "recursiveSet",
    "recursiveSize",
    "recursiveSub",
    "recursiveSum",
    "recursiveTensorEq",
    "recursiveType",
    "remap",
    "treemax",
    "version",
]
