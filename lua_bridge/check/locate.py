"""Where in a network two runs part: modules side by side, with what each put out and got back."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch

from lua_bridge.check.compare import Difference, Tolerance, difference
from lua_bridge.check.events import Detail

_KINDS = (  # what a layer does, from its name in either library
    ("convolution", r"conv"),
    ("linear", r"linear"),
    ("max pooling", r"max.*pool"),
    ("average pooling", r"(average|avg).*pool"),
    ("normalisation", r"batchnorm|normalization|layernorm"),
    ("dropout", r"dropout"),
    ("lookup", r"lookup|embedding"),
    *((name, name) for name in ("logsoftmax", "softmax", "relu", "tanh", "sigmoid", "elu", "softplus")),
)


class Place(NamedTuple):
    """A field of a module where the runs differ; ``port`` is its path there."""

    original: Detail
    port: Detail
    difference: Difference


def pairs(original: list[Detail], port: list[Detail]) -> list[tuple[Detail, Detail]]:
    """The details of both that belong together: by path or, for a PyTorch port, by the kinds of layers in order."""
    by_path = {(d.path, d.field): d for d in port}
    if any(d.field == "gradInput" for d in port):
        return [(d, by_path[d.path, d.field]) for d in original if (d.path, d.field) in by_path]
    paired = []
    theirs = [path for path in dict.fromkeys(d.path for d in port) if _kind(_title(port, path))]
    inside = [path for path in dict.fromkeys(d.path for d in original) if _is_leaf(path, original)]
    ours = [path for path in inside if _kind(_title(original, path))]
    for mine, other in _aligned([_kind(_title(original, p)) for p in ours], [_kind(_title(port, p)) for p in theirs]):
        path, theirs_path = ours[mine], theirs[other]
        following = inside[inside.index(path) + 1 :]
        for detail in original:
            if detail.path == path and detail.field in ("output", "train"):
                paired.append((detail, by_path[theirs_path, detail.field]))
            # the gradient by a layer's output is what its successor hands back
            if following and detail.path == following[0] and detail.field == "gradInput":
                paired.append((detail, by_path[theirs_path, "gradOutput"]))
    return paired


def first(original: list[Detail], port: list[Detail], tolerance: Tolerance) -> Place | None:
    """The first place that differs: on the way forward, else on the way back from the criterion."""
    both = pairs(original, port)
    forward = [pair for pair in both if pair[0].field == "output"]
    back = [pair for pair in both if pair[0].field == "gradInput"]
    back.sort(key=lambda pair: pair[0].path != "criterion")  # the criterion is where it starts
    start = [pair for pair in back if pair[0].path == "criterion"]
    for mine, other in [*forward, *start, *reversed([pair for pair in back if pair not in start])]:
        a, b = _tensor(mine.value), _tensor(other.value)
        if not (isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)):
            continue
        if a.shape != b.shape and a.numel() == b.numel() and other.field != mine.field:
            b = b.reshape(a.shape)
        found = difference(a, b, tolerance)
        if found is not None:
            return Place(mine._replace(value=a), other._replace(value=b), found)
    return None


def other_modes(original: list[Detail], port: list[Detail]) -> list[tuple[Detail, Detail]]:
    """Modules that are in training mode on one side and in evaluation mode on the other."""
    both = [pair for pair in pairs(original, port) if pair[0].field == "train"]
    return [(a, b) for a, b in both if (a.value is not False) != (b.value is not False)]


def other_layers(original: list[Detail], port: list[Detail]) -> list[tuple[Detail, Detail]]:
    """Modules of different kinds at the same path."""
    both = [pair for pair in pairs(original, port) if pair[0].field == "output"]
    return [(a, b) for a, b in both if a.title != b.title and _kind(a.title) != _kind(b.title)]


def _tensor(value):
    return torch.from_numpy(value) if hasattr(value, "__array_interface__") else value


def _title(details: list[Detail], path: str) -> str:
    return next(d.title for d in details if d.path == path)


def _is_leaf(path: str, details: list[Detail]) -> bool:
    return path != "criterion" and not any(d.path.startswith(f"{path}.") or not path and d.path for d in details)


def _kind(title: str) -> str:
    name = re.split(r"[({\s]", title.removeprefix("nn."))[0].lower()
    return next((kind for kind, pattern in _KINDS if re.search(pattern, name)), "")


def _aligned(ours: list[str], theirs: list[str]) -> list[tuple[int, int]]:
    """Positions of equal kinds in both lists, in order, as many as there can be (longest common subsequence)."""
    lengths = [[0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in reversed(range(len(ours))):
        for j in reversed(range(len(theirs))):
            same = ours[i] == theirs[j]
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if same else max(lengths[i + 1][j], lengths[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(ours) and j < len(theirs):
        if ours[i] == theirs[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
