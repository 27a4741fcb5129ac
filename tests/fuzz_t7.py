"""Damaged ``.t7`` files: each must load or raise one TorchError that says where, quickly and without taking memory.

``python -m tests.fuzz_t7 20000`` tries that many; the test suite runs a few (``test_t7_fuzz.py``).
"""

import random
import resource
import struct
import sys
import time

import torch

from torch7py import nn
from torch7py.errors import TorchError
from torch7py.serialization import LuaFunction, MemoryFile, deserialize
from torch7py.serialization.world import unknown_class
from torch7py.table import Table

EXTREMES = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 2**31 - 1, -(2**31), 2**24, 2**16, 2**28]
LONG_EXTREMES = [-1, 0, 1, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, -(2**63)]


def _network():
    network = nn.Sequential().add(nn.Linear(3, 2)).add(nn.BatchNormalization(2)).add(nn.Tanh())
    unknown = unknown_class("some.Class", 2)()
    unknown.weight, unknown.network = network.get(1).weight, network
    return Table([network, unknown])


def _values():
    shared = torch.arange(12, dtype=torch.float64).view(3, 4)
    table = Table([1, 2.5, "text", True, Table()], name="n", x=shared, y=shared.t(), z=shared[1])
    table["me"] = table
    yield table
    yield _network()
    yield Table([torch.arange(4).to(dtype) for dtype in (torch.uint8, torch.int16, torch.int32, torch.float16)])
    upvalues = Table([Table(name="k", id=1, value=5), Table(name="t", id=2, value=table)])
    yield Table([LuaFunction(b"\x1bLJ\x02\n", upvalues), LuaFunction(b"code", Table([1]), kind=6), "end"])
    yield "string"


def seeds():
    """(content, format) of sound files in every coding."""
    for value in _values():
        for format, swapped, long_size in (("ascii", 0, 0), ("binary", 0, 0), ("binary", 0, 4), ("binary", 1, 0)):
            file = getattr(MemoryFile(), format)()
            file._binary.swap(bool(swapped))
            file.longSize(long_size).writeObject(value)
            yield file._handle.getvalue(), format


def damage(content: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """The content with one to four faults."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place = chance.randrange(len(data) + 1)
        fault = chance.randrange(7)
        if fault == 0:
            del data[place:]
        elif fault == 1:
            data[place : place + 1] = bytes([chance.randrange(256)])
        elif fault == 2:
            place = place // 4 * 4
            data[place : place + 4] = struct.pack("<i", chance.choice(EXTREMES))
        elif fault == 3:
            data[place : place + 8] = struct.pack("<q", chance.choice(LONG_EXTREMES))
        elif fault == 4:
            del data[place : place + chance.randrange(1, 16)]
        elif fault == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            data[place:place] = other[start : start + chance.randrange(1, 64)]
        else:
            # a number of an ascii file
            lines = data.split(b"\n")
            lines[chance.randrange(len(lines))] = b"%d" % chance.choice(EXTREMES + LONG_EXTREMES)
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def memory() -> int:
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run(count: int, seed: int = 0) -> tuple[int, int]:
    """Load ``count`` damaged files; how many loaded all the same, and how many raised."""
    chance = random.Random(seed)
    sound = list(seeds())
    for content, format in sound:
        deserialize(content, format)
    contents = [content for content, _ in sound]
    before = memory()
    loaded = 0
    for number in range(count):
        content, format = chance.choice(sound)
        content = damage(content, contents, chance)
        start = time.perf_counter()
        try:
            deserialize(content, format)
            loaded += 1
        except TorchError as error:
            assert "byte" in str(error), f"file {number}: no position in {error}"
        except BaseException:
            print(f"file {number}, {format}: {content!r}", file=sys.stderr)
            raise
        assert time.perf_counter() - start < 2, f"file {number} took too long"
    grown = memory() - before
    assert grown < 64 << 20, f"{grown >> 20} MB taken by files of a few hundred bytes"
    return loaded, count - loaded


if __name__ == "__main__":
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    loaded, raised = run(files)
    print(f"{files} damaged files: {loaded} loaded, {raised} raised an error that says where")
