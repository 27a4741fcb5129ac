"""Torch7's ``cutorch``: GPUs, their memory, seeds and streams.

The CUDA tensor types themselves are in :mod:`torch7py.tensor`. Where the CPU stands in for a GPU
(:func:`torch7py.cuda_on_cpu`), there is one device, which is the CPU.
"""

import torch

from . import devices, host, seeds, streams
from .devices import *  # noqa: F403
from .host import *  # noqa: F403
from .seeds import *  # noqa: F403
from .streams import *  # noqa: F403

__all__ = [*devices.__all__, *host.__all__, *seeds.__all__, *streams.__all__]

# Torch7's convolutions were of full floats; PyTorch's cut them down to 19 bits where the GPU is quicker so.
torch.backends.cudnn.allow_tf32 = False
