"""The order in which Torch7's quicksort leaves equal elements.

Torch7 sorts and selects by exchanging elements around pivots, so where elements are equal their places come in an
order of its own; so does what its quickselect leaves before the element it was asked for. Programs that go on with the
places get other results from another order.

Both functions rearrange a list of values, and with it the list of their places.
"""

from __future__ import annotations

_SMALL = 10  # quicksort leaves parts of a few more elements than this to insertion


def _partition(values: list, places: list, left: int, right: int) -> tuple[int, int]:
    """Exchange elements around the median of the first, the last and the middle one.

    Returns where the part of greater elements begins, and the pivot's position.
    """

    def exchange(a, b):
        values[a], values[b] = values[b], values[a]
        places[a], places[b] = places[b], places[a]

    exchange((left + right) >> 1, left + 1)
    for a, b in ((left + 1, right), (left, right), (left + 1, left)):
        if values[a] > values[b]:
            exchange(a, b)
    pivot = values[left]
    up, down = left + 1, right
    while True:
        up += 1
        while values[up] < pivot:
            up += 1
        down -= 1
        while values[down] > pivot:
            down -= 1
        if down < up:
            break
        exchange(up, down)
    exchange(left, down)
    return up, down


def sort(values: list, places: list) -> None:
    """Sort in ascending order."""
    parts = [(0, len(values) - 1)] if len(values) - 1 > _SMALL else []
    while parts:
        left, right = parts.pop()
        up, down = _partition(values, places, left, right)
        if down - left > _SMALL:
            parts.append((left, down - 1))
        if right - up + 1 > _SMALL:
            parts.append((up, right))
    if any(value != value for value in values):
        _insert(values, places)
        return
    order = sorted(range(len(values)), key=values.__getitem__)  # insertion, too, keeps equal ones in their order
    values[:] = [values[i] for i in order]
    places[:] = [places[i] for i in order]


def _insert(values: list, places: list) -> None:
    """Insertion from the end; it leaves nan, which is neither greater nor less than anything, in its own way."""
    for i in range(len(values) - 2, -1, -1):
        value, place = values[i], places[i]
        j = i + 1
        while j < len(values) and values[j] < value:
            values[j - 1], places[j - 1] = values[j], places[j]
            j += 1
        values[j - 1], places[j - 1] = value, place


def select(values: list, places: list, k: int) -> None:
    """Bring the element that sorting would put at position k (from 0) there, those before it before it."""
    left, right = 0, len(values) - 1
    while right > left:
        if right == left + 1:
            if values[left] > values[right]:
                values[left], values[right] = values[right], values[left]
                places[left], places[right] = places[right], places[left]
            return
        up, down = _partition(values, places, left, right)
        if down <= k:
            left = up
        if down >= k:
            right = down - 1
