"""Streams: queues of work on each GPU. Stream 0 is the default one; those that a program reserves count from 1.

The CPU that stands in for a GPU does everything at once: there streams have numbers and nothing else.
"""

from __future__ import annotations

import torch

from torch7py.classes import register
from torch7py.errors import TorchError
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.arguments import integer

from .devices import getDeviceCount, place_of

__all__ = [
    "Event",
    "getNumBlasHandles",
    "getNumStreams",
    "getStream",
    "reserveBlasHandles",
    "reserveStreams",
    "setBlasHandle",
    "setDefaultStream",
    "setStream",
    "streamBarrier",
    "streamBarrierMultiDevice",
    "streamSynchronize",
    "streamWaitFor",
    "streamWaitForMultiDevice",
]


class _State:
    """The streams of this process."""

    reserved: list[list] = []  # for each number from 1 the streams on all devices; on the CPU nothing
    current = 0


def reserveStreams(count: int, nonblocking: bool = False) -> None:
    """Let there be at least ``count`` streams on each GPU."""
    while len(_State.reserved) < integer(count, 1, "reserveStreams"):
        places = () if types.cuda_is_cpu() else range(getDeviceCount())
        _State.reserved.append([torch.cuda.Stream(place) for place in places])


def getNumStreams() -> int:
    """How many streams were reserved."""
    return len(_State.reserved)


def setStream(stream: int) -> None:
    """Queue work in that stream from now on, on every GPU."""
    _check(stream)
    if not types.cuda_is_cpu():
        device = torch.cuda.current_device()
        for place in range(getDeviceCount()):
            torch.cuda.set_stream(_at(place, stream))
        torch.cuda.set_device(device)
    _State.current = stream


def getStream() -> int:
    """The stream in use."""
    return _State.current


def setDefaultStream() -> None:
    """Use stream 0."""
    setStream(0)


def streamWaitFor(waiting: int, streams: Table) -> None:
    """On the GPU in use, work queued in stream ``waiting`` from now on starts when that in ``streams`` is done."""
    streamWaitForMultiDevice(None, waiting, Table({place_of(None) + 1: streams}))


def streamWaitForMultiDevice(device: int | None, waiting: int, streams: Table) -> None:
    """The same for stream ``waiting`` of ``device``; ``streams`` is ``{[device] = {streams, ...}, ...}``."""
    _wait([(place_of(device), waiting)], _pairs(streams))


def streamBarrier(streams: Table) -> None:
    """On the GPU in use, work queued in any of these streams from now on starts when that in all of them is done."""
    streamBarrierMultiDevice(Table({place_of(None) + 1: streams}))


def streamBarrierMultiDevice(streams: Table) -> None:
    """The same for ``{[device] = {streams, ...}, ...}``."""
    pairs = _pairs(streams)
    _wait(pairs, pairs)


def streamSynchronize(stream: int) -> None:
    """Wait until that stream of the GPU in use is done."""
    _check(stream)
    if not types.cuda_is_cpu():
        _at(torch.cuda.current_device(), stream).synchronize()


def _check(stream: int) -> None:
    if not 0 <= integer(stream, 1, "stream") <= len(_State.reserved):
        raise TorchError(f"{stream} is not a stream: {len(_State.reserved)} are reserved")


def _at(place: int, stream: int) -> torch.cuda.Stream:
    return _State.reserved[stream - 1][place] if stream else torch.cuda.default_stream(place)


def _pairs(streams: Table) -> list[tuple[int, int]]:
    """Places of devices, and streams."""
    return [(place_of(device), stream) for device, its in streams.items() for stream in its]


def _wait(waiting: list[tuple[int, int]], streams: list[tuple[int, int]]) -> None:
    for _, stream in waiting + streams:
        _check(stream)
    if types.cuda_is_cpu():
        return
    events = [_at(*pair).record_event() for pair in streams]
    for pair in waiting:
        for event in events:
            _at(*pair).wait_event(event)


@register("cutorch.Event")
class Event:
    """A mark in the stream in use: what was queued before it is done when it is passed."""

    def __init__(self):
        self._event = None if types.cuda_is_cpu() else torch.cuda.current_stream().record_event()

    def waitOn(self) -> None:
        """Work queued in the stream in use from now on starts when the mark is passed."""
        if self._event is not None:
            torch.cuda.current_stream().wait_event(self._event)


def reserveBlasHandles(count: int) -> None:
    """Nothing: PyTorch has a handle for each stream."""


def getNumBlasHandles() -> int:
    return 1


def setBlasHandle(handle: int) -> None:
    """Nothing; see :func:`reserveBlasHandles`."""
