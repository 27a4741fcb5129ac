"""``memory.py torch7|pytorch NETWORK``: what the process holds before and, at the most, while it trains; in MiB."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from steps import pytorch_networks, pytorch_step, torch7_step

from lua_bridge import LuaTorch


def held(field: str) -> float:
    """A line of /proc's account, in MiB. (getrusage's maximum would be that of the process that started this one.)"""
    line = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line.group(1)) / 2**10


if __name__ == "__main__":
    side, name = sys.argv[1:]
    _, networks = LuaTorch().dofile(str(Path(__file__).with_name("steps.lua")))
    step = {"torch7": torch7_step(networks[name]), "pytorch": pytorch_step(*pytorch_networks()[name])}[side]
    before = held("VmRSS")
    step(5)
    print(before, held("VmHWM"))
