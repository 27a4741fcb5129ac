"""The trace that ``recorder.lua`` writes under a real Torch7, read back step by step."""

from __future__ import annotations

import os

import torch

from lua_bridge.check.events import MANY, Detail, Event, Step
from torch7py.errors import TorchError
from torch7py.serialization import DiskFile, deserializeFromStorage
from torch7py.table import Table


class Trace:
    """A recorded run in the place of an original that runs now.

    Raises:
        TorchError: it is not a trace, or broken.
    """

    def __init__(self, path: str):
        self._path = path
        self._file = DiskFile(path, "r").binary()
        self._size = os.path.getsize(path)
        self._read_any = False
        self._number = 1
        self._step: Step | None = None
        self._details: list[Detail] = []
        self.peek()

    def peek(self) -> Step:
        """The step that comes next, or a part of it: parts end as those of a running program do."""
        if self._step is None:
            events, ended, failure, self._details = [], False, "", []
            while len(events) < MANY:
                part = self._read()
                if part is None:
                    ended = True
                elif part.get("stopped"):
                    ended, failure = True, "its recording ends here (RECORDER_STEPS)"
                elif part.get("step"):
                    self._details = [_detail(d) for d in (part.get("details") or Table()).list()]
                else:
                    events.append(_event(part))
                    if events[-1].kind != "network":
                        continue
                break
            self._step = Step(self._number, events, ended, failure)
            if part is not None and part.get("step"):
                self._number += 1
        return self._step

    def _read(self) -> Table | None:
        """What was written next; None at the end."""
        if self._file.position() > self._size:
            return None
        try:
            part = deserializeFromStorage(self._file.readChar(self._file.readLong()))
        except TorchError as error:
            if self._read_any:  # the program was killed while it wrote
                return None
            raise TorchError(f"{self._path}: not a trace of recorder.lua ({error})") from error
        if not isinstance(part, Table):
            raise TorchError(f"{self._path}: not a trace of recorder.lua")
        self._read_any = True
        return part

    def release(self) -> None:
        if not self._step.ended:
            self._step = None

    def put_back(self, step: Step) -> None:
        """Let :meth:`peek` give what is left of a part."""
        self._step = step

    def details(self) -> list[Detail]:
        """Outputs and gradients of the modules after this step; empty where they were not recorded."""
        return self._details

    def value(self, kept) -> tuple:
        """A recorded value with its stride and shape."""
        return kept if isinstance(kept, tuple) else (kept, 1, None)

    def whole(self, name: str) -> torch.Tensor:
        raise TorchError(f"{self._path} holds only samples of the large parameter {name}")

    def stop(self) -> None:
        self._file.close()


def _value(recorded):
    if isinstance(recorded, Table) and recorded.get("tensor") is not None:
        tensor, shape = recorded["tensor"], tuple(recorded["sizes"].list())
        return (tensor.view(shape) if recorded["stride"] == 1 else tensor.view(-1)), recorded["stride"], shape
    return recorded


def _event(recorded: Table) -> Event:
    values = {pair[1]: _value(pair[2]) for pair in recorded["values"].list()}
    return Event(recorded["kind"], recorded["name"], recorded.get("where") or "", values)


def _detail(recorded: Table) -> Detail:
    value = _value(recorded.get("value"))
    if isinstance(value, tuple):
        value = value[0] if value[1] == 1 else None
    return Detail(recorded["path"], recorded["title"], recorded["field"], value)
