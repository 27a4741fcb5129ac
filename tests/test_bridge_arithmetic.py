"""Arithmetic on a few elements, done in Lua: the results are those of the kernels of Python's side."""

import pytest

from lua_bridge import LuaError, LuaTorch


@pytest.fixture
def lua():
    with LuaTorch() as runtime:
        runtime.execute("require 'torch'")
        yield runtime


CALLS = (
    "add(3)",
    "add(y)",
    "add(0.1, y)",
    "add(-1, y)",
    "add(1, y)",
    "mul(0.1)",
    "div(3)",
    "cmul(y)",
    "cdiv(y)",
    "pow(3)",
    "resizeAs(y)",
)
CALLS += ("abs()", "neg()", "cinv()", "exp()", "tanh()", "sigmoid()", "abs():sqrt()", "abs():log()", "resize(y:size())")


@pytest.mark.parametrize("kind", ["Double", "Float"])
@pytest.mark.parametrize("call", CALLS)
def test_few_elements_as_many(lua, kind, call):
    """Row by row, which is done in Lua, as for all rows at once."""
    difference, same = lua.execute(f"""
        local x, y = torch.randn(30, 40):type('torch.{kind}Tensor'), torch.randn(30, 40):type('torch.{kind}Tensor')
        local whole, rows = x:clone(), x:clone()
        local all = y
        whole:{call}
        local same = true
        for i = 1, 30 do
           local row, y = rows[i], all[i]
           same = same and row == row:{call}
        end
        return (whole - rows):abs():cdiv(whole:abs():add(1)):max(), same
    """)
    assert same and difference <= (1e-15 if kind == "Double" else 1e-6)


def test_numbers_of_few_elements(lua):
    assert lua.execute("""
        local m = torch.Tensor{{1, 2, 3}, {4, 5, 6}}
        return m[2]:sum(), m[1]:dot(m[2]), m:sum(), m:t():sum(), m:sum(1)[1][3], torch.IntTensor{2, 3}:sum()
    """) == (15, 32, 21, 21, 9, 5)  # fmt: skip
    assert lua.execute("""
        local x, odd = torch.FloatTensor{-3, 4}, torch.Tensor{1, 0 / 0, 3}
        local lowest, highest = odd:min(), odd:max()
        return x:max(), x:min(), x:mean(), x:norm(), x:norm(1), lowest ~= lowest, highest ~= highest, x:max(1)[1]
    """) == (4, -3, 0.5, 5, 7, True, True, 4)


@pytest.mark.parametrize("kind", ["Double", "Float"])
def test_the_same_elements_each_time(lua, kind):
    """To the last bit, whether Lua or Python has done it."""
    assert lua.execute(f"""
        local x, y = torch.rand(1000):type('torch.{kind}Tensor'), torch.rand(1000):type('torch.{kind}Tensor')
        local calls = {{add = {{0.1}}, mul = {{0.1}}, div = {{3}}, pow = {{1.7}}, cmul = {{y}}, cdiv = {{y}}}}
        for _, name in ipairs{{'abs', 'neg', 'cinv', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid'}} do calls[name] = {{}} end
        local different = {{}}
        for name, values in pairs(calls) do
           local mine = x:clone()
           mine:sum() -- its layout is known now
           mine[name](mine, unpack(values))
           if not torch.eq(mine, torch[name](x, unpack(values))):all() then table.insert(different, name) end
        end
        return table.concat(different, ' ')
    """) == ""  # fmt: skip


@pytest.mark.parametrize("kind", ["Double", "Float"])
@pytest.mark.parametrize("call", ["sum(x)", "mean(x)", "norm(x)", "dot(x, y)"])
def test_the_same_number_each_time(lua, kind, call):
    """The first call and later ones, method and function, tensor and view: all round in the same order."""
    name, rest = call.rstrip(")").split("(x")
    assert lua.execute(f"""
        for _, size in ipairs{{7, 600, 1000}} do
           local x, y = torch.randn(2, size):type('torch.{kind}Tensor')[1], torch.randn(size):type('torch.{kind}Tensor')
           local expected = x:clone():{name}({rest.lstrip(", ")})
           for i = 1, 4 do
              if x:{name}({rest.lstrip(", ")}) ~= expected or torch.{call} ~= expected then return size end
           end
        end
        return 'same'
    """) == "same"  # fmt: skip


def test_what_python_must_do_is_left_to_it(lua):
    values = lua.execute("""
        local x = torch.Tensor{1, 2, 3}
        local transposed = torch.Tensor{{1, 2}, {3, 4}}:t()
        transposed:add(torch.ones(2, 2)):mul(2)
        local bytes = torch.ByteTensor{250, 2}:add(10):mul(2)
        local nan = torch.Tensor(2):fill(1)
        require('ffi').cast('int64_t*', nan:data())[0] = -1
        nan:add(1)
        local total = nan:sum()
        x:add(x, 2)
        return x, transposed, bytes, total ~= total, nan[2]
    """)
    assert [value.tolist() for value in values[:3]] == [[3, 4, 5], [[4, 8], [6, 10]], [8, 24]]
    assert values[3:] == (True, 2)


@pytest.mark.parametrize(
    "call",
    ["add()", "add(nil)", "add('x')", "add(torch.ones(3))", "add(1, 2)", "mul()", "cmul(3)", "dot(torch.ones(3))"],
)
def test_wrong_arguments_are_errors(lua, call):
    with pytest.raises(LuaError, match="argument|expected|size"):
        lua.execute(f"torch.ones(2):{call}")
    with pytest.raises(LuaError, match="argument|expected|size"):
        lua.execute(f"local x = torch.ones(2, 2)[1] x:{call}")


def test_elements_read_between_calls_of_python(lua):
    """What is known of a tensor's memory is looked up again after it has moved."""
    assert lua.execute("""
        local x, y = torch.ones(3), torch.ones(3)
        local row = x:narrow(1, 1, 2)
        for i = 1, 50 do x:add(y) end
        x:resize(1000):fill(7)
        x:add(1)
        x:resize(1000):resizeAs(x)
        return x:sum(), x:narrow(1, 1, 3):add(torch.ones(3)):sum(), x[1], x:resize(2, 2):size(2)
    """) == (8000, 27, 9, 2)  # fmt: skip
