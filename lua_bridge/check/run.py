"""Running an original and its port side by side."""

from __future__ import annotations

import os
import random
import runpy
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy
import torch

import torch7py
from lua_bridge.check.arena import Arena
from lua_bridge.check.compare import Tolerance
from lua_bridge.check.comparison import Comparison, PortStopped, Result
from lua_bridge.check.events import Recorder
from lua_bridge.check.original import LuaRun
from lua_bridge.check.pytorch_watch import PyTorchWatch
from lua_bridge.check.torch7_watch import Torch7Watch

_OURS = (
    os.path.dirname(os.path.dirname(__file__)),
    os.path.dirname(torch7py.__file__),
    os.path.dirname(torch.__file__),
)
_TAIL = 20  # lines of output that a report shows of a program that failed


class CheckFailed(BaseException):
    """Something went wrong in the comparison itself: its ``__cause__``."""


def check(
    original: str | LuaRun,
    port: str,
    arguments: Sequence[str] = (),
    *,
    original_arguments: Sequence[str] | None = None,
    port_arguments: Sequence[str] | None = None,
    seed: int = 1,
    tolerance: Tolerance | None = None,
    steps: int | None = None,
    watch: Sequence[str] | None = None,
    names: dict[str, str] | None = None,
    same_start: bool = False,
    echo: bool = False,
) -> Result:
    """Run a Lua program and its Python port, compare them step by step, and tell where they part.

    Both run at the same time, the original in a process of its own; neither goes on to its next step before the last
    one has been compared.

    Arguments:
        original: the Lua program, or a recorded trace of it.
        port: the Python program, on torch7py or on PyTorch itself.
        arguments: command line of both; ``original_arguments`` and ``port_arguments`` where they differ.
        seed: of the random numbers of both, unless they set their own.
        tolerance: how far values may be apart.
        steps: how many steps to compare; all by default.
        watch: the kinds of events to compare (``events.KINDS``); all by default.
        names: the original's parameters -> those of a PyTorch port.
        same_start: let a PyTorch port start with the original's parameters.
        echo: show what the programs print.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        logs = folder / "original.txt", folder / "port.txt"
        if isinstance(original, str):
            words = [str(seed), original, *(arguments if original_arguments is None else original_arguments)]
            original = LuaRun(words, logs[0])
        stack.callback(original.stop)
        arena = Arena()
        watches = []
        comparison = Comparison(
            original,
            arena,
            tolerance or Tolerance(),
            lambda: [detail for each in watches for detail in each.details()],
            steps=steps,
            watch=watch,
            names=names,
            same_start=same_start,
        )

        def deliver(*part) -> None:
            try:
                comparison.deliver(*part)
            except Exception as error:  # not the port's, and not for it to catch
                raise CheckFailed from error

        recorder = Recorder(arena, deliver, _position)
        watches += [Torch7Watch(recorder), PyTorchWatch(recorder)]
        with watches[0].installed(python_optim=True), watches[1].installed():
            words = [port, *(arguments if port_arguments is None else port_arguments)]
            try:
                failure = _run_port(words, seed, logs[1], recorder)
                watches[0].close_step()
                recorder.end(failure)
            except PortStopped:
                pass
            except CheckFailed as failed:
                raise failed.__cause__ from None
        for side, log in enumerate(logs):
            text = log.read_text("utf-8", "replace") if log.exists() else ""
            if echo:
                print(f"--- output of the {('original', 'port')[side]}\n{text}", end="")
            if comparison.result.endings[side] and text.strip():
                comparison.result.tails[side] = "\n".join(text.rstrip().split("\n")[-_TAIL:])
        return comparison.result


def _run_port(words: list[str], seed: int, log: Path, recorder: Recorder) -> str:
    """Run the port. Returns why it failed, or '' if it did not."""
    torch7py.manualSeed(seed)
    torch.manual_seed(seed)
    numpy.random.seed(seed)
    random.seed(seed)
    before = sys.argv, list(sys.path)
    settings = torch7py.getdefaulttensortype(), torch.get_default_dtype(), torch.get_num_threads()
    sys.argv = words
    sys.path.insert(0, os.path.dirname(os.path.abspath(words[0])))
    torch7py.check.listener = recorder.probe
    with open(log, "w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        try:
            runpy.run_path(words[0], run_name="__main__")
        except SystemExit as leaving:
            return f"it left with status {leaving.code}" if leaving.code else ""
        except Exception as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
            lines = traceback.format_list(frames[1:]) if len(frames) > 1 else []
            return "".join([*lines, *traceback.format_exception_only(error)]).rstrip()
        finally:
            sys.argv, sys.path[:] = before
            torch7py.setdefaulttensortype(settings[0])
            torch.set_default_dtype(settings[1])
            torch.set_num_threads(settings[2])
            torch7py.check.listener = None
    return ""


def _is_ours(filename: str) -> bool:
    return filename.startswith((*_OURS, "<frozen")) or filename.endswith(("runpy.py", "functools.py", "contextlib.py"))


def _position() -> str:
    """File and line of the port that is being run."""
    frame = sys._getframe(2)
    while frame is not None and (
        _is_ours(frame.f_code.co_filename) or frame.f_code.co_filename.endswith("functools.py")
    ):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
