"""``make bench``: what a training step and a Lua loop cost, measured side by side.

Each contender runs a few times in turn, and the medians are shown: then a busy moment of the machine hits all alike.
Where the environment variable TORCH7_TH names an original Torch7 interpreter, it takes part.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path

import torch
from steps import Benchmark, pytorch_steps, torch7_steps

from lua_bridge import LuaTorch

HERE = Path(__file__).parent
ORIGINAL = os.environ.get("TORCH7_TH")
REPETITIONS = 9

STEPS = {"mlp_b128": 30, "lenet_b10": 30, "lenet_b128": 5, "tiny_b1": 2000}  # steps in one repetition
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


def original(file: str, name: str) -> Benchmark:
    """A benchmark run by the original's interpreter, in a process of its own."""

    def benchmark(count: int) -> float:
        command = [ORIGINAL, str(HERE / "original.lua"), str(HERE / file), name, str(count)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return float(ran.stdout.split()[-1])

    return benchmark


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


def steps() -> None:
    lua, networks = LuaTorch().dofile(str(HERE / "steps.lua"))
    python, pytorch = torch7_steps(networks), pytorch_steps()
    print("One training step: forward, backward, SGD with momentum, in float; milliseconds")
    print("(aims: Lua/Python at most 1.05; against PyTorch at most 1, tiny_b1 at most 0.3)")
    heads = ["Lua", "Python", "PyTorch", "Lua/Python", "Lua/PyTorch", "Python/PyTorch"]
    if ORIGINAL:
        heads += ["original", "Lua/original"]
    print(f"{'':12}" + "".join(f"{head:>15}" for head in heads))
    for name, count in STEPS.items():
        contenders = {"lua": lua[name], "python": python[name], "pytorch": pytorch[name]}
        if ORIGINAL:
            contenders["original"] = original("steps.lua", name)
        t = medians(contenders, count)
        row = [1e3 * t["lua"], 1e3 * t["python"], 1e3 * t["pytorch"]]
        row += [t["lua"] / t["python"], t["lua"] / t["pytorch"], t["python"] / t["pytorch"]]
        if ORIGINAL:
            row += [1e3 * t["original"], t["lua"] / t["original"]]
        print(f"{name:12}" + "".join(f"{number:15.3f}" for number in row), flush=True)


def loops() -> None:
    lua = LuaTorch().dofile(str(HERE / "loops.lua"))
    print("Loops in Lua; nanoseconds a round")
    print(f"{'':28}{'here':>12}{'aim':>12}" + (f"{'original':>12}" if ORIGINAL else ""))
    for name, (count, aim) in LOOPS.items():
        contenders = {"here": lua[name]}
        if ORIGINAL:
            contenders["original"] = original("loops.lua", name)
        numbers = [f"{1e9 * seconds:12.1f}" for seconds in medians(contenders, count).values()]
        numbers.insert(1, f"{f'< {aim}' if aim else '':>12}")
        print(f"{name:28}" + "".join(numbers), flush=True)


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, PyTorch {torch.__version__}, float32\n")
    steps()
    print()
    loops()
