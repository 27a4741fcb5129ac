"""Members of Python's classes that scripts have replaced, each script for the thread that it runs in.

Python's classes are shared by all Lua states of the process; a Lua state knew only of its own changes, and belongs
to one thread.
"""

from __future__ import annotations

from threading import Lock, get_ident
from types import FunctionType, MethodType

MISSING = object()
_lock = Lock()


class Override:
    """Stands in a class for the member of that name, and is a different one in each thread."""

    def __init__(self, cls: type, name: str):
        self.cls, self.name = cls, name
        self.original = cls.__dict__.get(name, MISSING)
        self.by_thread: dict[int, object] = {}

    def __get__(self, instance, owner: type):
        member = self.by_thread.get(get_ident(), self.original)
        if member is MISSING:
            return getattr(super(self.cls, owner if instance is None else instance), self.name)
        if type(member) is FunctionType:
            return member if instance is None else MethodType(member, instance)
        return member.__get__(instance, owner) if hasattr(type(member), "__get__") else member


def assign(cls: type, name: str, member) -> tuple[Override, object]:
    """Give the class this member, in this thread; returns what :func:`restore` takes back."""
    with _lock:
        override = cls.__dict__.get(name)
        if type(override) is not Override:
            override = Override(cls, name)
            setattr(cls, name, override)
        before = override.by_thread.get(get_ident(), MISSING)
        override.by_thread[get_ident()] = member
        return override, before


def restore(override: Override, before) -> None:
    """Undo an :func:`assign` of this thread."""
    with _lock:
        if before is not MISSING:
            override.by_thread[get_ident()] = before
            return
        override.by_thread.pop(get_ident(), None)
        if not override.by_thread and override.cls.__dict__.get(override.name) is override:
            if override.original is MISSING:
                delattr(override.cls, override.name)
            else:
                setattr(override.cls, override.name, override.original)
