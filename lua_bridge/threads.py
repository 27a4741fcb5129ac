"""What package threads stands on: Lua states in Python threads, the jobs between them, locks.

A Lua state releases Python's global lock while it runs Lua code, and PyTorch does while it computes; so the threads do
run side by side. What goes from one state to another is copied, as a ``.t7`` file is, but for what both may share.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections import deque

from torch7py.classes import register
from torch7py.errors import TorchError

__all__ = ["Condition", "Mutex", "Thread", "close", "close_with", "empty", "exchange", "full", "put", "queue", "take"]

# By id, until they are freed: a number may be all that another thread has of one of them.
_known: dict[int, object] = {}


def _of_id(kind: type, number: int):
    found = _known.get(number)
    if not isinstance(found, kind):
        raise TorchError(f"there is no {kind.__typename__} with the id {number}")
    return found


class _Known:
    """Something that other threads find by its number."""

    def id(self) -> int:
        """The number by which another thread can get at this object."""
        return id(self)

    def free(self) -> None:
        """Forget its number."""
        _known.pop(id(self), None)

    def __tostring__(self) -> str:
        return f"{self.__typename__} <{id(self):x}>"


@register("threads.Mutex")
class _Mutex(_Known):
    def __init__(self):
        self._lock = threading.Lock()

    def lock(self) -> None:
        """Wait until no thread holds it, and hold it."""
        self._lock.acquire()

    def unlock(self) -> None:
        """Let the next thread have it."""
        try:
            self._lock.release()
        except RuntimeError:
            raise TorchError("threads: mutex unlock failed: it is not locked") from None


@register("threads.Condition")
class _Condition(_Known):
    def __init__(self):
        self._waiting: deque[threading.Lock] = deque()

    def wait(self, mutex: _Mutex) -> None:
        """Unlock the mutex, wait for a signal, and lock it again."""
        if not isinstance(mutex, _Mutex):
            raise TorchError("threads: Condition:wait expects the mutex that is locked")
        signal = threading.Lock()
        signal.acquire()
        self._waiting.append(signal)
        mutex.unlock()
        signal.acquire()
        mutex.lock()

    def signal(self) -> None:
        """Wake one of the threads that wait."""
        if self._waiting:
            self._waiting.popleft().release()


def Mutex(number: int | None = None) -> _Mutex:
    """A new mutex, or the one of that id."""
    return _known_from_now_on(_Mutex()) if number is None else _of_id(_Mutex, number)


def Condition(number: int | None = None) -> _Condition:
    """A new condition variable, or the one of that id."""
    return _known_from_now_on(_Condition()) if number is None else _of_id(_Condition, number)


def _known_from_now_on(made: _Known):
    _known[made.id()] = made
    return made


# Threads --------------------------------------------------------------------------------------------------------------

_running: weakref.WeakSet[_Thread] = weakref.WeakSet()


def running() -> bool:
    """Is any thread still at work? Then the process must not end in Python's slow way, which waits for nobody."""
    return any(thread._thread.is_alive() for thread in list(_running))


@register("threads.Thread")
class _Thread(_Known):
    def __init__(self, code: str, implementation: str, search_path: str, *arguments):
        self._code, self._arguments = code, arguments
        self._implementation, self._search_path = implementation, search_path
        self._thread = threading.Thread(target=self._run, daemon=True)
        _running.add(self)
        self._thread.start()

    def _run(self) -> None:
        from lua_bridge.runtime import LuaTorch

        try:
            with LuaTorch(self._implementation) as lua:
                lua.globals.package.path = self._search_path
                lua.require("paths")  # a global wherever torch is loaded
                lua.execute(self._code, *self._arguments, name="=(thread)")
        except Exception as error:
            sys.stdout.flush()
            print(f"th: a thread has failed: {error}", file=sys.stderr)

    def free(self) -> None:
        """Wait until the thread has finished."""
        self._thread.join()


def Thread(code: str, implementation: str, search_path: str, *arguments) -> _Thread:
    """Run Lua code, with ``...`` = ``arguments``, in a Lua state and thread of its own.

    implementation: which Lua; see ``LuaTorch``.
    search_path: where that state looks for packages.
    """
    return _Thread(code, implementation, search_path, *arguments)


# Jobs -----------------------------------------------------------------------------------------------------------------


class Exchange(_Known):
    """Queues, numbered from 0, of ``size`` items each. Closed, it gives out what it still holds, then nothing."""

    __typename__ = "threads.Queue"

    def __init__(self, queues: int, size: int):
        self.size = size
        self.closed = False
        self.queues = [deque() for _ in range(queues)]
        self.changed = threading.Condition()

    def put(self, queue: int, item: tuple) -> None:
        with self.changed:
            self.changed.wait_for(lambda: len(self.queues[queue]) < self.size or self.closed)
            self.queues[queue].append(item)
            self.changed.notify_all()

    def take(self, queues: tuple[int, ...]) -> tuple | None:
        with self.changed:
            self.changed.wait_for(lambda: any(self.queues[queue] for queue in queues) or self.closed)
            for queue in queues:
                if self.queues[queue]:
                    self.changed.notify_all()
                    return self.queues[queue].popleft()
            return None

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()


def exchange(queues: int, size: int) -> Exchange:
    return Exchange(queues, size)


def queue(size: int, serialization: str | None = None) -> tuple[Exchange, int, str]:
    """A queue by itself, its number and the package that copies what goes through; without that, the queue of an id."""
    if serialization is None:
        found = _of_id(Exchange, size)
        return found, size, found.serialization
    made = _known_from_now_on(Exchange(1, size))
    made.serialization = serialization
    return made, made.id(), serialization


def put(exchange: Exchange, queue: int, *item) -> None:
    """Add an item, once there is room."""
    exchange.put(queue, item)


def take(exchange: Exchange, *queues: int):
    """Wait for an item in one of the queues; None when the exchange is closed and they are empty."""
    return exchange.take(queues)


def full(exchange: Exchange, queue: int) -> bool:
    return len(exchange.queues[queue]) >= exchange.size


def empty(exchange: Exchange, queue: int) -> bool:
    return not exchange.queues[queue]


def close(exchange: Exchange) -> None:
    """Let the threads that wait for jobs go, once there are none left."""
    exchange.close()


class _Owner:
    pass


def close_with(exchange: Exchange) -> _Owner:
    """An object that closes the exchange when Lua drops it."""
    owner = _Owner()
    weakref.finalize(owner, exchange.close).atexit = False
    return owner
