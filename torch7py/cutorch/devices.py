"""GPUs: which there are, which one is in use, and what they can do. Devices count from 1."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch

from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.arguments import integer

__all__ = [
    "deviceReset",
    "getDevice",
    "getDeviceCount",
    "getDeviceProperties",
    "getDriverVersion",
    "getKernelPeerToPeerAccess",
    "getMemoryUsage",
    "getPeerToPeerAccess",
    "getRuntimeVersion",
    "hasFastHalfInstructions",
    "hasHalf",
    "hasHalfInstructions",
    "isCachingAllocatorEnabled",
    "isManaged",
    "setDevice",
    "setHeapTracking",
    "setKernelPeerToPeerAccess",
    "setPeerToPeerAccess",
    "synchronize",
    "synchronizeAll",
    "withDevice",
]

hasHalf = True  # there is a torch.CudaHalfTensor


def getDeviceCount() -> int:
    """How many GPUs there are; 1 where the CPU stands in."""
    return 1 if types.cuda_is_cpu() else torch.cuda.device_count()


def getDevice() -> int:
    """The GPU in use, on which new tensors are made."""
    return 1 if types.cuda_is_cpu() else torch.cuda.current_device() + 1


def setDevice(device: int) -> None:
    """Use that GPU from now on."""
    place = place_of(device)
    if not types.cuda_is_cpu():
        torch.cuda.set_device(place)


def place_of(device: int | None) -> int:
    """PyTorch's number of a device, by default of the one in use."""
    place = (getDevice() if device is None else integer(device, 1, "device")) - 1
    if not 0 <= place < getDeviceCount():
        raise TorchError(f"invalid device ordinal: {place + 1}, where there are {getDeviceCount()}")
    return place


def withDevice(device: int, closure: Callable):
    """What ``closure()`` returns, called while that GPU is in use."""
    before = getDevice()
    setDevice(device)
    try:
        return closure()
    finally:
        setDevice(before)


def synchronize() -> None:
    """Wait until the GPU in use has done all that it was asked to."""
    if not types.cuda_is_cpu():
        torch.cuda.synchronize()


def synchronizeAll() -> None:
    """Wait until all GPUs have."""
    if not types.cuda_is_cpu():
        for place in range(torch.cuda.device_count()):
            torch.cuda.synchronize(place)


def deviceReset() -> None:
    """Wait for the GPU in use, and give memory back that no tensor needs."""
    if not types.cuda_is_cpu():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


def getMemoryUsage(device: int | None = None) -> tuple[int, int]:
    """Bytes that are free, and all bytes, of a GPU (by default of the one in use) or of the CPU that stands in."""
    place = place_of(device)
    if not types.cuda_is_cpu():
        return torch.cuda.mem_get_info(place)
    page = os.sysconf("SC_PAGE_SIZE")
    return page * os.sysconf("SC_AVPHYS_PAGES"), page * os.sysconf("SC_PHYS_PAGES")


def getDeviceProperties(device: int | None = None) -> Table:
    """A table of what is known of a GPU: ``name``, ``totalGlobalMem``, ``freeGlobalMem``, ``major``, ``minor``,
    ``multiProcessorCount``, ``warpSize``, ``maxThreadsPerBlock``."""
    place = place_of(device)
    free, total = getMemoryUsage(device)
    known = Table(totalGlobalMem=total, freeGlobalMem=free)
    if types.cuda_is_cpu():
        known.name, known.major, known.minor, known.multiProcessorCount = "CPU", 0, 0, os.cpu_count()
        return known
    found = torch.cuda.get_device_properties(place)
    known.name, known.major, known.minor = found.name, found.major, found.minor
    known.multiProcessorCount = found.multi_processor_count
    known.warpSize, known.maxThreadsPerBlock = 32, 1024  # of all GPUs that PyTorch supports
    return known


def getRuntimeVersion() -> int:
    """The version of the CUDA libraries, 12040 for 12.4; 0 where the CPU stands in."""
    if types.cuda_is_cpu():
        return 0
    major, minor = torch.version.cuda.split(".")[:2]
    return 1000 * int(major) + 10 * int(minor)


def getDriverVersion() -> int:
    """The newest version of CUDA that the driver knows, written as :func:`getRuntimeVersion` does."""
    return 0 if types.cuda_is_cpu() else torch._C._cuda_getDriverVersion()


def hasHalfInstructions() -> bool:
    """Whether the GPU in use computes with numbers of 16 bits."""
    return not types.cuda_is_cpu() and torch.cuda.get_device_capability() >= (5, 3)


def hasFastHalfInstructions() -> bool:
    """Whether it does so faster than with 32 bits."""
    return hasHalfInstructions() and torch.cuda.get_device_capability() != (6, 1)


def getPeerToPeerAccess(device: int, other: int) -> bool:
    """Whether a GPU can read another's memory."""
    place, place_of_other = place_of(device), place_of(other)
    return place == place_of_other or torch.cuda.can_device_access_peer(place, place_of_other)


def setPeerToPeerAccess(device: int, other: int, enable: bool) -> None:
    """Nothing: PyTorch lets GPUs read each other's memory wherever they can."""


def getKernelPeerToPeerAccess() -> bool:
    """Whether an operation may have tensors on several GPUs: it may not."""
    return False


def setKernelPeerToPeerAccess(enable: bool) -> None:
    """Nothing: an operation needs its tensors on one GPU; copies go between all."""


def isCachingAllocatorEnabled() -> bool:
    """Whether memory that was used is kept for new tensors: PyTorch always does so."""
    return True


def setHeapTracking(enable: bool) -> None:
    """Nothing: Lua's collector hears of all tensors."""


def isManaged(tensor) -> bool:
    """Whether a tensor's memory is shared by CPU and GPU: none is."""
    return False
