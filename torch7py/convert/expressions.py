"""Modules as text: ``nn.Conv2d(3, 64, 3, padding=1)``, with the parameters that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

WIDTH = 100


@dataclass
class Call:
    """The making of a module: ``name(*arguments, **options)``.

    Attributes:
        name: ``nn.Linear``, or the bare name of a class in ``pieces`` or of one that is emitted.
        arguments: numbers, or modules within this one, which it knows as "0", "1", ...
        state: parameters and buffers by their names in the made module.
        note: a comment for the line.
    """

    name: str
    arguments: tuple = ()
    options: dict = field(default_factory=dict)
    state: dict[str, torch.Tensor] = field(default_factory=dict)
    note: str = ""

    def parts(self) -> Iterator[tuple[str, Call]]:
        """The modules within, with the names of their attributes."""
        inner = [argument for argument in self.arguments if isinstance(argument, Call)]
        return ((str(position), call) for position, call in enumerate(inner))

    def text(self, indent: int = 0) -> str:
        """The source, lines after the first indented by so many spaces."""
        words = [_text(argument, indent + 4) for argument in self.arguments]
        words += [f"{name}={_text(value, indent + 4)}" for name, value in self.options.items()]
        line = f"{self.name}({', '.join(words)})"
        modules = any(isinstance(argument, Call) for argument in self.arguments)
        if self.name == "nn.Sequential" or modules and (len(line) + indent > WIDTH or "\n" in line):
            pad = " " * (indent + 4)
            notes = [f"  # {a.note}" if isinstance(a, Call) and a.note else "" for a in self.arguments]
            notes += [""] * (len(words) - len(notes))
            inner = "".join(f"{pad}{word},{note}\n" for word, note in zip(words, notes))
            return f"{self.name}(\n{inner}{' ' * indent})"
        return line


def states(call: Call, prefix: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """All parameters and buffers, by their names in the whole network's ``state_dict``."""
    for name, tensor in call.state.items():
        yield prefix + name, tensor
    for name, part in call.parts():
        yield from states(part, f"{prefix}{name}.")


def calls(call: Call) -> Iterator[Call]:
    """A call and all within it."""
    yield call
    for _, part in call.parts():
        yield from calls(part)


def _text(value, indent: int) -> str:
    if isinstance(value, Call):
        return value.text(indent)
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            return f'float("{value}")'
        return repr(int(value)) if value.is_integer() and abs(value) < 1e9 else repr(value)
    return repr(value)
