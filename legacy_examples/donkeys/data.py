"""The donkeys: threads that prepare batches while the main thread trains."""

import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from donkey import load_batch


class Donkeys:
    def __init__(self, count):
        # threads of one process: tensors are shared, and every thread has its own random numbers, as in Lua
        self.pool = ThreadPoolExecutor(count)
        self.most = 2 * count

    def batches(self, data, labels, order, size, seed):
        """Yield the batches of an epoch, in their order, whichever donkey is the first to have one ready."""
        count = math.ceil(order.size(1) / size)
        ready, added = deque(), 0
        for _ in range(count):
            while added < count and len(ready) < self.most:
                added = added + 1
                first = (added - 1) * size + 1
                indices = order.narrow(1, first, min(size, order.size(1) - first + 1))
                ready.append(self.pool.submit(load_batch, data, labels, indices, seed + added))
            yield ready.popleft().result()

    def stop(self):
        self.pool.shutdown()
