"""Ports kept right by a test suite: the fixture ``lua`` and the assertions."""

import pytest
import torch

import torch7py
from lua_bridge.pytest_plugin import lua  # noqa: F401 - a plugin only where torch7py is installed
from lua_bridge.testing import assert_same_module, assert_same_run, assert_same_values
from torch7py import Table, nn


def failing(assertion, *arguments, **options):
    with pytest.raises(pytest.fail.Exception) as raised:
        assertion(*arguments, **options)
    return str(raised.value)


def test_values(lua):  # noqa: F811
    lua.execute("function f(x) return {sum = x:sum(), double = x * 2, name = 'f'} end")
    x = torch.arange(4.0).double()
    result = lua.globals["f"](x)
    assert_same_values(result, {"sum": 6, "double": 2 * x, "name": "f"})
    assert_same_values(result, {"sum": 6 + 1e-12, "double": 2 * x, "name": "f"})
    message = failing(assert_same_values, result, {"sum": 6, "double": 2 * x + torch.eye(4)[2] * 1e-3, "name": "f"})
    assert "double" in message and "index [3]" in message and "0.001" in message
    assert "only in the original" in failing(assert_same_values, result, {"sum": 6, "double": 2 * x})
    assert "double in the original, float in the port" in failing(assert_same_values, x, x.float())
    assert_same_values(x, x.float(), any_type=True)
    assert_same_values(torch7py.Tensor(2).fill(1), torch.ones(2).double())


def lua_network(lua):  # noqa: F811
    return lua.execute("""
        require 'nn'
        torch.manualSeed(3)
        return nn.Sequential():add(nn.SpatialConvolution(1, 2, 3, 3)):add(nn.Tanh()):add(nn.View(-1):setNumInputDims(3))
           :add(nn.Linear(8, 3))
    """)


def test_module_of_torch7py(lua):  # noqa: F811
    port = nn.Sequential().add(nn.SpatialConvolution(1, 2, 3, 3)).add(nn.Tanh()).add(nn.Reshape(8)).add(nn.Linear(8, 3))
    x = torch.randn(5, 1, 4, 4, dtype=torch.float64)
    assert_same_module(lua_network(lua), port, x)
    port.modules[2] = nn.Sigmoid()
    assert "output" in failing(assert_same_module, lua_network(lua), port, x)


def test_module_of_pytorch(lua):  # noqa: F811
    def network(activation):
        layers = (torch.nn.Conv2d(1, 2, 3), activation, torch.nn.Flatten(), torch.nn.Linear(8, 3))
        return torch.nn.Sequential(*layers).double()

    x = torch.randn(5, 1, 4, 4, dtype=torch.float64)
    assert_same_module(lua_network(lua), network(torch.nn.Tanh()), x)
    assert "output" in failing(assert_same_module, lua_network(lua), network(torch.nn.ReLU()), x)
    other = torch.nn.Linear(16, 3).double()
    assert "parameters do not fit" in failing(assert_same_module, lua_network(lua), other, x)


def test_module_with_wrong_gradients():
    class Wrong(nn.Linear):
        def accGradParameters(self, input, gradOutput, scale=1):
            nn.Linear.accGradParameters(self, input, gradOutput, 2)

    x = torch.randn(2, 3, dtype=torch.float64)
    assert "gradient of parameter [1]" in failing(assert_same_module, nn.Linear(3, 2), Wrong(3, 2), x)


def test_module_of_several_inputs():
    class Port(torch.nn.Module):
        def forward(self, a, b):
            return a * b

    a, b = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 3, dtype=torch.float64)
    assert_same_module(nn.CMulTable(), Port(), [a, b])
    assert isinstance(nn.CMulTable().forward(Table([a, b])), torch.Tensor)


def test_run(tmp_path):
    lua_file, python = tmp_path / "a.lua", tmp_path / "a.py"
    lua_file.write_text("local check = require 'check' check.probe('x', 1)")
    python.write_text("from torch7py import check; check.probe('x', 1)")
    assert_same_run(lua_file, python)
    python.write_text("from torch7py import check; check.probe('x', 2)")
    assert "probe 'x'" in failing(assert_same_run, lua_file, python)
    python.write_text("")
    lua_file.write_text("")
    assert "Nothing was compared" in failing(assert_same_run, lua_file, python)


def test_each_test_has_a_lua_of_its_own(lua):  # noqa: F811
    assert lua.globals["f"] is None and lua.globals["paths"] is not None
