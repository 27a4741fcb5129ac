"""What a ``.t7`` file holds: networks, tensors, tables as a tree."""

from __future__ import annotations

import math

import torch

from torch7py import nn
from torch7py.nn._tree import named_modules
from torch7py.nn.module import both
from torch7py.table import Table
from torch7py.tensor import types
from torch7py.tensor.handle import Tensor, unwrap
from torch7py.tensor.storage import Storage

LONG = 60  # characters of a string, and entries of a list, that are shown


def describe(value) -> dict:
    """A value of a file as plain dicts, lists, strings and numbers, for JSON.

    Each has a ``kind``: network, criterion, object, table, tensor, storage, number, string, boolean, nil, function.
    """
    return _describe(value, set())


def _describe(value, above: set[int]) -> dict:
    if isinstance(value, Tensor):
        value = value.tensor
    if id(value) in above:
        return {"kind": "reference", "note": "to something that holds this"}
    inside = above | {id(value)}
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, Storage):
        return {"kind": "storage", "type": value.__typename__, "size": len(value)}
    if isinstance(value, nn.Module):
        return _network(value)
    name = getattr(type(value), "__typename__", None) or getattr(value, "__typename__", None)
    if isinstance(value, nn.Criterion):
        return {"kind": "criterion", "class": name, "text": str(value)}
    if isinstance(value, Table):
        entries = [{"key": key, "value": _describe(item, inside)} for key, item in value.items()]
        return {"kind": "table", "size": len(entries), "entries": entries}
    if isinstance(value, (bool, int, float, str)) or value is None:
        kind = {bool: "boolean", int: "number", float: "number", str: "string"}.get(type(value), "nil")
        return {"kind": kind, "value": value if not isinstance(value, float) or math.isfinite(value) else str(value)}
    if callable(value) and not hasattr(value, "__dict__"):
        return {"kind": "function"}
    fields = _fields(value)
    if fields is None:
        return {"kind": "function" if callable(value) else "object", "class": name or type(value).__name__}
    entries = [{"key": key, "value": _describe(item, inside)} for key, item in fields.items()]
    return {"kind": "object", "class": name or type(value).__name__, "entries": entries}


def _fields(value) -> dict | None:
    fields = getattr(value, "fields", None)
    if isinstance(fields, Table):
        return dict(fields.items())
    return dict(vars(value)) if hasattr(value, "__dict__") else None


def _tensor(tensor: torch.Tensor) -> dict:
    described = {"kind": "tensor", "type": types.typename(tensor), "size": list(tensor.shape) if tensor.numel() else []}
    if tensor.numel() and not tensor.dtype.is_complex:
        finite = tensor[tensor.isfinite()] if tensor.dtype.is_floating_point else tensor
        if finite.numel():
            described["min"], described["max"] = finite.min().item(), finite.max().item()
            described["mean"] = finite.double().mean().item()
        if finite.numel() < tensor.numel():
            described["not finite"] = tensor.numel() - finite.numel()
    return described


def _network(net: nn.Module) -> dict:
    layers = []
    for path, module in named_modules(net):
        if isinstance(module, nn.Container) and len(module._children()):
            continue
        counts = {
            field: list(tensor.shape)
            for field, tensor in module.__dict__.items()
            if isinstance(tensor, torch.Tensor) and field in ("weight", "bias", "running_mean", "running_var")
        }
        title = (
            str(module).split("\n")[0] if isinstance(module, nn.Module) else f"{module.__typename__} (unknown class)"
        )
        layers.append({"path": path, "module": title, "parameters": counts})
    seen: dict[tuple, int] = {}  # shared ones count once
    for _, module in named_modules(net):
        if isinstance(module, nn.Module) and not module._children():
            for tensor in map(unwrap, both(module.parameters())[0] or ()):
                seen[tensor.data_ptr(), tuple(tensor.shape)] = tensor.numel()
    unknown = sorted({m.__typename__ for _, m in named_modules(net) if not isinstance(m, nn.Module)})
    return {
        "kind": "network",
        "class": type(net).__typename__,
        "type": net.type(),
        "text": str(net),
        "parameters": sum(seen.values()),
        "layers": layers,
        **({"unknown classes": unknown} if unknown else {}),
    }


def show(value) -> str:
    """A value of a file as text: a tree, with networks as Torch7 prints them and the parameters of each layer."""
    return "\n".join(_lines(describe(value), ""))


def _lines(described: dict, label: str) -> list[str]:
    kind, start = described["kind"], f"{label}: " if label else ""
    if kind == "tensor":
        size = "x".join(map(str, described["size"])) or "empty"
        ends = f", {_short(described['min'])} to {_short(described['max'])}, mean {_short(described['mean'])}" \
            if "min" in described else ""  # fmt: skip
        odd = f", {described['not finite']} not finite" if "not finite" in described else ""
        return [f"{start}{described['type']} {size}{ends}{odd}"]
    if kind == "storage":
        return [f"{start}{described['type']} of {described['size']}"]
    if kind == "network":
        return [f"{start}network of {described['type']}", *_indented(_network_lines(described))]
    if kind == "criterion":
        return [f"{start}criterion {described['text']}"]
    if kind in ("table", "object"):
        entries = described.get("entries", [])
        head = f"{described['class']}" if kind == "object" else f"table of {described['size']}"
        shown = [_lines(entry["value"], _key(entry["key"])) for entry in entries[:LONG]]
        lines = [line for each in shown for line in each]
        if len(entries) > LONG:
            lines.append(f"... and {len(entries) - LONG} more")
        return [f"{start}{head}", *_indented(lines)]
    if kind == "reference":
        return [f"{start}(holds this)"]
    if kind == "function":
        return [f"{start}function"]
    value = described["value"]
    if kind == "string":
        value = repr(value if len(value) <= LONG else value[:LONG] + "...")
    return [f"{start}{'nil' if value is None else str(value).lower() if kind == 'boolean' else value}"]


def _network_lines(described: dict) -> list[str]:
    lines = described["text"].split("\n") + [""]
    rows = [
        (
            layer["path"],
            layer["module"],
            ", ".join(f"{n} {'x'.join(map(str, s))}" for n, s in layer["parameters"].items()),
        )
        for layer in described["layers"]
        if layer["parameters"] or "(unknown class)" in layer["module"]
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines += [f"{path:<{widths[0]}}  {module:<{widths[1]}}  {counts}".rstrip() for path, module, counts in rows]
    return [*lines, f"{described['parameters']:,} parameters in all"]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}".rstrip() for line in lines]


def _key(key) -> str:
    return key if isinstance(key, str) else f"[{key}]"


def _short(value) -> str:
    return f"{value:.4g}" if isinstance(value, (int, float)) else value
