"""A queue."""

from __future__ import annotations

from torch7py.classes import TorchObject, register
from torch7py.errors import TorchError
from torch7py.table import Table


@register("torchx.Queue")
class Queue(TorchObject):
    """Gives values back in the order in which they came: ``list`` holds them, the newest at ``first``, the oldest at
    ``last``.
    """

    def __init__(self):
        self.first = 0
        self.last = -1
        self.list = Table()

    def put(self, value) -> None:
        """Add a value."""
        self.first -= 1
        self.list[self.first] = value

    def empty(self) -> bool:
        return self.first > self.last

    def get(self):
        """Take out the oldest value."""
        if self.empty():
            raise TorchError("Queue is empty")
        value = self.list[self.last]
        self.list[self.last] = None
        self.last -= 1
        return value
