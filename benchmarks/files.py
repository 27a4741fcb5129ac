"""A large tensor to a ``.t7`` file and back, beside numpy's plain transfers of the same bytes."""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy
import torch

import torch7py

SIZE = 1 << 30  # bytes
REPETITIONS = 5


def files() -> None:
    """Print seconds and ratios, and the memory that was taken beside the tensor itself."""
    tensor = torch.rand(SIZE // 8, dtype=torch.float64)
    array = tensor.numpy()
    with tempfile.TemporaryDirectory() as folder:
        plain, t7 = os.path.join(folder, "plain"), os.path.join(folder, "tensor.t7")
        contenders = {
            "written": (lambda: torch7py.save(t7, tensor), lambda: array.tofile(plain)),
            "read": (lambda: torch7py.load(t7), lambda: numpy.fromfile(plain)),
        }
        print(f".t7 of a tensor of {SIZE >> 20} MB; seconds")
        print(f"{'':12}{'torch7py':>12}{'numpy':>12}{'ratio':>12}{'extra MB':>12}   (aims: at most 1.2, at most 64)")
        for name, (ours, theirs) in contenders.items():
            times = []
            for repetition in range(REPETITIONS):
                if name == "written":  # anew: to write over what is there is another matter
                    for path in (plain, t7):
                        open(path, "w").close()
                if repetition % 2:
                    second, first = _seconds(theirs), _seconds(ours)
                else:
                    first, second = _seconds(ours), _seconds(theirs)
                times.append((first, second))
            here, numpys = (statistics.median(column) for column in zip(*times, strict=True))
            extra = _peak(ours) - (SIZE if name == "read" else 0)
            ratio = statistics.median(one / other for one, other in times)
            print(f"{name:12}{here:12.3f}{numpys:12.3f}{ratio:12.2f}{extra >> 20:12}", flush=True)


def _seconds(transfer: Callable[[], object]) -> float:
    os.sync()  # what was written before is on the disk, and does not hold this up
    start = time.perf_counter()
    transfer()
    return time.perf_counter() - start


def _peak(transfer: Callable[[], object]) -> int:
    """The bytes that a transfer takes at most: how far the process grows in a child that does nothing else."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        transfer()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(writer, str(grown * 1024).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        return int(answer.read())


if __name__ == "__main__":
    files()
