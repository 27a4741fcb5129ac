"""Views that Lua makes without Python: what they are to a script, and that they stay true to the tensor below."""

import pytest
import torch

from lua_bridge import LuaError, LuaTorch


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("""
            require 'torch'
            x = torch.range(1, 24):resize(2, 3, 4)
            x:fill(0) x:fill(0) -- from now on Lua knows where the elements are
            x:copy(torch.range(1, 24))
        """)
        yield runtime


def test_a_view_is_a_tensor_to_scripts(lua):
    assert lua.eval("type(x[1]), torch.type(x[1]), torch.isTensor(x[1])") == (
        "userdata",
        "torch.DoubleTensor",
        True,
    )
    assert lua.eval("(#x[1])[1], #x[1]:storage(), x[1]:dim()") == (3, 24, 2)
    assert lua.eval("x[1] == x[1], x[1] == nil, x[1] ~= nil")[1:] == (False, True)
    assert lua.eval("(function() local v = x[1] return v == v, ({[v] = 5})[v], v:add(0) == v end)()") == (True, 5, True)
    assert lua.eval("getmetatable(x[1]) == getmetatable(x)")
    assert lua.eval("(x[1] + 1):sum(), (-x[1]):sum(), x[1] * torch.ones(4)")[:2] == (90, -78)
    for call in ("pairs(x[1])", "next(x[1])", "rawget(x[1], 1)", "rawset(x[1], 1, 2)", "setmetatable(x[1], {})"):
        with pytest.raises(LuaError):
            lua.execute(call)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x:select(1, 2)", lambda x: x[1]),
        ("x:select(2, 3)", lambda x: x[:, 2]),
        ("x:select(3, 4)", lambda x: x[:, :, 3]),
        ("x:narrow(2, 2, 2)", lambda x: x[:, 1:3]),
        ("x:narrow(3, 1, 1)", lambda x: x[:, :, :1]),
        ("x[2]:t()", lambda x: x[1].t()),
        ("x:view(6, 4)", lambda x: x.view(6, 4)),
        ("x:view(-1)", lambda x: x.view(24)),
        ("x:view(2, 2, -1, 2)", lambda x: x.view(2, 2, 3, 2)),
        ("x:view(4, 6):t():narrow(1, 2, 3):select(2, 4)", lambda x: x.view(4, 6).t()[1:4, 3]),
    ],
)
def test_views_without_python(lua, expression, expected):
    x, view = lua.eval("x"), expected(lua.eval("x"))
    made = lua.eval(expression)
    assert made.shape == view.shape and made.stride() == view.stride() and torch.equal(made, view)
    lua.execute(f"({expression}):fill(70)")
    assert torch.equal(view, torch.full_like(view, 70)) and (x == 70).sum() == view.numel()


@pytest.mark.parametrize("sizes", ["-1, -1", "5, -1", "0", "25", "2, nil, 12", "-2, 12", "2.5, 2"])
def test_views_of_other_sizes_raise(lua, sizes):
    with pytest.raises(LuaError, match="view|integer|number|multiple"):
        lua.execute(f"return x:view({sizes}):sum()")


def test_a_view_shown_to_python_makes_further_views(lua):
    assert lua.eval(
        "(function() local v = x:narrow(1, 1, 2) v:sum() return v:narrow(1, 2, 1)[1][1][1], v[2][1][1] end)()"
    ) == (
        13,
        13,
    )


def test_a_view_is_not_used_behind_a_failed_call(lua):
    """A result that grew before the call failed has moved the memory under its views."""
    lua.execute("v = x:view(24):narrow(1, 1, 2) r = v:sum()")
    lua.execute("pcall(function() local s = x:storage() s:resize(100000) error('then') end)")
    assert lua.eval("(function() v[1] = 5 return x[1][1][1] end)()") == 5


def test_tables_of_numbers_and_ranges(lua):
    """`x[{...}]` as a view that is made in Lua, with what Python makes of it beside it."""
    result = lua.execute("""
        local x = torch.range(1, 120):view(2, 3, 4, 5)
        local part = x[{{}, {2, 3}, 1, {-2, -1}}]
        part[{1, 2}] = -1
        x[{{2}, 1}] = 0
        x[{1, {1, 2}, -1}] = torch.ones(2, 5)
        x[{1, 1, 1, 1}] = 7
        local sums = {x[{2, 1}]:sum(), x[{1, {1, 2}, 4}]:sum()}
        return part:clone(), x[{-1, -1, -1, -1}], x[{1, 1, 1, 1}], x[{{}}]:nElement(), unpack(sums)
    """)
    part, last, first, count, zeros, ones = result
    x = torch.arange(1, 121).double().view(2, 3, 4, 5)
    expected = x[:, 1:3, 0, 3:].clone()
    expected[0, 1] = -1
    assert torch.equal(part, expected)
    assert (last, first, count, zeros, ones) == (120, 7, 120, 0, 10)


@pytest.mark.parametrize("key", ["{{3}}", "{{2, 1}}", "{1, 1, 1}", "{0}", "{{}, {0}}", "{{1, 9}}"])
def test_wrong_ranges_are_refused(lua, key):
    with pytest.raises(LuaError, match="bad argument"):
        lua.execute(f"return torch.zeros(2, 2)[{key}]")
    with pytest.raises(LuaError, match="bad argument"):
        lua.execute(f"torch.zeros(2, 2)[{key}] = 1")
