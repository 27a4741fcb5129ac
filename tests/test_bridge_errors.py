"""Errors across the border: messages with positions, values of any type, tracebacks."""

import pytest

from lua_bridge import LuaError, LuaTorch


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.require("nn")
        yield runtime


def message(lua, code):
    with pytest.raises(LuaError) as caught:
        lua.execute(code, name="@script.lua")
    return caught.value.message


def test_a_python_error_has_the_scripts_position(lua):
    text = message(lua, "local x = torch.Tensor(2)\n\nlocal y = x:view(3)")
    assert text.startswith("script.lua:3: ")


def test_positions_in_metamethods(lua):
    assert message(lua, "local x = torch.Tensor(2, 2)\nlocal y = x[3]").startswith("script.lua:2: ")
    assert message(lua, "local x = torch.Tensor(2)\nx.field = 3").startswith("script.lua:2: ")
    assert message(lua, "local x = torch.Tensor(2)\n\nlocal y = x + nn.Identity()").startswith("script.lua:3: ")
    assert message(lua, "local x = torch.Tensor(2)\nx(3)").startswith("script.lua:2: ")


def test_pcall_gets_strings(lua):
    ok, text = lua.execute("return pcall(function() torch.Tensor(2):add(torch.Tensor(3)) end)", name="@a.lua")
    assert ok is False and text.startswith("a.lua:1: ") and "inconsistent tensor size" in text


def test_xpcall_gets_the_traceback_of_the_script(lua):
    ok, text = lua.execute(
        "local function inner() torch.Tensor(2):view(5) end\n"
        "local function outer() inner() return 1 end\n"
        "return xpcall(outer, function(m) return debug.traceback(m) end)",
        name="@a.lua",
    )
    assert ok is False and "a.lua:1" in text and "a.lua:2" in text


def test_error_values_of_any_type_pass_through_python(lua):
    lua.globals["through"] = lambda f: f()
    result = lua.execute("""
        local thrown = {code = 7}
        local ok, caught = pcall(through, function() error(thrown) end)
        local ok2, caught2 = pcall(through, function() error('plain', 0) end)
        local ok3, caught3 = pcall(through, function() error(nil) end)
        return rawequal(caught, thrown), caught2, ok3, caught3
    """)
    assert result == (True, "plain", False, None)


def test_a_position_is_put_once(lua):
    lua.globals["through"] = lambda f: f()
    text = message(lua, "through(function()\n  error('bad thing')\nend)")
    assert text == "script.lua:2: bad thing"


def test_the_path_of_modules_is_named(lua):
    text = message(
        lua, "local net = nn.Sequential():add(nn.Identity()):add(nn.Linear(3, 2))\nnet:forward(torch.ones(4))"
    )
    assert text.startswith("script.lua:2: \nIn 2 module of nn.Sequential:\n") and "size mismatch, [2 x 3], [4]" in text


def test_python_sees_both_tracebacks(lua):
    def fail():
        raise ValueError("from Python")

    lua.globals["fail"] = fail
    with pytest.raises(LuaError) as caught:
        lua.execute("local function f()\n  fail()\nend\nf()", name="@both.lua")
    assert "both.lua:2" in caught.value.traceback and "both.lua:4" in caught.value.traceback
    assert isinstance(caught.value.__cause__, ValueError)
    assert "torch7py/" not in caught.value.traceback


def test_nested_borders_keep_the_inner_traceback(lua):
    lua.execute(
        "local M = torch.class('nn.Broken', 'nn.Module')\nfunction M:updateOutput(input)\n  error('inside')\nend",
        name="@module.lua",
    )
    with pytest.raises(LuaError) as caught:
        lua.execute("nn.Sequential():add(nn.Broken()):forward(torch.ones(1))", name="@main.lua")
    assert "In 1 module of nn.Sequential:\nmodule.lua:3: inside" in caught.value.message
    assert "module.lua:3" in caught.value.tracebacks() and "main.lua:1" in caught.value.tracebacks()


def test_a_swallowed_error_is_not_blamed_later(lua):
    def fail():
        raise ValueError("swallowed")

    lua.globals["fail"] = fail
    with pytest.raises(LuaError) as caught:
        lua.execute("pcall(fail)\nerror('another')")
    assert caught.value.__cause__ is None


def test_syntax_errors(lua):
    with pytest.raises(LuaError, match=r"broken.lua:2: .*near"):
        lua.execute("local x = 1\nlocal y = = 2", name="@broken.lua")


def test_unknown_packages_name_themselves(lua):
    assert "no_such_package" in message(lua, "require 'no_such_package'")


def test_a_stack_overflow_is_an_error(lua):
    assert "stack overflow" in message(lua, "local function f() return 1 + f() end f()")


@pytest.mark.parametrize(
    "code",
    [
        "nn.Linear(3, 2):forward(torch.ones(4))",
        "nn.Linear(3, 2):forward('text')",
        "nn.Linear(3, 2):forward(nil)",
        "nn.Linear('a', 2)",
        "nn.Sequential():add(3):forward(torch.ones(1))",
        "nn.SpatialConvolution(1, 2, 3, 3):forward(torch.ones(1, 2, 2))",
        "nn.ClassNLLCriterion():forward(torch.ones(3), 4)",
        "nn.ClassNLLCriterion():forward(torch.ones(3), 0)",
        "torch.Tensor(2, 3) * torch.Tensor(2, 3)",
        "torch.Tensor(2, 3):resize('x')",
        "torch.Tensor(3):narrow(1, 3, 2)",
        "torch.Tensor(2):copy(torch.Tensor(3))",
        "torch.load('/nowhere/file.t7')",
        "torch.save('/nowhere/file.t7', 1)",
        "torch.Tensor(2^60)",
        "torch.setdefaulttensortype('nonsense')",
        "local x = torch.Tensor(3); x[4] = 1",
        "local x = torch.Tensor(3); x[1] = 'text'",
        "local x = torch.Tensor(3); x[1] = {}",
        "torch.Tensor(3):nonsense()",
        "nn.Nonsense()",
        "torch.randn({})",
        "torch.manualSeed('x')",
    ],
)
def test_bad_input_is_one_clear_message_with_a_position(lua, code):
    text = message(lua, f"\nlocal unused = (function() {code} end)()" if ";" in code else f"\nlocal unused = {code}")
    assert text.startswith("script.lua:2: ") or "script.lua:2: " in text
    assert "lupa" not in text and "torch7py/" not in text
