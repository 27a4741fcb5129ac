"""How cuDNN chooses its algorithms."""

import torch


def set_benchmark(on: bool) -> None:
    """Let cuDNN try its algorithms on each new size of input, and go on with the fastest."""
    torch.backends.cudnn.benchmark = on
