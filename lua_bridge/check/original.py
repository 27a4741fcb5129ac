"""The original's side of a check: a Lua program run in a process of its own, or the trace of one that ran before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from lua_bridge.check.arena import Arena, Snapshot
from lua_bridge.check.events import Detail, Recorder, Step

GO, DETAILS = "go", "details"


class LuaRun:
    """Runs a Lua program as ``th`` does and yields its steps, one by one; between them it waits.

    Arguments:
        words: the seed, the script and its arguments.
        output: a file for what the program prints.
    """

    def __init__(self, words: list[str], output: Path):
        self._file = tempfile.NamedTemporaryFile(prefix="torch7py-check-")
        self.arena = Arena(Path(self._file.name))
        ours, theirs = Pipe()
        self._connection = ours
        self.output = output
        command = [sys.executable, "-m", "lua_bridge.check.original", str(theirs.fileno()), self._file.name, *words]
        with open(output, "wb") as log:
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        theirs.close()
        self._step: Step | None = None

    def peek(self) -> Step:
        """The step that the program has come to."""
        if self._step is None:
            try:
                self._step = self._connection.recv()
            except EOFError:
                status = self._process.wait()
                self._step = Step(0, [], True, f"its process ended with status {status}")
        return self._step

    def release(self) -> None:
        """Let the program go on to the next step."""
        if not self._step.ended:
            self._step = None
            self._connection.send(GO)

    def put_back(self, step: Step) -> None:
        """Let :meth:`peek` give what is left of a part."""
        self._step = step

    def details(self) -> list[Detail]:
        """All outputs and gradients of its networks, as they are now."""
        if self._step is None or self._step.ended:
            return []
        return self._ask(DETAILS)

    def whole(self, name: str) -> torch.Tensor:
        """All of a parameter of which only a sample was recorded."""
        return torch.from_numpy(self._ask(name))

    def _ask(self, question: str):
        self._connection.send(question)
        return self._connection.recv()

    def value(self, kept):
        """A recorded value, and which of its elements there are: (value, stride, shape)."""
        return opened(self.arena, kept)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._file.close()


def opened(arena: Arena, kept) -> tuple:
    """A recorded value with its stride and shape."""
    if isinstance(kept, Snapshot):
        return arena.view(kept), kept.stride, kept.shape
    return kept, 1, None


def _run(connection: Connection, arena: Arena, seed: int, words: list[str]) -> None:
    """The child process: run the program, and stop after each step until told to go on."""
    from lua_bridge.check.torch7_watch import Torch7Watch, watch_lua_optim
    from lua_bridge.cli import Options, run
    from lua_bridge.errors import LuaError
    from lua_bridge.runtime import LuaTorch
    from torch7py import check
    from torch7py.console import current

    def deliver(step: Step) -> None:
        connection.send(step)
        if not step.ended:
            while (asked := connection.recv()) != GO:
                if asked == DETAILS:
                    connection.send([_portable(detail) for detail in watch.details()])
                else:
                    connection.send(watch.parameter(asked).numpy())

    recorder = Recorder(arena, deliver, lambda: current.console.position())
    watch = Torch7Watch(recorder)
    check.listener = recorder.probe
    failure = ""
    with watch.installed(python_optim=False):
        lua = LuaTorch()
        watch_lua_optim(lua, watch)
        lua.execute("local seed = ... torch.manualSeed(seed) math.randomseed(seed)", seed)
        try:
            run(lua, Options(words))
            watch.close_step()
        except LuaError as error:
            failure = str(error)
        except SystemExit as leaving:
            failure = f"it left with status {leaving.code}" if leaving.code else ""
    recorder.end(failure)


def _portable(detail: Detail) -> Detail:
    """Tensors that can be sent whatever they are views of."""
    value = detail.value
    if isinstance(value, torch.Tensor):
        return detail._replace(value=value.detach().cpu().numpy().copy())
    return detail if value is None or isinstance(value, (bool, int, float, str)) else detail._replace(value=None)


if __name__ == "__main__":
    fd, path, seed, *words = sys.argv[1:]
    connection = Connection(int(fd))
    try:
        _run(connection, Arena(Path(path)), int(seed), words)
    except (BrokenPipeError, EOFError):  # the other side has gone
        pass
    sys.stdout.flush()
    os._exit(0)
