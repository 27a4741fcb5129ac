"""The image example: Lua, Python and the original Torch7 take the same steps and save the same picture."""

import os
import subprocess
import sys
from pathlib import Path

import numpy
import PIL.Image
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "legacy_examples" / "denoise"
PROGRAMS = {
    "lua": [sys.executable, "-m", "lua_bridge.cli", str(EXAMPLE / "denoise.lua")],
    "python": [sys.executable, str(EXAMPLE / "denoise.py")],
}
ARGUMENTS = ("-size", "96", "-iterations", "25")


def denoise(program, folder):
    """Run one of the two programs: the loss of every evaluation, the lines it printed, and the pictures."""
    command = [*PROGRAMS[program], "-save", str(folder), *ARGUMENTS]
    ran = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    losses = [float(line) for line in (folder / "losses.txt").read_text().split()]
    printed = [line.rstrip() for line in ran.stdout.splitlines()]
    return losses, printed, numpy.array(PIL.Image.open(folder / "comparison.png"))


def test_the_same_in_both_languages_and_under_the_original(tmp_path):
    losses, printed, picture = denoise("lua", tmp_path / "lua")
    in_python = denoise("python", tmp_path / "python")
    assert in_python[0] == pytest.approx(losses, rel=1e-13)
    assert in_python[1] == printed
    assert numpy.array_equal(in_python[2], picture)

    recorded = ROOT / "tests" / "data" / "denoise.txt"
    assert losses == pytest.approx([float(line) for line in recorded.read_text().split()], rel=1e-10)
    qualities = [float(line.split()[-2]) for line in printed if line.endswith("dB")]
    noisy, blurred, denoised = qualities
    assert denoised > blurred + 1 > noisy + 1
