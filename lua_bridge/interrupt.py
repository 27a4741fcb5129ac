"""Ctrl-C for scripts.

Python's own handler only runs between two steps of Python code, so a Lua loop that never calls Python would not hear
of it. A watching thread gives the script a moment to stop with an error, at its next call of Python, and then ends
the process, whatever the script is doing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 0.5  # seconds


def _watch(pipe: int, finished: threading.Event) -> None:
    while os.read(pipe, 1) != bytes([signal.SIGINT]):
        if finished.is_set():
            return
    if not finished.wait(GRACE):
        sys.stdout.flush()
        print("th: interrupted", file=sys.stderr, flush=True)
        os._exit(130)


@contextmanager
def stop_on_interrupt() -> Iterator[None]:
    """Within this context, Ctrl-C raises KeyboardInterrupt or, where nobody hears it, ends the process."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    finished = threading.Event()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    thread = threading.Thread(target=_watch, args=(reader, finished), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        finished.set()
        os.write(writer, b"\0")
        thread.join()
        os.close(reader)
        os.close(writer)
