"""``memory.py torch7|pytorch NETWORK``: what the process holds before and, at the most, while it trains; in MiB."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from steps import pytorch_networks, pytorch_step, torch7_step

from lua_bridge import LuaTorch


def held() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    side, name = sys.argv[1:]
    _, networks = LuaTorch().dofile(str(Path(__file__).with_name("steps.lua")))
    step = {"torch7": torch7_step(networks[name]), "pytorch": pytorch_step(*pytorch_networks()[name])}[side]
    before = held()
    step(5)
    print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10)
