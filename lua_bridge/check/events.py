"""What is recorded of a run: the kinds of events, and a recorder that collects them step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch

from lua_bridge.check.arena import Arena
from torch7py import Table
from torch7py.tensor.handle import unwrap
from torch7py.tensor.storage import Storage

MANY = 256  # events that are compared together at most

# network: a network seen for the first time, with its parameters        input, output: what it was given and gave
# target, loss: the same of a criterion                                  gradients: what the optimiser was given
# parameters: what it made of the parameters                             probe: a value that the user named
KINDS = ("network", "input", "output", "target", "loss", "gradients", "parameters", "probe")


class Event(NamedTuple):
    """One event; a value is a Snapshot, a number, a string, True, False or None."""

    kind: str
    name: str
    where: str  # file and line of the script
    values: dict[str, object]  # by path inside of what was recorded


class Detail(NamedTuple):
    """A field of a module after a step."""

    path: str
    title: str  # the module, as it is printed
    field: str
    value: object


class Step(NamedTuple):
    """The events up to and with one step of an optimiser, or a part of them."""

    number: int
    events: list[Event]
    ended: bool = False  # nothing comes after it
    failure: str = ""  # why the run ended, if by an error


def leaves(value, path: str = "") -> Iterator[tuple[str, object]]:
    """The parts of a value that can be compared, each with its path: tables and lists are taken apart."""
    value = unwrap(value)
    if isinstance(value, (Table, dict)):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}".lstrip(".") if isinstance(key, str) else f"{path}[{key}]")
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value, 1):
            yield from leaves(item, f"{path}[{position}]")
    elif isinstance(value, torch.Tensor):
        yield path, value.detach()
    elif isinstance(value, Storage):
        yield path, value.tensor()
    elif value is None or isinstance(value, (bool, int, float, str)):
        yield path, value
    elif hasattr(value, "__array__"):
        yield path, torch.as_tensor(value)
    else:
        yield path, f"<{getattr(type(value), '__typename__', None) or type(value).__name__}>"


class Recorder:
    """Collects events and hands them on at the end of each step.

    Arguments:
        arena: where tensors are kept until they are compared.
        deliver: called with each :class:`Step`, and with the parameters of a PyTorch network just met.
        position: gives the line of the script that is being run.
    """

    def __init__(self, arena: Arena, deliver: Callable, position: Callable[[], str]):
        self._arena = arena
        self._deliver = deliver
        self._position = position
        self._events: list[Event] = []
        self._step = 1

    def add(self, kind: str, name: str, value) -> None:
        keep = self._arena.keep
        values = {path: keep(leaf) if isinstance(leaf, torch.Tensor) else leaf for path, leaf in leaves(value)}
        self._events.append(Event(kind, name, self._position(), values))
        if len(self._events) == MANY:
            self.end_part()

    def probe(self, name: str, value) -> None:
        self.add("probe", name, value)

    def end_part(self, *more) -> None:
        """Compare what there is, in the middle of a step."""
        self._hand_over(Step(self._step, self._events), *more)

    def end_step(self) -> None:
        self._hand_over(Step(self._step, self._events))
        self._step += 1

    def end(self, failure: str = "") -> None:
        """The run is over; by an error, if there is a ``failure``."""
        self._hand_over(Step(self._step, self._events, True, failure))

    def _hand_over(self, step: Step, *more) -> None:
        self._events = []
        self._deliver(step, *more)
        self._arena.turn()
