"""``make bench``: what a training step, a forward pass and a Lua loop cost, measured side by side.

Each contender runs a few times in turn, and the medians are shown: then a busy moment of the machine hits all alike.
Where the environment variable TORCH7_TH names an original Torch7 interpreter, it takes part.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sequences
import torch
from calls import calls as pytorch_calls
from calls import tensors
from files import files
from lstm import pytorch_lstm as pytorch_char_lstm
from steps import Benchmark, pytorch_forward, pytorch_networks, pytorch_step, torch7_forward, torch7_step

from lua_bridge import LuaTorch
from torch7py import Table

HERE = Path(__file__).parent
TH = [sys.executable, "-m", "lua_bridge.cli"]
ORIGINAL = os.environ.get("TORCH7_TH")
REPETITIONS = 9

STEPS = {"mlp_b128": 30, "lenet_b10": 30, "lenet_b128": 5, "vgg_b16": 3, "tiny_b1": 2000}  # steps in one repetition
FORWARDS = ("lenet_b128", "vgg_b16")
LOOPS = {  # rounds in one repetition, and the time aimed at in ns
    "s = s + x[i]": (1_000_000, 10),
    "x[i] = i": (1_000_000, 10),
    "x[i] = x[i] + 1": (1_000_000, 20),
    "s = s + m[i][j]": (200_000, 700),
    "m[i][j] = i": (200_000, 700),
    "s = s + m[{i,j}]": (500_000, 100),
    "m[{i,j}] = i": (500_000, 100),
    "batch[i]:copy(data[j])": (20_000, None),
    "x:narrow(1, i, 10):fill(i)": (20_000, None),
    "x:apply(f), an element": (1_000_000, None),
    "x:add(1), 1,000 elements": (20_000, None),
}


CALLS = {1000: (500, 61), 1_000_000: (30, 15)}  # elements; rounds in one repetition, repetitions


class Programs:
    """The benchmarks of a Lua file, run by an interpreter in a process of its own, as users run them."""

    def __init__(self, interpreter: list[str], file: str):
        command = [*interpreter, str(HERE / "serve.lua"), str(HERE / file)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=HERE.parent
        )

    def __getitem__(self, name: str) -> Benchmark:
        def benchmark(count: int) -> float:
            self.process.stdin.write(f"{name} {count}\n")
            return float(self.process.stdout.readline())

        return benchmark

    def close(self) -> None:
        self.process.communicate()


@contextmanager
def programs(file: str) -> Iterator[dict[str, Programs]]:
    """The benchmarks of ``file`` under our ``th`` and, if there is one, under the original's."""
    running = {"lua": Programs(TH, file)}
    if ORIGINAL:
        running["original"] = Programs([ORIGINAL], file)
    yield running
    for each in running.values():
        each.close()


