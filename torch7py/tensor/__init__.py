"""The tensor core: types, storages, and Torch7's operations on ``torch.Tensor``.

Importing it fills the table of operations (``registry``).
"""

from torch7py.tensor import (  # noqa: F401
    applying,
    arithmetic,
    bitwise,
    comparison,
    convolution,
    copying,
    creation,
    default_type,
    geometry,
    lapack,
    matrix,
    operators,
    picking,
    pointwise,
    printing,
    reductions,
    sampling,
    sorting,
    threads,
    views,
)
