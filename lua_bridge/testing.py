"""For test suites: comparisons of a port with its original, function by function.

def test_loss(lua):  # the fixture that comes with torch7py
    lua.execute("function loss(x) return x:norm() end")
    x = torch.ones(3)
    assert_same_values(lua.globals["loss"](x), my_port.loss(x))
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
import torch

from lua_bridge.check import matching
from lua_bridge.check.compare import Tolerance, difference
from lua_bridge.check.events import leaves
from torch7py import nn
from torch7py.nn.module import both
from torch7py.table import Table
from torch7py.tensor.handle import unwrap

__all__ = ["assert_same_module", "assert_same_run", "assert_same_values"]


def assert_same_values(original, port, *, rtol: float | None = None, atol: float = 0.0, any_type: bool = False) -> None:
    """Fail unless two values agree: numbers, strings, tensors, and tables, lists or dicts of these.

    Arguments:
        original, port: the values, of Lua's and of the port's.
        rtol: allowed, relative to a tensor's largest value; by default 1e-9 for doubles, 1e-4 for floats.
        atol: allowed besides.
        any_type: let float stand for double.
    """
    __tracebackhide__ = True
    tolerance = Tolerance(rtol, atol, any_type)
    ours, theirs = dict(leaves(original)), dict(leaves(port))
    for path in ours | theirs:
        if path not in ours or path not in theirs:
            pytest.fail(f"{path or 'the value'} is only in the {'original' if path in ours else 'port'}")
        _fail_if_apart(path, ours[path], theirs[path], tolerance)


def assert_same_module(lua_net: nn.Module, py_net, inputs, *, rtol: float | None = None, atol: float = 0.0) -> None:
    """Fail unless two networks with the same parameters compute the same output, and the same gradients.

    Arguments:
        lua_net: a Torch7 network, from Lua or from Python.
        py_net: a network of torch7py, or a ``torch.nn.Module``; it is given a copy of the parameters of ``lua_net``.
        inputs: a tensor, or a list of several; the ``torch.nn.Module`` takes them as its arguments.
        rtol, atol: as for :func:`assert_same_values`; for the gradients too, which are those of the outputs' sum.
    """
    __tracebackhide__ = True
    several = isinstance(inputs, (list, tuple))
    tensors = [unwrap(x).detach() for x in (inputs if several else [inputs])]
    ours = _torch7_results(lua_net, tensors)
    named = {str(n): unwrap(p) for n, p in enumerate(both(lua_net.parameters())[0] or (), 1)}
    if isinstance(py_net, torch.nn.Module):
        theirs = _pytorch_results(py_net, tensors, named)
    else:
        for mine, other in zip(both(py_net.parameters())[0] or (), named.values()):
            unwrap(mine).copy_(other)
        theirs = _torch7_results(py_net, tensors)
    for what in ("output", "gradient by the input", "gradient of parameter"):
        mine, other = list(leaves(ours[what])), list(leaves(theirs[what]))
        if len(mine) != len(other):
            pytest.fail(f"{what}: {len(mine)} tensors in the original, {len(other)} in the port")
        for (path, a), (_, b) in zip(mine, other):
            _fail_if_apart(f"{what} {path}".strip(), a, b, Tolerance(rtol, atol))


def assert_same_run(original: os.PathLike, port: os.PathLike, arguments: Sequence[str] = (), **options) -> None:
    """Fail unless a Lua program and its port agree step by step; arguments as for ``lua_bridge.check.run.check``."""
    __tracebackhide__ = True
    from lua_bridge.check import report
    from lua_bridge.check.run import check

    result = check(os.fspath(original), os.fspath(port), arguments, **options)
    if not result.agrees or not result.compared:
        pytest.fail(report.text(result))


def _fail_if_apart(path: str, original, port, tolerance: Tolerance) -> None:
    __tracebackhide__ = True
    found = difference(original, port, tolerance)
    if found is None:
        return
    text = found.text or f"{found.original!r} in the original, {found.port!r} in the port"
    text += f" at index [{', '.join(map(str, found.index))}]" if found.index else ""
    text += f"; they differ by {found.absolute:.3g} at most" if found.absolute is not None else ""
    pytest.fail(f"{path or 'value'}: {text}")


def _torch7_results(net: nn.Module, tensors: list[torch.Tensor]) -> dict:
    given = tensors[0].clone() if len(tensors) == 1 else Table([x.clone() for x in tensors])
    net.zeroGradParameters()
    output = net.forward(given)
    ones = [torch.ones_like(value) for _, value in leaves(output)]
    net.backward(given, ones[0] if isinstance(unwrap(output), torch.Tensor) else Table(ones))
    return {
        "output": output,
        "gradient by the input": net.gradInput,
        "gradient of parameter": [unwrap(g) for g in both(net.parameters())[1] or ()],
    }


def _pytorch_results(module: torch.nn.Module, tensors: list[torch.Tensor], named: dict[str, torch.Tensor]) -> dict:
    parameters = dict(module.named_parameters())
    shapes = [{name: tuple(p.shape) for name, p in group.items()} for group in (named, parameters)]
    matched = matching.match(*shapes, {})
    if len(matched) != len(named) or len(matched) != len(parameters):
        pytest.fail(f"the parameters do not fit: {list(shapes[0].values())} in the original, {shapes[1]} in the port")
    with torch.no_grad():
        for name, other in matched.items():
            parameters[other].copy_(matching.in_port_shape(named[name], tuple(parameters[other].shape)))
    inputs = [x.clone().requires_grad_(x.dtype.is_floating_point) for x in tensors]
    module.zero_grad()
    output = module(*inputs)
    sum(value.sum() for _, value in _outputs(output)).backward()
    gradients = [matching.in_shape(parameters[matched[name]].grad, tuple(p.shape)) for name, p in named.items()]
    return {
        "output": output,
        "gradient by the input": [x.grad for x in inputs] if len(inputs) > 1 else inputs[0].grad,
        "gradient of parameter": gradients,
    }


def _outputs(output):
    return [("", output)] if isinstance(output, torch.Tensor) else [pair for each in output for pair in _outputs(each)]