def medians(contenders: dict[str, Benchmark], count: int) -> dict[str, float]:
    """Seconds of one round for each contender, all measured in turn."""
    for benchmark in contenders.values():
        benchmark(max(1, count // 10))
    times = {who: [] for who in contenders}
    turns = list(contenders.items())
    for _ in range(REPETITIONS):
        for who, benchmark in turns:
            times[who].append(benchmark(count))
        turns.append(turns.pop(0))  # nobody always runs behind the same one, whose memory it finds
    return {who: statistics.median(measured) for who, measured in times.items()}


def steps(networks: Table, pytorch: dict) -> None:
    print("One training step: forward, backward, SGD with momentum, in float; milliseconds")
    print("(aims: Lua/Python at most 1.05; against PyTorch at most 0.95, tiny_b1 at most 0.2)")
    heads = ["Lua", "Python", "PyTorch", "Lua/Python", "Lua/PyTorch", "Python/PyTorch"]
    if ORIGINAL:
        heads += ["original", "Lua/original"]
    print(f"{'':12}" + "".join(f"{head:>15}" for head in heads))
    with programs("steps.lua") as lua:
        for name, count in STEPS.items():
            contenders = {who: its[name] for who, its in lua.items()}
            contenders |= {"python": torch7_step(networks[name]), "pytorch": pytorch_step(*pytorch[name])}
            t = medians(contenders, count)
            row = [1e3 * t["lua"], 1e3 * t["python"], 1e3 * t["pytorch"]]
            row += [t["lua"] / t["python"], t["lua"] / t["pytorch"], t["python"] / t["pytorch"]]
            if ORIGINAL:
                row += [1e3 * t["original"], t["lua"] / t["original"]]
            print(f"{name:12}" + "".join(f"{number:15.3f}" for number in row), flush=True)


def forwards(networks: Table, pytorch: dict) -> None:
    print("Only the output, in test mode; milliseconds (aim: at most PyTorch's time)")
    print(f"{'':12}" + "".join(f"{head:>15}" for head in ("Python", "PyTorch", "Python/PyTorch")))
    for name in FORWARDS:
        contenders = {"python": torch7_forward(networks[name]), "pytorch": pytorch_forward(*pytorch[name])}
        t = medians(contenders, 2 * STEPS[name])
        row = [1e3 * t["python"], 1e3 * t["pytorch"], t["python"] / t["pytorch"]]
        print(f"{name:12}" + "".join(f"{number:15.3f}" for number in row), flush=True)


def seq_lstm() -> None:
    print("seq_lstm: a layer over whole sequences, forward and backward; milliseconds (aim: at most 1.05 in float)")
    print(f"{'':12}" + "".join(f"{head:>15}" for head in ("Python", "PyTorch", "Python/PyTorch")))
    for dtype in (torch.float32, torch.float64):
        t = medians({"python": sequences.torch7_lstm(dtype), "pytorch": sequences.pytorch_lstm(dtype)}, 5)
        row = [1e3 * t["python"], 1e3 * t["pytorch"], t["python"] / t["pytorch"]]
        print(f"{str(dtype).removeprefix('torch.'):12}" + "".join(f"{number:15.3f}" for number in row), flush=True)


def char_lstm() -> None:
    print("lstm_step: a character LSTM of nngraph, unrolled, with rmsprop; milliseconds (aim: at most PyTorch's time)")
    heads = ["Lua", "PyTorch", "Lua/PyTorch"] + ["original", "Lua/original"] * bool(ORIGINAL)
    print(f"{'':16}" + "".join(f"{head:>15}" for head in heads))
    with programs("lstm.lua") as lua:
        for name, dtype in (("lstm_step", torch.float64), ("lstm_step_float", torch.float32)):
            t = medians({who: its[name] for who, its in lua.items()} | {"pytorch": pytorch_char_lstm(dtype)}, 5)
            row = [1e3 * t["lua"], 1e3 * t["pytorch"], t["lua"] / t["pytorch"]]
            if ORIGINAL:
                row += [1e3 * t["original"], t["lua"] / t["original"]]
            print(f"{name:16}" + "".join(f"{number:15.3f}" for number in row), flush=True)
        build = lua["lua"]["lstm_build"](3)
    print(f"building the network and cloning it 25 times: {build:.2f} seconds (aim: under 1)")


def memory(name: str) -> None:
    """Each side trains in a process of its own, which has loaded both."""
    print(f"Memory of a process that trains {name}; MiB (aim: at the most at most 1.1 times PyTorch's)")
    most = {}
    for side in ("torch7", "pytorch"):
        command = [sys.executable, str(HERE / "memory.py"), side, name]
        before, most[side] = map(float, subprocess.run(command, capture_output=True, check=True).stdout.split())
        print(f"{side:12}{before:12.0f} before{most[side]:12.0f} at the most")
    print(f"{'ratio':12}{most['torch7'] / most['pytorch']:32.3f}")


def loops() -> None:
    print("Loops in Lua; nanoseconds a round")
    print(f"{'':28}{'here':>12}{'aim':>12}" + (f"{'original':>12}" if ORIGINAL else ""))
    with programs("loops.lua") as lua:
        for name, (count, aim) in LOOPS.items():
            measured = medians({who: its[name] for who, its in lua.items()}, count)
            numbers = [f"{1e9 * seconds:12.1f}" for seconds in measured.values()]
            numbers.insert(1, f"{f'< {aim}' if aim else '':>12}")
            print(f"{name:28}" + "".join(numbers), flush=True)


def alternately(ours: Benchmark, theirs: Benchmark, count: int, turn: int) -> tuple[float, float]:
    """What both take; now one comes first, now the other."""
    if turn % 2:
        there, here = theirs(count), ours(count)
    else:
        here, there = ours(count), theirs(count)
    return here, there


def calls() -> None:
    print("Method calls on DoubleTensors: from Lua, and on PyTorch from Python; nanoseconds of the processor's time")
    print(f"{'':20}" + "".join(f"{f'{n:,} elements':>36}" for n in CALLS))
    print(f"{'(aims: 2.5, 1.02)':20}" + f"{'Lua':>12}{'PyTorch':>12}{'ratio':>12}" * len(CALLS))
    lua, ours, python = LuaTorch(), {}, {}
    for n in CALLS:
        operands = tensors(n)
        ours[n], python[n] = lua.dofile(str(HERE / "calls.lua"), *operands), pytorch_calls(*operands)
    for name in python[1000]:
        row = ""
        for n, (count, repetitions) in CALLS.items():
            ours[n][name](10 * count)
            pairs = [alternately(ours[n][name], python[n][name], count, turn) for turn in range(repetitions)]
            here, there = (1e9 * statistics.median(times) for times in zip(*pairs, strict=True))
            ratio = statistics.median(one / other for one, other in pairs)  # a busy moment hits both
            row += f"{here:12.0f}{there:12.0f}{ratio:12.2f}"
        print(f"{name:20}{row}", flush=True)
    start = time.process_time()
    lua.execute("for i = 1, 10 do torch.randn(1000000) end")
    print(f"{'torch.randn':20}{(time.process_time() - start) * 1e2:12.1f} an element of a million (aim: at most 60)")


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, PyTorch {torch.__version__}, float32\n")
    _, networks = LuaTorch().dofile(str(HERE / "steps.lua"))
    pytorch = pytorch_networks()
    steps(networks, pytorch)
    print()
    forwards(networks, pytorch)
    print()
    seq_lstm()
    print()
    char_lstm()
    print()
    memory("vgg_b16")
    print()
    loops()
    print()
    calls()
    print()
    files()
