"""What a difference looks like: likely causes, from patterns in the values."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from lua_bridge.check.events import Detail
from lua_bridge.check.locate import Place

CLOSE = 1e-4  # how well a pattern must explain a difference, relative to it


@dataclass
class Clues:
    """What is known of a difference: where, the values, and those before."""

    kind: str
    step: int
    path: str
    original: object
    port: object
    place: Place | None = None
    before: dict[str, dict[str, tuple]] = field(default_factory=dict)  # kind -> path -> both values, one step earlier
    batch: int | None = None
    modes: list[tuple[Detail, Detail]] = field(default_factory=list)
    layers: list[tuple[Detail, Detail]] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)  # kinds of events that differed before
    pytorch: bool = False
    same_start: bool = False


def guess(clues: Clues) -> list[str]:
    """Likely causes, the most likely first; an empty list if nothing fits."""
    a, b = _numbers(clues.original), _numbers(clues.port)
    if a is None or b is None:
        return _of_kinds(clues.original, clues.port)
    found = _types(clues) + _modes(clues) + _layers(clues)
    if a.shape != b.shape:
        return found + _shapes(a, b)
    if clues.kind == "gradients":
        found += _accumulated(clues, a, b)
    if clues.kind == "parameters":
        found += _steps(clues, a, b)
    if clues.kind == "network":
        found += _beginnings(clues, a, b)
    place = clues.place
    if place is not None:
        a, b = _numbers(place.original.value), _numbers(place.port.value)
        if a.shape != b.shape:
            return found + _shapes(a, b)
        found += _dropped(place, a, b)
    if clues.kind in ("gradients", "loss") and place is None or place is not None and place.original.field != "output":
        found += _scaled(clues, a, b)
    if clues.kind in ("input", "output", "probe", "target"):
        found += _shifted(clues, a, b)
    if clues.kind not in ("parameters", "network", "loss"):
        found += _rearranged(a, b)
    found = found or _rounding(a, b)
    if not found and clues.kind in ("input", "target"):
        found = ["other samples: drawn from another seed or after other random numbers, or read otherwise"]
    return list(dict.fromkeys(found))


def _numbers(value) -> torch.Tensor | None:
    if isinstance(value, torch.Tensor):
        return value.double()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return torch.tensor([value], dtype=torch.float64)
    return None


def _explains(guessed: torch.Tensor, b: torch.Tensor, a: torch.Tensor) -> bool:
    """Whether ``guessed`` leaves next to nothing of the difference between a and b."""
    return bool((guessed - b).norm() <= CLOSE * (a - b).norm())


def _types(clues: Clues) -> list[str]:
    a, b = clues.original, clues.port
    if not (isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)) or a.dtype is b.dtype:
        return []
    if not (a.dtype.is_floating_point and b.dtype.is_floating_point):
        return []
    ours, theirs = ("double" if t.dtype is torch.float64 else "float" for t in (a, b))
    return [f"{ours} in the original, {theirs} in the port: the default tensor type or the type of the network differs"]


def _modes(clues: Clues) -> list[str]:
    words = {True: "training", False: "evaluation"}
    return [
        f"module {a.path or 'network'} ({a.title}) is in {words[a.value is not False]} mode in the original and in "
        f"{words[b.value is not False]} mode in the port: training() or evaluate() was not called alike"
        for a, b in clues.modes[:1]
    ]


def _layers(clues: Clues) -> list[str]:
    return [
        f"module {a.path} is {a.title} in the original and {b.title} in the port"
        for a, b in clues.layers[:1]
        if clues.place is None or clues.place.original.field == "output"
    ]


def _of_kinds(a, b) -> list[str]:
    if a is None or b is None:
        return [f"the {'original' if a is None else 'port'} has nothing here"]
    return []


def _shapes(a: torch.Tensor, b: torch.Tensor) -> list[str]:
    if a.dim() == b.dim() == 2 and a.shape == b.shape[::-1]:
        same = "and these are its values transposed" if torch.equal(a, b.t()) else "with the sizes exchanged"
        return [f"transposed: {same}"]
    if a.dim() == b.dim() and sum(x != y for x, y in zip(a.shape, b.shape)) == 1:
        axis = next(i for i, (x, y) in enumerate(zip(a.shape, b.shape)) if x != y)
        apart = b.shape[axis] - a.shape[axis]
        if abs(apart) == 1:
            what = "one more" if apart > 0 else "one fewer"
            return [f"off by one: {what} along dimension {axis + 1} in the port (a range that ends elsewhere)"]
    if a.numel() == b.numel():
        return ["the same number of elements in another shape: a view, a dimension kept or squeezed"]
    return []


def _accumulated(clues: Clues, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    """Gradients on top of those of the step before."""
    _, last = clues.before.get("gradients", {}).get(clues.path, (None, None))
    if last is None or last.shape != b.shape or clues.step == 1:
        return []
    rest = b - a
    last = last.double()
    if last.norm() > 0 and (rest - last).norm() < 0.2 * rest.norm():
        return [
            "the gradient of the step before is still in it: gradients are not set to zero in the port "
            "(zeroGradParameters(), gradParameters:zero(), optimizer.zero_grad())"
        ]
    last_original, _ = clues.before["gradients"][clues.path]
    if (rest + last_original.double()).norm() < 0.2 * rest.norm():
        return ["the original keeps the gradient of the step before, the port sets it to zero"]
    return []


def _steps(clues: Clues, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    """Parameters after a step, by gradients that agree: what the optimiser did otherwise."""
    if "gradients" in clues.earlier:
        return []
    start = clues.before.get("parameters", {}).get(clues.path)
    if start is None or start[0].shape != a.shape:
        return []
    start = start[0].double()
    moved, port_moved, apart = a - start, b - start, b - a
    if port_moved.norm() == 0:
        return ["the port did not change its parameters: the optimiser has others than the network, or made no step"]
    ratio = _ratio(moved, port_moved)
    if ratio is not None:
        return [
            f"the port's step is {ratio:.6g} times the original's: another learning rate (or its decay), "
            "or momentum with another dampening"
        ]
    decay = _ratio(start, apart)
    if decay is not None:
        return [f"the steps differ by {decay:.6g} times the parameters: another weight decay"]
    gradient = clues.before.get("gradients", {}).get(clues.path)
    if clues.step > 1:
        return [
            "the gradients agree and the first steps did too: momentum (dampening, Nesterov), averages or the decay "
            "of the learning rate are set otherwise in the port"
        ]
    if gradient is not None:
        return ["the gradients agree, the first step does not: another optimiser, or other settings of it"]
    return []


def _beginnings(clues: Clues, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    """Parameters at the start."""
    if clues.pytorch and not clues.same_start:
        return ["PyTorch draws other numbers than Torch7: let the port begin with the original's (--same-start)"]
    ratio = _ratio(a, b)
    if ratio is not None:
        return [f"the port's initial parameters are {ratio:.6g} times the original's: another range (reset(stdv))"]
    order = _rearranged(a, b)
    if order:
        return order
    return [
        "drawn from another seed, or in another order: manualSeed is called alike, and layers are made and "
        "random numbers are drawn in the original's order"
    ]


def _dropped(place: Place, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    if "Dropout" not in place.original.title or place.original.field != "output":
        return []
    zeros, port_zeros = (a == 0).sum().item(), (b == 0).sum().item()
    if (zeros == 0) != (port_zeros == 0):
        side = "original" if zeros else "port"
        return [f"only the {side} drops: training() and evaluate() are not called alike"]
    if ((a == 0) != (b == 0)).any():
        return [
            "other elements are dropped: the masks are drawn in another order, or something else drew random numbers "
            "before (another seed, an additional forward in training mode, other shuffling)"
        ]
    return ["the same elements are dropped, the others are scaled otherwise: dropout with another probability"]


def _scaled(clues: Clues, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    ratio = _ratio(a, b)
    if ratio is None:
        return []
    if abs(ratio + 1) < CLOSE:
        return ["the sign is the other one"]
    batch = clues.batch
    for factor, which in ((ratio, "the sum in the port, the mean"), (1 / ratio, "the mean in the port, the sum")):
        if batch and batch > 1 and abs(factor / batch - 1) < CLOSE:
            return [f"{ratio:.6g} times the original's, and a batch has {batch} samples: {which} in the original"]
        if factor > 1 and abs(factor - round(factor)) < CLOSE * factor:
            return [
                f"{ratio:.6g} times the original's: {which} over elements in the original "
                "(sizeAverage, reduction), or a gradient counted more than once"
            ]
    return [f"{ratio:.6g} times the original's: a factor more or less (a weight of the loss, a scale, a mean)"]


def _rearranged(a: torch.Tensor, b: torch.Tensor) -> list[str]:
    """The same values at other places."""
    if a.dim() == 2 and a.shape[0] == a.shape[1] and torch.equal(a.t(), b):
        return ["transposed"]
    for axis in range(a.dim()):
        size = a.shape[axis]
        if size > 2:
            head, tail = a.narrow(axis, 0, size - 1), a.narrow(axis, 1, size - 1)
            if torch.equal(b.narrow(axis, 0, size - 1), tail):
                return [f"off by one along dimension {axis + 1}: the port has what the original has one later"]
            if torch.equal(b.narrow(axis, 1, size - 1), head):
                return [f"off by one along dimension {axis + 1}: the port has what the original has one earlier"]
    if a.numel() > 1 and torch.equal(a.flatten().sort().values, b.flatten().sort().values):
        if a.dim() > 1 and _same_rows(a, b):
            return ["the same rows in another order: samples are shuffled or drawn otherwise"]
        return ["the same values in another order: transposed, permuted or viewed otherwise"]
    if a.dim() > 1 and a.shape[0] > 1:
        same = int((a.flatten(1) == b.flatten(1)).all(1).sum())
        if 0 < same < a.shape[0]:
            return [f"{same} of {a.shape[0]} rows agree"]
    return []


def _same_rows(a: torch.Tensor, b: torch.Tensor) -> bool:
    return sorted(map(tuple, a.flatten(1).tolist())) == sorted(map(tuple, b.flatten(1).tolist()))


def _shifted(clues: Clues, a: torch.Tensor, b: torch.Tensor) -> list[str]:
    apart = b - a
    constant = apart.mean()
    if constant != 0 and (apart - constant).norm() <= CLOSE * apart.norm():
        if abs(abs(constant) - 1) < CLOSE and clues.kind in ("target", "input", "probe"):
            return [f"{constant.item():+.0f} everywhere: off by one (indices and classes count from 1 in Torch7)"]
        return [f"{constant.item():+.6g} everywhere: a constant is added or not subtracted"]
    ratio = _ratio(a, b)
    if ratio is not None:
        return [f"{ratio:.6g} times the original's everywhere: scaled otherwise"]
    if a.numel() > 3 and clues.kind == "input":
        x, y = a.flatten(), b.flatten()
        slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum().clamp_min(1e-300)
        offset = y.mean() - slope * x.mean()
        if _explains(slope * a + offset, b, a):
            return [f"{slope.item():.6g} times the original's, {offset.item():+.6g}: normalised otherwise"]
    return []


def _rounding(a: torch.Tensor, b: torch.Tensor) -> list[str]:
    scale = a.abs().max().item()
    if a.isfinite().all() != b.isfinite().all():
        return ["nan or inf on one side only"]
    if scale and (a - b).abs().max().item() < 1e-5 * scale:
        return ["of the size of rounding errors: another type (float against double) or another order of summation"]
    return []


def _ratio(a: torch.Tensor, b: torch.Tensor) -> float | None:
    """The number r with b = r a, if there is one other than 0 and 1."""
    square = (a * a).sum()
    if square == 0 or not square.isfinite():
        return None
    ratio = (a * b).sum() / square
    if ratio == 0 or abs(ratio - 1) < 1e-12 or not (b - ratio * a).norm() <= CLOSE * (b - a).norm():
        return None
    return ratio.item()
