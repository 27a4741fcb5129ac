"""Finding and running the test files of a checkout; what became of each test."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).parent / "driver.lua"
TH = (sys.executable, "-m", "lua_bridge.cli")
WHOLE = "(file)"  # the name of the test that is the file itself: a script without testers, or one that broke off


class Result(NamedTuple):
    """One test; ``failure`` is empty if it passed."""

    file: str
    test: str
    failure: str


def files_of(checkout: Path) -> list[Path]:
    """``test.lua`` and the Lua files in ``test/`` and ``tests/``, of the checkout."""
    places = [checkout / "test.lua", *(path for name in ("test", "tests") for path in (checkout / name).glob("*.lua"))]
    return sorted(path for path in places if path.is_file())


def lua_path(checkout: Path) -> str:
    """Where Lua files look for what they require: ``$LUA_PATH``, then what stands beside the checkout."""
    beside = checkout.parent
    places = [beside, *(path for path in sorted(beside.iterdir()) if (path / path.name / "init.lua").is_file())]
    found = ";".join(f"{place}/?.lua;{place}/?/init.lua" for place in places)
    return f"{os.environ.get('LUA_PATH', ';;')};{found}"


def run_file(checkout: Path, path: Path, tests: list[str], limit: float, th: tuple[str, ...] = TH) -> list[Result]:
    """Run one test file, in a copy of its folder, and return the results in the order of the tests.

    tests: names of the only tests to run; empty: all. limit: seconds. th: the interpreter, as a command.
    """
    name = str(path.relative_to(checkout))
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, checkout.name, name)
        if path.parent == checkout:
            copy.parent.mkdir()
            shutil.copy(path, copy)
        else:
            shutil.copytree(path.parent, copy.parent)
        for folder in checkout.iterdir():  # an installed package has its data beside its tests
            beside = copy.parent / folder.name
            if folder.is_dir() and not beside.exists():
                beside.symlink_to(folder)
        report, output = Path(scratch, "report"), Path(scratch, "output")
        report.touch()
        environment = os.environ | {"LUA_PATH": lua_path(checkout), "PYTHONPATH": str(ROOT)}
        command = [*th, str(DRIVER), str(report), checkout.name, copy.name, *tests]
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=copy.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(limit)
                end = f"th ended with status {process.returncode}"
            except subprocess.TimeoutExpired:
                end = f"not done after {limit:g} s"
            finally:
                _end(process)
        events = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
        if not any(event["test"] == WHOLE or event["event"] == "done" for event in events):
            end += "\n" + output.read_bytes().decode("utf-8", "replace")[-2000:]
        return list(_results(name, events, end))


def _end(process: subprocess.Popen) -> None:
    """End a process and those that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _results(file: str, events: list[dict], end: str) -> Iterator[Result]:
    """What the driver told, and how its process ended, as results."""
    state: dict[str, tuple[str, str]] = {}
    for event in events:
        test, what = event["test"], event["event"]
        if what == "done":  # the tester has left out what it was told to disable
            if state[test][0] == "planned":
                del state[test]
        else:
            state[test] = what, event["text"]
    broken = not state
    for test, (what, text) in state.items():
        if what in ("passed", "failed"):
            yield Result(file, test, (text or "failed") if what == "failed" else "")
        else:
            broken = True
            yield Result(file, test, end if what == "begin" else "not run")
    if broken and WHOLE not in state:
        yield Result(file, WHOLE, end)
