"""Damaged ``.t7`` files: each must load or raise one TorchError that says where, quickly and without taking memory.

``python -m tests.fuzz_t7 20000`` tries that many from Python and as many from Lua; the test suite runs a few
(``test_t7_fuzz.py``).
"""

import random
import resource
import struct
import sys
import time
from collections.abc import Callable

import torch

from lua_bridge import LuaTorch
from torch7py import nn
from torch7py.errors import TorchError
from torch7py.serialization import LuaFunction, MemoryFile, deserialize
from torch7py.serialization.world import unknown_class
from torch7py.table import Table

EXTREMES = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 2**31 - 1, -(2**31), 2**24, 2**16, 2**28]
LONG_EXTREMES = [-1, 0, 1, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, -(2**63)]


# What a file may make the process take: so many times its size, and what Python and PyTorch need for themselves.
FACTOR, SLACK = 4, 48 << 20


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
    picture = nn.Sequential().add(nn.SpatialConvolution(1, 2, 3, 3)).add(nn.SpatialMaxPooling(2, 2)).add(nn.View(-1))
    yield nn.ConcatTable().add(picture).add(nn.Sequential().add(nn.LookupTable(3, 2)).add(nn.Dropout(0.5)))
    yield Table([torch.arange(4).to(dtype) for dtype in (torch.uint8, torch.int16, torch.int32, torch.float16)])
    upvalues = Table([Table(name="k", id=1, value=5), Table(name="t", id=2, value=table)])
    yield Table([LuaFunction(b"\x1bLJ\x02\n", upvalues), LuaFunction(b"code", Table([1]), kind=6), "end"])
    yield "string"
    yield torch.zeros(100_000)


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


def touch(value, seen: set) -> None:
    """Read every element in a value: none may lie outside of memory."""
    if isinstance(value, torch.Tensor):
        if value.numel() < 1 << 20:  # an expanded tensor is larger than its file
            value.double().sum().item()
    elif isinstance(value, (Table, nn.Module)) and id(value) not in seen:
        seen.add(id(value))
        for item in (value if isinstance(value, Table) else Table(vars(value))).values():
            touch(item, seen)


class Limit:
    """Within this context the process gets only so many bytes more."""

    def __init__(self, size: int):
        self.size = size

    def __enter__(self) -> None:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[0])
        self.before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + self.size, self.before[1]))

    def __exit__(self, *error) -> None:
        resource.setrlimit(resource.RLIMIT_AS, self.before)


Loader = Callable[[bytes, str], str | None]  # loads a file; the text of the error, None if there was none


def python_loader() -> tuple[Loader, list]:
    """What loads a file from Python, and sound files."""

    def load(content: bytes, format: str) -> str | None:
        try:
            touch(deserialize(content, format), set())
        except TorchError as error:
            return str(error)

    return load, list(seeds())


def lua_loader() -> tuple[Loader, list]:
    """The same from Lua, with Lua's functions in files."""
    lua = LuaTorch()
    lua.require("nn")
    load = lua.eval("""function(text, format)
        local ok, value = pcall(torch.deserialize, text, format)
        if ok then torch.serialize(torch.type(value)) else return value end
    end""")
    functions = """
        local k, t = 5, {1, 2}
        local function add(x) k = k + x return k, 2.5, {1, 'a', b = false} end
        local function walk(...) for i, v in ipairs(t) do add(function() return i + v end) end return ... end
        return torch.serialize({add, walk}, ...)
    """
    made = [(lua.execute(functions, format).encode("latin-1"), format) for format in ("ascii", "binary") * 4]
    return (lambda content, format: load(content.decode("latin-1"), format)), [*seeds(), *made]


def run(count: int, loader: Callable[[], tuple[Loader, list]], seed: int = 0) -> tuple[int, int]:
    """Load ``count`` damaged files; how many loaded all the same, and how many raised."""
    chance = random.Random(seed)
    load, sound = loader()
    for content, format in sound:
        assert load(content, format) is None
    contents = [content for content, _ in sound]
    loaded = 0
    for number in range(count):
        content, format = chance.choice(sound)
        content = damage(content, contents, chance)
        start = time.process_time()
        try:
            with Limit(FACTOR * len(content) + SLACK):
                error = load(content, format)
        except BaseException:
            print(f"file {number}, {format}: {content[:1000]!r}", file=sys.stderr)
            raise
        assert error is None or "byte" in error, f"file {number}: no position in {error}"
        taken = time.process_time() - start
        assert taken < 2, f"file {number} of {len(content)} bytes took {taken:.1f} s"
        loaded += error is None
    return loaded, count - loaded


if __name__ == "__main__":
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    for language, loader in (("Python", python_loader), ("Lua", lua_loader)):
        loaded, raised = run(files, loader)
        print(f"{language}: {files} damaged files: {loaded} loaded, {raised} raised an error that says where")
