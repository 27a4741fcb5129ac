"""The README's examples do what it says, in Lua and in Python alike."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def examples(language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def run(*command, folder):
    ran = subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


def test_lua_and_python_print_the_same(tmp_path):
    (lua,) = examples("lua")
    (tmp_path / "example.lua").write_text(lua)
    printed = run(sys.executable, "-m", "lua_bridge.cli", "example.lua", folder=tmp_path)
    assert len(printed) == 6
    assert float(printed[-1]) < 0.1

    program = "\n".join(examples("python"))
    assert [float(word) for word in run(sys.executable, "-c", program, folder=tmp_path)] == [
        pytest.approx(float(word), rel=1e-10) for word in printed
    ]
