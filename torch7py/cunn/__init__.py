"""Torch7's ``cunn``: networks on several GPUs. On one, all of ``nn`` runs as it is."""

from .data_parallel import DataParallelTable

__all__ = ["DataParallelTable"]
